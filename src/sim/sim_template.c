/*
 * template = *( literal / "{{" hole "}}" )
 * hole     = name [ ( "+" / "-" ) number ] [ "|number" ]
 *
 * A name is looked up as a whole first, then as one of the prefixes that take a name, and
 * last without a number behind it: "query.page-2" is a query parameter, "n-2" is not.
 */
#include "sim/sim_template.h"

#include "base/encode.h"
#include "base/hash.h"
#include "http/date.h"
#include "json/json_write.h"
#include "sim/sim_limit.h"
#include "sim/sim_page.h"

enum kind { LITERAL, NUMBER, TEXT, DATE, NAMED, RAW, NAMED_RAW };

enum hole {
    HOLE_NONE,
#define X(symbol, name, kind) HOLE_##symbol,
#include "sim/sim_hole_list.h"
#undef X
    HOLE_COUNT
};

struct sim_part {
    enum hole hole;
    enum kind kind;
    str text;                 /* the literal, or the name behind the hole's */
    struct sim_source source; /* NAMED */
    int64_t plus;
    bool bare; /* JSON: not within quotes */
};

static const struct {
    str name;
    enum kind kind;
} holes[HOLE_COUNT] = {
#define X(symbol, name, kind) [HOLE_##symbol] = {STR(name), kind},
#include "sim/sim_hole_list.h"
#undef X
};

/* --- compiling --- */

static enum sim_place place_of(enum hole hole)
{
    enum sim_place place = SIM_PLACE_BODY;
    if (hole == HOLE_HEADER)
        place = SIM_PLACE_HEADER;
    else if (hole == HOLE_QUERY)
        place = SIM_PLACE_QUERY;
    else if (hole == HOLE_FORM)
        place = SIM_PLACE_FORM;
    else if (hole == HOLE_PATH)
        place = SIM_PLACE_PATH;
    return place;
}

static bool takes_name(enum kind kind)
{
    return kind == NAMED || kind == NAMED_RAW;
}

static bool find_name(str name, struct sim_part *part)
{
    for (unsigned i = 1; i < HOLE_COUNT; i++) {
        bool named = takes_name(holes[i].kind);
        if (named ? !str_starts(name, holes[i].name) : !str_eq(name, holes[i].name))
            continue;
        part->hole = i;
        part->kind = holes[i].kind;
        part->text = named ? str_from(name, holes[i].name.n) : name;
        return true;
    }
    return false;
}

/* Cuts "+60" or "-60" off. */
static bool cut_plus(str *name, int64_t *ret_plus)
{
    size_t plus = str_find_last(*name, '+');
    size_t minus = str_find_last(*name, '-');
    size_t at = plus < name->n ? plus : minus;
    uint64_t number;
    if (at >= name->n || !str_to_u64(str_from(*name, at + 1), INT32_MAX, &number))
        return false;
    *ret_plus = at == plus ? (int64_t)number : -(int64_t)number;
    *name = str_trim(str_of(name->p, at));
    return true;
}

static bool parse_hole(str text, struct sim_part *part)
{
    if (find_name(text, part))
        return true;
    return cut_plus(&text, &part->plus) && find_name(text, part) &&
           (part->kind == NUMBER || part->kind == DATE);
}

static void fault_hole(struct binder *binder, str text)
{
    const char *names[HOLE_COUNT];
    for (unsigned i = 1; i < HOLE_COUNT; i++)
        names[i - 1] = holes[i].name.p;
    names[HOLE_COUNT - 1] = NULL;
    str nearest = bind_nearest(text, names);
    if (str_absent(nearest))
        bind_fault(binder,
                   "has \"{{" STR_F "}}\", which is nothing that a template can ask "
                   "for; see docs/sim.md, or write {{open}} for two braces.",
                   STR_A(text));
    else
        bind_fault(binder, "has \"{{" STR_F "}}\"; did you mean \"{{" STR_F "}}\"?",
                   STR_A(text), STR_A(nearest));
}

struct compiler {
    struct binder *binder;
    enum sim_escape escape;
    struct sim_part *parts;
    uint32_t n;
    uint32_t room;
    bool next_page;
};

static struct sim_part *add_part(struct compiler *compiler)
{
    compiler->parts = arena_grow(compiler->binder->arena, compiler->parts, compiler->n,
                                 &compiler->room, sizeof(compiler->parts[0]));
    return &compiler->parts[compiler->n++];
}

static void add_literal(struct compiler *compiler, str text)
{
    if (text.n)
        *add_part(compiler) = (struct sim_part){.kind = LITERAL, .text = text};
}

/* The quotes around a hole that stands for a value of its own. */
static bool take_quotes(struct compiler *compiler, str *rest)
{
    struct sim_part *last = compiler->n ? &compiler->parts[compiler->n - 1] : NULL;
    if (!last || last->kind != LITERAL || last->text.p[last->text.n - 1] != '"' ||
        rest->n == 0 || rest->p[0] != '"')
        return false;
    last->text.n--;
    if (last->text.n == 0)
        compiler->n--;
    *rest = str_from(*rest, 1);
    return true;
}

