#include "office.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "json/json_parse.h"

#define MASTER_KEY "k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"

void assert_says(str sentence, const char *part)
{
    if (str_find_str(sentence, str_z(part)) == sentence.n)
        fail_msg("\"" STR_F "\" does not say \"%s\"", STR_A(sentence), part);
}

static bool open_all(struct office *office, str *ret_why)
{
    struct arena *arena = &office->arena;
    office->keyring = keyring_create(office->key_text, arena, ret_why);
    if (!office->keyring)
        return false;
    office->store = store_open(office->kind, str_z(office->dir), arena, ret_why);
    if (!office->store)
        return false;
    office->directory = directory_open(office->store, office->keyring,
                                       &office->world.world, arena, ret_why);
    return office->directory != NULL;
}

void office_close(struct office *office)
{
    directory_close(&office->directory);
    store_close(&office->store);
    keyring_destroy(&office->keyring);
}

void office_reopen(struct office *office)
{
    str why = STR_NONE;
    office_close(office);
    if (!open_all(office, &why))
        fail_msg("the office does not open: " STR_F, STR_A(why));
}

str office_refusal(struct office *office)
{
    str why = STR_NONE;
    assert_false(open_all(office, &why));
    office_close(office);
    return why;
}

static int setup(void **state, str kind)
{
    struct office *office = mem_zalloc(sizeof(*office));
    crypto_start();
    strcpy(office->dir, "/tmp/breakwater-directory-XXXXXX");
    if (!mkdtemp(office->dir))
        return -1;
    office->kind = kind;
    office->key_text = STR(MASTER_KEY);
    arena_init(&office->arena, 4096, 64 << 20);
    false_world_init(&office->world, 7);
    false_loop_init(&office->loop, &office->world, 1);
    office_reopen(office);
    *state = office;
    return 0;
}

int office_setup(void **state)
{
    return setup(state, STR("mem"));
}

int office_setup_durable(void **state)
{
    return setup(state, STR("sqlite"));
}

static void remove_folder(struct office *office)
{
    DIR *dir = opendir(office->dir);
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;)
        unlink(arena_printf(&office->arena, "%s/%s", office->dir, entry->d_name).p);
    if (dir)
        closedir(dir);
    rmdir(office->dir);
}

int office_teardown(void **state)
{
    struct office *office = *state;
    office_close(office);
    remove_folder(office);
    false_loop_fini(&office->loop);
    arena_fini(&office->arena);
    mem_free(office);
    return 0;
}

/* --- changes --- */

struct change office_change(struct office *office, enum change_kind kind)
{
    return (struct change){.kind = kind,
                           .directory = office->directory,
                           .worker = false_loop_worker(&office->loop, 0),
                           .actor = {.key_id = STR("key_actor"),
                                     .peer = STR("127.0.0.1"),
                                     .request_id = STR("req_1")},
                           .arena = &office->arena,
                           .concurrency_max = -1,
                           .environment_n = -1,
                           .expires = kind == CHANGE_KEY_UPDATE ? -1 : 0};
}

static void on_done(struct change *change)
{
    *(bool *)change->owner = true;
}

enum err office_do(struct office *office, struct change *change)
{
    bool done = false;
    change->owner = &done;
    change->done = on_done;
    directory_change(change);
    assert_false(done); /* never from inside */
    assert_true(false_loop_wait(&office->loop, &done));
    assert_true(change->err == ERR_NONE || change->detail.n > 0);
    assert_true(change->err != ERR_NONE || str_absent(change->detail));
    return change->err;
}

static str make(struct office *office, struct change *change)
{
    if (office_do(office, change) != ERR_NONE)
        fail_msg("%d: " STR_F, (int)change->err, STR_A(change->detail));
    return arena_str(&office->arena, tenant_id_str(&change->new_id));
}

str office_stage(struct office *office, const char *name)
{
    struct change change = office_change(office, CHANGE_STAGE_CREATE);
    change.name = str_z(name);
    return make(office, &change);
}

