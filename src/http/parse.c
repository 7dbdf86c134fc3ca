/*
 * The head is searched for its end first, with the checks that need raw lines; then
 * http-parser goes over it once. A counted body and one that ends with the connection
 * need no parser; a chunked one is fed to http-parser, which is paused at each piece so
 * that pieces can be taken one at a time.
 */
#include "http/parse.h"

#include <http_parser.h>

#include "base/check.h"

enum { LEFT_CHUNKED = -1, LEFT_UNTIL_END = -2, HEADERS_ROOM = 24 };

enum parse_result parse_scan(struct head_scan *scan, str bytes, size_t *ret_n,
                             const char **ret_why)
{
    for (;;) {
        str rest = str_from(bytes, scan->looked);
        size_t at = scan->looked + str_find(rest, '\n');
        if (at == bytes.n) {
            scan->looked = at;
            return at > PARSE_HEAD_BYTES_MAX ? PARSE_LONG_HEAD : PARSE_MORE;
        }
        scan->looked = at + 1;
        if (at == 0 || bytes.p[at - 1] != '\r') {
            *ret_why = "a line ends with LF alone";
            return PARSE_BAD;
        }
        bool empty = at - 1 == scan->line;
        if (!empty && scan->lines > 0 &&
            (bytes.p[scan->line] == ' ' || bytes.p[scan->line] == '\t')) {
            *ret_why = "a header line is folded";
            return PARSE_BAD;
        }
        if (scan->looked > PARSE_HEAD_BYTES_MAX || scan->lines > PARSE_LINES_MAX)
            return PARSE_LONG_HEAD;
        if (empty && scan->lines > 0) {
            *ret_n = scan->looked;
            return PARSE_DONE;
        }
        scan->lines += !empty;
        scan->line = scan->looked;
    }
}

/* What the callbacks of http-parser fill. */
struct head_context {
    struct message_head *head;
    bool skip_body;
    str name; /* of the line whose value comes next */
    const char *why;
};

static struct head_context *context_of(http_parser *parser)
{
    return parser->data;
}

static int on_target(http_parser *parser, const char *p, size_t n)
{
    struct message_head *head = context_of(parser)->head;
    head->target =
        head->target.n ? str_of(head->target.p, head->target.n + n) : str_of(p, n);
    return 0;
}

static int on_reason(http_parser *parser, const char *p, size_t n)
{
    struct message_head *head = context_of(parser)->head;
    head->reason =
        head->reason.n ? str_of(head->reason.p, head->reason.n + n) : str_of(p, n);
    return 0;
}

static int on_name(http_parser *parser, const char *p, size_t n)
{
    struct head_context *context = context_of(parser);
    context->name =
        context->name.n ? str_of(context->name.p, context->name.n + n) : str_of(p, n);
    return 0;
}

static int on_value(http_parser *parser, const char *p, size_t n)
{
    struct head_context *context = context_of(parser);
    str name = context->name;
    if (name.n && (name.p[name.n - 1] == ' ' || str_find(name, ' ') < name.n)) {
        context->why = "there is a blank before the colon of a header";
        return 1;
    }
    struct headers *headers = &context->head->headers;
    if (name.n == 0 && headers->n) {
        /* the value went on in a further piece */
        struct header *last = &headers->items[headers->n - 1];
        last->value = str_of(last->value.p, (size_t)(p + n - last->value.p));
        return 0;
    }
    str value = str_trim(str_of(p, n));
    if (!header_value_valid(value)) {
        context->why = "a header value holds a control character";
        return 1;
    }
    header_copy(headers, &(struct header){name, value, header_id_of(name)});
    context->name = STR_NONE;
    return 0;
}

static int on_headers_complete(http_parser *parser)
{
    struct head_context *context = context_of(parser);
    parser->upgrade = 0;
    return context->skip_body ? 1 : 0;
}

static int on_pause(http_parser *parser)
{
    http_parser_pause(parser, 1);
    return 0;
}

static const http_parser_settings head_settings = {
    .on_url = on_target,
    .on_status = on_reason,
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_headers_complete = on_headers_complete,
};

_Static_assert(sizeof(http_parser) <= sizeof(((struct body_parser *)0)->chunks),
               "the chunk parser's state fits");

static http_parser *chunks_of(struct body_parser *body)
{
    return (http_parser *)(void *)body->chunks;
}

