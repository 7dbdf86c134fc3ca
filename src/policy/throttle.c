#include "policy/throttle.h"

#include <math.h>

#include "http/field.h"

/* --- reading the document --- */

#define WINDOW(field) offsetof(struct window_rule, field)

static const struct bind_row window_rows[] = {
    {.name = "name",
     .kind = BIND_TEXT,
     .offset = WINDOW(name),
     .required = true,
     .min = 1,
     .max = 40,
     .doc = "A word for the window; it names the policy in the RateLimit headers."},
    {.name = "window",
     .kind = BIND_DURATION,
     .offset = WINDOW(window),
     .min = 1,
     .max = 86400 * 366.0,
     .doc = "Its length, when the vendor documents it."},
    {.name = "length",
     .kind = BIND_OBJECT,
     .offset = WINDOW(length),
     .table = &signal_table,
     .doc = "Where the answer tells its length."},
    {.name = "limit",
     .kind = BIND_OBJECT,
     .offset = WINDOW(limit),
     .table = &signal_table,
     .doc = "Where the answer tells how many calls the window allows."},
    {.name = "fixed_limit",
     .kind = BIND_NUMBER,
     .offset = WINDOW(fixed_limit),
     .min = 1,
     .max = 1e12,
     .doc = "How many calls the window allows, when answers do not tell."},
    {.name = "remaining",
     .kind = BIND_OBJECT,
     .offset = WINDOW(remaining),
     .table = &signal_table,
     .doc = "Where the answer tells how many are left."},
    {.name = "used",
     .kind = BIND_OBJECT,
     .offset = WINDOW(used),
     .table = &signal_table,
     .doc = "Where the answer tells how many were used; left is limit − used."},
    {.name = "reset",
     .kind = BIND_OBJECT,
     .offset = WINDOW(reset),
     .table = &signal_table,
     .doc = "Where the answer tells when the window starts anew."},
    {.name = "group",
     .kind = BIND_TEXT,
     .offset = WINDOW(group),
     .doc = "Only answers of methods in this group tell of this window."},
};

static void finish_window(struct binder *binder, void *obj)
{
    const struct window_rule *rule = obj;
    if (rule->remaining.source == SIGNAL_NONE && rule->used.source == SIGNAL_NONE &&
        rule->limit.source == SIGNAL_NONE)
        bind_fault(binder, "tells nothing; add \"remaining\", \"used\" or \"limit\".");
    if (rule->used.source != SIGNAL_NONE && rule->limit.source == SIGNAL_NONE &&
        rule->fixed_limit == 0)
        bind_fault(binder, "has \"used\" but no \"limit\" to set it against.");
}

static const struct bind_table window_table = {
    .name = "rate limit window",
    .rows = window_rows,
    .n = COUNT_OF(window_rows),
    .bytes = sizeof(struct window_rule),
    .finish = finish_window,
};

static const struct bind_row structured_rows[] = {
    {.name = "policy",
     .kind = BIND_TEXT,
     .offset = offsetof(struct structured_rule, policy),
     .doc = "The header that has the part of RateLimit-Policy."},
    {.name = "limit",
     .kind = BIND_TEXT,
     .offset = offsetof(struct structured_rule, limit),
     .required = true,
     .doc = "The header that has the part of RateLimit."},
};

static const struct bind_table structured_table = {
    .name = "pair of structured fields",
    .rows = structured_rows,
    .n = COUNT_OF(structured_rows),
    .bytes = sizeof(struct structured_rule),
};

static const char *const scope_words[] = {"account", "group", NULL};

#define RULE(field) offsetof(struct throttle_rule, field)

static const struct bind_row rule_rows[] = {
    {.name = "detect",
     .kind = BIND_LIST,
     .offset = RULE(detect),
     .max = 20,
     .table = &condition_table,
     .doc = "Answers that are throttles besides 429."},
    {.name = "not",
     .kind = BIND_LIST,
     .offset = RULE(not ),
     .max = 20,
     .table = &condition_table,
     .doc = "Answers that are no throttles although they look like one."},
    {.name = "retry_after",
     .kind = BIND_LIST,
     .offset = RULE(retry_after),
     .max = 8,
     .table = &signal_table,
     .doc = "Where a throttle tells how long to wait; the first that is there counts. "
            "Retry-After is always read, after these."},
    {.name = "windows",
     .kind = BIND_LIST,
     .offset = RULE(windows),
     .max = THROTTLE_WINDOWS_MAX,
     .table = &window_table,
     .doc = "The windows of which answers tell."},
    {.name = "structured",
     .kind = BIND_LIST,
     .offset = RULE(structured),
     .max = 4,
     .table = &structured_table,
     .doc =
         "Structured fields in the form of RateLimit and RateLimit-Policy, under other "
         "names."},
    {.name = "reason",
     .kind = BIND_LIST,
     .offset = RULE(reason),
     .max = 4,
     .table = &signal_table,
     .doc = "Where a throttle tells which limit it was."},
    {.name = "default_wait",
     .kind = BIND_DURATION,
     .offset = RULE(default_wait),
     .min = 1,
     .max = 86400,
     .doc = "How long to wait when a throttle tells no time; without it the wait doubles "
            "with each throttle in a row."},
    {.name = "backoff_base",
     .kind = BIND_DURATION,
     .offset = RULE(backoff_base),
     .min = 0.1,
     .max = 3600,
     .doc = "The first of the doubling waits; 1s."},
    {.name = "backoff_max",
     .kind = BIND_DURATION,
     .offset = RULE(backoff_max),
     .min = 1,
     .max = 86400,
     .doc = "The longest of the doubling waits; 5m."},
    {.name = "scope",
     .kind = BIND_ENUM,
     .offset = RULE(scope),
     .words = scope_words,
     .doc = "Whether a throttle holds for the whole account or for the method's group."},
};

