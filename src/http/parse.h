/*
 * HTTP/1.x messages as they arrive: the head in one piece, the body as slices of what was
 * read. The grammar of heads is http-parser's; what it lets pass and a careful proxy must
 * not is refused around it: bare LF and CR, several blanks in the first line, tabs and
 * fragments in targets, statuses below 100, blanks before the colon, folded lines, none
 * or several Host, Transfer-Encoding that is not exactly "chunked", both lengths, chunked
 * in HTTP/1.0 (RFC 9112 §2.2, §3, §3.2, §4, §5.1, §5.2, §6.1, §11.2). A target in
 * absolute form becomes origin form, and its authority the Host. Chunked bodies are read
 * by a parser of our own (parse_chunked.c).
 *
 * Slices point into the bytes that were given in; whoever keeps them copies first.
 * Own thread only.
 */
#ifndef HTTP_PARSE_H
#define HTTP_PARSE_H

#include "base/arena.h"
#include "http/header.h"

enum parse_kind {
    PARSE_REQUEST,
    PARSE_RESPONSE,
    PARSE_RESPONSE_TO_HEAD /* has no body, whatever its length says (RFC 9110 §9.3.2) */
};

enum {
    PARSE_HEAD_BYTES_MAX = 64 * 1024,
    PARSE_TARGET_BYTES_MAX = 16 * 1024,
    PARSE_LINES_MAX = 256,
    PARSE_TRAILER_BYTES_MAX = 16 * 1024
};

/* body_parser.left, when it is no number of bytes. */
enum { PARSE_LEFT_CHUNKED = -1, PARSE_LEFT_UNTIL_END = -2 };

struct message_head {
    str method;     /* request */
    str target;     /* request: origin form, or "*" */
    int status;     /* response */
    str reason;     /* response; may be empty */
    unsigned minor; /* HTTP/1.minor */
    struct headers headers;
    int64_t content_length; /* −1: none given */
    bool chunked;
    bool keep_alive; /* the sender would keep the connection */
};

enum parse_result {
    PARSE_DONE,
    PARSE_MORE,      /* more bytes are needed */
    PARSE_BAD,       /* *ret_why says what is wrong, a static sentence */
    PARSE_LONG_HEAD, /* head larger than PARSE_HEAD_BYTES_MAX or PARSE_LINES_MAX lines */
    PARSE_LONG_TARGET
};

/* State of the search for a head's end, so that bytes are looked at once. Zeroes. */
struct head_scan {
    size_t looked; /* bytes looked at */
    size_t line;   /* start of the present line */
    uint32_t lines;
};

/*
 * Looks for the end of a head in `bytes`, which grow from call to call and start where
 * the message starts. PARSE_DONE: *ret_n is the head's length.
 */
enum parse_result parse_scan(struct head_scan *scan, str bytes, size_t *ret_n,
                             const char **ret_why);

/* Where a chunked body stands; see parse_chunked.c. */
struct chunked {
    unsigned char state;
    unsigned char digits; /* of the size being read */
    uint64_t left;        /* bytes left of the present chunk */
    uint32_t extension;   /* bytes of the chunk extension being read */
    uint32_t lines;       /* trailer lines */
    uint32_t trailer_bytes;
    char *line; /* the trailer line being read */
    uint32_t line_n;
    uint32_t line_room;
};

/* The body of one message on its way in. */
struct body_parser {
    int64_t left; /* bytes left of a counted body; −1 chunked; −2 until the end */
    /* Set it to keep the trailers of a chunked body, but those that frame or route. */
    struct arena *trailers_arena;
    struct headers trailers;
    struct chunked chunked;
};

/*
 * Parses one whole head. `head->headers` is made in `arena`, all text borrows from
 * `bytes`. `body` is readied for what follows.
 */
enum parse_result parse_head(enum parse_kind kind, struct arena *arena, str bytes,
                             struct message_head *ret_head, struct body_parser *ret_body,
                             const char **ret_why);

enum body_step {
    BODY_CHUNK, /* *ret_chunk is the next piece */
    BODY_MORE,  /* all given bytes are used up */
    BODY_END,   /* the body is complete */
    BODY_BAD    /* the framing is broken */
};

/*
 * Takes the next piece of the body out of *bytes, which moves on past what was used.
 * After BODY_END what is left in *bytes belongs to the next message.
 */
enum body_step parse_body(struct body_parser *body, str *bytes, str *ret_chunk);

/* What the end of the connection means: BODY_END for a body that lasts until then or
 * that is complete, BODY_BAD for one that was cut. */
enum body_step parse_body_eof(const struct body_parser *body);

/* RFC 9110 §6.5.1: fields that frame or route are not taken from a trailer section. */
bool parse_may_trail(str name);

static inline bool parse_body_empty(const struct body_parser *body)
{
    return body->left == 0;
}

#endif
