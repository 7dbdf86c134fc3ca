/*
 * The list is short and looked at by those only who come with a cursor of an older
 * version, so it is one lock and one walk over it.
 */
#include "catalog/catalog_recall.h"

#include "base/mem.h"
#include "catalog/catalog_state.h"
#include "directory/tenant.h"
#include "loop/world.h"

static const usec kept_for = USEC_DAY;

struct recalled {
    struct list node;
    struct entry *entry; /* a reference */
    str texts;           /* of its overrides; absent: it has none */
    char chars[OVERLAY_KEY_CHARS];
    usec used; /* wall */
};

/* --- what is kept --- */

void recall_init(struct recalls *recalls)
{
    *recalls = (struct recalls){0};
    pthread_mutex_init(&recalls->lock, NULL);
    list_init(&recalls->items);
}

static void drop(struct recalls *recalls, struct recalled *one)
{
    list_remove(&one->node);
    recalls->n--;
    recalls->bytes -= one->entry->arena.bytes;
    entry_unref(&one->entry);
    mem_free(one);
}

static struct recalled *last_of(const struct recalls *recalls)
{
    return CONTAINER_OF(list_last(&recalls->items), struct recalled, node);
}

void recall_fini(struct recalls *recalls)
{
    while (recalls->n)
        drop(recalls, last_of(recalls));
    pthread_mutex_destroy(&recalls->lock);
}

/* With the lock: those that nobody has asked for, and those that have no room. */
static void sweep(struct recalls *recalls, usec wall)
{
    while (recalls->n && (recalls->n > RECALL_MAX || recalls->bytes > RECALL_BYTES_MAX ||
                          last_of(recalls)->used + kept_for < wall))
        drop(recalls, last_of(recalls));
}

static bool is_version(const struct recalled *one, str name, uint32_t revision, str texts)
{
    const struct integration *integration = one->entry->integration;
    return integration->revision == revision && str_eq(integration->name, name) &&
           str_absent(one->texts) == str_absent(texts) && str_eq(one->texts, texts);
}

static struct entry *find(struct catalog *catalog, str name, uint32_t revision, str texts)
{
    struct recalls *recalls = &catalog->recalls;
    struct entry *found = NULL;
    usec wall = world_wall(catalog->world);
    pthread_mutex_lock(&recalls->lock);
    LIST_EACH(node, &recalls->items)
    {
        struct recalled *one = CONTAINER_OF(node, struct recalled, node);
        if (!is_version(one, name, revision, texts))
            continue;
        found = entry_ref(one->entry);
        one->used = wall;
        list_remove(&one->node);
        list_push_front(&recalls->items, &one->node);
        break;
    }
    sweep(recalls, wall);
    pthread_mutex_unlock(&recalls->lock);
    return found;
}

static void keep(struct catalog *catalog, struct entry *entry, str texts)
{
    struct recalls *recalls = &catalog->recalls;
    struct recalled *one = mem_zalloc(sizeof(*one));
    one->entry = entry_ref(entry);
    one->used = world_wall(catalog->world);
    list_init(&one->node);
    if (!str_absent(texts)) {
        CHECK(texts.n == sizeof(one->chars));
        memcpy(one->chars, texts.p, texts.n);
        one->texts = str_of(one->chars, texts.n);
    }
    pthread_mutex_lock(&recalls->lock);
    list_push_front(&recalls->items, &one->node);
    recalls->n++;
    recalls->bytes += entry->arena.bytes;
    sweep(recalls, one->used);
    pthread_mutex_unlock(&recalls->lock);
}

/* --- the overrides that an account has now --- */

static str texts_of(const struct catalog_override *view)
{
    return view ? str_of(CONTAINER_OF(view, struct overlay, view)->texts,
                         OVERLAY_KEY_CHARS)
                : STR_NONE;
}

struct laid {
    const struct catalog_override *of[TIER_COUNT]; /* NULL: none of that tier */
    str texts;                                     /* of all; absent: none */
};

static struct laid laid_over(const struct snapshot *snapshot, str name, str environment,
                             str account)
{
    struct laid laid = {
        .of = {[TIER_ENVIRONMENT] =
                   snapshot_override(snapshot, name, environment, STR_NONE),
               [TIER_ACCOUNT] = snapshot_override(snapshot, name, environment, account)}};
    laid.texts = texts_of(laid.of[TIER_ACCOUNT] ? laid.of[TIER_ACCOUNT]
                                                : laid.of[TIER_ENVIRONMENT]);
    return laid;
}

struct entry *recall_find(struct catalog *catalog, const struct snapshot *snapshot,
                          const struct account *account, uint32_t revision)
{
    CHECK_MAGIC(catalog, CATALOG_MAGIC);
    struct laid laid =
        laid_over(snapshot, account->integration,
                  tenant_id_str(&account->environment->id), tenant_id_str(&account->id));
    return find(catalog, account->integration, revision, laid.texts);
}

/* --- making one --- */

static struct entry *read_document(struct catalog_change *change)
{
    struct stored version;
    change->err = catalog_store_version(change->catalog->store, change->arena,
                                        change->name, change->revision, &version);
    if (change->err)
        return NULL;
    struct entry *entry = entry_compile(version.text, change->name, change->name,
                                        change->arena, &change->faults, &change->fault_n);
    if (!entry) {
        change->err = ERR_DOCUMENT_INVALID;
        return NULL;
    }
    entry->integration->revision = change->revision;
    keep(change->catalog, entry, STR_NONE);
    return entry;
}

/* NULL, or a reference; takes the one to `base`. */
static struct entry *lay(struct catalog_change *change, struct entry *base,
                         const struct laid *laid)
{
    struct override_texts texts = {{STR_NONE, STR_NONE, STR_NONE}};
    for (int tier = TIER_ENVIRONMENT; tier < TIER_COUNT; tier++)
        if (laid->of[tier])
            texts.of[tier] = laid->of[tier]->text;
    struct entry *entry =
        entry_override(base, &texts, change->arena, &change->faults, &change->fault_n);
    entry_unref(&base);
    if (entry)
        keep(change->catalog, entry, laid->texts);
    else
        change->err = ERR_OVERRIDE_BROKEN;
    return entry;
}

void recall_run(struct catalog_change *change)
{
    struct catalog *catalog = change->catalog;
    struct laid laid =
        laid_over(catalog->snapshot, change->name, change->environment, change->account);
    change->recalled = find(catalog, change->name, change->revision, laid.texts);
    if (change->recalled)
        return;
    struct entry *base = find(catalog, change->name, change->revision, STR_NONE);
    if (!base)
        base = read_document(change);
    change->recalled = base && !str_absent(laid.texts) ? lay(change, base, &laid) : base;
}

/* --- using one --- */

const struct integration *recall_bound(const struct entry *entry,
                                       const struct integration *active,
                                       struct arena *arena)
{
    struct integration *integration = arena_alloc(arena, sizeof(*integration));
    *integration = *entry->integration;
    integration->bound = active;
    return integration;
}

void recall_release(struct entry **entry)
{
    if (*entry)
        entry_unref(entry);
}
