#include "catalog/overlay.h"

#include "base/crypto.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/mem.h"
#include "catalog/catalog_state.h"

enum { CHUNK_BYTES = 1024, VIEW_BYTES_MAX = 1 << 20, WORK_CHUNK_BYTES = 64 * 1024 };

const char *const override_state_words[] = {"fits", "broken", "blocked", NULL};

struct overlay *overlay_ref(struct overlay *overlay)
{
    atomic_fetch_add_explicit(&overlay->refs, 1, memory_order_relaxed);
    return overlay;
}

void overlay_unref(struct overlay **overlay)
{
    struct overlay *gone = *overlay;
    *overlay = NULL;
    if (atomic_fetch_sub_explicit(&gone->refs, 1, memory_order_acq_rel) > 1)
        return;
    if (gone->entry)
        entry_unref(&gone->entry);
    arena_fini(&gone->arena);
    mem_free(gone);
}

void fault_list_add(struct fault_list *list, str pointer, str text)
{
    if (!list->items)
        list->items = arena_array(list->arena, BIND_FAULTS_MAX, sizeof(list->items[0]));
    if (list->n < BIND_FAULTS_MAX)
        list->items[list->n++] = (struct catalog_fault){
            list->file, bind_shortened(pointer), bind_shortened(text)};
}

/* --- what belongs together --- */

struct tiers {
    const struct stored_override *of[TIER_COUNT]; /* NULL: nothing */
};

static struct tiers tiers_of(const struct overlay_work *work,
                             const struct stored_override *row)
{
    bool own = str_absent(row->account);
    return (struct tiers){
        .of = {[TIER_ENVIRONMENT] =
                   own ? row : map_find(&work->by_environment, row->environment),
               [TIER_ACCOUNT] = own ? NULL : row}};
}

static struct override_texts texts_of(const struct tiers *tiers)
{
    struct override_texts texts = {{STR_NONE, STR_NONE, STR_NONE}};
    for (int tier = TIER_ENVIRONMENT; tier < TIER_COUNT; tier++)
        if (tiers->of[tier])
            texts.of[tier] = tiers->of[tier]->text;
    return texts;
}

static void hash_into(struct arena *arena, str text, char ret[OVERLAY_KEY_CHARS])
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    crypto_sha256(text, digest);
    str hex = encode_hex(arena, str_of((const char *)digest, sizeof(digest)));
    CHECK(hex.n == OVERLAY_KEY_CHARS);
    memcpy(ret, hex.p, hex.n);
}

static str hash_of(const struct stored_override *row)
{
    return row ? row->hash : STR("-");
}

static void set_keys(struct overlay_work *work, struct overlay *overlay,
                     const struct tiers *tiers)
{
    struct arena *arena = &work->row;
    hash_into(arena,
              arena_printf(arena, STR_F " " STR_F,
                           STR_A(hash_of(tiers->of[TIER_ENVIRONMENT])),
                           STR_A(hash_of(tiers->of[TIER_ACCOUNT]))),
              overlay->texts);
    hash_into(arena,
              arena_printf(arena, STR_F " %.*s", STR_A(work->base->integration->hash),
                           OVERLAY_KEY_CHARS, overlay->texts),
              overlay->key);
}

/* --- one override --- */

static struct overlay *overlay_create(const struct stored_override *row)
{
    struct overlay *overlay = mem_zalloc(sizeof(*overlay));
    struct arena *arena = &overlay->arena;
    atomic_init(&overlay->refs, 1);
    arena_init(arena, CHUNK_BYTES, VIEW_BYTES_MAX);
    overlay->view = (struct catalog_override){
        .integration = arena_str(arena, row->integration),
        .environment = arena_str(arena, row->environment),
        .account = arena_str(arena, row->account),
        .text = arena_str(arena, row->text),
        .hash = arena_str(arena, row->hash),
        .revision = row->revision,
        .changed = row->changed,
        .changed_by = arena_str(arena, row->changed_by),
    };
    return overlay;
}

