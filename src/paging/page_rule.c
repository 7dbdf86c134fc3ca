/*
 * The table of the `pagination` block. What every kind takes is checked here, what one
 * kind needs stands in its ops as two sets of members, so that a kind's file has only
 * what is its own.
 */
#include "paging/page_rule.h"

#include "base/crypto.h"
#include "json/json_write.h"
#include "paging/page_kind.h"
#include "paging/page_part.h"

enum { FIRST_NOT_GIVEN = INT32_MAX, HASHED_BYTES_MAX = 64 << 20 };

static const char *const kind_words[] = {
#define X(name, doc) #name,
#include "paging/page_list.h"
#undef X
    NULL};

static const struct page_ops *const kinds[PAGE_KIND_COUNT] = {
#define X(name, doc) [PAGE_##name] = &page_##name,
#include "paging/page_list.h"
#undef X
};

static const char *const advance_words[] = {"records", "size", NULL};
static const char *const against_words[] = {"request", "base_url", NULL};

const struct page_ops *page_ops_of(const struct page_rule *rule)
{
    CHECK(rule->kind < PAGE_KIND_COUNT);
    return kinds[rule->kind];
}

str page_kind_word(const struct page_rule *rule)
{
    return str_z(kind_words[rule->kind]);
}

/* --- the block --- */

#define RULE(field) offsetof(struct page_rule, field)
#define SIGNAL_ROW(member, about)                                                        \
    {                                                                                    \
        .name = #member, .kind = BIND_OBJECT, .offset = RULE(member),                    \
        .table = &signal_table, .doc = about                                             \
    }

static const struct bind_row rule_rows[] = {
    {.name = "kind",
     .kind = BIND_ENUM,
     .offset = RULE(kind),
     .required = true,
     .words = kind_words,
     .doc = "How the vendor pages."},
    {.name = "records",
     .kind = BIND_OBJECT,
     .offset = RULE(records),
     .table = &page_records_table,
     .doc = "Where an answer has its records; the body itself unless given."},
    SIGNAL_ROW(next, "Where an answer tells the next page: a cursor, a URL, a number."),
    {.name = "put",
     .kind = BIND_OBJECT,
     .offset = RULE(put),
     .table = &page_place_table,
     .doc = "Where the cursor or number of a page goes in its request; with "
            "query_language_offset, where the statement stands."},
    {.name = "size",
     .kind = BIND_OBJECT,
     .offset = RULE(size),
     .table = &page_size_table,
     .doc = "How many records a page has."},
    SIGNAL_ROW(more, "Where an answer says whether there is more: true."),
    SIGNAL_ROW(done, "Where an answer says whether this was the last page: true."),
    SIGNAL_ROW(total, "Where an answer tells how many records the list has."),
    SIGNAL_ROW(pages, "Where an answer tells how many pages the list has."),
    {.name = "end",
     .kind = BIND_LIST,
     .offset = RULE(end),
     .min = 1,
     .max = PAGE_END_COUNT,
     .table = &page_end_table,
     .doc =
         "What ends a walk, any of it. Unless given: `more` or `done` if there is one, "
         "else what the kind has."},
    {.name = "first",
     .kind = BIND_UINT,
     .offset = RULE(first),
     .max = 1,
     .doc = "The number of the first page or record: 0 or 1."},
    {.name = "advance",
     .kind = BIND_ENUM,
     .offset = RULE(advance),
     .words = advance_words,
     .doc = "By how much an offset grows: by the records that came, or by the size that "
            "was asked for."},
    {.name = "item",
     .kind = BIND_CUSTOM,
     .offset = RULE(item),
     .custom = page_pointer_read,
     .custom_schema = PAGE_POINTER_SCHEMA,
     .doc = "Where a record has its id, as a JSON pointer within it."},
    {.name = "clause",
     .kind = BIND_CUSTOM,
     .offset = RULE(clause),
     .custom = template_read,
     .custom_schema = TEMPLATE_SCHEMA,
     .doc = "What is written behind the statement, with {position} and {size} in it."},
    {.name = "rel",
     .kind = BIND_TEXT,
     .offset = RULE(rel),
     .min = 1,
     .max = 100,
     .doc = "The relation type of the link to the next page; next."},
    {.name = "against",
     .kind = BIND_ENUM,
     .offset = RULE(against),
     .words = against_words,
     .doc = "What a relative URL is meant against: the request's URL, or as a path below "
            "the base URL."},
    {.name = "window",
     .kind = BIND_OPTION,
     .offset = RULE(window),
     .table = &page_window_table,
     .doc = "How much of a list the vendor shows, if not all."},
    {.name = "restart",
     .kind = BIND_OPTION,
     .offset = RULE(restart),
     .table = &page_restart_table,
     .doc = "How a walk begins again where it broke off."},
    {.name = "expired",
     .kind = BIND_OPTION,
     .offset = RULE(expired),
     .table = &page_expired_table,
     .doc = "How the vendor says that a cursor is no longer good."},
    {.name = "delta",
     .kind = BIND_OPTION,
     .offset = RULE(delta),
     .table = &page_delta_table,
     .doc = "How a walk over what has changed since the last one begins."},
};

