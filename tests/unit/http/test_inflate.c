#include "http/inflate.h"

#include <zlib.h>
#include <zstd.h>

#include "base/mem.h"
#include "tests.h"
#include "text.h"

enum { RAW = -15, ZLIB = 15, GZIP = 31, LIMIT = 1 << 20 };

static str pack_zlib(struct arena *arena, int window_bits, str text)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, window_bits, 8, 0), Z_OK);
    size_t room = deflateBound(&z, text.n);
    char *p = arena_bytes(arena, room);
    z.next_in = (unsigned char *)(uintptr_t)text.p;
    z.avail_in = (unsigned)text.n;
    z.next_out = (unsigned char *)p;
    z.avail_out = (unsigned)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return str_of(p, room - z.avail_out);
}

static str pack_zstd(struct arena *arena, str text, int window_log)
{
    size_t room = ZSTD_compressBound(text.n);
    char *p = arena_bytes(arena, room);
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, window_log);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_contentSizeFlag, 0);
    ZSTD_inBuffer in = {text.p, text.n, 0};
    ZSTD_outBuffer out = {p, room, 0};
    /* a first step without end keeps zstd from fitting the window to the text */
    ZSTD_inBuffer none = {text.p, 0, 0};
    ZSTD_compressStream2(zstd, &out, &none, ZSTD_e_continue);
    assert_int_equal(ZSTD_compressStream2(zstd, &out, &in, ZSTD_e_end), 0);
    ZSTD_freeCCtx(zstd);
    return str_of(p, out.pos);
}

/* n bytes that compress to about `n / spread`. */
static str make_text(struct arena *arena, size_t n, size_t spread)
{
    char *p = arena_bytes(arena, n);
    uint32_t x = 1;
    for (size_t i = 0; i < n; i++) {
        if (i % spread == 0)
            x = x * 1664525u + 1013904223u;
        p[i] = (char)(x >> 24);
    }
    return str_of(p, n);
}

static str join2(struct arena *arena, str a, str b)
{
    str parts[] = {a, b};
    return arena_join(arena, parts, 2);
}

static void bodies_without_coding_are_themselves(void **state)
{
    static const char *const codings[] = {NULL, "", " ", "identity", "Identity"};
    str body = STR("plain");
    for (size_t i = 0; i < COUNT_OF(codings); i++) {
        str text;
        assert_int_equal(inflate_body(*state, str_z(codings[i]), body, 1, &text),
                         INFLATE_OK);
        assert_ptr_equal(text.p, body.p);
        assert_int_equal(text.n, body.n);
    }
}

static void other_codings_are_unknown(void **state)
{
    static const char *const codings[] = {"br",  "compress", "gzip, gzip", "gzip,br",
                                          "gzi", "gzip2",    "zstd, br",   "deflate;q=1",
                                          "dcz", "*"};
    for (size_t i = 0; i < COUNT_OF(codings); i++) {
        str text;
        text_true(codings[i], inflate_body(*state, str_z(codings[i]), STR("x"), LIMIT,
                                           &text) == INFLATE_UNKNOWN);
        text_same(codings[i], text, NULL);
    }
}

static void packed(struct arena *arena, const char *coding, str body, str want)
{
    str text;
    text_true(coding,
              inflate_body(arena, str_z(coding), body, want.n, &text) == INFLATE_OK);
    text_true(coding, str_eq(text, want));
    if (want.n == 0)
        return;
    text_true(coding, inflate_body(arena, str_z(coding), body, want.n - 1, &text) ==
                          INFLATE_TOO_LARGE);
}

static void each_coding_is_read_up_to_the_limit(void **state)
{
    static const size_t sizes[] = {0, 1, 100, 16383, 16384, 16385, 32768, 65536, 300000};
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        str text = make_text(arena, sizes[i], 1 + i % 3);
        packed(arena, "gzip", pack_zlib(arena, GZIP, text), text);
        packed(arena, "X-GZip", pack_zlib(arena, GZIP, text), text);
        packed(arena, "deflate", pack_zlib(arena, ZLIB, text), text);
        packed(arena, " deflate ", pack_zlib(arena, RAW, text), text);
        packed(arena, "zstd", pack_zstd(arena, text, 20), text);
    }
}

/* Some of them begin with two bytes that zlib's check would accept. */
static void bare_streams_are_told_from_zlib(void **state)
{
    struct arena *arena = *state;
    for (size_t n = 0; n < 300; n++) {
        struct arena_mark mark = arena_mark(arena);
        str text = make_text(arena, n, 1 + n % 4);
        packed(arena, "deflate", pack_zlib(arena, RAW, text), text);
        arena_rewind(arena, mark);
    }
}

static void members_and_frames_follow_each_other(void **state)
{
    struct arena *arena = *state;
    str a = make_text(arena, 16384, 1);
    str b = make_text(arena, 1000, 2);
    str both = join2(arena, a, b);
    packed(arena, "gzip",
           join2(arena, pack_zlib(arena, GZIP, a), pack_zlib(arena, GZIP, b)), both);
    packed(arena, "zstd", join2(arena, pack_zstd(arena, a, 20), pack_zstd(arena, b, 20)),
           both);
}