static void set_faults(struct overlay *overlay, const struct catalog_fault *faults,
                       uint32_t n)
{
    struct arena *arena = &overlay->arena;
    struct catalog_fault *copies = arena_array(arena, n, sizeof(copies[0]));
    for (uint32_t i = 0; i < n; i++)
        copies[i] = (struct catalog_fault){arena_str(arena, faults[i].file),
                                           arena_str(arena, faults[i].pointer),
                                           arena_str(arena, faults[i].text)};
    overlay->view.faults = copies;
    overlay->view.fault_n = n;
}

static struct overlay *same_place(const struct snapshot *snapshot,
                                  const struct overlay *overlay)
{
    const struct catalog_override *view = &overlay->view;
    const struct catalog_override *before =
        snapshot ? snapshot_override(snapshot, view->integration, view->environment,
                                     view->account)
                 : NULL;
    return before ? CONTAINER_OF(before, struct overlay, view) : NULL;
}

static void take_entry(struct overlay *overlay, struct entry *entry,
                       enum override_state state)
{
    overlay->entry = entry;
    overlay->view.state = state;
    overlay->view.base_revision = entry->integration->revision;
}

/* One that was made of the same, now or before. */
static bool take_equal(const struct overlay_work *work, struct overlay *overlay)
{
    struct overlay *equal = map_find(&work->by_key, overlay_key(overlay));
    if (!equal)
        equal = same_place(work->before, overlay);
    if (!equal || equal->view.state != OVERRIDE_FITS ||
        equal->entry->base != work->base ||
        !str_eq(overlay_key(equal), overlay_key(overlay)))
        return false;
    take_entry(overlay, entry_ref(equal->entry), OVERRIDE_FITS);
    return true;
}

static void take_faults(struct fault_list *list, const struct catalog_fault *faults,
                        uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        fault_list_add(list, faults[i].pointer, faults[i].text);
}

/* Over the document in use. */
static bool take_new(struct overlay_work *work, struct overlay *overlay,
                     const struct override_texts *texts)
{
    struct fault_list list = {.arena = &work->row, .file = overlay->view.integration};
    struct catalog_fault *faults;
    uint32_t n;
    struct entry *entry = entry_override(work->base, texts, &work->row, &faults, &n);
    if (entry)
        overlay_try_samples(work, entry->integration, &list);
    else
        take_faults(&list, faults, n);
    if (entry && list.n == 0) {
        entry->integration->hash = arena_str(&entry->arena, overlay_key(overlay));
        take_entry(overlay, entry, OVERRIDE_FITS);
        return true;
    }
    if (entry)
        entry_unref(&entry);
    set_faults(overlay, list.items, list.n);
    return false;
}

/* An older version of the document, for all overrides that need it. */
struct fitted_base {
    struct fitted_base *next;
    uint32_t revision;
    struct entry *entry; /* a reference; NULL: it is not there, or cannot be read */
};

static struct entry *compile_fitted(struct overlay_work *work, uint32_t revision)
{
    struct catalog_fault *faults;
    struct stored version;
    uint32_t n;
    str name = work->base->integration->name;
    if (catalog_store_version(work->catalog->store, &work->row, name, revision, &version))
        return NULL;
    struct entry *entry =
        entry_compile(version.text, name, name, &work->row, &faults, &n);
    if (entry)
        entry->integration->revision = revision;
    return entry;
}

static struct entry *find_fitted(struct overlay_work *work, uint32_t revision)
{
    struct fitted_base *base = work->fitted;
    while (base && base->revision != revision)
        base = base->next;
    if (!base) {
        base = arena_alloc(work->arena, sizeof(*base));
        *base =
            (struct fitted_base){work->fitted, revision, compile_fitted(work, revision)};
        work->fitted = base;
    }
    return base->entry;
}

static void drop_fitted(struct overlay_work *work)
{
    for (struct fitted_base *base = work->fitted; base; base = base->next)
        if (base->entry)
            entry_unref(&base->entry);
    work->fitted = NULL;
}

/* What is older goes only where the document in use allows it (decision 0022). */
static void take_older(const struct overlay_work *work, struct overlay *overlay,
                       struct entry *older)
{
    take_entry(overlay, entry_bound(older, work->base), OVERRIDE_BROKEN);
}

