#include "groups.h"
#include "twin.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lodge.h"

#include "base/mem.h"
#include "keeper/token_call.h"

/* Two processes of the operating system over one store: what test_processes.c shows of
 * two keepers in one process, with memory, threads and file locks of their own. */

/* --- founding and clearing away --- */

/* The account's token has just expired. */
static void expire(struct lodge *lodge, str id, usec wall)
{
    lodge_sql(lodge, arena_printf(
                         &lodge->arena,
                         "INSERT INTO token (account, issued, expires, "
                         "refresh_expires, learned, refreshed, tried, failures, intent, "
                         "lease_until, fence) VALUES ('" STR_F
                         "', %lld, %lld, 0, 0, 0, 0, 0, 0, 0, 0)",
                         STR_A(id), (long long)(wall - USEC_H), (long long)wall - 1)
                         .p);
}

static void found(struct scene *scene, bool live)
{
    struct lodge *lodge = lodge_create_in(7, "sqlite", scene->dirs[0]);
    usec wall = live ? world_wall(world_real()) : world_wall(&lodge->world.world);
    for (unsigned i = 0; i < scene->account_n; i++) {
        str id = lodge_account(lodge, i);
        expire(lodge, id, wall);
        scene->accounts[i] = tenant_id_of(id);
    }
    lodge_destroy(&lodge);
}

/* The second directory has a link to the database of the first. */
static void make_dirs(struct scene *scene)
{
    strcpy(scene->dir, "/tmp/breakwater-twins-XXXXXX");
    assert_non_null(mkdtemp(scene->dir));
    for (unsigned i = 0; i < TWINS; i++) {
        snprintf(scene->dirs[i], sizeof(scene->dirs[i]), "%s/%u", scene->dir, i);
        assert_int_equal(mkdir(scene->dirs[i], 0700), 0);
    }
    char link[128];
    snprintf(link, sizeof(link), "%s/breakwater.db", scene->dirs[1]);
    assert_int_equal(symlink("../0/breakwater.db", link), 0);
}

/* The test's teardown destroys it. */
static struct scene *create_scene(void **state, unsigned accounts, unsigned crowd,
                                  bool live)
{
    struct scene *scene = mmap(NULL, sizeof(*scene), PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(scene != MAP_FAILED);
    *state = scene;
    scene->account_n = accounts;
    scene->crowd = crowd;
    make_dirs(scene);
    found(scene, live);
    return scene;
}

static void remove_dir(const char *path)
{
    char name[512];
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        unlink(name);
    }
    if (dir)
        closedir(dir);
    rmdir(path);
}

static int destroy_scene(void **state)
{
    struct scene *scene = *state;
    for (unsigned i = 0; scene && i < TWINS; i++)
        remove_dir(scene->dirs[i]);
    if (scene) {
        rmdir(scene->dir);
        munmap(scene, sizeof(*scene));
    }
    return 0;
}
#define FORK_TEST(fn) cmocka_unit_test_teardown(fn, destroy_scene)

/* --- processes --- */

static pid_t begin(struct scene *scene, unsigned at, enum halt halt,
                   void (*play)(struct scene *scene, unsigned at, enum halt halt))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        play(scene, at, halt);
        _exit(0);
    }
    assert_true(child > 0);
    return child;
}