/* At every length a cut body is broken, and what was readable is a beginning. */
static void cut_bodies_give_what_was_readable(void **state)
{
    struct arena *arena = *state;
    str text = make_text(arena, 2000, 3);
    const struct {
        const char *coding;
        str body;
    } rows[] = {
        {"gzip", pack_zlib(arena, GZIP, text)},
        {"deflate", pack_zlib(arena, ZLIB, text)},
        {"deflate", pack_zlib(arena, RAW, text)},
        {"zstd", pack_zstd(arena, text, 20)},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t longest = 0;
        for (size_t n = 1; n < rows[i].body.n; n++) {
            str got;
            text_true(rows[i].coding,
                      inflate_body(arena, text_input(*state, rows[i].coding),
                                   str_of(rows[i].body.p, n), LIMIT,
                                   &got) == INFLATE_BROKEN);
            text_true(rows[i].coding, str_starts(text, got));
            longest = got.n > longest ? got.n : longest;
        }
        text_true(rows[i].coding, i == 3 || longest > text.n / 2);
    }
}

static void empty_bodies_are_not_broken(void **state)
{
    str text;
    assert_int_equal(inflate_body(*state, STR("gzip"), STR(""), LIMIT, &text),
                     INFLATE_OK);
    assert_int_equal(text.n, 0);
    assert_int_equal(inflate_body(*state, STR("zstd"), STR_NONE, LIMIT, &text),
                     INFLATE_OK);
    assert_int_equal(text.n, 0);
}

static void other_bytes_are_broken(void **state)
{
    struct arena *arena = *state;
    str text = make_text(arena, 1000, 2);
    str gzip = pack_zlib(arena, GZIP, text);
    str flipped = arena_str(arena, gzip);
    ((char *)(uintptr_t)flipped.p)[gzip.n - 6] ^= 1; /* its checksum */
    const struct {
        const char *coding;
        str body;
    } rows[] = {
        {"gzip", STR("{\"error\":\"plain text under a wrong name\"}")},
        {"deflate", STR("{\"error\":\"plain text under a wrong name\"}")},
        {"zstd", STR("{\"error\":\"plain text under a wrong name\"}")},
        {"gzip", pack_zlib(arena, ZLIB, text)},
        {"zstd", gzip},
        {"gzip", flipped},
        {"gzip", join2(arena, gzip, STR("behind"))},
        {"gzip", join2(arena, gzip, STR("b"))},
        {"deflate", join2(arena, pack_zlib(arena, RAW, text), STR("b"))},
        {"deflate", join2(arena, pack_zlib(arena, RAW, text), STR("behind"))},
        {"zstd", join2(arena, pack_zstd(arena, text, 20), STR("behind"))},
        {"deflate", STR("\x78\xbb\0\0\0\1")}, /* asks for a dictionary */
        {"deflate", STR("\x78")},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str got;
        text_true(rows[i].coding,
                  inflate_body(arena, text_input(*state, rows[i].coding), rows[i].body,
                               LIMIT, &got) == INFLATE_BROKEN);
    }
}

/* The largest window that RFC 9659 allows is 8 MiB. */
static void large_windows_are_broken(void **state)
{
    struct arena *arena = *state;
    str text = make_text(arena, 1000, 10);
    str got;
    str good = pack_zstd(arena, text, 23);
    assert_int_equal(inflate_body(arena, STR("zstd"), good, text.n, &got), INFLATE_OK);
    str large = pack_zstd(arena, text, 24);
    assert_int_equal(inflate_body(arena, STR("zstd"), large, text.n, &got),
                     INFLATE_BROKEN);
}

static size_t largest;

static int note_largest(size_t n)
{
    largest = n > largest ? n : largest;
    return 1;
}

static void bombs_stop_at_the_limit(void **state)
{
    struct arena *arena = *state;
    str zeros = str_of(arena_zalloc(arena, 4 << 20), 4 << 20);
    const struct {
        const char *coding;
        str body;
    } rows[] = {
        {"gzip", pack_zlib(arena, GZIP, zeros)},
        {"deflate", pack_zlib(arena, RAW, zeros)},
        {"zstd", pack_zstd(arena, zeros, 20)},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str text;
        largest = 0;
        mem_set_gate(note_largest);
        text_true(rows[i].coding,
                  inflate_body(arena, text_input(*state, rows[i].coding), rows[i].body,
                               100000, &text) == INFLATE_TOO_LARGE);
        mem_set_gate(NULL);
        text_true(rows[i].coding, largest <= 100000 && str_absent(text));
    }
}

int test_inflate(void)
{
    static const struct CMUnitTest tests[] = {
        TEXT_TEST(bodies_without_coding_are_themselves),
        TEXT_TEST(other_codings_are_unknown),
        TEXT_TEST(each_coding_is_read_up_to_the_limit),
        TEXT_TEST(bare_streams_are_told_from_zlib),
        TEXT_TEST(members_and_frames_follow_each_other),
        TEXT_TEST(cut_bodies_give_what_was_readable),
        TEXT_TEST(empty_bodies_are_not_broken),
        TEXT_TEST(other_bytes_are_broken),
        TEXT_TEST(large_windows_are_broken),
        TEXT_TEST(bombs_stop_at_the_limit),
    };
    return cmocka_run_group_tests_name("http/inflate", tests, NULL, NULL);
}