/* Over the version of the document that it fitted last. */
static bool take_fitted(struct overlay_work *work, struct overlay *overlay,
                        const struct override_texts *texts, uint32_t fitted)
{
    struct catalog_fault *faults;
    uint32_t n;
    struct entry *base = fitted ? find_fitted(work, fitted) : NULL;
    struct entry *entry =
        base ? entry_override(base, texts, &work->row, &faults, &n) : NULL;
    if (!entry)
        return false;
    entry->integration->hash = arena_str(&entry->arena, overlay_key(overlay));
    take_older(work, overlay, entry);
    entry_unref(&entry);
    return true;
}

/* What its accounts have had until now, if that is of the same texts. */
static bool take_before(const struct overlay_work *work, struct overlay *overlay)
{
    struct overlay *before = same_place(work->before, overlay);
    if (!before || !before->entry ||
        memcmp(before->texts, overlay->texts, OVERLAY_KEY_CHARS) != 0)
        return false;
    take_older(work, overlay, before->entry);
    return true;
}

/* For those of equal texts; and counts what is a document of its own in memory. */
static void note_entry(struct overlay_work *work, struct overlay *overlay)
{
    bool first = !map_find(&work->by_key, overlay_key(overlay));
    if (first && overlay->entry->integration->paths != work->base->integration->paths)
        work->document_n++;
    if (first)
        map_put(&work->by_key, overlay_key(overlay), overlay);
}

static struct overlay *make_one(struct overlay_work *work,
                                const struct stored_override *row)
{
    struct overlay *overlay = overlay_create(row);
    struct tiers tiers = tiers_of(work, row);
    struct override_texts texts = texts_of(&tiers);
    set_keys(work, overlay, &tiers);
    if (take_equal(work, overlay) || take_new(work, overlay, &texts)) {
        note_entry(work, overlay);
        return overlay;
    }
    if (!take_before(work, overlay) && !take_fitted(work, overlay, &texts, row->fitted))
        overlay->view.state = OVERRIDE_BLOCKED;
    return overlay;
}

void overlay_make(struct overlay_work *work)
{
    struct stored_override *rows = work->rows->items;
    map_init(&work->by_key);
    map_init(&work->by_environment);
    for (uint32_t i = 0; i < work->rows->n; i++)
        if (str_absent(rows[i].account))
            map_put(&work->by_environment, rows[i].environment, &rows[i]);
    work->made = arena_array(work->arena, work->rows->n, sizeof(work->made[0]));
    arena_init(&work->row, WORK_CHUNK_BYTES, (size_t)1 << 30);
    for (uint32_t i = 0; i < work->rows->n; i++) {
        work->made[i] = make_one(work, &rows[i]);
        arena_reset(&work->row);
    }
    drop_fitted(work);
    arena_fini(&work->row);
    map_fini(&work->by_environment);
    map_fini(&work->by_key);
}

void overlay_drop(struct overlay_work *work)
{
    for (uint32_t i = 0; i < work->rows->n; i++)
        overlay_unref(&work->made[i]);
}

/* --- after a change of documents --- */

static void log_broken(const struct catalog *catalog, const struct catalog_override *view)
{
    struct log_line line;
    log_open(&line, catalog->log, LOG_WARN, "override_broken");
    log_str(&line, "integration", view->integration);
    log_str(&line, "environment", view->environment);
    if (!str_absent(view->account))
        log_str(&line, "account", view->account);
    log_str(&line, "pointer", view->faults[0].pointer);
    log_str(&line, "fault", view->faults[0].text);
    if (view->fault_n > 1)
        log_int(&line, "of", view->fault_n);
    log_int(&line, "stays_on_revision", view->base_revision);
    log_close(&line);
}

static void note_broken(const struct overlay_work *work)
{
    for (uint32_t i = 0; i < work->rows->n; i++) {
        const struct overlay *before = same_place(work->before, work->made[i]);
        bool was = before && before->view.state != OVERRIDE_FITS;
        if (work->made[i]->view.state != OVERRIDE_FITS && !was)
            log_broken(work->catalog, &work->made[i]->view);
    }
}