static void add_hole(struct compiler *compiler, str text, str *rest)
{
    struct sim_part part = {0};
    bool number = str_ends(text, STR("|number"));
    str name = str_trim(number ? str_of(text.p, text.n - strlen("|number")) : text);
    if (!parse_hole(name, &part)) {
        fault_hole(compiler->binder, name);
        return;
    }
    bool raw = part.kind == RAW || part.kind == NAMED_RAW;
    if (takes_name(part.kind) &&
        !sim_asked_source(compiler->binder->arena, place_of(part.hole), part.text,
                          &part.source)) {
        bind_fault(compiler->binder,
                   "has \"{{" STR_F "}}\"; a JSON pointer starts with "
                   "\"/\".",
                   STR_A(text));
        return;
    }
    part.bare = compiler->escape == SIM_JSON && (raw || number);
    if (part.bare && !take_quotes(compiler, rest)) {
        bind_fault(compiler->binder,
                   "has \"{{" STR_F "}}\" beside other text; it must be "
                   "the whole string, as it is no text itself.",
                   STR_A(text));
        return;
    }
    compiler->next_page |= part.hole == HOLE_LIST_NEXT;
    *add_part(compiler) = part;
}

void sim_template_read(struct binder *binder, str text, enum sim_escape escape,
                       struct sim_template *ret_template)
{
    struct compiler compiler = {.binder = binder, .escape = escape};
    str rest = text;
    for (size_t at; (at = str_find_str(rest, STR("{{"))) < rest.n;) {
        add_literal(&compiler, str_of(rest.p, at));
        rest = str_from(rest, at + 2);
        size_t end = str_find_str(rest, STR("}}"));
        if (end == rest.n) {
            bind_fault(binder, "has \"{{\" without \"}}\".");
            return;
        }
        str hole = str_trim(str_of(rest.p, end));
        rest = str_from(rest, end + 2);
        add_hole(&compiler, hole, &rest);
    }
    add_literal(&compiler, rest);
    *ret_template = (struct sim_template){compiler.parts, compiler.n, escape,
                                          .next_page = compiler.next_page};
    if (compiler.n == 0 || (compiler.n == 1 && compiler.parts[0].kind == LITERAL))
        ret_template->constant = compiler.n ? compiler.parts[0].text : STR("");
}

/* --- printing --- */

static int64_t list_number(const struct sim_page *page, enum hole hole)
{
    if (!page)
        return 0;
    if (hole == HOLE_LIST_TOTAL)
        return page->list->total;
    if (hole == HOLE_LIST_COUNT)
        return (int64_t)page->count;
    if (hole == HOLE_LIST_SIZE)
        return (int64_t)page->size;
    if (hole == HOLE_LIST_FIRST)
        return (int64_t)page->first;
    if (hole == HOLE_LIST_PAGE)
        return (int64_t)(page->first / page->size + 1);
    return (int64_t)((page->list->total + page->size - 1) / page->size);
}

static usec reset_at(const struct sim_asked *asked)
{
    return asked->wall + (asked->quota ? asked->quota->reset_in : 0);
}

static int64_t limit_number(const struct sim_asked *asked, enum hole hole)
{
    const struct sim_quota *quota = asked->quota;
    if (!quota)
        return 0;
    if (hole == HOLE_LIMIT_CALLS)
        return quota->calls;
    if (hole == HOLE_LIMIT_USED)
        return quota->used;
    if (hole == HOLE_LIMIT_REMAINING)
        return quota->calls > quota->used ? quota->calls - quota->used : 0;
    if (hole == HOLE_LIMIT_RESET_S)
        return usec_ceil_s(quota->reset_in);
    if (hole == HOLE_LIMIT_RESET_EPOCH)
        return usec_ceil_s(reset_at(asked));
    return reset_at(asked) / USEC_MS;
}

static int64_t number_of(const struct sim_part *part, const struct sim_asked *asked)
{
    if (part->hole == HOLE_REQUEST_ID)
        return (int64_t)asked->id + part->plus;
    if (part->hole == HOLE_N)
        return (int64_t)asked->n + part->plus;
    if (part->hole == HOLE_I)
        return (int64_t)asked->item + part->plus;
    if (part->hole == HOLE_NOW_EPOCH)
        return asked->wall / USEC_S + part->plus;
    if (part->hole == HOLE_NOW_EPOCH_MS)
        return asked->wall / USEC_MS + part->plus;
    if (part->hole >= HOLE_LIMIT_CALLS)
        return limit_number(asked, part->hole) + part->plus;
    return list_number(asked->page, part->hole) + part->plus;
}

static void print_date(const struct sim_part *part, const struct sim_asked *asked,
                       struct buf *buf)
{
    char text[DATE_HTTP_CHARS + 1];
    _Static_assert(DATE_ISO_CHARS <= DATE_HTTP_CHARS, "either form fits");
    usec wall = part->hole == HOLE_LIMIT_RESET_ISO ? reset_at(asked) : asked->wall;
    wall += part->plus * USEC_S;
    if (part->hole == HOLE_NOW_HTTP_DATE)
        date_format_http(wall, text);
    else
        date_format_iso(wall, text);
    buf_str(buf, str_z(text));
}