static void init_rule(void *obj)
{
    struct throttle_rule *rule = obj;
    *rule = (struct throttle_rule){.backoff_base = USEC_S, .backoff_max = 5 * USEC_MIN};
}

static bool window_fits(const struct window_rule *rule, str group)
{
    return rule->group.n == 0 || str_eq(rule->group, group);
}

static bool window_needs_body(const struct window_rule *rule)
{
    return signal_needs_body(&rule->limit) || signal_needs_body(&rule->remaining) ||
           signal_needs_body(&rule->used) || signal_needs_body(&rule->reset) ||
           signal_needs_body(&rule->length);
}

bool throttle_needs_body_of_success(const struct throttle_rule *rule, str group)
{
    const struct condition *detect = rule->detect.items;
    const struct window_rule *windows = rule->windows.items;
    for (uint32_t i = 0; i < rule->detect.n; i++)
        if (condition_needs_body_of_success(&detect[i], group))
            return true;
    for (uint32_t i = 0; i < rule->windows.n; i++)
        if (window_needs_body(&windows[i]) && window_fits(&windows[i], group))
            return true;
    return false;
}

static void finish_rule(struct binder *binder, void *obj)
{
    struct throttle_rule *rule = obj;
    const struct condition *detect = rule->detect.items;
    for (uint32_t i = 0; i < rule->detect.n; i++)
        rule->asks_success |= condition_asks_success(&detect[i]);
    if (rule->backoff_max < rule->backoff_base)
        bind_fault_at(binder, STR("backoff_max"), "is shorter than backoff_base.");
}

const struct bind_table throttle_table = {
    .name = "rate_limit block",
    .rows = rule_rows,
    .n = COUNT_OF(rule_rows),
    .bytes = sizeof(struct throttle_rule),
    .init = init_rule,
    .finish = finish_rule,
};

/* --- reading an answer --- */

static bool any_holds(const struct bind_list *list, const struct answer *answer,
                      struct arena *arena)
{
    const struct condition *conditions = list->items;
    for (uint32_t i = 0; i < list->n; i++)
        if (condition_holds(&conditions[i], answer, arena))
            return true;
    return false;
}

static bool is_throttle(const struct throttle_rule *rule, const struct answer *answer,
                        struct arena *arena)
{
    if (any_holds(&rule->not, answer, arena))
        return false;
    return answer->status == 429 || any_holds(&rule->detect, answer, arena);
}

static double read_number(const struct signal *signal, const struct answer *answer,
                          struct arena *arena)
{
    double value;
    if (signal->source == SIGNAL_NONE || !signal_number(signal, answer, arena, &value))
        return -1;
    return fmax(value, 0);
}

static usec read_time(const struct signal *signal, const struct answer *answer,
                      struct arena *arena)
{
    usec wait;
    if (signal->source == SIGNAL_NONE || !signal_wait(signal, answer, arena, &wait))
        return -1;
    return wait;
}

static void add_window(struct throttle *throttle, struct window_state state)
{
    if (state.limit < 0 && state.remaining < 0)
        return;
    for (uint32_t i = 0; i < throttle->n; i++)
        if (str_eq(throttle->windows[i].name, state.name))
            return;
    if (throttle->n < THROTTLE_WINDOWS_MAX)
        throttle->windows[throttle->n++] = state;
}

static void read_window(const struct window_rule *rule, const struct answer *answer,
                        struct arena *arena, struct throttle *throttle)
{
    if (!window_fits(rule, answer->group))
        return;
    struct window_state state = {
        .name = rule->name,
        .limit = read_number(&rule->limit, answer, arena),
        .remaining = read_number(&rule->remaining, answer, arena),
        .reset = read_time(&rule->reset, answer, arena),
        .window = read_time(&rule->length, answer, arena),
    };
    double used = read_number(&rule->used, answer, arena);
    bool told = state.limit >= 0 || state.remaining >= 0 || used >= 0;
    if (state.limit < 0 && rule->fixed_limit > 0 && told)
        state.limit = rule->fixed_limit;
    if (state.remaining < 0 && used >= 0 && state.limit >= 0)
        state.remaining = fmax(state.limit - used, 0);
    if (state.window < 0 && rule->window)
        state.window = rule->window;
    add_window(throttle, state);
}

