/*
 * The X-Breakwater headers of a request. Each is optional; a value that cannot be read is
 * refused, lest a caller believes in a wish that nobody has heard; so is one given twice,
 * which is no value of any form when its lines are joined.
 */
#include "gate/unify.h"

enum { LANE_BYTES_MAX = 200 };
static const usec deadline_max = 60 * USEC_MIN;
static const usec queue_age_max = 30 * USEC_DAY;

struct wish {
    enum header_id id;
    const char *form; /* what its value must be */
    bool (*read)(str value, struct wishes *wishes);
};

static bool read_deadline(str value, struct wishes *wishes)
{
    uint64_t ms;
    if (!str_to_u64(value, (uint64_t)(deadline_max / USEC_MS), &ms) || ms == 0)
        return false;
    wishes->deadline = (usec)ms * USEC_MS;
    return true;
}

static bool read_wait(str value, struct wishes *wishes)
{
    return str_to_usec(value, &wishes->wait_on_limit) &&
           wishes->wait_on_limit <= VISIT_WAIT_MAX;
}

static bool read_limit(str value, struct wishes *wishes)
{
    wishes->refuse_on_limit = str_eq_nocase(value, STR("refuse"));
    return wishes->refuse_on_limit || str_eq_nocase(value, STR("send"));
}

static bool read_priority(str value, struct wishes *wishes)
{
    wishes->background = str_eq_nocase(value, STR("background"));
    return wishes->background || str_eq_nocase(value, STR("interactive"));
}

static bool read_retry(str value, struct wishes *wishes)
{
    wishes->single_attempt = str_eq_nocase(value, STR("never"));
    return wishes->single_attempt || str_eq_nocase(value, STR("default"));
}

static bool read_errors(str value, struct wishes *wishes)
{
    wishes->problems = str_eq_nocase(value, STR("problem"));
    return wishes->problems || str_eq_nocase(value, STR("vendor"));
}

static bool read_pages(str value, struct wishes *wishes)
{
    bool all = str_eq_nocase(value, STR("all"));
    wishes->pages = all ? VISIT_PAGES_ALL : VISIT_PAGES_ONE;
    return all || str_eq_nocase(value, STR("one"));
}

static bool read_page_limit(str value, struct wishes *wishes)
{
    return str_to_u64(value, UNIFY_LIMIT_MAX, &wishes->page_limit) && wishes->page_limit;
}

static bool read_cursor(str value, struct wishes *wishes)
{
    wishes->cursor = value;
    return value.n > 0;
}

/* The words of the `writes` block, less the first, which says nothing. */
static bool read_queue(str value, struct wishes *wishes)
{
    for (int i = QUEUE_NEVER; i <= QUEUE_ALWAYS; i++)
        if (str_eq_nocase(value, str_z(queue_mode_words[i]))) {
            wishes->queue = (enum queue_mode)i;
            return true;
        }
    return false;
}

static bool read_cache(str value, struct wishes *wishes)
{
    wishes->cache_given = true;
    for (uint32_t i = 0; caching_reach_words[i]; i++)
        if (str_eq_nocase(value, str_z(caching_reach_words[i]))) {
            wishes->cache = (enum caching_reach)i;
            return true;
        }
    return false;
}

static bool read_queue_age(str value, struct wishes *wishes)
{
    return str_to_usec(value, &wishes->queue_age) && wishes->queue_age >= USEC_S &&
           wishes->queue_age <= queue_age_max;
}

static bool read_lane(str value, struct wishes *wishes)
{
    wishes->lane = value;
    return value.n > 0 && value.n <= LANE_BYTES_MAX;
}

static bool read_stale(str value, struct wishes *wishes)
{
    wishes->stale_on_limit = str_eq_nocase(value, STR("on-limit"));
    return wishes->stale_on_limit || str_eq_nocase(value, STR("on-failure"));
}

static const struct wish list[] = {
    {HEADER_X_BREAKWATER_DEADLINE_MS, "milliseconds, 1 to 3600000", read_deadline},
    {HEADER_X_BREAKWATER_WAIT_ON_LIMIT, "a duration of at most 10m, such as 20s",
     read_wait},
    {HEADER_X_BREAKWATER_LIMIT, "\"refuse\" or \"send\"", read_limit},
    {HEADER_X_BREAKWATER_PRIORITY, "\"background\" or \"interactive\"", read_priority},
    {HEADER_X_BREAKWATER_RETRY, "\"never\" or \"default\"", read_retry},
    {HEADER_X_BREAKWATER_PAGES, "\"one\" or \"all\"", read_pages},
    {HEADER_X_BREAKWATER_PAGE_LIMIT, "1 to 1000", read_page_limit},
    {HEADER_X_BREAKWATER_CURSOR, "a next_cursor", read_cursor},
    {HEADER_X_BREAKWATER_QUEUE, "\"never\", \"on-failure\" or \"always\"", read_queue},
    {HEADER_X_BREAKWATER_QUEUE_AGE, "a duration of 1s to 30d, such as 10m",
     read_queue_age},
    {HEADER_X_BREAKWATER_LANE, "a text of at most 200 bytes", read_lane},
    {HEADER_X_BREAKWATER_CACHE, "\"fresh\", \"stale\" or \"off\"", read_cache},
    {HEADER_X_BREAKWATER_STALE, "\"on-limit\" or \"on-failure\"", read_stale},
    {HEADER_X_BREAKWATER_ERRORS, "\"problem\" or \"vendor\"", read_errors},
};

bool visit_read_wishes(struct visit *visit)
{
    const struct headers *headers = &visit->in->head.headers;
    visit->wishes.deadline = -1;
    visit->wishes.cursor = STR_NONE;
    visit->wishes.lane = STR_NONE;
    for (size_t i = 0; i < COUNT_OF(list); i++) {
        str value = header_joined(headers, list[i].id);
        if (str_absent(value) || list[i].read(value, &visit->wishes))
            continue;
        str name = header_name(list[i].id);
        visit_no(
            visit, ERR_HEADER_INVALID,
            arena_printf(visit->arena, STR_F " must be %s.", STR_A(name), list[i].form),
            -1);
        return false;
    }
    return true;
}
