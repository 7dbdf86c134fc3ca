/*
 * What an override may lower and not raise, compared where it has come to: in the values
 * that were read, so that no notation, default or removal leads past it.
 */
#include "catalog/override.h"

struct limit {
    const char *path; /* within its block */
    size_t at;
    bool is_time; /* a usec; else a uint32_t */
    bool least;   /* may not fall below the platform's, instead of exceed it */
};

#define TIME(path_of, field, is_least)                                                   \
    {                                                                                    \
        path_of, offsetof(struct resilience, field), true, is_least                      \
    }
#define COUNT(path_of, field)                                                            \
    {                                                                                    \
        path_of, offsetof(struct resilience, field), false, false                        \
    }

static const struct limit limits[] = {
    TIME("timeouts/connect", timeouts.connect, false),
    TIME("timeouts/first_byte", timeouts.first_byte, false),
    TIME("timeouts/idle", timeouts.idle, false),
    TIME("timeouts/total", timeouts.total, false),
    COUNT("retry/server/retries", retry.server.retries),
    TIME("retry/server/base", retry.server.base, true),
    TIME("retry/server/max", retry.server.max, true),
    COUNT("retry/timeout/retries", retry.timeout.retries),
    TIME("retry/timeout/base", retry.timeout.base, true),
    TIME("retry/timeout/max", retry.timeout.max, true),
    COUNT("retry/network/retries", retry.network.retries),
    TIME("retry/network/base", retry.network.base, true),
    TIME("retry/network/max", retry.network.max, true),
    COUNT("account_concurrency", account_concurrency),
};

/* Nothing is kept longer than the platform would keep it, nor a vendor in trouble asked
 * sooner. */
static const struct limit caching_limits[] = {
    {"fresh", offsetof(struct caching, fresh), true, false},
    {"stale", offsetof(struct caching, stale), true, false},
    {"hold_off", offsetof(struct caching, hold_off), true, true},
};

static int64_t value_of(const void *block, const struct limit *limit)
{
    const char *at = (const char *)block + limit->at;
    return limit->is_time ? *(const usec *)(const void *)at
                          : *(const uint32_t *)(const void *)at;
}

/* Enters a place of several names. */
static void enter_path(struct binder *binder, const char *path)
{
    str rest = str_z(path), name;
    while (str_next(&rest, '/', &name))
        bind_enter(binder, name);
}

static void check_limit(struct binder *binder, const struct limit *limit,
                        const void *base, const void *merged)
{
    int64_t platform = value_of(base, limit), now = value_of(merged, limit);
    str before = binder->at;
    const char *than = limit->least ? "less" : "more";
    if (limit->least ? now >= platform : now <= platform)
        return;
    enter_path(binder, limit->path);
    if (limit->is_time)
        bind_fault(binder,
                   "would be %s than the platform's %.6g s; an override may only "
                   "go the other way.",
                   than, (double)platform / USEC_S);
    else
        bind_fault(binder,
                   "would be %s than the platform's %lld; an override may only go "
                   "the other way.",
                   than, (long long)platform);
    binder->at = before;
}

static void check_resilience(struct binder *binder, const struct resilience *base,
                             const struct resilience *merged)
{
    if (base == merged)
        return;
    str before = bind_enter(binder, STR("resilience"));
    for (size_t i = 0; i < COUNT_OF(limits); i++)
        check_limit(binder, &limits[i], base, merged);
    binder->at = before;
}

static void check_caching(struct binder *binder, const struct caching *base,
                          const struct caching *merged)
{
    str before = bind_enter(binder, STR("cache"));
    for (size_t i = 0; i < COUNT_OF(caching_limits); i++)
        check_limit(binder, &caching_limits[i], base, merged);
    binder->at = before;
}

static void check_pages(struct binder *binder, const struct page_rule *base,
                        const struct page_rule *merged)
{
    uint32_t most = base ? base->size.max : 0;
    str before = binder->at;
    if (!merged || !most || (merged->size.max && merged->size.max <= most))
        return;
    enter_path(binder, "pagination/size/max");
    bind_fault(binder,
               "would be more than the platform's %u; an override may only go the "
               "other way.",
               most);
    binder->at = before;
}

static void check_method(struct binder *binder, const struct method *base,
                         const struct method *merged)
{
    str before = binder->at;
    enter_path(binder, "resources");
    bind_enter(binder, base->resource->name);
    bind_enter(binder, STR("methods"));
    bind_enter(binder, base->name);
    check_resilience(binder, base->resilience, merged->resilience);
    check_caching(binder, base->caching, merged->caching);
    check_pages(binder, base->pagination, merged->pagination);
    binder->at = before;
}

void override_check_limits(struct binder *binder, const struct integration *base,
                           const struct integration *merged)
{
    uint32_t faults = binder->fault_n;
    const struct resource *resources = base->resources.items;
    const struct resource *others = merged->resources.items;
    check_resilience(binder, &base->resilience, &merged->resilience);
    check_caching(binder, &base->caching, &merged->caching);
    check_pages(binder, base->pagination, merged->pagination);
    if (binder->fault_n > faults || resources == others)
        return; /* methods would repeat it; or they are the base's own */
    for (uint32_t i = 0; i < base->resources.n; i++) {
        const struct method *methods = resources[i].methods.items;
        const struct method *merged_methods = others[i].methods.items;
        for (uint32_t k = 0; k < resources[i].methods.n; k++)
            check_method(binder, &methods[k], &merged_methods[k]);
    }
}