/* That it fits is found again after a crash; so this may come after the publishing. */
static void note_fitted(const struct overlay_work *work)
{
    const struct override_row_list *rows = work->rows;
    uint32_t revision = work->base->integration->revision;
    struct override_row_list fitted = {
        .items = arena_array(work->arena, rows->n, sizeof(rows->items[0]))};
    for (uint32_t i = 0; i < rows->n; i++)
        if (work->made[i]->view.state == OVERRIDE_FITS &&
            rows->items[i].fitted != revision)
            fitted.items[fitted.n++] = rows->items[i];
    if (fitted.n && override_store_fitted(work->catalog->store, &fitted, revision))
        log_say(work->catalog->log, LOG_ERROR, "override",
                "The store did not take that %u overrides fit their integration.",
                fitted.n);
}

void overlay_note(const struct overlay_work *work)
{
    note_broken(work);
    note_fitted(work);
}

void overlay_keep(const struct snapshot *before, struct snapshot *next, str name)
{
    uint32_t first = 0;
    if (!before)
        return;
    while (first < before->overlay_n &&
           !str_eq(before->overlays[first]->view.integration, name))
        first++;
    uint32_t end = first;
    while (end < before->overlay_n &&
           str_eq(before->overlays[end]->view.integration, name))
        end++;
    if (end > first)
        snapshot_put_overlays(next, name, &before->overlays[first], end - first);
}

/* What cannot be made anew, because the store is not to be had: it stays, as it was made
 * of the document before. */
static struct overlay *hold_back(const struct overlay *before, struct entry *active)
{
    const struct catalog_override *view = &before->view;
    struct overlay *overlay =
        overlay_create(&(struct stored_override){.integration = view->integration,
                                                 .environment = view->environment,
                                                 .account = view->account,
                                                 .revision = view->revision,
                                                 .hash = view->hash,
                                                 .text = view->text,
                                                 .changed = view->changed,
                                                 .changed_by = view->changed_by});
    set_faults(overlay, view->faults, view->fault_n);
    memcpy(overlay->texts, before->texts, sizeof(overlay->texts));
    memcpy(overlay->key, before->key, sizeof(overlay->key));
    overlay->view.state = view->state;
    if (before->entry)
        take_entry(overlay, entry_bound(before->entry, active), view->state);
    return overlay;
}

static void hold_all_back(const struct snapshot *before, struct snapshot *next,
                          struct entry *active, struct arena *arena)
{
    uint32_t n = 0;
    str name = active->integration->name;
    if (!before)
        return;
    struct overlay **held = arena_array(arena, before->overlay_n, sizeof(held[0]));
    for (uint32_t i = 0; i < before->overlay_n; i++)
        if (str_eq(before->overlays[i]->view.integration, name))
            held[n++] = hold_back(before->overlays[i], active);
    snapshot_put_overlays(next, name, held, n);
    for (uint32_t i = 0; i < n; i++)
        overlay_unref(&held[i]);
}

static void settle_one(struct catalog *catalog, const struct snapshot *before,
                       struct snapshot *next, struct entry *base)
{
    struct arena arena;
    struct override_row_list rows;
    str name = base->integration->name;
    arena_init(&arena, WORK_CHUNK_BYTES, (size_t)1 << 30);
    enum err err = override_store_rows(catalog->store, &arena, name, &rows);
    if (err) {
        log_say(catalog->log, LOG_ERROR, "override",
                "The overrides of " STR_F " cannot be read from the store: " STR_F
                ". Those that were in use stay.",
                STR_A(name), STR_A(err_row(err)->title));
        hold_all_back(before, next, base, &arena);
    } else if (rows.n) {
        struct overlay_work work = {.catalog = catalog,
                                    .arena = &arena,
                                    .before = before,
                                    .base = base,
                                    .rows = &rows};
        overlay_make(&work);
        snapshot_put_overlays(next, name, work.made, rows.n);
        overlay_note(&work);
        overlay_drop(&work);
    }
    arena_fini(&arena);
}

void overlay_settle(struct catalog *catalog, const struct snapshot *before,
                    struct snapshot *next)
{
    for (uint32_t i = 0; i < next->n; i++) {
        struct entry *entry = next->entries[i];
        str name = entry->integration->name;
        if (before && snapshot_entry(before, name) == entry)
            overlay_keep(before, next, name);
        else
            settle_one(catalog, before, next, entry);
    }
}