/* How it ended, as waitpid tells. */
static int end_of(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* --- one exchange --- */

/* Both have read the store as it was founded, and begin in the same moment. */
static void meet(struct scene *scene)
{
    atomic_fetch_add(&scene->ready, 1);
    while (atomic_load(&scene->ready) < TWINS)
        usleep(100);
}

static void play_rival(struct scene *scene, unsigned at, enum halt halt)
{
    static struct twin twin;
    (void)halt;
    twin_open(&twin, scene, at, true);
    meet(scene);
    twin_join(&twin);
    twin_ask(&twin);
    twin_try(&twin);
    CHECK(twin_wait(&twin, 0));
    twin_close(&twin);
}

static void two_processes_make_one_exchange_an_account_for_four_hundred_askers(
    void **state)
{
    enum { EVERYBODY = SHARED_GRANTS * TWIN_CROWD * TWINS };
    pid_t children[TWINS];
    struct scene *scene = create_scene(state, SHARED_GRANTS, EVERYBODY, true);
    scene->triers = TWINS;
    for (unsigned i = 0; i < TWINS; i++)
        children[i] = begin(scene, i, HALT_NOT, play_rival);
    for (unsigned i = 0; i < TWINS; i++)
        assert_int_equal(end_of(children[i]), 0);
    for (unsigned i = 0; i < SHARED_GRANTS; i++) {
        assert_int_equal(scene->mint.grants[i].asked, 1);
        assert_int_equal(scene->mint.grants[i].given, 1);
        assert_int_equal(scene->mint.grants[i].reused, 0);
        assert_int_equal(scene->mint.grants[i].peak, 1);
    }
    assert_int_equal(scene->served, EVERYBODY);
    assert_int_equal(scene->refused, 0);
}

/* --- the holder of the lease is killed --- */

static void play_victim(struct scene *scene, unsigned at, enum halt halt)
{
    static struct twin twin;
    twin_open(&twin, scene, at, false);
    twin.halt = halt;
    meet(scene);
    twin_ask(&twin);
    twin_join(&twin);
    twin_wait(&twin, USEC_MIN);
    CHECK(!"it stands still somewhere");
}

/* Half of the lease passes while the other lives, and the lease stands; the rest when it
 * is dead. */
static void play_survivor(struct scene *scene, unsigned at, enum halt halt)
{
    static struct twin twin;
    twin_open(&twin, scene, at, false);
    meet(scene);
    CHECK(scene_await(scene, STAGE_MIDST));
    unsigned asked = atomic_load(&scene->mint.grants[0].asked);
    twin_ask(&twin);
    twin_join(&twin);
    bool heard = twin_wait(&twin, token_call_lease / 2);
    CHECK(heard == (halt == HALT_STORED));
    CHECK(atomic_load(&scene->mint.grants[0].asked) == asked);
    atomic_store(&scene->stage, STAGE_TRIED);
    CHECK(scene_await(scene, STAGE_KILLED));
    CHECK(twin_wait(&twin, token_call_lease));
    twin_close(&twin);
}

/* The first process is killed there, with the second over the same store. */
static struct scene *killed(void **state, enum halt halt)
{
    struct scene *scene = create_scene(state, 1, TWIN_CROWD, false);
    pid_t victim = begin(scene, 0, halt, play_victim);
    pid_t survivor = begin(scene, 1, halt, play_survivor);
    bool tried = scene_await(scene, STAGE_TRIED);
    kill(victim, SIGKILL);
    int end = end_of(victim);
    atomic_store(&scene->stage, STAGE_KILLED);
    assert_int_equal(end_of(survivor), 0);
    assert_true(tried);
    assert_true(WIFSIGNALED(end));
    assert_int_equal(WTERMSIG(end), SIGKILL);
    return scene;
}

static void killed_before_the_vendor_acted_the_other_process_renews(void **state)
{
    struct scene *scene = killed(state, HALT_SENT);
    const struct shared_grant *grant = &scene->mint.grants[0];
    assert_int_equal(grant->asked, 2);
    assert_int_equal(grant->given, 1);
    assert_int_equal(grant->reused, 0);
    assert_int_equal(scene->served, TWIN_CROWD);
}

static void killed_after_the_vendor_acted_the_other_process_says_what_is_lost(
    void **state)
{
    struct scene *scene = killed(state, HALT_ACTED);
    const struct shared_grant *grant = &scene->mint.grants[0];
    assert_int_equal(grant->given, 1);
    assert_int_equal(scene->served, 0);
    assert_int_equal(scene->refused, TWIN_CROWD);
    assert_int_equal(scene->reason.err, ERR_ACCOUNT_NEEDS_REAUTH);
    assert_non_null(strstr(scene->reason.detail, "rotation_lost"));
}

static void killed_after_the_pair_was_stored_the_other_process_has_it_at_once(
    void **state)
{
    struct scene *scene = killed(state, HALT_STORED);
    const struct shared_grant *grant = &scene->mint.grants[0];
    assert_int_equal(grant->asked, 1);
    assert_int_equal(grant->given, 1);
    assert_int_equal(scene->served, TWIN_CROWD);
}

int test_fork(void)
{
    const struct CMUnitTest tests[] = {
        FORK_TEST(two_processes_make_one_exchange_an_account_for_four_hundred_askers),
        FORK_TEST(killed_before_the_vendor_acted_the_other_process_renews),
        FORK_TEST(killed_after_the_vendor_acted_the_other_process_says_what_is_lost),
        FORK_TEST(killed_after_the_pair_was_stored_the_other_process_has_it_at_once),
    };
    return cmocka_run_group_tests_name("fork", tests, NULL, NULL);
}
