/*
 * The parts of a page's request, in the order in which they are put:
 *
 *   filter    of a window that was begun anew    (restart)
 *   since     the delta token                    (delta)
 *   size
 *   position  by the kind; a URL takes the place of everything before it
 *
 * Of an answer: records, everything else that the rule names, whether it ends, the next
 * position; then the guard; then the window. Nothing of the walk is changed until all of
 * it has been found good.
 */
#include "paging/walk.h"

#include "base/hash.h"
#include "json/json_write.h"
#include "paging/page_kind.h"

/* A walk without a filter hands out the same records each time it begins anew. */
enum { MARK_BYTES_MAX = 500, EXPIRIES_MAX = 3 };

/* --- beginning --- */

static struct page_position first_position(const struct page_rule *rule)
{
    if (page_ops_of(rule)->numbered)
        return (struct page_position){.form = POSITION_NUMBER, .number = rule->first};
    return (struct page_position){.form = POSITION_START};
}

void walk_begin(const struct page_rule *rule, uint32_t wanted, str since,
                struct walk *ret_walk)
{
    *ret_walk = (struct walk){
        .at = first_position(rule), .size = page_rule_size(rule, wanted), .since = since};
}

struct walk walk_cut(const struct walk *before, uint32_t taken)
{
    struct walk walk = *before;
    walk.skip += taken;
    return walk;
}

bool walk_resize(const struct page_rule *rule, uint32_t wanted, struct walk *walk)
{
    bool begun = walk->pages > 0 || walk->seen > 0;
    bool steady = page_ops_of(rule)->steady || rule->advance == PAGE_BY_SIZE;
    if (walk->skip || (begun && steady))
        return false;
    walk->size = page_rule_size(rule, wanted);
    return true;
}

struct walk walk_copy(struct arena *arena, const struct walk *walk)
{
    struct walk copy = *walk;
    copy.at.text = arena_str(arena, walk->at.text);
    copy.since = arena_str(arena, walk->since);
    copy.filter = arena_str(arena, walk->filter);
    copy.mark = arena_str(arena, walk->mark);
    return copy;
}

/* --- asking --- */

static bool put_text(const struct page_place *place, str text,
                     struct page_request *request, str *ret_detail)
{
    struct json value = json_of_text(text);
    return str_absent(text) || page_place_put(place, &value, request, ret_detail);
}

/* The delta token where it has a place; as a URL it is the request of the first page, and
 * the pages behind it have their own. */
static enum err put_since(const struct page_rule *rule, const struct walk *walk,
                          const struct page_reach *reach, struct page_request *request,
                          str *ret_detail)
{
    bool own = rule->delta && rule->delta->put.in != PLACE_NONE;
    const struct page_place *place = own ? &rule->delta->put : &rule->put;
    if (str_absent(walk->since) || (!own && walk->at.form != POSITION_START))
        return ERR_NONE;
    if (place->in != PLACE_NONE)
        return put_text(place, walk->since, request, ret_detail) ? ERR_NONE
                                                                 : ERR_PAGE_INVALID;
    enum err err = page_link_check(reach, walk->since, request->arena, ret_detail);
    if (!err)
        request->url = walk->since;
    return err;
}

static bool put_size(const struct page_rule *rule, const struct walk *walk,
                     struct page_request *request, str *ret_detail)
{
    struct json size = json_of_number(page_size_at(rule, walk));
    return walk->size == 0 || page_place_put(&rule->size.put, &size, request, ret_detail);
}

static enum err beyond(const struct page_rule *rule, struct arena *arena, str *ret_detail)
{
    const struct page_window *window = rule->window;
    CHECK(window);
    *ret_detail =
        window->records
            ? arena_printf(arena, "The vendor shows the first %u records of a list.",
                           window->records)
            : arena_printf(arena, "The vendor shows the first %u pages of a list.",
                           window->pages);
    return ERR_WINDOW_CAPPED;
}

enum err walk_ask(const struct page_rule *rule, const struct walk *walk,
                  const struct page_reach *reach, struct page_request *request,
                  str *ret_detail)
{
    bool placed = walk->at.form == POSITION_TEXT || walk->at.form == POSITION_NUMBER;
    CHECK(walk->at.form != POSITION_END);
    if (walk->at.form == POSITION_BEYOND)
        return beyond(rule, request->arena, ret_detail);
    if (rule->restart &&
        !put_text(&rule->restart->put, walk->filter, request, ret_detail))
        return ERR_PAGE_INVALID;
    if (!put_size(rule, walk, request, ret_detail))
        return ERR_PAGE_INVALID;
    enum err err = put_since(rule, walk, reach, request, ret_detail);
    if (!err && placed)
        err = page_ops_of(rule)->ask(rule, walk, reach, request, ret_detail);
    return err;
}

/* --- the records --- */

