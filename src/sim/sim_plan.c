#include "sim/sim_plan.h"

#include "json/json_parse.h"
#include "json/json_write.h"

enum {
    HEADERS_ROOM = 12,
    MUTATED_BYTES_MAX = 1 << 20,
};

#define MUTATION_ARENA_BYTES ((size_t)512 << 20)

static const char type_json[] = "application/json";
static const char type_text[] = "text/plain; charset=utf-8";
static const char type_file[] = "application/octet-stream";

void sim_plan_text(struct sim_plan *plan, struct arena *arena, uint32_t status, str type,
                   str text)
{
    *plan = (struct sim_plan){.status = status, .text = text, .repeat = 1};
    headers_init(&plan->headers, arena, HEADERS_ROOM);
    header_add(&plan->headers, HEADER_CONTENT_TYPE, type);
}

/* --- headers --- */

/* A request may bring control characters into a value: they become blanks, so that no
 * line of its own can be made of them. */
static str clean(struct arena *arena, str value)
{
    if (header_value_valid(value))
        return value;
    char *p = arena_bytes(arena, value.n);
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        p[i] = c < 0x20 || c == 0x7f ? ' ' : value.p[i];
    }
    return str_of(p, value.n);
}

/* Fills one line in. False when the last page leaves it out, or there is no more room. */
static bool fill_line(size_t *head_bytes, const struct sim_planner *planner,
                      const struct sim_header *line, str *ret_value)
{
    struct sim_asked *asked = planner->asked;
    if (line->value.next_page && (!asked->page || sim_page_last(asked->page)))
        return false;
    str value = sim_template_text(&line->value, asked, planner->room);
    *head_bytes += line->name.n + value.n + 4;
    if (str_absent(value) || *head_bytes > SIM_HEAD_BYTES_MAX)
        return false;
    *ret_value = clean(asked->arena, value);
    return true;
}

void sim_plan_headers(struct sim_plan *plan, const struct sim_planner *planner,
                      const struct sim_headers *lines, enum sim_plan_add how)
{
    str value;
    uint32_t before = plan->headers.n;
    for (uint32_t i = 0; how == SIM_REPLACE && i < lines->n; i++)
        header_remove_name(&plan->headers, lines->items[i].name);
    for (uint32_t i = 0; i < lines->n; i++) {
        const struct header *same =
            header_find_name(&plan->headers, lines->items[i].name);
        bool there = same && same < plan->headers.items + before;
        if ((how == SIM_ADD_MISSING && there) ||
            !fill_line(&plan->head_bytes, planner, &lines->items[i], &value))
            continue;
        str name = lines->items[i].name;
        if (how == SIM_REPLACE) { /* of a fault, which may be gone before the answer */
            name = arena_str(planner->asked->arena, name);
            value = arena_str(planner->asked->arena, value);
        }
        header_add_name(&plan->headers, name, value);
    }
}

static void add_type(struct sim_plan *plan, enum sim_content_kind kind)
{
    const char *type = kind == SIM_CONTENT_FILE   ? type_file
                       : kind == SIM_CONTENT_JSON ? type_json
                                                  : type_text;
    if (kind != SIM_CONTENT_NONE && !header_find(&plan->headers, HEADER_CONTENT_TYPE))
        header_add(&plan->headers, HEADER_CONTENT_TYPE, str_z(type));
}

/* Lines that are sent apart from the head, perhaps when the script is gone. */
static struct headers *fill_lines(struct sim_plan *plan,
                                  const struct sim_planner *planner,
                                  const struct sim_headers *lines,
                                  struct headers *headers)
{
    struct arena *arena = planner->asked->arena;
    str value;
    headers_init(headers, arena, lines->n);
    for (uint32_t i = 0; i < lines->n; i++)
        if (fill_line(&plan->head_bytes, planner, &lines->items[i], &value))
            header_add_name(headers, arena_str(arena, lines->items[i].name),
                            arena_str(arena, value));
    return headers;
}

static void add_informs(struct sim_plan *plan, const struct sim_planner *planner,
                        const struct bind_list *informs)
{
    const struct sim_inform *items = informs->items;
    if (informs->n == 0)
        return;
    plan->inform_n = informs->n;
    plan->informs =
        arena_array(planner->asked->arena, informs->n, sizeof(plan->informs[0]));
    for (uint32_t i = 0; i < informs->n; i++) {
        plan->informs[i].status = (int)items[i].status;
        fill_lines(plan, planner, &items[i].headers, &plan->informs[i].headers);
    }
}

/* --- replies --- */

static void plan_too_large(struct sim_plan *plan, struct arena *arena)
{
    sim_plan_text(plan, arena, 500, str_z(type_text),
                  STR("The simulator's reply would be larger than 4 MiB.\n"));
}

/* False when it does not fit. */
static bool fill_body(struct sim_plan *plan, const struct sim_planner *planner,
                      const struct sim_content *body, const struct sim_template *text)
{
    plan->text = body->kind == SIM_CONTENT_FILE
                     ? body->file
                     : sim_template_text(text, planner->asked, planner->room);
    if (body->kind == SIM_CONTENT_NONE)
        plan->text = STR("");
    return !str_absent(plan->text);
}

static const struct sim_template *body_of_page(struct sim_asked *asked,
                                               const struct sim_reply *reply)
{
    bool last = asked->page && sim_page_last(asked->page);
    return last && reply->list->last_body ? reply->list->last_body : &reply->body.text;
}

