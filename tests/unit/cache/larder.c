#include "larder.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/mem.h"

#define MASTER_KEY "k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"

static str make(struct larder *larder, struct change change)
{
    change.directory = larder->directory;
    change.arena = &larder->arena;
    change.concurrency_max = change.environment_n = -1;
    directory_change_now(&change);
    assert_int_equal(change.err, ERR_NONE);
    return arena_str(&larder->arena, tenant_id_str(&change.new_id));
}

static struct account *make_account(struct larder *larder, str environment,
                                    const char *name)
{
    str id = make(larder, (struct change){.kind = CHANGE_ACCOUNT_CREATE,
                                          .environment_id = environment,
                                          .integration = STR("vendor"),
                                          .external_id = str_z(name)});
    return directory_account(larder->directory, id);
}

static void populate(struct larder *larder)
{
    str stage =
        make(larder, (struct change){.kind = CHANGE_STAGE_CREATE, .name = STR("s")});
    str environments[2];
    for (int i = 0; i < 2; i++)
        environments[i] =
            make(larder, (struct change){.kind = CHANGE_ENVIRONMENT_CREATE,
                                         .stage_id = stage,
                                         .name = STR("An environment"),
                                         .external_id = i ? STR("two") : STR("one")});
    larder->accounts[0] = make_account(larder, environments[0], "a");
    larder->accounts[1] = make_account(larder, environments[0], "b");
    larder->accounts[2] = make_account(larder, environments[1], "c");
}

int larder_setup(void **state)
{
    struct larder *larder = mem_zalloc(sizeof(*larder));
    str why = STR_NONE;
    crypto_start();
    strcpy(larder->dir, "/tmp/breakwater-cache-XXXXXX");
    if (!mkdtemp(larder->dir))
        return -1;
    arena_init(&larder->arena, 4096, 64 << 20);
    false_world_init(&larder->world, 7);
    false_loop_init(&larder->loop, &larder->world, 1);
    larder->keyring = keyring_create(STR(MASTER_KEY), &larder->arena, &why);
    larder->store = store_open(STR("mem"), STR(""), &larder->arena, &why);
    larder->directory = directory_open(larder->store, larder->keyring,
                                       &larder->world.world, &larder->arena, &why);
    assert_non_null(larder->directory);
    populate(larder);
    larder->settings = (struct cache_settings){.bytes_max = 1 << 20,
                                               .environment_bytes_max = 1 << 20,
                                               .world = &larder->world.world,
                                               .dir = larder->dir,
                                               .keyring = larder->keyring,
                                               .directory = larder->directory};
    larder->cache = cache_open(&larder->settings);
    *state = larder;
    return 0;
}

static void empty_folder(const char *path)
{
    DIR *dir = opendir(path);
    char name[400];
    assert_non_null(dir);
    for (struct dirent *item; (item = readdir(dir));)
        if (item->d_name[0] != '.') {
            snprintf(name, sizeof(name), "%s/%s", path, item->d_name);
            unlink(name);
        }
    closedir(dir);
    rmdir(path);
}

int larder_teardown(void **state)
{
    struct larder *larder = *state;
    cache_close(&larder->cache);
    for (int i = 0; i < LARDER_ACCOUNTS; i++)
        account_unref(&larder->accounts[i]);
    directory_close(&larder->directory);
    store_close(&larder->store);
    keyring_destroy(&larder->keyring);
    false_loop_fini(&larder->loop);
    arena_fini(&larder->arena);
    empty_folder(larder->dir);
    mem_free(larder);
    return 0;
}

void larder_reopen(struct larder *larder, bool cleanly)
{
    char mark[100];
    cache_close(&larder->cache);
    snprintf(mark, sizeof(mark), "%s/closed", larder->dir);
    assert_int_equal(access(mark, F_OK), 0);
    if (!cleanly)
        unlink(mark);
    larder->cache = cache_open(&larder->settings);
}

usec larder_now(const struct larder *larder)
{
    return world_now((struct world *)(uintptr_t)&larder->world.world);
}

static struct cache_key key_of(const char *name)
{
    struct cache_key key;
    crypto_sha256(str_z(name), key.bytes);
    return key;
}

struct cache_entry *larder_entry(struct larder *larder, int account, const char *name,
                                 str body)
{
    const struct account *whose = larder->accounts[account];
    usec now = larder_now(larder);
    struct cache_entry like = {
        .kind = CACHE_RAW,
        .key = key_of(name),
        .stamp = cache_stamp(larder->cache, whose, STR("things")),
        .account = whose->id,
        .environment = whose->environment->id,
        .integration = STR("vendor"),
        .resource = STR("things"),
        .method = STR("things.get"),
        .status = 200,
        .body = body,
        .etag = STR("\"v1\""),
        .stored = now,
        .stored_wall = world_wall(&larder->world.world),
        .fresh_until = now + 300 * USEC_S,
        .stale_until = now + USEC_DAY,
    };
    headers_init(&like.headers, &larder->arena, 2);
    header_add(&like.headers, HEADER_CONTENT_TYPE, STR("text/plain"));
    header_add_name(&like.headers, STR("X-Own"), str_z(name));
    return cache_entry_create(&like);
}

void larder_put(struct larder *larder, int account, const char *name, const char *body)
{
    cache_put(larder->cache, larder_entry(larder, account, name, str_z(body)),
              larder->accounts[account]);
}

static struct cache_entry *find(struct larder *larder, int account, const char *name)
{
    struct cache_key key = key_of(name);
    return cache_find(larder->cache, &larder->accounts[account]->environment->id, &key,
                      larder_now(larder));
}

str larder_find(struct larder *larder, int account, const char *name)
{
    struct cache_entry *entry = find(larder, account, name);
    str body = entry ? arena_str(&larder->arena, entry->body) : STR_NONE;
    cache_entry_unref(&entry);
    return body;
}

bool larder_is_fresh(struct larder *larder, int account, const char *name)
{
    struct cache_entry *entry = find(larder, account, name);
    bool fresh = entry && cache_is_fresh(larder->cache, entry, larder_now(larder));
    cache_entry_unref(&entry);
    return fresh;
}

static void on_purged(struct cache_purge *purge)
{
    *(bool *)purge->owner = true;
}

void larder_purge(struct larder *larder, struct cache_purge *purge)
{
    bool done = false;
    purge->worker = false_loop_worker(&larder->loop, 0);
    purge->done = on_purged;
    purge->owner = &done;
    cache_purge(larder->cache, purge);
    assert_true(false_loop_wait(&larder->loop, &done));
}