/* RFC 9562 version 4 in shape; the same for the same request and item. */
static str uuid_text(struct sim_asked *asked)
{
    uint64_t words[] = {asked->seed, asked->id, asked->item};
    uint64_t high = hash_stable(str_of((const char *)words, sizeof(words)));
    words[0] = ~high;
    uint64_t low = hash_stable(str_of((const char *)words, sizeof(words)));
    return arena_printf(asked->arena, "%08x-%04x-4%03x-%04x-%012llx",
                        (unsigned)(high >> 32), (unsigned)(high >> 16 & 0xffff),
                        (unsigned)(high & 0xfff), (unsigned)(low >> 48 & 0x3fff) | 0x8000,
                        (unsigned long long)(low & 0xffffffffffff));
}

static str base_text(struct sim_asked *asked)
{
    str parts[] = {asked->tls ? STR("https://") : STR("http://"),
                   header_value(asked->headers, HEADER_HOST), asked->prefix};
    return arena_join(asked->arena, parts, COUNT_OF(parts));
}

static str text_of(const struct sim_part *part, struct sim_asked *asked)
{
    if (part->kind == NAMED)
        return sim_asked_text(asked, &part->source);
    if (part->hole == HOLE_REQUEST_METHOD)
        return asked->method;
    if (part->hole == HOLE_REQUEST_PATH)
        return asked->path;
    if (part->hole == HOLE_UUID)
        return uuid_text(asked);
    if (part->hole == HOLE_HOST)
        return header_value(asked->headers, HEADER_HOST);
    if (part->hole == HOLE_BASE)
        return base_text(asked);
    if (part->hole == HOLE_PREFIX)
        return asked->prefix;
    if (part->hole == HOLE_OPEN)
        return STR("{{");
    bool next = asked->page && !sim_page_last(asked->page);
    return next ? sim_page_next(asked->page, asked->arena) : STR_NONE;
}

/* The content of a JSON string, without its quotes. */
static void print_escaped(struct buf *buf, str text)
{
    size_t at = buf->n;
    if (text.n == 0)
        return;
    json_write_text(buf, text);
    if (!buf_ok(buf))
        return;
    buf->n -= 2;
    memmove(buf->p + at, buf->p + at + 1, buf->n - at);
}

/* A text that is a number as it is; otherwise the digits it starts with, or null. */
static void print_number(struct buf *buf, str text)
{
    double value;
    char digits[32];
    size_t n = 0;
    while (n < text.n && str_is_digit(text.p[n]))
        n++;
    if (str_to_double(text, &value))
        buf_put(buf, digits, json_write_number(value, digits));
    else if (str_to_double(str_of(text.p, n), &value))
        buf_put(buf, digits, json_write_number(value, digits));
    else
        buf_str(buf, STR("null"));
}

static void print_raw(const struct sim_part *part, struct sim_asked *asked,
                      struct buf *buf)
{
    if (part->kind == RAW) {
        if (asked->page && asked->item == 0) {
            sim_page_print(asked->page, asked, buf);
            asked->item = 0;
        } else {
            buf_str(buf, STR("[]"));
        }
        return;
    }
    const struct json *value = sim_asked_value(asked, &part->source);
    if (value)
        json_write(buf, value, JSON_COMPACT);
    else
        buf_str(buf, STR("null"));
}

static void print_text(const struct sim_part *part, enum sim_escape escape,
                       struct sim_asked *asked, struct buf *buf)
{
    if (part->source.place == SIM_PLACE_BODY)
        sim_asked_json(asked); /* stays when the text is given back */
    struct arena_mark mark = arena_mark(asked->arena);
    str text = text_of(part, asked);
    if (part->bare)
        print_number(buf, text);
    else if (escape == SIM_JSON)
        print_escaped(buf, text);
    else
        buf_str(buf, text);
    arena_rewind(asked->arena, mark);
}

static void print_part(const struct sim_part *part, enum sim_escape escape,
                       struct sim_asked *asked, struct buf *buf)
{
    switch (part->kind) {
    case LITERAL:
        buf_str(buf, part->text);
        return;
    case NUMBER:
        buf_put_int(buf, number_of(part, asked));
        return;
    case DATE:
        print_date(part, asked, buf);
        return;
    case RAW:
    case NAMED_RAW:
        print_raw(part, asked, buf);
        return;
    case TEXT:
    case NAMED:
        print_text(part, escape, asked, buf);
        return;
    }
}

void sim_template_print(const struct sim_template *template, struct sim_asked *asked,
                        struct buf *buf)
{
    for (uint32_t i = 0; i < template->n && buf_ok(buf); i++)
        print_part(&template->parts[i], template->escape, asked, buf);
}

str sim_template_text(const struct sim_template *template, struct sim_asked *asked,
                      struct buf *room)
{
    if (!str_absent(template->constant))
        return template->constant;
    buf_clear(room);
    sim_template_print(template, asked, room);
    if (!buf_ok(room))
        return STR_NONE;
    return arena_str(asked->arena, room->n ? buf_peek(room) : STR(""));
}
