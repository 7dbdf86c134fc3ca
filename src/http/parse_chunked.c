/*
 *   chunked-body = *chunk last-chunk trailer-section CRLF
 *   chunk        = 1*HEXDIG [ext] CRLF data CRLF          ext starts with a blank or ";"
 *   last-chunk   = 1*"0" [ext] CRLF
 *
 *   SIZE → (EXTENSION) → SIZE_LF → DATA → DATA_CR → DATA_LF → SIZE
 *                           └─ size 0 → LINE → LINE_LF → LINE … empty line: the end
 *
 * Bytes are looked at once, one state at a time, so that it does not matter where the
 * input was cut. Extensions are skipped. A trailer line is gathered in the arena, in a
 * run that doubles, and becomes a header when it is whole; the section as a whole is
 * bounded. http-parser is not used here: as Debian builds it, it takes any two bytes for
 * the CRLF after a chunk and lets a bare LF pass in extensions, which smuggles.
 */
#include "http/parse_chunked.h"

#include "base/encode.h"

enum { SIZE, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF, LINE, LINE_LF };

enum { DIGITS_MAX = 15, EXTENSION_BYTES_MAX = 4096, TRAILERS_ROOM = 4 };

static bool is_text(char c)
{
    return ((unsigned char)c >= 0x20 && c != 0x7f) || c == '\t';
}

static bool take_size(struct chunked *chunked, char c)
{
    int digit = decode_hex_digit(c);
    if (digit >= 0) {
        chunked->left = chunked->left * 16 + (unsigned)digit;
        return ++chunked->digits <= DIGITS_MAX;
    }
    if (chunked->digits == 0)
        return false;
    if (c == '\r')
        chunked->state = SIZE_LF;
    else if (c == ';' || c == ' ' || c == '\t')
        chunked->state = EXTENSION;
    else
        return false;
    chunked->extension = 0;
    return true;
}

static bool take_extension(struct chunked *chunked, char c)
{
    if (c == '\r') {
        chunked->state = SIZE_LF;
        return true;
    }
    return is_text(c) && ++chunked->extension <= EXTENSION_BYTES_MAX;
}

static bool start_chunk(struct chunked *chunked, char c)
{
    chunked->state = chunked->left ? DATA : LINE;
    return c == '\n';
}

static bool next_chunk(struct chunked *chunked, char c)
{
    chunked->state = SIZE;
    chunked->digits = 0;
    chunked->left = 0;
    return c == '\n';
}

static void keep_char(struct body_parser *body, char c)
{
    struct chunked *chunked = &body->chunked;
    if (!body->trailers_arena)
        return;
    chunked->line = arena_grow(body->trailers_arena, chunked->line, chunked->line_n,
                               &chunked->line_room, 1);
    chunked->line[chunked->line_n++] = c;
}

static bool take_line(struct body_parser *body, char c)
{
    struct chunked *chunked = &body->chunked;
    if (c == '\r') {
        chunked->state = LINE_LF;
        return true;
    }
    if (!is_text(c) || ++chunked->trailer_bytes > PARSE_TRAILER_BYTES_MAX)
        return false;
    if (!body->trailers_arena && chunked->line_n < UINT32_MAX)
        chunked->line_n++;
    keep_char(body, c);
    return true;
}

bool parse_may_trail(str name)
{
    enum header_id id = header_id_of(name);
    return !(header_flags(id) & HEADER_HOP) && id != HEADER_CONTENT_LENGTH &&
           id != HEADER_HOST;
}

static bool keep_line(struct body_parser *body)
{
    struct chunked *chunked = &body->chunked;
    str line = str_of(chunked->line, chunked->line_n);
    size_t colon = str_find(line, ':');
    if (colon == line.n)
        return false;
    str name = str_of(line.p, colon);
    if (!header_name_valid(name))
        return false;
    if (!parse_may_trail(name))
        return true;
    if (!body->trailers.arena)
        headers_init(&body->trailers, body->trailers_arena, TRAILERS_ROOM);
    header_add_name(&body->trailers, name, str_trim(str_from(line, colon + 1)));
    chunked->line = NULL;
    chunked->line_room = 0;
    return true;
}

/* The LF of a trailer line, or of the empty one that ends the body. */
static enum body_step end_line(struct body_parser *body, char c)
{
    struct chunked *chunked = &body->chunked;
    if (c != '\n')
        return BODY_BAD;
    if (chunked->line_n == 0) {
        body->left = 0;
        return BODY_END;
    }
    chunked->state = LINE;
    if (++chunked->lines > PARSE_LINES_MAX)
        return BODY_BAD;
    if (body->trailers_arena && !keep_line(body))
        return BODY_BAD;
    chunked->line_n = 0;
    return BODY_MORE;
}

static enum body_step take(struct body_parser *body, char c)
{
    struct chunked *chunked = &body->chunked;
    bool good = false;
    switch (chunked->state) {
    case SIZE:
        good = take_size(chunked, c);
        break;
    case EXTENSION:
        good = take_extension(chunked, c);
        break;
    case SIZE_LF:
        good = start_chunk(chunked, c);
        break;
    case DATA_CR:
        good = c == '\r';
        chunked->state = DATA_LF;
        break;
    case DATA_LF:
        good = next_chunk(chunked, c);
        break;
    case LINE:
        good = take_line(body, c);
        break;
    default:
        return end_line(body, c);
    }
    return good ? BODY_MORE : BODY_BAD;
}

static void take_data(struct chunked *chunked, str *bytes, str *ret_chunk)
{
    size_t n = chunked->left < bytes->n ? (size_t)chunked->left : bytes->n;
    *ret_chunk = str_of(bytes->p, n);
    *bytes = str_from(*bytes, n);
    chunked->left -= n;
    if (chunked->left == 0)
        chunked->state = DATA_CR;
}

enum body_step parse_chunked(struct body_parser *body, str *bytes, str *ret_chunk)
{
    enum body_step step = BODY_MORE;
    while (bytes->n && step == BODY_MORE) {
        if (body->chunked.state == DATA) {
            take_data(&body->chunked, bytes, ret_chunk);
            return BODY_CHUNK;
        }
        step = take(body, bytes->p[0]);
        *bytes = str_from(*bytes, 1);
    }
    return step;
}