static void init_rule(void *obj)
{
    struct page_rule *rule = obj;
    *rule = (struct page_rule){.first = FIRST_NOT_GIVEN};
}

static bool is_given(const struct signal *signal)
{
    return signal->source != SIGNAL_NONE;
}

/* Members that not every kind has. */
static unsigned members_of(const struct page_rule *rule)
{
    return (is_given(&rule->next) ? PAGE_MEMBER_NEXT : 0u) |
           (rule->put.in != PLACE_NONE ? PAGE_MEMBER_PUT : 0u) |
           (rule->first != FIRST_NOT_GIVEN ? PAGE_MEMBER_FIRST : 0u) |
           (rule->advance != PAGE_BY_RECORDS ? PAGE_MEMBER_ADVANCE : 0u) |
           (rule->item.n ? PAGE_MEMBER_ITEM : 0u) |
           (rule->clause.n ? PAGE_MEMBER_CLAUSE : 0u) |
           (!str_absent(rule->rel) ? PAGE_MEMBER_REL : 0u) |
           (rule->against != PAGE_AGAINST_REQUEST ? PAGE_MEMBER_AGAINST : 0u) |
           (rule->size.put.in != PLACE_NONE || rule->size.standard ||
                    is_given(&rule->size.told)
                ? PAGE_MEMBER_SIZE
                : 0u) |
           (is_given(&rule->more) ? PAGE_MEMBER_MORE : 0u) |
           (is_given(&rule->done) ? PAGE_MEMBER_DONE : 0u) |
           (is_given(&rule->pages) ? PAGE_MEMBER_PAGES : 0u) |
           (rule->end.n ? PAGE_MEMBER_END : 0u) |
           (rule->window ? PAGE_MEMBER_WINDOW : 0u) |
           (rule->restart ? PAGE_MEMBER_RESTART : 0u) |
           (rule->expired ? PAGE_MEMBER_EXPIRED : 0u);
}

static void check_members(struct binder *binder, const struct page_rule *rule,
                          const struct page_ops *ops)
{
    static const char *const names[] = {
        "next", "put",  "first", "advance", "item", "clause", "rel",     "against",
        "size", "more", "done",  "pages",   "end",  "window", "restart", "expired"};
    const char *kind = kind_words[rule->kind];
    unsigned given = members_of(rule);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        unsigned bit = 1u << i;
        if ((ops->needs & bit) && !(given & bit))
            bind_fault(binder, "has the kind \"%s\" and no \"%s\".", kind, names[i]);
        if ((given & bit) && !((ops->needs | ops->takes) & bit))
            bind_fault_at(binder, str_z(names[i]),
                          "has no meaning with the kind \"%s\"; remove it.", kind);
    }
    if (rule->put.in != PLACE_NONE && !(ops->places >> rule->put.in & 1))
        bind_fault_at(binder, STR("put"),
                      "is no place for what the kind \"%s\" sends: it goes %s.", kind,
                      ops->goes);
}

/* --- ends --- */

/* What the vendor says plainly counts alone; what can be counted, only where the kind
 * counts. */
static uint32_t standard_ends(const struct page_rule *rule, const struct page_ops *ops)
{
    uint32_t said = (is_given(&rule->more) ? PAGE_END(more_false) : 0) |
                    (is_given(&rule->done) ? PAGE_END(done_true) : 0);
    uint32_t counted = (is_given(&rule->total) ? PAGE_END(total_reached) : 0) |
                       (is_given(&rule->pages) ? PAGE_END(last_page) : 0);
    if (said)
        return said | PAGE_END(no_content);
    if (!ops->counted)
        return ops->ends | PAGE_END(no_content);
    uint32_t told = is_given(&rule->next) ? PAGE_ENDS_TOKEN : counted;
    return (told ? told : PAGE_END(short_page)) | PAGE_END(empty_page) |
           PAGE_END(no_content);
}

