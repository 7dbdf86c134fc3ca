/*
 * The head is searched for its end first, with the checks that need raw lines; then
 * http-parser goes over it once, and what it has found is held against the raw first
 * line. A counted body and one that ends with the connection need no parser.
 */
#include "http/parse.h"

#include <http_parser.h>

#include "base/check.h"
#include "http/parse_chunked.h"

enum { HEADERS_ROOM = 24 };

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
        str line = str_of(bytes.p + scan->line, at - 1 - scan->line);
        bool empty = line.n == 0;
        if (str_find(line, '\r') < line.n) {
            *ret_why = "a line holds a CR";
            return PARSE_BAD;
        }
        if (!empty && scan->lines > 0 && (line.p[0] == ' ' || line.p[0] == '\t')) {
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

static const http_parser_settings head_settings = {
    .on_url = on_target,
    .on_status = on_reason,
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_headers_complete = on_headers_complete,
};

/* VCHAR and bytes above ASCII, which some clients send unescaped; no fragment. */
static bool target_valid(str target)
{
    for (size_t i = 0; i < target.n; i++) {
        unsigned char c = (unsigned char)target.p[i];
        if (c <= 0x20 || c == 0x7f || c == '#')
            return false;
    }
    return true;
}

/* uri-host [ ":" port ] (RFC 9110 §7.2), by its characters; it may be empty. */
static bool host_valid(str host)
{
    static const char marks[] = "-._~%!$&'()*+;=:[]";
    for (size_t i = 0; i < host.n; i++) {
        char c = str_lower(host.p[i]);
        if (!(c >= 'a' && c <= 'z') && !str_is_digit(c) && (!c || !strchr(marks, c)))
            return false;
    }
    return true;
}

static str first_line(str bytes)
{
    return str_of(bytes.p, str_find(bytes, '\r'));
}

/* Of a target in absolute form (RFC 9112 §3.2.2) the authority; absent for others. */
static str target_authority(str target)
{
    static const str schemes[] = {STR("http://"), STR("https://")};
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        if (!str_starts_nocase(target, schemes[i]))
            continue;
        str rest = str_from(target, schemes[i].n);
        size_t slash = str_find(rest, '/'), mark = str_find(rest, '?');
        return str_of(rest.p, slash < mark ? slash : mark);
    }
    return STR_NONE;
}

static const char *check_target(str target)
{
    str authority = target_authority(target);
    if (!str_absent(authority) && (authority.n == 0 || !host_valid(authority)))
        return "the target names no host";
    if (str_absent(authority) &&
        (target.n == 0 || (target.p[0] != '/' && !str_eq(target, STR("*")))))
        return "the target is not a path";
    return target_valid(target) ? NULL : "the target holds a character that it must not";
}

/* The origin form of a target in absolute form, whose authority stands for Host, whatever
 * was said there (RFC 9112 §3.2.2). */
static void take_authority(struct arena *arena, struct message_head *head)
{
    str authority = target_authority(head->target);
    if (str_absent(authority))
        return;
    str rest = str_from(head->target, (size_t)(authority.p - head->target.p));
    rest = str_from(rest, authority.n);
    str parts[] = {STR("/"), rest};
    head->target = rest.n && rest.p[0] == '/' ? rest : arena_join(arena, parts, 2);
    header_set(&head->headers, HEADER_HOST, authority);
}

/* RFC 9112 §3: method SP target SP HTTP/1.x, and nothing else. */
static const char *check_request(const struct message_head *head, str bytes)
{
    const struct headers *headers = &head->headers;
    uint32_t hosts = header_count(headers, HEADER_HOST);
    size_t line_bytes = head->method.n + head->target.n + sizeof("  HTTP/1.1") - 1;
    if (first_line(bytes).n != line_bytes)
        return "the request line has more than two blanks";
    const char *why = check_target(head->target);
    if (why)
        return why;
    if (hosts > 1)
        return "there is more than one Host header";
    if (hosts == 0 && head->minor > 0)
        return "there is no Host header";
    if (hosts && !host_valid(header_value(headers, HEADER_HOST)))
        return "the Host header is not a host";
    return NULL;
}