static void refuse_cursor(struct sim_plan *plan, const struct sim_planner *planner,
                          const struct sim_list *list)
{
    if (list->refuse)
        sim_plan_reply(plan, planner, list->refuse);
    else
        sim_plan_text(plan, planner->asked->arena, 400, str_z(type_json),
                      STR("{\"error\":\"this cursor is not one of ours\"}"));
}

void sim_plan_reply(struct sim_plan *plan, const struct sim_planner *planner,
                    const struct sim_reply *reply)
{
    struct sim_asked *asked = planner->asked;
    *plan = (struct sim_plan){.status = reply->status,
                              .repeat = reply->repeat,
                              .chunked = reply->chunked,
                              .gzip = reply->gzip,
                              .close = reply->close,
                              .bytes_per_second = reply->bytes_per_second,
                              .delay = reply->delay,
                              .jitter = reply->jitter};
    headers_init(&plan->headers, asked->arena, HEADERS_ROOM);
    asked->page = NULL;
    asked->item = 0;
    if (reply->list) {
        struct sim_page *page = arena_alloc(asked->arena, sizeof(*page));
        if (!sim_page_find(reply->list, asked, page)) {
            refuse_cursor(plan, planner, reply->list);
            return;
        }
        asked->page = page;
    }
    if (!fill_body(plan, planner, &reply->body, body_of_page(asked, reply))) {
        plan_too_large(plan, asked->arena);
        return;
    }
    sim_plan_headers(plan, planner, &reply->headers, SIM_ADD);
    add_type(plan, reply->body.kind);
    add_informs(plan, planner, &reply->informs);
    if (reply->trailers.n)
        plan->trailers = fill_lines(plan, planner, &reply->trailers,
                                    arena_alloc(asked->arena, sizeof(*plan->trailers)));
}

/* --- faults --- */

/* In an arena of its own, which may be large. False when the text is no JSON. */
static bool mutate(const struct sim_plan *plan, const struct sim_fault *fault,
                   struct buf *room)
{
    struct arena arena;
    struct json value;
    bool good = false;
    arena_init(&arena, 16 * 1024, MUTATION_ARENA_BYTES);
    if (plan->text.n > MUTATED_BYTES_MAX ||
        !json_parse(&arena, plan->text, NULL, &value, NULL))
        goto out;
    for (uint32_t i = 0; i < fault->mutation_n; i++)
        value = sim_mutate(&arena, &value, fault->mutations[i]);
    buf_clear(room);
    json_write(room, &value, JSON_COMPACT);
    good = buf_ok(room);
out:
    arena_fini(&arena);
    return good;
}

static void replace_answer(struct sim_plan *plan, const struct sim_planner *planner,
                           const struct sim_fault *fault)
{
    struct sim_asked *asked = planner->asked;
    struct sim_plan before = *plan;
    sim_plan_text(
        plan, asked->arena, fault->status, str_z(type_json),
        arena_printf(asked->arena, "{\"error\":{\"status\":%u}}", fault->status));
    plan->delay = before.delay;
    plan->jitter = before.jitter;
    if (fault->body.kind == SIM_CONTENT_NONE)
        return;
    header_remove(&plan->headers, HEADER_CONTENT_TYPE);
    if (!fill_body(plan, planner, &fault->body, &fault->body.text))
        plan_too_large(plan, asked->arena);
    else if (fault->body.kind != SIM_CONTENT_FILE) /* a file stays with its script */
        plan->text = arena_str(asked->arena, plan->text);
    add_type(plan, fault->body.kind);
}

static void add_bulk(struct sim_plan *plan, struct arena *arena,
                     const struct sim_fault *fault)
{
    for (uint32_t i = 1; i <= fault->extra_headers; i++)
        header_add_name(&plan->headers, arena_printf(arena, "X-Extra-%u", i),
                        STR("extra"));
    if (fault->header_bytes) {
        char *value = arena_bytes(arena, fault->header_bytes);
        memset(value, 'h', fault->header_bytes);
        header_add_name(&plan->headers, STR("X-Huge"),
                        str_of(value, fault->header_bytes));
    }
}

void sim_plan_fault(struct sim_plan *plan, const struct sim_planner *planner,
                    const struct sim_fault *fault)
{
    struct arena *arena = planner->asked->arena;
    if (fault->status)
        replace_answer(plan, planner, fault);
    plan->fault = fault;
    plan->delay = usec_add(plan->delay, fault->delay);
    plan->jitter = usec_max(plan->jitter, fault->jitter);
    if (fault->mutation_n && mutate(plan, fault, planner->room))
        plan->text = arena_str(arena, buf_peek(planner->room));
    sim_plan_headers(plan, planner, &fault->headers, SIM_REPLACE);
    add_bulk(plan, arena, fault);
}

void sim_plan_finish(struct sim_plan *plan, struct arena *arena)
{
    const struct sim_fault *fault = plan->fault;
    bool endless = fault && fault->endless;
    uint64_t most = plan->text.n ? SIM_BODY_BYTES_MAX / plan->text.n : 1;
    if (plan->repeat > most)
        plan->repeat = most;
    sim_body_init(&plan->body, arena, plan->text, endless ? UINT64_MAX : plan->repeat);
    plan->raw = fault && (fault->malformed || fault->length_off != 0);
    plan->gzip = plan->gzip && !plan->raw;
    if (plan->gzip)
        header_set(&plan->headers, HEADER_CONTENT_ENCODING, STR("gzip"));
}