static uint32_t written_ends(const struct page_rule *rule)
{
    const struct page_end_word *words = rule->end.items;
    uint32_t ends = 0;
    for (uint32_t i = 0; i < rule->end.n; i++)
        ends |= 1u << words[i].end;
    return ends;
}

static bool knows_size(const struct page_rule *rule)
{
    return rule->size.standard || rule->size.max || is_given(&rule->size.told);
}

/* Each end asks about something; that must be there. */
static void check_ends(struct binder *binder, const struct page_rule *rule,
                       const struct page_ops *ops)
{
    bool header = rule->next.source == SIGNAL_HEADER || (ops->takes & PAGE_MEMBER_REL);
    const struct {
        uint32_t end;
        bool there;
        const char *wants;
    } rows[] = {
        {PAGE_ENDS_TOKEN, is_given(&rule->next), "\"next\""},
        {PAGE_END(header_absent), header, "a header in \"next\""},
        {PAGE_END(more_false), is_given(&rule->more), "\"more\""},
        {PAGE_END(done_true), is_given(&rule->done), "\"done\""},
        {PAGE_END(total_reached), is_given(&rule->total), "\"total\""},
        {PAGE_END(last_page), is_given(&rule->pages), "\"pages\""},
        {PAGE_END(short_page), knows_size(rule),
         "a known \"size\": its \"default\", \"max\" or \"told\""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (uint32_t k = 0; k < PAGE_END_COUNT; k++)
            if ((rows[i].end & rule->ends) >> k & 1 && !rows[i].there)
                bind_fault(binder, "ends by \"%s\", which needs %s.", page_end_words[k],
                           rows[i].wants);
}

/* By a place of its own, or in the clause. */
static bool asks_size(const struct page_rule *rule)
{
    return rule->size.put.in != PLACE_NONE || rule->clause.n;
}

static void check_size(struct binder *binder, const struct page_rule *rule)
{
    if (!asks_size(rule) && (rule->size.max || rule->size.min))
        bind_fault_at(binder, STR("size"),
                      "has bounds and no \"put\": nobody can ask for a size. Say with "
                      "\"default\" which one it is.");
}

static void check_restart(struct binder *binder, const struct page_rule *rule)
{
    bool restarts = rule->window && rule->window->then == PAGE_THEN_RESTART;
    if (restarts && !rule->restart)
        bind_fault_at(binder, STR("window"),
                      "is to be left by a restart, and there is no \"restart\" that says "
                      "where it goes on.");
    if (rule->restart && !restarts &&
        !(rule->expired && rule->expired->then == PAGE_THEN_RESTART))
        bind_fault_at(binder, STR("restart"),
                      "is asked for by nothing; set \"then\" of \"window\" or "
                      "\"expired\" to \"restart\".");
}

static str lower_rel(struct binder *binder, str rel)
{
    return str_absent(rel) ? STR("next") : arena_lower(binder->arena, rel);
}

static void finish_rule(struct binder *binder, void *obj)
{
    struct page_rule *rule = obj;
    const struct page_ops *ops = page_ops_of(rule);
    uint32_t faults = binder->fault_n;
    check_members(binder, rule, ops);
    if (ops->check)
        ops->check(binder, rule);
    check_size(binder, rule);
    check_restart(binder, rule);
    rule->ends = rule->end.n ? written_ends(rule) : standard_ends(rule, ops);
    if (binder->fault_n == faults)
        check_ends(binder, rule, ops);
    if (rule->first == FIRST_NOT_GIVEN)
        rule->first = ops->first;
    rule->rel = lower_rel(binder, rule->rel);
}

const struct bind_table page_rule_table = {
    .name = "pagination block",
    .rows = rule_rows,
    .n = COUNT_OF(rule_rows),
    .bytes = sizeof(struct page_rule),
    .init = init_rule,
    .finish = finish_rule,
};

/* --- what is asked of it --- */

uint64_t page_rule_hash(const struct json *written)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    uint64_t hash;
    struct buf buf;
    buf_init(&buf, HASHED_BYTES_MAX);
    json_write(&buf, written, JSON_COMPACT);
    CHECK(buf_ok(&buf));
    crypto_sha256(buf_peek(&buf), digest);
    buf_fini(&buf);
    memcpy(&hash, digest, sizeof(hash));
    return hash;
}

uint32_t page_rule_size(const struct page_rule *rule, uint32_t wanted)
{
    const struct page_size *size = &rule->size;
    if (!asks_size(rule) || wanted == 0)
        return size->standard ? size->standard : size->max;
    if (wanted < size->min)
        return size->min;
    return size->max && wanted > size->max ? size->max : wanted;
}
