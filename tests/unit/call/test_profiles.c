/* Which profile a certificate gets, and how many are kept. */
#include <pthread.h>

#include "call/profiles.h"
#include "http/tls.h"
#include "support/certs.h"
#include "support/given.h"
#include "tests.h"

struct shelf {
    struct arena arena;
    struct tls *base;
    struct profiles *profiles;
};

static void shelf_open(struct shelf *shelf, uint32_t max)
{
    str why;
    arena_init(&shelf->arena, 16 * 1024, 1 << 20);
    shelf->base = tls_create_client(&shelf->arena, STR_NONE, STR_NONE, STR_NONE, &why);
    assert_non_null(shelf->base);
    shelf->profiles = profiles_create(shelf->base, max);
}

static void shelf_close(struct shelf *shelf)
{
    profiles_destroy(&shelf->profiles);
    tls_unref(&shelf->base);
    arena_fini(&shelf->arena);
}

static str file(struct shelf *shelf, const char *name, const char *end)
{
    const char *path = certs_path(
        arena_z(&shelf->arena, arena_printf(&shelf->arena, "%s.%s", name, end)));
    return given_file(&shelf->arena, path);
}

/* The caller's reference is given back at once: what is kept is what is looked at. */
static const void *get(struct shelf *shelf, const char *name)
{
    const char *why = NULL;
    struct tls *tls = profiles_get(shelf->profiles, file(shelf, name, "pem"),
                                   file(shelf, name, "key"), &why);
    const void *it = tls;
    if (!tls)
        fail_msg("%s: %s", name, why);
    tls_unref(&tls);
    return it;
}

static void one_certificate_has_one_profile(void **state)
{
    struct shelf shelf;
    (void)state;
    shelf_open(&shelf, 0);
    const void *first = get(&shelf, "client"), *other = get(&shelf, "good");
    assert_ptr_not_equal(first, other);
    assert_ptr_equal(get(&shelf, "client"), first);
    assert_ptr_equal(get(&shelf, "good"), other);
    assert_int_equal(profiles_count(shelf.profiles), 2);
    shelf_close(&shelf);
}

static void what_was_longest_not_asked_for_is_let_go(void **state)
{
    struct shelf shelf;
    const char *why;
    (void)state;
    shelf_open(&shelf, 2);
    struct tls *held = profiles_get(shelf.profiles, file(&shelf, "client", "pem"),
                                    file(&shelf, "client", "key"), &why);
    get(&shelf, "good");
    assert_ptr_equal(get(&shelf, "client"), held);
    get(&shelf, "self"); /* "good" goes */
    assert_int_equal(profiles_count(shelf.profiles), 2);
    assert_ptr_equal(get(&shelf, "client"), held);
    get(&shelf, "good");
    get(&shelf, "self"); /* "client" goes, and is still good for who has it */
    assert_int_equal(profiles_count(shelf.profiles), 2);
    assert_true(tls_shows_certificate(held));
    assert_ptr_not_equal(get(&shelf, "client"), held);
    shelf_close(&shelf);
    tls_unref(&held);
}

static void what_cannot_be_shown_is_not_kept(void **state)
{
    struct shelf shelf;
    const char *why = NULL;
    (void)state;
    shelf_open(&shelf, 0);
    assert_null(profiles_get(shelf.profiles, file(&shelf, "client", "pem"),
                             file(&shelf, "good", "key"), &why));
    assert_non_null(strstr(why, "does not match"));
    assert_int_equal(profiles_count(shelf.profiles), 0);
    shelf_close(&shelf);
}

enum { THREADS = 4, ROUNDS = 50 };

struct asker {
    pthread_t thread;
    struct profiles *profiles;
    str pem[2], key[2];
    struct tls *last[2];
};

static void *ask(void *arg)
{
    struct asker *asker = arg;
    const char *why;
    for (int i = 0; i < ROUNDS; i++) {
        tls_unref(&asker->last[i % 2]);
        asker->last[i % 2] =
            profiles_get(asker->profiles, asker->pem[i % 2], asker->key[i % 2], &why);
    }
    return NULL;
}

static void threads_get_the_same(void **state)
{
    struct shelf shelf;
    struct asker askers[THREADS];
    (void)state;
    shelf_open(&shelf, 0);
    for (int i = 0; i < THREADS; i++) {
        askers[i] = (struct asker){
            .profiles = shelf.profiles,
            .pem = {file(&shelf, "client", "pem"), file(&shelf, "good", "pem")},
            .key = {file(&shelf, "client", "key"), file(&shelf, "good", "key")}};
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(askers[i].thread, NULL);
    for (int i = 0; i < THREADS; i++) {
        assert_non_null(askers[i].last[0]);
        assert_ptr_equal(askers[i].last[0], askers[0].last[0]);
        assert_ptr_equal(askers[i].last[1], askers[0].last[1]);
    }
    for (int i = 0; i < THREADS; i++) {
        tls_unref(&askers[i].last[0]);
        tls_unref(&askers[i].last[1]);
    }
    assert_int_equal(profiles_count(shelf.profiles), 2);
    shelf_close(&shelf);
}

int test_profiles(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_certificate_has_one_profile),
        cmocka_unit_test(what_was_longest_not_asked_for_is_let_go),
        cmocka_unit_test(what_cannot_be_shown_is_not_kept),
        cmocka_unit_test(threads_get_the_same),
    };
    return cmocka_run_group_tests_name("profiles", tests, NULL, NULL);
}