static struct json list_of_one(struct arena *arena, struct json value)
{
    struct json_build build;
    json_build_init(&build, arena);
    json_build_item(&build, value);
    return json_build_array(&build);
}

/* null is an empty list; what is not there is none. */
static enum err find_records(struct page_look *look)
{
    const struct page_records *records = &look->rule->records;
    const struct json *found;
    struct json made = {0};
    static const struct json empty = {.type = JSON_ARRAY};
    look->records = empty;
    if (look->answer->status == 204)
        return ERR_NONE;
    if (!look->answer->body)
        return page_invalid(look, "The answer is no JSON.");
    found = pointer_find(&records->at, look->answer->body);
    if (records->expression) {
        made = expression_value(records->expression, look->answer, look->arena);
        found = json_is(&made, JSON_OBJECT) ? NULL : &made;
        if (json_is(&made, JSON_OBJECT))
            look->records = list_of_one(look->arena, made);
    }
    if (found && json_is(found, JSON_ARRAY))
        look->records = *found;
    else if (!json_is(&made, JSON_OBJECT) && (!found || !json_is(found, JSON_NULL)))
        return page_invalid(look, "The answer has no list of records where \"records\" "
                                  "says.");
    return ERR_NONE;
}

/* --- the window, and beginning anew --- */

static str mark_of(const struct page_look *look)
{
    const struct page_restart *restart = look->rule->restart;
    uint32_t n = look->records.n;
    if (!restart || n == 0)
        return look->walk->mark;
    return json_as_text(pointer_find(&restart->value, &look->records.u.items[n - 1]),
                        look->arena);
}

static enum err check_mark(struct page_look *look, str mark)
{
    if (!look->rule->restart || look->records.n == 0)
        return ERR_NONE;
    if (str_absent(mark) || mark.n == 0 || mark.n > MARK_BYTES_MAX)
        return page_invalid(look,
                            "The page's last record has no value of 1 to %d bytes where "
                            "\"restart\" says.",
                            MARK_BYTES_MAX);
    return ERR_NONE;
}

static bool is_capped(const struct page_look *look, const struct walk *next)
{
    const struct page_window *window = look->rule->window;
    uint64_t records =
        look->ops->by_record ? page_before(look->rule, &next->at) : next->seen;
    if (!window)
        return false;
    return (window->records && records >= window->records) ||
           (window->pages && next->pages >= window->pages);
}

/* The first page again, behind the last record. */
static void begin_behind(const struct page_rule *rule, struct walk *walk)
{
    walk->at = first_position(rule);
    walk->filter = walk->mark;
    walk->seen = 0;
    walk->pages = 0;
    walk->skip = 0;
}

static enum err leave_window(struct page_look *look, struct walk *next)
{
    if (next->at.form == POSITION_END || !is_capped(look, next))
        return ERR_NONE;
    if (look->rule->window->then == PAGE_THEN_ERROR) {
        next->at = (struct page_position){.form = POSITION_BEYOND};
        return ERR_NONE;
    }
    if (str_absent(next->mark) || str_eq(next->mark, next->filter)) {
        look->detail = STR("All records that the vendor shows have the same value where "
                           "\"restart\" says: there is no way behind them.");
        return ERR_PAGE_LOOP;
    }
    begin_behind(look->rule, next);
    return ERR_NONE;
}

/* --- the guard --- */

static uint64_t position_hash(const struct walk *walk, struct arena *arena)
{
    const struct page_position *at = &walk->at;
    if (at->form == POSITION_END || at->form == POSITION_BEYOND)
        return 0;
    str text = arena_printf(arena, "%u:%llu:%zu:" STR_F ":" STR_F, at->form,
                            (unsigned long long)at->number, at->text.n, STR_A(at->text),
                            STR_A(walk->filter));
    return hash_stable(text);
}

static enum err look_for_loop(struct page_look *look, struct walk *next)
{
    static const char *const sentences[] = {
        [PAGE_GUARD_POSITION] = "The next page is one that was there before.",
        [PAGE_GUARD_CONTENT] = "The page has the same records as one before it.",
        [PAGE_GUARD_EMPTY] = "Too many pages in a row have no records, and more would "
                             "follow.",
    };
    struct page_trace seen = {.position = position_hash(next, look->arena),
                              .content = page_guard_content(&look->records)};
    bool stays = seen.position && seen.position == position_hash(look->walk, look->arena);
    enum page_guard_verdict verdict = page_guard_note(&next->guard, seen);
    if (stays)
        verdict = PAGE_GUARD_POSITION;
    if (verdict == PAGE_GUARD_GOOD)
        return ERR_NONE;
    look->detail = str_z(sentences[verdict]);
    return ERR_PAGE_LOOP;
}

/* --- reading --- */

