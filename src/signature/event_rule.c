#include "signature/event_rule.h"

enum { RULES_MAX = 200, TYPES_MAX = 100, CONCURRENCY_STANDARD = 4, CONCURRENCY_MAX = 8 };

/* Whole numbers up to here are exact as doubles. */
static const double version_max = 9007199254740992.0;

static const char *const action_words[] = {"created", "updated", "deleted", NULL};
static const char *const late_words[] = {"drop", "mark", "pass", NULL};

str record_action_word(enum record_action action)
{
    CHECK(action < RECORD_ACTION_COUNT);
    return str_z(action_words[action]);
}

bool record_action_of(str word, enum record_action *ret_action)
{
    for (int i = 0; i < RECORD_ACTION_COUNT; i++)
        if (str_eq(word, str_z(action_words[i]))) {
            *ret_action = (enum record_action)i;
            return true;
        }
    return false;
}

/* --- the table --- */

#define RULE(field) offsetof(struct event_rule, field)

static const struct bind_row rule_rows[] = {
    {.name = "type",
     .kind = BIND_TEXTS,
     .offset = RULE(types),
     .min = 1,
     .max = 200,
     .doc = "Only events of this type, or of one of these; \"contact.*\" means all that "
            "begin so."},
    {.name = "if",
     .kind = BIND_OPTION,
     .offset = RULE(when),
     .table = &request_condition_table,
     .doc = "Only events for which this holds."},
    {.name = "ignore",
     .kind = BIND_BOOL,
     .offset = RULE(ignore),
     .doc = "Nobody is told of such events."},
    {.name = "resource",
     .kind = BIND_TEXT,
     .offset = RULE(target),
     .min = 3,
     .max = 129,
     .doc = "What they are about: CATEGORY/RESOURCE of `unified`."},
    {.name = "action",
     .kind = BIND_ENUM,
     .offset = RULE(action),
     .words = action_words,
     .doc = "What has happened to the record."},
    {.name = "action_from",
     .kind = BIND_OBJECT,
     .offset = RULE(action_from),
     .table = &request_signal_table,
     .doc = "Where the event says that itself, in these words."},
    {.name = "id",
     .kind = BIND_OBJECT,
     .offset = RULE(id),
     .table = &request_signal_table,
     .doc = "The record's id, as the model has it."},
    {.name = "record",
     .kind = BIND_OBJECT,
     .offset = RULE(record),
     .table = &request_signal_table,
     .doc = "The vendor's record, where all of it is in the event; otherwise it is "
            "fetched by the resource's `get`."},
    {.name = "version",
     .kind = BIND_OBJECT,
     .offset = RULE(version),
     .table = &request_signal_table,
     .doc = "What grows with each change of the record: a number, or a moment with its "
            "unit; otherwise the event's time orders them."},
    {.name = "changed",
     .kind = BIND_OBJECT,
     .offset = RULE(changed),
     .table = &request_signal_table,
     .doc = "The names of the members that have changed: one, or a list."},
    {.name = "self",
     .kind = BIND_OPTION,
     .offset = RULE(self),
     .table = &request_condition_table,
     .doc = "Holds for what a call of ours has done."},
};

static void init_rule(void *obj)
{
    struct event_rule *rule = obj;
    rule->action = RECORD_ACTION_COUNT;
}

static bool says_nothing(const struct event_rule *rule)
{
    return str_absent(rule->target) && rule->action == RECORD_ACTION_COUNT &&
           rule->action_from.source == SIGNAL_NONE && rule->id.source == SIGNAL_NONE &&
           rule->record.source == SIGNAL_NONE;
}

static void check_types(struct binder *binder, const struct event_rule *rule)
{
    if (rule->types.n > TYPES_MAX)
        bind_fault_at(binder, STR("type"), "has more than %d words.", TYPES_MAX);
    for (uint32_t i = 0; i < rule->types.n; i++) {
        str type = rule->types.items[i];
        if (str_find(type, '*') + 1 < type.n)
            bind_fault_at(binder, STR("type"),
                          "is \"" STR_F "\": a * may stand at the end only.",
                          STR_A(type));
    }
}

static void split_target(struct binder *binder, struct event_rule *rule)
{
    size_t slash = str_find(rule->target, '/');
    if (slash == 0 || slash + 1 >= rule->target.n) {
        bind_fault_at(binder, STR("resource"),
                      "must be CATEGORY/RESOURCE, such as \"crm/contacts\".");
        return;
    }
    rule->category = str_of(rule->target.p, slash);
    rule->resource = str_from(rule->target, slash + 1);
}

static void finish_rule(struct binder *binder, void *obj)
{
    struct event_rule *rule = obj;
    bool has_action = rule->action != RECORD_ACTION_COUNT;
    bool has_from = rule->action_from.source != SIGNAL_NONE;
    check_types(binder, rule);
    if (rule->ignore) {
        if (!says_nothing(rule))
            bind_fault_at(binder, STR("ignore"),
                          "is set: nothing but \"type\" and \"if\" may stand beside it.");
        return;
    }
    if (str_absent(rule->target))
        bind_fault(binder, "\"resource\" is missing: what such events are about.");
    else
        split_target(binder, rule);
    if (has_action == has_from)
        bind_fault(binder, "must have one of \"action\" and \"action_from\".");
    if (rule->id.source == SIGNAL_NONE)
        bind_fault(binder, "\"id\" is missing: which record it is.");
}

static const struct bind_table rule_table = {
    .name = "rule of events",
    .rows = rule_rows,
    .n = COUNT_OF(rule_rows),
    .bytes = sizeof(struct event_rule),
    .init = init_rule,
    .finish = finish_rule,
};