static const char *check_request(const struct message_head *head)
{
    const struct headers *headers = &head->headers;
    uint32_t hosts = header_count(headers, HEADER_HOST);
    if (head->target.n == 0 ||
        (head->target.p[0] != '/' && !str_eq(head->target, STR("*"))))
        return "the target is not a path";
    if (hosts > 1)
        return "there is more than one Host header";
    if (hosts == 0 && head->minor > 0)
        return "there is no Host header";
    return NULL;
}

/* RFC 9112 §6.1, §6.3: one length, told one way. */
static const char *check_framing(const struct message_head *head)
{
    const struct headers *headers = &head->headers;
    uint32_t codings = header_count(headers, HEADER_TRANSFER_ENCODING);
    uint32_t lengths = header_count(headers, HEADER_CONTENT_LENGTH);
    if (codings > 1 || lengths > 1)
        return "Transfer-Encoding or Content-Length is given twice";
    if (codings && lengths)
        return "both Transfer-Encoding and Content-Length are given";
    if (codings &&
        !str_eq_nocase(header_value(headers, HEADER_TRANSFER_ENCODING), STR("chunked")))
        return "the Transfer-Encoding is not \"chunked\"";
    if (codings && head->minor == 0)
        return "HTTP/1.0 knows no Transfer-Encoding";
    return NULL;
}

static bool read_length(struct message_head *head)
{
    str text = header_value(&head->headers, HEADER_CONTENT_LENGTH);
    uint64_t length;
    head->content_length = -1;
    if (str_absent(text))
        return true;
    if (!str_to_u64(text, INT64_MAX, &length))
        return false;
    head->content_length = (int64_t)length;
    return true;
}

static int64_t body_left(enum parse_kind kind, const struct message_head *head,
                         bool to_head)
{
    bool bodiless =
        kind == PARSE_RESPONSE &&
        (to_head || head->status < 200 || head->status == 204 || head->status == 304);
    if (bodiless)
        return 0;
    if (head->chunked)
        return LEFT_CHUNKED;
    if (head->content_length >= 0)
        return head->content_length;
    return kind == PARSE_REQUEST ? 0 : LEFT_UNTIL_END;
}

/* RFC 9112 §9.3. */
static bool persists(const struct message_head *head)
{
    if (header_has_token(&head->headers, HEADER_CONNECTION, STR("close")))
        return false;
    return head->minor > 0 ||
           header_has_token(&head->headers, HEADER_CONNECTION, STR("keep-alive"));
}

static str skip_blank_lines(str bytes)
{
    while (bytes.n && (bytes.p[0] == '\r' || bytes.p[0] == '\n'))
        bytes = str_from(bytes, 1);
    return bytes;
}

static enum parse_result run_head(enum parse_kind kind, str bytes, bool to_head,
                                  struct message_head *head, http_parser *parser,
                                  const char **ret_why)
{
    struct head_context context = {.head = head, .skip_body = to_head};
    http_parser_init(parser, kind == PARSE_REQUEST ? HTTP_REQUEST : HTTP_RESPONSE);
    parser->data = &context;
    size_t used = http_parser_execute(parser, &head_settings, bytes.p, bytes.n);
    enum http_errno code = HTTP_PARSER_ERRNO(parser);
    if (head->target.n > PARSE_TARGET_BYTES_MAX)
        return PARSE_LONG_TARGET;
    if (code != HPE_OK || used != bytes.n) {
        *ret_why = context.why ? context.why : http_errno_description(code);
        return PARSE_BAD;
    }
    if (parser->http_major != 1) {
        *ret_why = "the version is not HTTP/1.0 or HTTP/1.1";
        return PARSE_BAD;
    }
    return PARSE_DONE;
}

enum parse_result parse_head(enum parse_kind kind, struct arena *arena, str bytes,
                             bool to_head, struct message_head *ret_head,
                             struct body_parser *ret_body, const char **ret_why)
{
    struct message_head *head = ret_head;
    http_parser *parser = chunks_of(ret_body);
    *head = (struct message_head){.content_length = -1};
    *ret_body = (struct body_parser){0};
    headers_init(&head->headers, arena, HEADERS_ROOM);
    bytes = skip_blank_lines(bytes);
    enum parse_result result = run_head(kind, bytes, to_head, head, parser, ret_why);
    if (result != PARSE_DONE)
        return result;
    head->minor = parser->http_minor;
    head->status = (int)parser->status_code;
    if (kind == PARSE_REQUEST)
        head->method = str_of(bytes.p, str_find(bytes, ' '));
    const char *why = kind == PARSE_REQUEST ? check_request(head) : NULL;
    why = why ? why : check_framing(head);
    if (!why && !read_length(head))
        why = "the Content-Length is not a number";
    if (why) {
        *ret_why = why;
        return PARSE_BAD;
    }
    head->chunked = header_find(&head->headers, HEADER_TRANSFER_ENCODING) != NULL;
    ret_body->left = body_left(kind, head, to_head);
    head->keep_alive = ret_body->left != LEFT_UNTIL_END && persists(head);
    return PARSE_DONE;
}