/* RFC 9112 §4: HTTP/1.x SP 3DIGIT [SP reason]. */
static const char *check_response(const struct message_head *head, str bytes)
{
    enum { STATUS_AT = 9, REASON_AT = 13 };
    str line = first_line(bytes);
    if (head->status < 100 || line.n < REASON_AT - 1 || line.p[STATUS_AT] == ' ' ||
        (line.n >= REASON_AT && line.p[REASON_AT - 1] != ' '))
        return "the status line is malformed";
    if (!header_value_valid(head->reason))
        return "the reason phrase holds a control character";
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

static int64_t body_left(enum parse_kind kind, const struct message_head *head)
{
    bool bodiless = head->status < 200 || head->status == 204 || head->status == 304;
    if (kind == PARSE_RESPONSE_TO_HEAD || (kind == PARSE_RESPONSE && bodiless))
        return 0;
    if (head->chunked)
        return PARSE_LEFT_CHUNKED;
    if (head->content_length >= 0)
        return head->content_length;
    return kind == PARSE_REQUEST ? 0 : PARSE_LEFT_UNTIL_END;
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

static const char *words_of(enum http_errno code)
{
    if (code == HPE_UNEXPECTED_CONTENT_LENGTH)
        return "Content-Length is given twice, or beside Transfer-Encoding";
    return http_errno_description(code);
}

static enum parse_result run_head(enum parse_kind kind, str bytes,
                                  struct message_head *head, http_parser *parser,
                                  const char **ret_why)
{
    struct head_context context = {.head = head,
                                   .skip_body = kind == PARSE_RESPONSE_TO_HEAD};
    http_parser_init(parser, kind == PARSE_REQUEST ? HTTP_REQUEST : HTTP_RESPONSE);
    parser->data = &context;
    size_t used = http_parser_execute(parser, &head_settings, bytes.p, bytes.n);
    enum http_errno code = HTTP_PARSER_ERRNO(parser);
    if (head->target.n > PARSE_TARGET_BYTES_MAX)
        return PARSE_LONG_TARGET;
    if (code != HPE_OK || used != bytes.n) {
        *ret_why = context.why ? context.why : words_of(code);
        return PARSE_BAD;
    }
    if (parser->http_major != 1) {
        *ret_why = "the version is not HTTP/1.0 or HTTP/1.1";
        return PARSE_BAD;
    }
    return PARSE_DONE;
}

enum parse_result parse_head(enum parse_kind kind, struct arena *arena, str bytes,
                             struct message_head *ret_head, struct body_parser *ret_body,
                             const char **ret_why)
{
    struct message_head *head = ret_head;
    http_parser parser;
    *head = (struct message_head){.content_length = -1};
    *ret_body = (struct body_parser){0};
    headers_init(&head->headers, arena, HEADERS_ROOM);
    bytes = skip_blank_lines(bytes);
    enum parse_result result = run_head(kind, bytes, head, &parser, ret_why);
    if (result != PARSE_DONE)
        return result;
    head->minor = parser.http_minor;
    head->status = (int)parser.status_code;
    if (kind == PARSE_REQUEST)
        head->method = str_of(bytes.p, str_find(bytes, ' '));
    const char *why =
        kind == PARSE_REQUEST ? check_request(head, bytes) : check_response(head, bytes);
    why = why ? why : check_framing(head);
    if (!why && !read_length(head))
        why = "the Content-Length is not a number";
    if (why) {
        *ret_why = why;
        return PARSE_BAD;
    }
    if (kind == PARSE_REQUEST)
        take_authority(arena, head);
    head->chunked = header_find(&head->headers, HEADER_TRANSFER_ENCODING) != NULL;
    ret_body->left = body_left(kind, head);
    head->keep_alive = ret_body->left != PARSE_LEFT_UNTIL_END && persists(head);
    return PARSE_DONE;
}

enum body_step parse_body(struct body_parser *body, str *bytes, str *ret_chunk)
{
    if (body->left == 0)
        return BODY_END;
    if (bytes->n == 0)
        return BODY_MORE;
    if (body->left == PARSE_LEFT_CHUNKED)
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
    return body->left == 0 || body->left == PARSE_LEFT_UNTIL_END ? BODY_END : BODY_BAD;
}
