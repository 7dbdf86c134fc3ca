/*
 * One HTTP message read as a connection reads it, from pieces of any size, and what was
 * read as text, so that two readings can be compared:
 *
 *   GET /a HTTP/1.1 keep length=-1 chunked
 *   Host: a
 *   body "hello"
 *   X-Trailer: b
 *   end, 0 left
 *
 * or "bad: why", "long head", "long target", "more" for what was not read to its end.
 */
#ifndef SUPPORT_READING_H
#define SUPPORT_READING_H

#include "base/buf.h"
#include "http/parse.h"

struct reading {
    enum parse_kind kind;
    /* How large the next piece is, of `left` bytes; NULL = all of them. */
    size_t (*cut)(void *arg, size_t left);
    void *arg;
};

static inline void reading_put_headers(struct buf *text, const struct headers *headers)
{
    for (uint32_t i = 0; i < headers->n; i++) {
        CHECK(header_name_valid(headers->items[i].name));
        CHECK(header_value_valid(headers->items[i].value));
        buf_printf(text, STR_F ": " STR_F "\n", STR_A(headers->items[i].name),
                   STR_A(headers->items[i].value));
    }
}

static inline void reading_put_head(struct buf *text, enum parse_kind kind,
                                    const struct message_head *head)
{
    if (kind == PARSE_REQUEST)
        buf_printf(text, STR_F " " STR_F " HTTP/1.%u", STR_A(head->method),
                   STR_A(head->target), head->minor);
    else
        buf_printf(text, "HTTP/1.%u %d " STR_F, head->minor, head->status,
                   STR_A(head->reason));
    buf_printf(text, "%s length=%lld%s\n", head->keep_alive ? " keep" : "",
               (long long)head->content_length, head->chunked ? " chunked" : "");
    reading_put_headers(text, &head->headers);
}

/* Takes the next piece off *bytes, as a copy of its own. */
static inline str reading_piece(const struct reading *reading, struct arena *arena,
                                str *bytes)
{
    size_t n = reading->cut ? reading->cut(reading->arg, bytes->n) : bytes->n;
    CHECK(n > 0 && n <= bytes->n);
    str piece = arena_str(arena, str_of(bytes->p, n));
    *bytes = str_from(*bytes, n);
    return piece;
}

/* The head, from as many pieces as it takes. False: `text` says why not. `ret_rest` is
 * what of the last piece stands behind it. */
static inline bool reading_head(const struct reading *reading, struct arena *arena,
                                str *bytes, struct buf *text,
                                struct body_parser *ret_body, str *ret_rest)
{
    static const char *const words[] = {
        [PARSE_LONG_HEAD] = "long head", [PARSE_LONG_TARGET] = "long target"};
    struct head_scan scan = {0};
    struct message_head head;
    const char *why = "";
    str have = STR("");
    size_t n = 0;
    enum parse_result result = PARSE_MORE;
    while (result == PARSE_MORE && bytes->n) {
        str parts[] = {have, reading_piece(reading, arena, bytes)};
        have = arena_join(arena, parts, 2);
        result = parse_scan(&scan, have, &n, &why);
    }
    if (result == PARSE_DONE)
        result = parse_head(reading->kind, arena, arena_str(arena, str_of(have.p, n)),
                            &head, ret_body, &why);
    if (result == PARSE_DONE) {
        reading_put_head(text, reading->kind, &head);
        *ret_rest = str_from(have, n);
        return true;
    }
    if (result == PARSE_BAD)
        buf_printf(text, "bad: %s", why);
    else
        buf_str(text, str_z(result == PARSE_MORE ? "more" : words[result]));
    return false;
}

static inline void reading_body(const struct reading *reading, struct arena *arena,
                                str bytes, str piece, struct body_parser *body,
                                struct buf *text)
{
    struct buf content;
    str chunk;
    enum body_step step;
    buf_init(&content, 64 << 20);
    body->trailers_arena = arena;
    for (;;) {
        step = parse_body(body, &piece, &chunk);
        if (step == BODY_CHUNK) {
            CHECK(chunk.n > 0);
            buf_str(&content, chunk);
        } else if (step == BODY_MORE && bytes.n) {
            CHECK(piece.n == 0);
            piece = reading_piece(reading, arena, &bytes);
        } else {
            break;
        }
    }
    buf_printf(text, "body \"" STR_F "\"\n", STR_A(buf_peek(&content)));
    buf_fini(&content);
    if (body->trailers.n)
        reading_put_headers(text, &body->trailers);
    if (step == BODY_END)
        buf_printf(text, "end, %zu left", piece.n + bytes.n);
    else if (step == BODY_BAD)
        buf_str(text, STR("bad body"));
    else
        buf_str(text,
                parse_body_eof(body) == BODY_END ? STR("end at the end") : STR("more"));
}

/* `text` gets what was read of `bytes`; the arena, copies. */
static inline void reading_run(const struct reading *reading, struct arena *arena,
                               str bytes, struct buf *text)
{
    struct body_parser body;
    str rest;
    if (reading_head(reading, arena, &bytes, text, &body, &rest))
        reading_body(reading, arena, bytes, rest, &body, text);
}

#endif