#define RULES(field) offsetof(struct event_rules, field)

static const struct bind_row rules_rows[] = {
    {.name = "late",
     .kind = BIND_ENUM,
     .offset = RULES(late),
     .words = late_words,
     .doc = "What becomes of an event that is older than what was told of its record: "
            "\"drop\" it, \"mark\" it as late, \"pass\" it as any other; drop."},
    {.name = "concurrency",
     .kind = BIND_UINT,
     .offset = RULES(concurrency),
     .min = 1,
     .max = CONCURRENCY_MAX,
     .doc = "Records of one account that are fetched at once, at most; 4."},
    {.name = "original",
     .kind = BIND_BOOL,
     .offset = RULES(original),
     .doc = "Whether events bring the vendor's record beside the unified one; false."},
    {.name = "rules",
     .kind = BIND_LIST,
     .offset = RULES(rules),
     .required = true,
     .min = 1,
     .max = RULES_MAX,
     .table = &rule_table,
     .doc = "What events mean; the first rule that is for an event decides."},
};

static void init_rules(void *obj)
{
    *(struct event_rules *)obj =
        (struct event_rules){.concurrency = CONCURRENCY_STANDARD};
}

const struct bind_table event_rules_table = {
    .name = "events block",
    .rows = rules_rows,
    .n = COUNT_OF(rules_rows),
    .bytes = sizeof(struct event_rules),
    .init = init_rules,
};

/* --- reading an event --- */

static bool has_type(const struct event_rule *rule, str type)
{
    for (uint32_t i = 0; i < rule->types.n; i++) {
        str wanted = rule->types.items[i];
        bool prefix = wanted.p[wanted.n - 1] == '*';
        if (prefix ? str_starts(type, str_of(wanted.p, wanted.n - 1))
                   : str_eq(type, wanted))
            return true;
    }
    return rule->types.n == 0;
}

static const struct event_rule *find_rule(const struct event_rules *rules,
                                          const struct answer *event, str type,
                                          struct arena *arena)
{
    const struct event_rule *items = rules ? rules->rules.items : NULL;
    for (uint32_t i = 0; rules && i < rules->rules.n; i++)
        if (has_type(&items[i], str_absent(type) ? STR("") : type) &&
            (!items[i].when || condition_value_holds(items[i].when, event, arena)))
            return &items[i];
    return NULL;
}

static bool read_action(const struct event_rule *rule, const struct answer *event,
                        struct arena *arena, enum record_action *ret_action)
{
    if (rule->action != RECORD_ACTION_COUNT) {
        *ret_action = (enum record_action)rule->action;
        return true;
    }
    str word = signal_text(&rule->action_from, event, arena);
    return !str_absent(word) && record_action_of(word, ret_action);
}

static bool read_version(const struct event_rule *rule, const struct answer *event,
                         struct arena *arena, int64_t *ret_version)
{
    double number;
    if (rule->version.source == SIGNAL_NONE)
        return false;
    if (signal_is_moment(&rule->version))
        return signal_moment(&rule->version, event, arena, ret_version);
    if (!signal_number(&rule->version, event, arena, &number) ||
        !(number >= -version_max && number <= version_max))
        return false;
    *ret_version = (int64_t)number;
    return true;
}

static struct json read_changed(const struct event_rule *rule, const struct answer *event,
                                struct arena *arena)
{
    struct json_build build;
    if (rule->changed.source == SIGNAL_NONE)
        return (struct json){0};
    struct json value = signal_value(&rule->changed, event, arena);
    const struct json *items = json_is(&value, JSON_ARRAY) ? value.u.items : &value;
    uint32_t n = json_is(&value, JSON_ARRAY) ? value.n : 1;
    json_build_init(&build, arena);
    for (uint32_t i = 0; i < n; i++)
        if (json_is(&items[i], JSON_STRING))
            json_build_item(&build, items[i]);
    return build.n ? json_build_array(&build) : (struct json){0};
}

static enum event_fault read_meaning(const struct answer *event, struct arena *arena,
                                     struct event_meaning *meaning)
{
    const struct event_rule *rule = meaning->rule;
    meaning->id = signal_text(&rule->id, event, arena);
    if (meaning->id.n == 0 || meaning->id.n > RECORD_ID_BYTES_MAX)
        return EVENT_NO_ID;
    if (!read_action(rule, event, arena, &meaning->action))
        return EVENT_NO_ACTION;
    meaning->has_version = read_version(rule, event, arena, &meaning->version);
    meaning->changed = read_changed(rule, event, arena);
    meaning->self = rule->self && condition_value_holds(rule->self, event, arena);
    if (rule->record.source == SIGNAL_NONE || meaning->action == RECORD_DELETED)
        return EVENT_FINE;
    meaning->record = signal_value(&rule->record, event, arena);
    return json_is(&meaning->record, JSON_OBJECT) ? EVENT_FINE : EVENT_NO_RECORD;
}

void event_rules_read(const struct event_rules *rules, struct webhook_view *view,
                      const struct json *item, str type,
                      struct event_meaning *ret_meaning)
{
    struct answer event = view->answer;
    *ret_meaning = (struct event_meaning){.id = STR_NONE, .trouble = STR_NONE};
    event.body = json_is(item, JSON_UNDEFINED) ? NULL : item;
    event.trouble = &ret_meaning->trouble;
    ret_meaning->rule = find_rule(rules, &event, type, view->arena);
    if (ret_meaning->rule && !ret_meaning->rule->ignore)
        ret_meaning->fault = read_meaning(&event, view->arena, ret_meaning);
}
