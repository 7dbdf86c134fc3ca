/*
 * Routes of one method and path form a chain in the order of the script; a path set finds
 * the chain, conditions choose within it.
 */
#include "sim/sim_script.h"

#include "base/map.h"
#include "base/mem.h"
#include "sim/sim_reader.h"

enum { SCRIPT_MAGIC = 0x53494d53, CHUNK_BYTES = 16 * 1024 };

#define ARENA_BYTES_MAX ((size_t)2 << 30)

/* --- building --- */

static void add_route(struct sim_reader *reader, struct sim_script *script,
                      struct map *heads, struct sim_route *route)
{
    const char *why;
    str parts[] = {route->method, STR(" "), route->path};
    str shape = arena_join(reader->binder.arena, parts, COUNT_OF(parts));
    struct sim_route *head = map_find(heads, shape);
    if (head) {
        while (head->next)
            head = head->next;
        head->next = route;
    } else if (path_set_add(script->paths, route->method, route->path, route, &why)) {
        map_put(heads, shape, route);
    } else {
        bind_fault_at(&reader->binder, STR("path"), "cannot be used: %s.", why);
    }
}

static void add_routes(struct sim_reader *reader, struct sim_script *script)
{
    struct binder *binder = &reader->binder;
    struct sim_route *routes = script->routes.items;
    struct map heads;
    map_init(&heads);
    str root = bind_enter(binder, STR("routes"));
    for (uint32_t i = 0; i < script->routes.n; i++) {
        str before = bind_enter_index(binder, i);
        add_route(reader, script, &heads, &routes[i]);
        binder->at = before;
    }
    binder->at = root;
    map_fini(&heads);
}

static void start_limits(struct sim_script *script)
{
    struct sim_rate *rates = script->limits.items;
    for (uint32_t i = 0; i < script->limits.n; i++)
        sim_limit_init(&rates[i].limit, rates[i].calls, rates[i].window, rates[i].kind);
}

static void free_arena(struct arena *arena)
{
    arena_fini(arena);
    mem_free(arena);
}

struct sim_script *sim_script_create(str text, str folder, str prefix,
                                     struct arena *why_arena,
                                     const struct bind_fault **ret_faults)
{
    struct arena *arena = mem_alloc(sizeof(*arena));
    struct sim_reader reader;
    arena_init(arena, CHUNK_BYTES, ARENA_BYTES_MAX);
    struct sim_script *script = arena_zalloc(arena, sizeof(*script));
    sim_reader_init(&reader, arena, folder);
    if (sim_reader_read(&reader, text, SIM_SCRIPT_BYTES_MAX, &sim_script_table, script)) {
        script->paths = path_set_create(arena);
        add_routes(&reader, script);
    }
    if (reader.binder.fault_n) {
        *ret_faults = sim_reader_faults(&reader, why_arena);
        free_arena(arena);
        return NULL;
    }
    script->magic = SCRIPT_MAGIC;
    script->refs = 1;
    script->arena = arena;
    script->prefix = arena_str(arena, prefix);
    start_limits(script);
    return script;
}

struct sim_script *sim_script_load(str path, str prefix, struct arena *why_arena,
                                   const struct bind_fault **ret_faults)
{
    const char *why;
    str text;
    struct arena arena;
    struct sim_script *script = NULL;
    arena_init(&arena, CHUNK_BYTES, 2 * (size_t)SIM_SCRIPT_BYTES_MAX);
    if (sim_reader_file(&arena, path, SIM_SCRIPT_BYTES_MAX, &text, &why)) {
        script = sim_script_create(text, sim_reader_folder(path), prefix, why_arena,
                                   ret_faults);
    } else {
        struct bind_fault *fault = arena_zalloc(why_arena, sizeof(*fault));
        fault->pointer = STR("");
        fault->text = arena_printf(why_arena, "The script cannot be read: %s.", why);
        *ret_faults = fault;
    }
    arena_fini(&arena);
    return script;
}

struct sim_script *sim_script_ref(struct sim_script *script)
{
    CHECK_MAGIC(script, SCRIPT_MAGIC);
    script->refs++;
    return script;
}

void sim_script_unref(struct sim_script **script)
{
    struct sim_script *gone = *script;
    *script = NULL;
    if (!gone)
        return;
    CHECK_MAGIC(gone, SCRIPT_MAGIC);
    if (--gone->refs)
        return;
    struct sim_rate *rates = gone->limits.items;
    for (uint32_t i = 0; i < gone->limits.n; i++)
        sim_limit_fini(&rates[i].limit);
    gone->magic = 0;
    free_arena(gone->arena);
}

/* --- use --- */

static bool holds(const struct sim_condition *condition, struct sim_asked *asked)
{
    enum sim_place place = condition->source.place;
    bool of_body = place == SIM_PLACE_BODY || place == SIM_PLACE_FORM;
    if (of_body && !asked->body_whole)
        return false;
    if (place == SIM_PLACE_BODY) {
        const struct json *value = sim_asked_value(asked, &condition->source);
        return value && json_equal(value, &condition->value);
    }
    struct arena_mark mark = arena_mark(asked->arena);
    str text = sim_asked_text(asked, &condition->source);
    bool there = !str_absent(text);
    bool equal = there && str_eq(text, condition->text);
    bool contains = there && str_find_str(text, condition->text) < text.n;
    arena_rewind(asked->arena, mark);
    if (condition->test == SIM_TEST_EQUALS)
        return equal;
    if (condition->test == SIM_TEST_CONTAINS)
        return contains;
    return there == (condition->test == SIM_TEST_PRESENT);
}

static bool all_hold(const struct sim_conditions *conditions, struct sim_asked *asked)
{
    for (uint32_t i = 0; i < conditions->n; i++)
        if (!holds(&conditions->items[i], asked))
            return false;
    return true;
}

struct sim_route *sim_script_match(const struct sim_script *script,
                                   struct sim_asked *asked)
{
    enum path_result result =
        path_set_match(script->paths, asked->method, asked->path, &asked->match);
    if (result == PATH_WRONG_WORD && str_eq(asked->method, STR("HEAD")))
        result = path_set_match(script->paths, STR("GET"), asked->path, &asked->match);
    if (result != PATH_FOUND) {
        asked->match.n = 0;
        return NULL;
    }
    /* the chain is the script's own, and so are its counts */
    struct sim_route *route = (struct sim_route *)(uintptr_t)asked->match.target;
    while (route && !all_hold(&route->when, asked))
        route = route->next;
    return route;
}

bool sim_script_lacks_method(const struct sim_script *script,
                             const struct sim_asked *asked)
{
    struct path_match match;
    return path_set_match(script->paths, asked->method, asked->path, &match) ==
           PATH_WRONG_WORD;
}

void sim_script_reset(struct sim_script *script)
{
    struct sim_route *routes = script->routes.items;
    struct sim_rate *rates = script->limits.items;
    for (uint32_t i = 0; i < script->routes.n; i++) {
        routes[i].calls = 0;
        routes[i].statuses.n = 0;
    }
    for (uint32_t i = 0; i < script->limits.n; i++)
        sim_limit_clear(&rates[i].limit);
    script->unmatched_statuses.n = 0;
}

void sim_script_count(struct sim_statuses *statuses, uint32_t status)
{
    uint32_t i = 0;
    while (i < statuses->n && statuses->items[i].status != status)
        i++;
    if (i == SIM_STATUSES_MAX)
        return;
    if (i == statuses->n) {
        statuses->items[i].status = status;
        statuses->items[i].count = 0;
        statuses->n++;
    }
    statuses->items[i].count++;
}