/* --- chunked bodies ------------------------------------------------------------ */

struct chunk_context {
    struct body_parser *body;
    str chunk;
    bool ended;
};

static int on_chunk_body(http_parser *parser, const char *p, size_t n)
{
    struct chunk_context *context = parser->data;
    context->chunk = str_of(p, n);
    return on_pause(parser);
}

/* A name or value may come in pieces when it was read in pieces. */
static int on_trailer_name(http_parser *parser, const char *p, size_t n)
{
    struct body_parser *body = ((struct chunk_context *)parser->data)->body;
    str parts[] = {body->trailer_name, str_of(p, n)};
    if (!body->trailers_arena)
        return 0;
    if (body->trailer_value_seen)
        parts[0] = STR_NONE;
    body->trailer_value_seen = false;
    body->trailer_name = arena_join(body->trailers_arena, parts, 2);
    return body->trailer_name.n > PARSE_TARGET_BYTES_MAX;
}

static int on_trailer_value(http_parser *parser, const char *p, size_t n)
{
    struct body_parser *body = ((struct chunk_context *)parser->data)->body;
    if (!body->trailers_arena)
        return 0;
    if (!header_name_valid(body->trailer_name) || body->trailers.n > PARSE_LINES_MAX)
        return 1;
    str parts[] = {STR_NONE, str_of(p, n)};
    if (body->trailers.n == 0)
        headers_init(&body->trailers, body->trailers_arena, 4);
    if (body->trailer_value_seen)
        parts[0] = body->trailers.items[--body->trailers.n].value;
    str value = arena_join(body->trailers_arena, parts, 2);
    body->trailer_value_seen = true;
    if (!header_value_valid(value) || value.n > PARSE_TARGET_BYTES_MAX)
        return 1;
    header_add_name(&body->trailers, body->trailer_name, value);
    return 0;
}

static int on_message_complete(http_parser *parser)
{
    struct chunk_context *context = parser->data;
    context->ended = true;
    return on_pause(parser);
}

static const http_parser_settings chunk_settings = {
    .on_body = on_chunk_body,
    .on_header_field = on_trailer_name,
    .on_header_value = on_trailer_value,
    .on_message_complete = on_message_complete,
};

static enum body_step parse_chunked(struct body_parser *body, str *bytes, str *ret_chunk)
{
    http_parser *parser = chunks_of(body);
    struct chunk_context context = {.body = body};
    parser->data = &context;
    size_t used = http_parser_execute(parser, &chunk_settings, bytes->p, bytes->n);
    enum http_errno code = HTTP_PARSER_ERRNO(parser);
    if (code == HPE_PAUSED)
        http_parser_pause(parser, 0);
    else if (code != HPE_OK)
        return BODY_BAD;
    *bytes = str_from(*bytes, used);
    if (context.ended) {
        body->left = 0;
        if (context.chunk.n == 0)
            return BODY_END;
    }
    if (context.chunk.n == 0)
        return bytes->n ? BODY_BAD : BODY_MORE;
    *ret_chunk = context.chunk;
    return BODY_CHUNK;
}

enum body_step parse_body(struct body_parser *body, str *bytes, str *ret_chunk)
{
    if (body->left == 0)
        return BODY_END;
    if (bytes->n == 0)
        return BODY_MORE;
    if (body->left == LEFT_CHUNKED)
        return parse_chunked(body, bytes, ret_chunk);
    size_t n = bytes->n;
    if (body->left > 0) {
        if ((uint64_t)body->left < n)
            n = (size_t)body->left;
        body->left -= (int64_t)n;
    }
    *ret_chunk = str_of(bytes->p, n);
    *bytes = str_from(*bytes, n);
    return BODY_CHUNK;
}

enum body_step parse_body_eof(const struct body_parser *body)
{
    return body->left == 0 || body->left == LEFT_UNTIL_END ? BODY_END : BODY_BAD;
}