str office_environment(struct office *office, str stage, const char *external_id)
{
    struct change change = office_change(office, CHANGE_ENVIRONMENT_CREATE);
    change.stage_id = stage;
    change.name = STR("An environment");
    change.external_id = str_z(external_id);
    return make(office, &change);
}

str office_account(struct office *office, str environment, const char *integration,
                   const char *external_id)
{
    struct change change = office_change(office, CHANGE_ACCOUNT_CREATE);
    change.environment_id = environment;
    change.integration = str_z(integration);
    change.external_id = str_z(external_id);
    return make(office, &change);
}

str office_app(struct office *office, str environment, const char *integration,
               const char *client_id)
{
    struct change change = office_change(office, CHANGE_APP_CREATE);
    change.environment_id = environment;
    change.integration = str_z(integration);
    change.name = STR("An app");
    change.client_id = str_z(client_id);
    return make(office, &change);
}

str office_key(struct office *office, str stage, const str *environments, int64_t n)
{
    struct change change = office_change(office, CHANGE_KEY_CREATE);
    change.stage_id = stage;
    change.name = STR("A key");
    change.permissions = PERMISSION_CALL;
    change.environment_ids = environments;
    change.environment_n = n;
    make(office, &change);
    return change.new_key_text;
}

struct credential office_credential(const char *name, const char *value)
{
    struct credential credential = {.name = str_z(name)};
    secret_init(&credential.value, str_z(value));
    return credential;
}

enum err office_store_credential(struct office *office, str account, const char *name,
                                 const char *value)
{
    struct change change = office_change(office, CHANGE_ACCOUNT_CREDENTIALS);
    struct credential credential = office_credential(name, value);
    change.id = account;
    change.credentials = &credential;
    change.credential_n = 1;
    enum err err = office_do(office, &change);
    secret_fini(&credential.value);
    return err;
}

enum err office_store_secret(struct office *office, str app, const char *name,
                             const char *value)
{
    struct change change = office_change(office, CHANGE_APP_SECRETS);
    struct credential secret = office_credential(name, value);
    change.id = app;
    change.credentials = &secret;
    change.credential_n = 1;
    change.others_stay = true;
    enum err err = office_do(office, &change);
    secret_fini(&secret.value);
    return err;
}

str office_secret(struct office *office, str app, const char *name)
{
    str value = STR_NONE;
    enum err err = ERR_NONE;
    struct app *found = directory_app(office->directory, app);
    assert_non_null(found);
    const struct credentials *opened =
        directory_app_credentials(office->directory, found, &err);
    for (uint32_t i = 0; opened && i < opened->n; i++)
        if (str_eq(opened->items[i].name, str_z(name)))
            value = arena_str(&office->arena, secret_peek(&opened->items[i].value));
    app_unref(&found);
    return value;
}

bool office_stores(struct office *office, const char *file, str bytes)
{
    const char *path = arena_printf(&office->arena, "%s/%s", office->dir, file).p;
    if (access(path, F_OK) != 0)
        return false;
    struct arena scratch;
    arena_init(&scratch, 1 << 20, 64 << 20);
    str text = unit_case_file(&scratch, path);
    bool found = str_find_str(text, bytes) < text.n;
    arena_fini(&scratch);
    return found;
}

struct json office_json(struct office *office, const char *text)
{
    struct json value;
    assert_true(json_parse(&office->arena, str_z(text), NULL, &value, NULL));
    return value;
}

enum err office_find(struct office *office, str key_text, str ref,
                     const char *integration, struct tenant_id *ret_id)
{
    struct account *account;
    struct api_key *key = directory_find_key(office->directory, key_text);
    assert_non_null(key);
    enum err err =
        directory_find_account(office->directory, key, ref, str_z(integration), &account);
    api_key_unref(&key);
    if (err != ERR_NONE)
        return err;
    *ret_id = account->id;
    account_unref(&account);
    return ERR_NONE;
}