static double param_number(struct arena *arena, str params, str key)
{
    double value;
    str text = field_param(arena, params, key);
    return str_to_double(text, &value) && value >= 0 ? value : -1;
}

static usec param_time(struct arena *arena, str params, str key)
{
    double seconds = param_number(arena, params, key);
    return seconds >= 0 && seconds < 1e10 ? (usec)(seconds * (double)USEC_S) : -1;
}

/* The quota and window of a policy of that name, from the policy header. */
static void read_policy(str header, struct arena *arena, struct window_state *state)
{
    struct field_member member;
    bool bad = false;
    while (field_member_next(arena, &header, &member, &bad)) {
        if (!str_eq(member.name, state->name))
            continue;
        state->limit = param_number(arena, member.params, STR("q"));
        state->window = param_time(arena, member.params, STR("w"));
        return;
    }
}

static void read_structured(const struct structured_rule *rule,
                            const struct answer *answer, struct arena *arena,
                            struct throttle *throttle)
{
    struct field_member member;
    bool bad = false;
    str limits = header_value_name(answer->headers, rule->limit);
    str policies =
        rule->policy.n ? header_value_name(answer->headers, rule->policy) : STR_NONE;
    while (!str_absent(limits) && field_member_next(arena, &limits, &member, &bad)) {
        struct window_state state = {
            .name = member.name,
            .limit = -1,
            .remaining = param_number(arena, member.params, STR("r")),
            .reset = param_time(arena, member.params, STR("t")),
            .window = -1,
        };
        if (!str_absent(policies))
            read_policy(policies, arena, &state);
        add_window(throttle, state);
    }
}

static void read_standard(const struct answer *answer, struct arena *arena,
                          struct throttle *throttle)
{
    static const struct structured_rule fields = {STR("RateLimit-Policy"),
                                                  STR("RateLimit")};
    static const struct window_rule triple = {
        .name = STR("default"),
        .limit = {.source = SIGNAL_HEADER, .header = STR("RateLimit-Limit")},
        .remaining = {.source = SIGNAL_HEADER, .header = STR("RateLimit-Remaining")},
        .reset = {.source = SIGNAL_HEADER, .header = STR("RateLimit-Reset")},
    };
    read_structured(&fields, answer, arena, throttle);
    if (throttle->n == 0)
        read_window(&triple, answer, arena, throttle);
}

/* A window that is used up tells when to come back, if nothing else does. */
static usec wait_of_windows(const struct throttle *throttle)
{
    usec wait = -1;
    for (uint32_t i = 0; i < throttle->n; i++) {
        const struct window_state *state = &throttle->windows[i];
        if (state->remaining == 0 && state->reset > wait)
            wait = state->reset;
    }
    return wait;
}

static usec read_wait(const struct throttle_rule *rule, const struct answer *answer,
                      struct arena *arena, const struct throttle *throttle)
{
    static const struct signal standard = {.source = SIGNAL_HEADER,
                                           .header = STR("Retry-After"),
                                           .unit = SIGNAL_RETRY_AFTER};
    const struct signal *signals = rule->retry_after.items;
    usec wait;
    for (uint32_t i = 0; i < rule->retry_after.n; i++)
        if (signal_wait(&signals[i], answer, arena, &wait))
            return wait;
    if (signal_wait(&standard, answer, arena, &wait))
        return wait;
    wait = wait_of_windows(throttle);
    return wait < 0 && rule->default_wait ? rule->default_wait : wait;
}

static str read_reason(const struct throttle_rule *rule, const struct answer *answer,
                       struct arena *arena)
{
    const struct signal *signals = rule->reason.items;
    for (uint32_t i = 0; i < rule->reason.n; i++) {
        str text = signal_text(&signals[i], answer, arena);
        if (!str_absent(text))
            return text;
    }
    return STR_NONE;
}

void throttle_read(const struct throttle_rule *rule, const struct answer *answer,
                   struct arena *arena, struct throttle *ret_throttle)
{
    struct throttle *throttle = ret_throttle;
    const struct window_rule *windows = rule->windows.items;
    const struct structured_rule *structured = rule->structured.items;
    *throttle = (struct throttle){.wait = -1};
    for (uint32_t i = 0; i < rule->windows.n; i++)
        read_window(&windows[i], answer, arena, throttle);
    for (uint32_t i = 0; i < rule->structured.n; i++)
        read_structured(&structured[i], answer, arena, throttle);
    if (rule->windows.n == 0 && rule->structured.n == 0)
        read_standard(answer, arena, throttle);
    if (answer->status < 400 && !rule->asks_success)
        return; /* nearly every answer ends here */
    throttle->throttled = is_throttle(rule, answer, arena);
    if (!throttle->throttled)
        return;
    throttle->wait = read_wait(rule, answer, arena, throttle);
    throttle->reason = read_reason(rule, answer, arena);
}
