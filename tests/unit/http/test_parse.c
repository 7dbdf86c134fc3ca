#include "http/parse.h"

#include "support/reading.h"
#include "tests.h"
#include "text.h"

struct row {
    const char *bytes;
    size_t n;         /* it may hold NULs */
    const char *want; /* NULL = bad for whatever reason */
};

#define ROW(bytes, want)                                                                 \
    {                                                                                    \
        bytes, sizeof(bytes) - 1, want                                                   \
    }

#define GET     "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST    "POST / HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define OK      "HTTP/1.1 200 OK\r\n"

#define READ_GET "GET / HTTP/1.1 keep length=-1\nHost: a\n"
#define READ_POST                                                                        \
    "POST / HTTP/1.1 keep length=-1 chunked\nHost: a\nTransfer-Encoding: chunked\n"
#define NO_BODY "body \"\"\nend, 0 left"

/* --- requests ---------------------------------------------------------------------- */

static const struct row requests[] = {
    ROW(GET "\r\n", READ_GET NO_BODY),
    ROW("\r\n\r\n" GET "\r\n", READ_GET NO_BODY),
    ROW(GET "\r\n" GET "\r\n", READ_GET "body \"\"\nend, 27 left"),
    ROW("GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.0 length=-1\n" NO_BODY),
    ROW("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "GET / HTTP/1.0 keep length=-1\nConnection: keep-alive\n" NO_BODY),
    ROW(GET "Connection: x, Close\r\n\r\n",
        "GET / HTTP/1.1 length=-1\nHost: a\nConnection: x, Close\n" NO_BODY),
    ROW("OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n",
        "OPTIONS * HTTP/1.1 keep length=-1\nHost: \n" NO_BODY),
    ROW("GET /a?b=%20&\xc3\xa9=\"{}|^` HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
        "GET /a?b=%20&\xc3\xa9=\"{}|^` HTTP/1.1 keep length=-1\nHost: "
        "[::1]:80\n" NO_BODY),
    ROW(GET "A: \t b \t \r\nA:c\r\na:\r\n\r\n",
        "GET / HTTP/1.1 keep length=-1\nHost: a\nA: b\nA: c\na: \n" NO_BODY),
    ROW(GET "X-\x21#$%&'*+-.^_`|~: \x80\xff\t\r\n\r\n",
        "GET / HTTP/1.1 keep length=-1\nHost: a\nX-!#$%&'*+-.^_`|~: \x80\xff\n" NO_BODY),
    ROW(POST "Content-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1 keep length=5\nHost: a\nContent-Length: 5\nbody \"hello\"\n"
        "end, 0 left"),
    ROW(POST "Content-Length: 5\r\n\r\nhello!",
        "POST / HTTP/1.1 keep length=5\nHost: a\nContent-Length: 5\nbody \"hello\"\n"
        "end, 1 left"),
    ROW(POST "Content-Length: 0005\r\n\r\nhell",
        "POST / HTTP/1.1 keep length=5\nHost: a\nContent-Length: 0005\nbody "
        "\"hell\"\nmore"),
    ROW(POST "Content-Length: 0\r\n\r\n",
        "POST / HTTP/1.1 keep length=0\nHost: a\nContent-Length: 0\n" NO_BODY),
    ROW(GET "Upgrade: websocket\r\nConnection: upgrade\r\n\r\nrest",
        "GET / HTTP/1.1 keep length=-1\nHost: a\nUpgrade: websocket\nConnection: "
        "upgrade\n"
        "body \"\"\nend, 4 left"),
    /* absolute form: its authority is the host, whatever Host said */
    ROW("GET http://b:81/p?q=/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /p?q=/ HTTP/1.1 keep length=-1\nHost: b:81\nbody \"\"\nend, 0 left"),
    ROW("GET HTTPS://b?q HTTP/1.1\r\nHost:\r\n\r\n",
        "GET /?q HTTP/1.1 keep length=-1\nHost: b\nbody \"\"\nend, 0 left"),
    ROW("GET http://b HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.0 length=-1\nHost: b\nbody \"\"\nend, 0 left"),
    ROW(CHUNKED "5\r\nhello\r\n0\r\n\r\n", READ_POST "body \"hello\"\nend, 0 left"),
    ROW(CHUNKED "5\r\nhello\r\n0\r\n\r\nGET", READ_POST "body \"hello\"\nend, 3 left"),
    ROW(CHUNKED "5;a=b;c=\"d\"\r\nhello\r\n000 \r\n\r\n",
        READ_POST "body \"hello\"\nend, 0 left"),
    ROW(CHUNKED "00000000A\r\n0123456789\r\n0\r\nX-A: 1\r\nX-B:2 \r\n\r\n",
        READ_POST "body \"0123456789\"\nX-A: 1\nX-B: 2\nend, 0 left"),
    ROW(CHUNKED
        "0\r\nContent-Length: 5\r\nHost: evil\r\nTransfer-Encoding: x\r\nX: y\r\n\r\n",
        READ_POST "body \"\"\nX: y\nend, 0 left"),
    ROW(CHUNKED "5\r\nhel", READ_POST "body \"hel\"\nmore"),
    ROW(CHUNKED "5\r\nhello\r\n0\r\n", READ_POST "body \"hello\"\nmore"),
};

/* Each could mean one thing to us and another to who reads before or behind us. */
static const struct row refused_requests[] = {
    ROW("GET / HTTP/1.1\nHost: a\n\n", "bad: a line ends with LF alone"),
    ROW("GET / HTTP/1.1\r\nHost: a\n\r\n", "bad: a line ends with LF alone"),
    ROW(GET "A: b\r\n\n", "bad: a line ends with LF alone"),
    ROW(GET "A: b\r\n c\r\n\r\n", "bad: a header line is folded"),
    ROW(GET "\tA: b\r\n\r\n", "bad: a header line is folded"),
    ROW(GET "A: b\rC: d\r\n\r\n", NULL),
    ROW(GET "A: b\0c\r\n\r\n", NULL),
    ROW(GET "A: b\x01\r\n\r\n", NULL),
    ROW(GET "A: b\x7f\r\n\r\n", NULL),
    ROW(GET "A : b\r\n\r\n", "bad: there is a blank before the colon of a header"),
    ROW(GET "A\t: b\r\n\r\n", NULL),
    ROW(GET "A B: c\r\n\r\n", "bad: there is a blank before the colon of a header"),
    ROW(GET ": b\r\n\r\n", NULL),
    ROW(GET "A\r\n\r\n", NULL),
    ROW(GET "A(: b\r\n\r\n", NULL),
    ROW(GET "\xc3\xa9: b\r\n\r\n", NULL),
    ROW("GET / HTTP/1.1\r\n\r\n", "bad: there is no Host header"),
    ROW(GET "Host: a\r\n\r\n", "bad: there is more than one Host header"),
    ROW(GET "hOST: b\r\n\r\n", "bad: there is more than one Host header"),
    ROW("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "bad: the Host header is not a host"),
    ROW("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", "bad: the Host header is not a host"),
    ROW("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "bad: the Host header is not a host"),
    ROW("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "bad: the Host header is not a host"),
    ROW("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "bad: the target is not a path"),
    ROW("GET http:a/ HTTP/1.1\r\nHost: a\r\n\r\n", NULL),
    ROW("GET http:///p HTTP/1.1\r\nHost: a\r\n\r\n", NULL),
    ROW("GET http://u@b/ HTTP/1.1\r\nHost: a\r\n\r\n", "bad: the target names no host"),
    ROW("GET http://u:p@b/ HTTP/1.1\r\nHost: a\r\n\r\n", "bad: the target names no host"),
    ROW("GET http://b\\c/ HTTP/1.1\r\nHost: a\r\n\r\n", NULL),
    ROW("GET http://b#c/ HTTP/1.1\r\nHost: a\r\n\r\n", NULL),
    ROW("GET http://b/ HTTP/1.1\r\n\r\n", "bad: there is no Host header"),
    ROW("GET http://b/ HTTP/1.1\r\nHost: b\r\nHost: b\r\n\r\n",
        "bad: there is more than one Host header"),
    ROW("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "bad: the target is not a path"),
    ROW("GET a HTTP/1.1\r\nHost: a\r\n\r\n", NULL),
    ROW("GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "bad: the request line has more than two blanks"),
    ROW("GET /  HTTP/1.1\r\nHost: a\r\n\r\n", NULL),
    ROW("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", NULL),
    ROW("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", NULL),
    ROW("GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", NULL),
    ROW("GET /a\x0b HTTP/1.1\r\nHost: a\r\n\r\n", NULL),
    ROW("GET /a\x7f HTTP/1.1\r\nHost: a\r\n\r\n", NULL),
    ROW("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", NULL),
    ROW("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
        "bad: the target holds a character that it must not"),
    ROW(" GET / HTTP/1.1\r\nHost: a\r\n\r\n", NULL),
    ROW("G T / HTTP/1.1\r\nHost: a\r\n\r\n", NULL),
    ROW("GET /\r\n\r\n", NULL),
    ROW("GET / HTTP/2.0\r\nHost: a\r\n\r\n", NULL),
    ROW("GET / HTTP/0.9\r\nHost: a\r\n\r\n", NULL),
    ROW("GET / HTTP/1.10\r\nHost: a\r\n\r\n", NULL),
    ROW("GET / http/1.1\r\nHost: a\r\n\r\n", NULL),
    ROW("GET / HTTP/11\r\nHost: a\r\n\r\n", NULL),
    ROW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", NULL),
    ROW(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", NULL),
    ROW(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", NULL),
    ROW(POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", NULL),
    ROW(POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", NULL),
    ROW(POST "Content-Length: 5, 5\r\n\r\n", NULL),
    ROW(POST "Content-Length: +5\r\n\r\n", NULL),
    ROW(POST "Content-Length: -5\r\n\r\n", NULL),
    ROW(POST "Content-Length: 0x5\r\n\r\n", NULL),
    ROW(POST "Content-Length: 5 5\r\n\r\n", NULL),
    ROW(POST "Content-Length: 5a\r\n\r\n", NULL),
    ROW(POST "Content-Length: \r\n\r\n", NULL),
    ROW(POST "Content-Length: 99999999999999999999\r\n\r\n", NULL),
    ROW(POST "Content-Length: 9223372036854775808\r\n\r\n", NULL),
    ROW(POST "Transfer-Encoding: gzip, chunked\r\n\r\n", NULL),
    ROW(POST "Transfer-Encoding: chunked, chunked\r\n\r\n", NULL),
    ROW(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", NULL),
    ROW(POST "Transfer-Encoding: identity\r\n\r\n", NULL),
    ROW(POST "Transfer-Encoding: xchunked\r\n\r\n", NULL),
    ROW(POST "Transfer-Encoding: \"chunked\"\r\n\r\n", NULL),
    ROW(POST "Transfer-Encoding: chunked;q=1\r\n\r\n", NULL),
    ROW(POST "Transfer-Encoding:\r\n\r\n", NULL),
    ROW("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "bad: HTTP/1.0 knows no Transfer-Encoding"),
};

static const struct row refused_chunks[] = {
    ROW("\r\n", NULL),
    ROW("g\r\n", NULL),
    ROW("-1\r\n", NULL),
    ROW("+5\r\n", NULL),
    ROW(" 5\r\n", NULL),
    ROW("0x5\r\n", NULL),
    ROW("5\n", NULL),
    ROW("5\rX", NULL),
    ROW("5;a\nb\r\n", NULL),
    ROW("5;a\0\r\n", NULL),
    ROW("5;\x01\r\n", NULL),
    ROW("1000000000000000\r\n", NULL),
    ROW("5,\r\n", NULL),
    ROW("0\r\r\n\r\n", NULL),
    ROW("0\r\n\n", NULL),
    ROW("0\r\n\rX", NULL),
    ROW("0\r\nA\r\n\r\n", NULL),
    ROW("0\r\nA : b\r\n\r\n", NULL),
    ROW("0\r\n: b\r\n\r\n", NULL),
    ROW("0\r\n A: b\r\n\r\n", NULL),
    ROW("0\r\nA: b\n\r\n", NULL),
    ROW("0\r\nA: b\r\n c\r\n\r\n", NULL),
    ROW("0\r\nA: \x01\r\n\r\n", NULL),
};

static size_t one_byte(void *arg, size_t left)
{
    (void)arg, (void)left;
    return 1;
}

/* The first piece is *arg bytes. */
static size_t cut_once(void *arg, size_t left)
{
    size_t *at = arg;
    size_t n = *at < left && *at ? *at : left;
    *at = 0;
    return n;
}

static str read_text(struct arena *arena, struct reading reading, str bytes)
{
    struct buf text;
    buf_init(&text, 32 << 20);
    reading_run(&reading, arena, bytes, &text);
    str copy = arena_str(arena, buf_peek(&text));
    buf_fini(&text);
    return copy;
}

/* The same however it is cut: whole, byte by byte, and in two at every place. */
static str read_all_ways(struct arena *arena, enum parse_kind kind, str bytes)
{
    str whole = read_text(arena, (struct reading){kind, NULL, NULL}, bytes);
    str dripped = read_text(arena, (struct reading){kind, one_byte, NULL}, bytes);
    text_same("byte by byte", dripped, arena_z(arena, whole));
    for (size_t i = 1; i < bytes.n; i++) {
        size_t at = i;
        struct arena_mark mark = arena_mark(arena);
        str cut = read_text(arena, (struct reading){kind, cut_once, &at}, bytes);
        if (!str_eq(cut, whole))
            fail_msg("cut at %zu: " STR_F "\nnot " STR_F, i, STR_A(cut), STR_A(whole));
        arena_rewind(arena, mark);
    }
    return whole;
}

static str bytes_of(const struct row *row)
{
    return str_of(row->bytes, row->n);
}

static void reads_requests(void **state)
{
    for (size_t i = 0; i < COUNT_OF(requests); i++)
        text_same(requests[i].bytes,
                  read_all_ways(*state, PARSE_REQUEST, bytes_of(&requests[i])),
                  requests[i].want);
}

static void expect_refusal(const struct row *row, str got)
{
    if (row->want)
        text_same(row->bytes, got, row->want);
    else if (!str_starts(got, STR("bad: ")))
        fail_msg("%s: read as " STR_F, row->bytes, STR_A(got));
}

static void refuses_ambiguous_requests(void **state)
{
    for (size_t i = 0; i < COUNT_OF(refused_requests); i++)
        expect_refusal(
            &refused_requests[i],
            read_all_ways(*state, PARSE_REQUEST, bytes_of(&refused_requests[i])));
}

static void refuses_ambiguous_chunks(void **state)
{
    for (size_t i = 0; i < COUNT_OF(refused_chunks); i++) {
        str parts[] = {STR(CHUNKED), bytes_of(&refused_chunks[i]),
                       STR("hello\r\n0\r\n\r\n")};
        str got = read_all_ways(*state, PARSE_REQUEST, arena_join(*state, parts, 3));
        if (!str_ends(got, STR("bad body")))
            fail_msg("%s: read as " STR_F, refused_chunks[i].bytes, STR_A(got));
    }
}

static void refuses_data_that_does_not_end_where_it_should(void **state)
{
    static const char *const bodies[] = {"5\r\nhello0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n",
                                         "5\r\nhello\n0\r\n\r\n",
                                         "5\r\nhello\rX0\r\n\r\n"};
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        str parts[] = {STR(CHUNKED), str_z(bodies[i])};
        text_same(bodies[i],
                  read_all_ways(*state, PARSE_REQUEST, arena_join(*state, parts, 2)),
                  READ_POST "body \"hello\"\nbad body");
    }
}

/* --- answers ----------------------------------------------------------------------- */

static const struct row answers[] = {
    ROW(OK "Content-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK keep length=2\nContent-Length: 2\nbody \"ok\"\nend, 0 left"),
    ROW("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200  keep length=0\nContent-Length: 0\n" NO_BODY),
    ROW("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200  keep length=0\nContent-Length: 0\n" NO_BODY),
    ROW("HTTP/1.1 404 Not Found at \xe9\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 404 Not Found at \xe9 keep length=0\nContent-Length: 0\n" NO_BODY),
    ROW(OK "\r\nhello", "HTTP/1.1 200 OK length=-1\nbody \"hello\"\nend at the end"),
    ROW("HTTP/1.0 200 OK\r\n\r\n",
        "HTTP/1.0 200 OK length=-1\nbody \"\"\nend at the end"),
    ROW(OK "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK keep length=-1 chunked\nTransfer-Encoding: chunked\nbody "
        "\"ok\"\n"
        "end, 0 left"),
    ROW("HTTP/1.1 100 Continue\r\n\r\nHTTP",
        "HTTP/1.1 100 Continue keep length=-1\nbody \"\"\nend, 4 left"),
    ROW("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 204 No Content keep length=5\nContent-Length: 5\nbody \"\"\nend, 5 "
        "left"),
    ROW("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 304 Not Modified keep length=-1 chunked\nTransfer-Encoding: "
        "chunked\n" NO_BODY),
    ROW("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols keep length=-1\nUpgrade: x\n" NO_BODY),
};

static const struct row refused_answers[] = {
    ROW("HTTP/1.1 20 OK\r\n\r\n", "bad: the status line is malformed"),
    ROW("HTTP/1.1 099 OK\r\n\r\n", "bad: the status line is malformed"),
    ROW("HTTP/1.1 2000 OK\r\n\r\n", NULL),
    ROW("HTTP/1.1  200 OK\r\n\r\n", "bad: the status line is malformed"),
    ROW("HTTP/1.1 200OK\r\n\r\n", NULL),
    ROW("HTTP/1.1\r\n\r\n", NULL),
    ROW("HTTP/1.1 OK\r\n\r\n", NULL),
    ROW("HTTP/1.1 200 O\x01K\r\n\r\n", NULL),
    ROW("HTTP/1.1 200 OK\rX\r\n\r\n", NULL),
    ROW("HTTP/2 200 OK\r\n\r\n", NULL),
    ROW("HTTP/3.0 200 OK\r\n\r\n", NULL),
    ROW("ICY 200 OK\r\n\r\n", NULL),
    ROW("http/1.1 200 OK\r\n\r\n", NULL),
    ROW(OK "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", NULL),
    ROW(OK "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", NULL),
    ROW(OK "Transfer-Encoding: gzip, chunked\r\n\r\n", NULL),
    ROW("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", NULL),
};

static void reads_answers(void **state)
{
    for (size_t i = 0; i < COUNT_OF(answers); i++)
        text_same(answers[i].bytes,
                  read_all_ways(*state, PARSE_RESPONSE, bytes_of(&answers[i])),
                  answers[i].want);
}

static void refuses_ambiguous_answers(void **state)
{
    for (size_t i = 0; i < COUNT_OF(refused_answers); i++)
        expect_refusal(&refused_answers[i], read_all_ways(*state, PARSE_RESPONSE,
                                                          bytes_of(&refused_answers[i])));
}

static void knows_that_answers_to_head_have_no_body(void **state)
{
    text_same("HEAD",
              read_all_ways(*state, PARSE_RESPONSE_TO_HEAD,
                            STR(OK "Content-Length: 5\r\n\r\n")),
              "HTTP/1.1 200 OK keep length=5\nContent-Length: 5\n" NO_BODY);
    text_same(
        "HEAD",
        read_all_ways(*state, PARSE_RESPONSE_TO_HEAD,
                      STR(OK "Transfer-Encoding: chunked\r\n\r\n")),
        "HTTP/1.1 200 OK keep length=-1 chunked\nTransfer-Encoding: chunked\n" NO_BODY);
}

/* --- bounds ------------------------------------------------------------------------ */

static str repeated(struct arena *arena, const char *begin, const char *line, size_t n,
                    const char *end)
{
    struct buf text;
    buf_init(&text, 8 << 20);
    buf_str(&text, str_z(begin));
    for (size_t i = 0; i < n; i++)
        buf_str(&text, str_z(line));
    buf_str(&text, str_z(end));
    str copy = arena_str(arena, buf_peek(&text));
    buf_fini(&text);
    return copy;
}

static str read_whole(struct arena *arena, str bytes)
{
    return read_text(arena, (struct reading){.kind = PARSE_REQUEST}, bytes);
}

static void bounds_a_head(void **state)
{
    str fits = repeated(*state, GET, "A: b\r\n", 254, "\r\n");
    assert_true(str_ends(read_whole(*state, fits), STR("end, 0 left")));
    text_same("257 lines with the first",
              read_whole(*state, repeated(*state, GET, "A: b\r\n", 255, "\r\n")),
              "long head");
    text_same("1 MB of lines",
              read_whole(*state, repeated(*state, GET, "A: b\r\n", 170000, "\r\n")),
              "long head");
    text_same("1 MB in a line",
              read_whole(*state, repeated(*state, GET "A: ", "b", 1 << 20, "\r\n\r\n")),
              "long head");
    text_same("1 MB without a line",
              read_whole(*state, repeated(*state, "", "b", 1 << 20, "")), "long head");
    text_same("1 MB of empty lines",
              read_whole(*state, repeated(*state, "", "\r\n", 1 << 19, "")), "long head");
    text_same("64 KiB and no end",
              read_whole(*state, repeated(*state, GET "A: ", "b", 60000, "")), "more");
}

static void bounds_a_target(void **state)
{
    str fits = repeated(*state, "GET /", "a", PARSE_TARGET_BYTES_MAX - 1,
                        " HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(str_ends(read_whole(*state, fits), STR("end, 0 left")));
    text_same("16 KiB and one",
              read_whole(*state, repeated(*state, "GET /", "a", PARSE_TARGET_BYTES_MAX,
                                          " HTTP/1.1\r\nHost: a\r\n\r\n")),
              "long target");
}

static void bounds_trailers_and_extensions(void **state)
{
    static const struct {
        const char *begin;
        const char *line;
        size_t fits;
        size_t too_many;
        const char *end;
    } rows[] = {
        {CHUNKED "0\r\n", "A: b\r\n", 256, 257, "\r\n"},
        {CHUNKED "0\r\nA: ", "b", 16000, 17000, "\r\n\r\n"},
        {CHUNKED "0;", "b", 4000, 5000, "\r\n\r\n"},
        {CHUNKED, "0", 15, 16, "\r\n\r\n"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str fits =
            repeated(*state, rows[i].begin, rows[i].line, rows[i].fits, rows[i].end);
        str big =
            repeated(*state, rows[i].begin, rows[i].line, rows[i].too_many, rows[i].end);
        assert_true(str_ends(read_whole(*state, fits), STR("end, 0 left")));
        assert_true(str_ends(read_whole(*state, big), STR("bad body")));
    }
}

/* What a peer dribbles costs no more memory than what it sends at once. */
static void dribbled_trailers_cost_no_more(void **state)
{
    struct arena arena;
    struct head_scan scan = {0};
    struct message_head head;
    struct body_parser body;
    const char *why;
    size_t n;
    str chunk;
    str bytes = repeated(*state, CHUNKED "0\r\nA: ", "b", 16000, "\r\n\r\n");
    arena_init(&arena, 4096, 128 * 1024);
    assert_true(parse_scan(&scan, bytes, &n, &why) == PARSE_DONE);
    assert_true(parse_head(PARSE_REQUEST, &arena, str_of(bytes.p, n), &head, &body,
                           &why) == PARSE_DONE);
    body.trailers_arena = &arena;
    bytes = str_from(bytes, n);
    for (size_t i = 0; i < bytes.n; i++) {
        str byte = str_of(bytes.p + i, 1);
        enum body_step step = parse_body(&body, &byte, &chunk);
        assert_true(step == (i + 1 == bytes.n ? BODY_END : BODY_MORE));
    }
    assert_int_equal(body.trailers.items[0].value.n, 16000);
    arena_fini(&arena);
}

static void unwanted_trailers_are_read_over(void **state)
{
    struct body_parser body = {.left = PARSE_LEFT_CHUNKED};
    str bytes = STR("1\r\na\r\n0\r\nA: b\r\n\r\nrest");
    str chunk;
    (void)state;
    assert_true(parse_body(&body, &bytes, &chunk) == BODY_CHUNK);
    assert_true(parse_body(&body, &bytes, &chunk) == BODY_END);
    assert_true(parse_body(&body, &bytes, &chunk) == BODY_END);
    assert_int_equal(body.trailers.n, 0);
    assert_str(bytes, STR("rest"));
}

int test_parse(void)
{
    const struct CMUnitTest tests[] = {
        TEXT_TEST(reads_requests),
        TEXT_TEST(refuses_ambiguous_requests),
        TEXT_TEST(refuses_ambiguous_chunks),
        TEXT_TEST(refuses_data_that_does_not_end_where_it_should),
        TEXT_TEST(reads_answers),
        TEXT_TEST(refuses_ambiguous_answers),
        TEXT_TEST(knows_that_answers_to_head_have_no_body),
        TEXT_TEST(bounds_a_head),
        TEXT_TEST(bounds_a_target),
        TEXT_TEST(bounds_trailers_and_extensions),
        TEXT_TEST(dribbled_trailers_cost_no_more),
        TEXT_TEST(unwanted_trailers_are_read_over),
    };
    return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