/* What the next walk begins with. */
static enum err find_delta(struct page_look *look, str *ret_delta)
{
    const struct page_delta *delta = look->rule->delta;
    bool of_kind = look->rule->kind == PAGE_delta_or_sync_token;
    bool placed =
        (delta && delta->put.in != PLACE_NONE) || look->rule->put.in != PLACE_NONE;
    str token = look->token.form == TELLS_TEXT ? look->token.text : STR_NONE;
    if (!delta && !of_kind)
        return ERR_NONE;
    if (delta && delta->token.source != SIGNAL_NONE)
        token = signal_text(&delta->token, look->answer, look->arena);
    bool there = !str_absent(token) && token.n > 0;
    if (!there && !of_kind)
        return ERR_NONE; /* a list with another order or filter may have none */
    if (!there || token.n > PAGE_TEXT_MAX)
        return page_invalid(look, "The last page does not tell what the next walk begins "
                                  "with.");
    if (placed) {
        *ret_delta = token;
        return ERR_NONE;
    }
    return page_link_read(look->reach, token, PAGE_LINK_RELATIVE, look->arena, ret_delta,
                          &look->detail);
}

static enum err find_next(struct page_look *look, struct walk *next)
{
    if (page_ends(look)) {
        next->at = (struct page_position){.form = POSITION_END};
        return ERR_NONE;
    }
    return look->ops->next(look, &next->at);
}

static void move(const struct page_look *look, struct walk *next)
{
    next->seen += look->records.n;
    next->pages++;
    next->skip = 0;
    next->mark = mark_of(look);
}

/* An expression that failed found nothing, which could be taken for the end. */
static enum err check_expressions(struct page_look *look)
{
    const str *trouble = look->answer->trouble;
    if (str_absent(*trouble))
        return ERR_NONE;
    return page_invalid(look, "An expression of the block failed: " STR_F ".",
                        STR_A(*trouble));
}

static enum err read_page(struct page_look *look, struct walk *next, str *ret_delta)
{
    enum err err = find_records(look);
    if (!err)
        err = page_look_fill(look);
    if (!err)
        err = check_expressions(look);
    if (!err)
        err = find_next(look, next);
    if (err)
        return err;
    move(look, next);
    err = check_mark(look, next->mark);
    if (!err && next->at.form == POSITION_END)
        err = find_delta(look, ret_delta);
    if (!err)
        err = check_expressions(look);
    if (!err)
        err = look_for_loop(look, next);
    return err ? err : leave_window(look, next);
}

static struct json without_first(struct json records, uint32_t n)
{
    uint32_t skip = n < records.n ? n : records.n;
    if (skip == 0)
        return records;
    records.u.items += skip;
    records.n -= skip;
    return records;
}

enum err walk_read(const struct page_rule *rule, struct walk *walk,
                   const struct page_reach *reach, const struct answer *answer,
                   struct arena *arena, struct page *ret_page)
{
    struct walk next = *walk;
    str delta = STR_NONE, trouble = STR_NONE;
    struct answer asked = *answer;
    asked.trouble = &trouble;
    struct page_look look = {.rule = rule,
                             .ops = page_ops_of(rule),
                             .walk = walk,
                             .reach = reach,
                             .answer = &asked,
                             .arena = arena,
                             .total = -1,
                             .pages = -1};
    enum err err = read_page(&look, &next, &delta);
    if (err) {
        *ret_page = (struct page){.detail = look.detail};
        return err;
    }
    *ret_page = (struct page){.records = without_first(look.records, walk->skip),
                              .total = look.total,
                              .delta = delta,
                              .last = next.at.form == POSITION_END};
    *walk = next;
    return ERR_NONE;
}

/* --- refused --- */

static bool any_holds(const struct bind_list *conditions, const struct answer *answer,
                      struct arena *arena)
{
    const struct condition *items = conditions->items;
    for (uint32_t i = 0; i < conditions->n; i++)
        if (condition_holds(&items[i], answer, arena))
            return true;
    return false;
}

enum walk_verdict walk_refused(const struct page_rule *rule, struct walk *walk,
                               const struct answer *answer, struct arena *arena)
{
    const struct page_expired *expired = rule->expired;
    bool first = walk->pages == 0 && str_absent(walk->filter);
    if (!str_absent(walk->since) && rule->delta &&
        any_holds(&rule->delta->expired, answer, arena))
        return WALK_DELTA_EXPIRED;
    if (first || !expired || !any_holds(&expired->when, answer, arena))
        return WALK_OTHER;
    bool stuck =
        rule->restart ? str_eq(walk->mark, walk->filter) : walk->expiries >= EXPIRIES_MAX;
    if (expired->then == PAGE_THEN_ERROR || stuck)
        return WALK_EXPIRED;
    begin_behind(rule, walk);
    walk->guard = (struct page_guard){0};
    walk->expiries++;
    return WALK_AGAIN;
}
