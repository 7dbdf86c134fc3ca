#include "dock.h"
#include "groups.h"

#include "hook/secrets.h"

struct keeping {
    struct secret_keep keep;
    bool done;
};

static void on_kept(struct secret_keep *keep)
{
    CONTAINER_OF(keep, struct keeping, keep)->done = true;
}

static enum err keep(struct dock *dock, struct hook_secrets *secrets, str scope,
                     const char *text, bool only_first)
{
    str texts[] = {str_z(text)};
    struct keeping self = {.keep = {.secrets = secrets,
                                    .integration = STR("acme"),
                                    .scope = scope,
                                    .texts = texts,
                                    .n = text ? 1 : 0,
                                    .only_first = only_first,
                                    .done = on_kept,
                                    .worker = false_loop_worker(&dock->loop, 0)}};
    secret_keep(&self.keep);
    assert_true(false_loop_wait(&dock->loop, &self.done));
    return self.keep.err;
}

static uint32_t count(struct hook_secrets *secrets, str scope)
{
    usec changed;
    return hook_secrets_count(secrets, STR("acme"), scope, &changed);
}

static void what_is_kept_is_there_after_a_start(void **state)
{
    struct dock *dock = *state;
    struct hook_secrets *secrets =
        hook_secrets_open(dock->store, dock->keys, &dock->world.world);
    assert_int_equal(keep(dock, secrets, STR("acc_1"), "hush", false), ERR_NONE);
    assert_int_equal(count(secrets, STR("acc_1")), 1);
    assert_int_equal(count(secrets, STR("")), 0);
    hook_secrets_close(&secrets);
    secrets = hook_secrets_open(dock->store, dock->keys, &dock->world.world);
    struct integration integration = {.name = STR("acme")};
    struct secret_scene scene = {
        .directory = dock->directory, .integration = &integration, .scope = STR("acc_1")};
    struct webhook_secret *found;
    assert_int_equal(hook_secrets_find(secrets, &scene, &dock->arena, &found), 1);
    assert_str(found[0].text, STR("hush"));
    assert_int_equal(found[0].owner, SECRET_OF_HOOK);
    assert_int_equal(keep(dock, secrets, STR("acc_1"), NULL, false), ERR_NONE);
    assert_int_equal(count(secrets, STR("acc_1")), 0);
    hook_secrets_close(&secrets);
}

/* Two handshakes at once: the store says which one was first. */
static void a_handshake_does_not_put_its_secret_in_the_place_of_one(void **state)
{
    struct dock *dock = *state;
    struct hook_secrets *secrets =
        hook_secrets_open(dock->store, dock->keys, &dock->world.world);
    assert_int_equal(keep(dock, secrets, STR(""), "first", true), ERR_NONE);
    assert_int_equal(keep(dock, secrets, STR(""), "second", true), ERR_STATE_CONFLICT);
    hook_secrets_forget(secrets, STR("acme"), STR(""));
    assert_int_equal(keep(dock, secrets, STR(""), "third", true), ERR_STATE_CONFLICT);
    assert_int_equal(count(secrets, STR("")), 0);
    hook_secrets_close(&secrets);
}

int test_secrets(void)
{
    const struct CMUnitTest tests[] = {
        DOCK_TEST(what_is_kept_is_there_after_a_start),
        DOCK_TEST(a_handshake_does_not_put_its_secret_in_the_place_of_one),
    };
    return cmocka_run_group_tests_name("hook: secrets", tests, NULL, NULL);
}
