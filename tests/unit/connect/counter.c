#include "counter.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/mem.h"

#define MASTER_KEY "k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"

static void open_all(struct counter *counter)
{
    str why = STR_NONE;
    struct arena *arena = &counter->arena;
    counter->keyring = keyring_create(STR(MASTER_KEY), arena, &why);
    counter->store = store_open(STR("sqlite"), str_z(counter->dir), arena, &why);
    assert_true(counter->keyring && counter->store);
    counter->directory = directory_open(counter->store, counter->keyring,
                                        &counter->world.world, arena, &why);
    assert_non_null(counter->directory);
}

struct change counter_change(struct counter *counter, enum change_kind kind)
{
    return (struct change){.kind = kind,
                           .directory = counter->directory,
                           .arena = &counter->arena,
                           .concurrency_max = -1,
                           .environment_n = -1};
}

str counter_make(struct counter *counter, struct change *change)
{
    directory_change_now(change);
    if (change->err != ERR_NONE)
        fail_msg(STR_F, STR_A(change->detail));
    return arena_str(&counter->arena, tenant_id_str(&change->new_id));
}

static void make_account(struct counter *counter, enum stage_kind kind)
{
    struct change stage = counter_change(counter, CHANGE_STAGE_CREATE);
    stage.name = STR("s");
    stage.stage_kind = kind;
    str stage_id = counter_make(counter, &stage);
    struct change environment = counter_change(counter, CHANGE_ENVIRONMENT_CREATE);
    environment.stage_id = stage_id;
    environment.name = STR("e");
    counter->environment = counter_make(counter, &environment);
    struct change account = counter_change(counter, CHANGE_ACCOUNT_CREATE);
    account.environment_id = counter->environment;
    account.integration = STR("acme");
    counter->account = counter_make(counter, &account);
}

static int setup(void **state, enum stage_kind kind)
{
    struct counter *counter = mem_zalloc(sizeof(*counter));
    crypto_start();
    strcpy(counter->dir, "/tmp/breakwater-connect-XXXXXX");
    if (!mkdtemp(counter->dir))
        return -1;
    arena_init(&counter->arena, 4096, 64 << 20);
    false_world_init(&counter->world, 7);
    false_loop_init(&counter->loop, &counter->world, 1);
    open_all(counter);
    make_account(counter, kind);
    *state = counter;
    return 0;
}

int counter_setup(void **state)
{
    return setup(state, STAGE_SANDBOX);
}

int counter_setup_production(void **state)
{
    return setup(state, STAGE_PRODUCTION);
}

static str path_of(struct counter *counter, const char *name)
{
    return arena_printf(&counter->arena, "%s/%s", counter->dir, name);
}

int counter_teardown(void **state)
{
    struct counter *counter = *state;
    directory_close(&counter->directory);
    store_close(&counter->store);
    keyring_destroy(&counter->keyring);
    DIR *dir = opendir(counter->dir);
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;)
        unlink(path_of(counter, entry->d_name).p);
    if (dir)
        closedir(dir);
    rmdir(counter->dir);
    false_loop_fini(&counter->loop);
    arena_fini(&counter->arena);
    mem_free(counter);
    return 0;
}

/* --- sessions --- */

struct session_change counter_step(struct counter *counter, enum session_step step)
{
    struct worker *worker = false_loop_worker(&counter->loop, 0);
    return (struct session_change){.step = step,
                                   .directory = counter->directory,
                                   .store = counter->store,
                                   .worker = worker,
                                   .arena = &counter->arena,
                                   .wall = world_wall(&counter->world.world)};
}

static void on_done(struct session_change *change)
{
    *(bool *)change->owner = true;
}

enum err counter_take(struct counter *counter, struct session_change *change)
{
    bool done = false;
    change->owner = &done;
    change->done = on_done;
    session_change(change);
    assert_false(done); /* never from inside */
    assert_true(false_loop_wait(&counter->loop, &done));
    return change->err;
}

bool counter_stores(struct counter *counter, str bytes)
{
    static const char *const names[] = {"breakwater.db", "breakwater.db-wal"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *path = path_of(counter, names[i]).p;
        if (access(path, F_OK) == 0) {
            str text = unit_case_file(&counter->arena, path);
            if (str_find_str(text, bytes) < text.n)
                return true;
        }
    }
    return false;
}
