/*
 * Apps stand in a table by id, and in a roster where those of one environment and
 * integration are neighbours: the default is found among these few. Its order is by a
 * hash; what shares it by accident is passed over.
 *
 * Apps hold a reference to their environment and are published once more when that is
 * replaced, as accounts are. All are walked for it: apps are few, and environments change
 * by hand.
 */
#include "directory/directory_app.h"

#include "base/hash.h"
#include "directory/directory_credential.h"
#include "directory/directory_state.h"

enum { APPS_A_TIME = 64 };

/* --- tables --- */

static str app_id(const void *object)
{
    return tenant_id_str(&((const struct app *)object)->id);
}

static void ref_app(void *object)
{
    app_ref(object);
}

static struct roster_key order_of_app(const void *object)
{
    return (struct roster_key){0, app_id(object)};
}

/* Absent: the platform. */
static str environment_of(const struct app *app)
{
    return app->environment ? tenant_id_str(&app->environment->id) : STR_NONE;
}

static struct roster_key choice_key(str environment, str integration, str id)
{
    return (struct roster_key){hash_str(environment) * 31 + hash_str(integration), id};
}

static struct roster_key order_of_choice(const void *object)
{
    const struct app *app = object;
    return choice_key(environment_of(app), app->integration, app_id(app));
}

void directory_apps_init(struct directory *directory)
{
    static const struct tenant_kind apps = {app_id, ref_app};
    tenant_table_init(&directory->apps, &apps, order_of_app);
    pthread_rwlock_init(&directory->choices_lock, NULL);
    roster_init(&directory->choices, order_of_choice);
}

void directory_apps_fini(struct directory *directory)
{
    struct app *app;
    while ((app = tenant_table_take(&directory->apps)) != NULL)
        app_unref(&app);
    tenant_table_fini(&directory->apps);
    roster_fini(&directory->choices);
    pthread_rwlock_destroy(&directory->choices_lock);
}

/* --- publishing --- */

static void put_app(struct directory *directory, struct app *app)
{
    struct app *before = tenant_table_put(&directory->apps, app);
    pthread_rwlock_wrlock(&directory->choices_lock);
    roster_put(&directory->choices, app);
    pthread_rwlock_unlock(&directory->choices_lock);
    app_unref(&before);
}

bool directory_publish_app(struct directory *directory, struct found_app found)
{
    struct app *app = found.object;
    if (found.environment.text[0]) {
        app->environment = tenant_table_find(&directory->environments,
                                             tenant_id_str(&found.environment));
        if (!app->environment) {
            app_unref(&app);
            return false;
        }
    }
    put_app(directory, app);
    return true;
}

void directory_withdraw_app(struct directory *directory, str id)
{
    struct app *app = tenant_table_remove(&directory->apps, id);
    CHECK(app != NULL);
    pthread_rwlock_wrlock(&directory->choices_lock);
    roster_remove(&directory->choices, order_of_choice(app));
    pthread_rwlock_unlock(&directory->choices_lock);
    app_unref(&app);
}

/* The app once more, in another environment object or with another data key. */
static void put_again(struct directory *directory, const struct app *app,
                      struct environment *environment, str data_key)
{
    struct app like = {
        .id = app->id,
        .environment = environment,
        .integration = app->integration,
        .way = app->way,
        .name = app->name,
        .client_id = app->client_id,
        .redirect_uri = app->redirect_uri,
        .scopes = app->scopes,
        .params = app->params,
        .return_urls = app->return_urls,
        .chosen = app->chosen,
        .secret_version = app->secret_version,
        .secret_names = app->secret_names,
        .data_key = data_key,
        .sealed = app->sealed,
        .created = app->created,
        .updated = app->updated,
    };
    put_app(directory, app_create(&like));
}

bool directory_publish_app_data_key(struct directory *directory, str id, str data_key)
{
    struct app *app = tenant_table_find(&directory->apps, id);
    bool found = app != NULL;
    if (found)
        put_again(directory, app, app->environment, data_key);
    app_unref(&app);
    return found;
}

static bool is_of(const struct app *app, void *arg)
{
    str environment = environment_of(app);
    return !str_absent(environment) && str_eq(environment, *(const str *)arg);
}

void directory_move_apps(struct directory *directory, struct environment *environment)
{
    struct app *apps[APPS_A_TIME];
    str id = tenant_id_str(&environment->id);
    struct tenant_id last = {0};
    uint32_t n = APPS_A_TIME;
    while (n == APPS_A_TIME) {
        n = directory_list_apps(directory, tenant_id_str(&last), APPS_A_TIME, is_of, &id,
                                apps);
        for (uint32_t i = 0; i < n; i++) {
            last = apps[i]->id;
            put_again(directory, apps[i], environment, apps[i]->data_key);
            app_unref(&apps[i]);
        }
    }
}

/* --- looking up --- */

struct app *directory_app(struct directory *directory, str id)
{
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    return tenant_table_find(&directory->apps, id);
}

static bool same_or_none(str a, str b)
{
    return str_absent(a) || str_absent(b) ? str_absent(a) && str_absent(b) : str_eq(a, b);
}

/* Whether it is for a way; "": for all of them. */
static bool serves(const struct app *app, str way)
{
    return str_absent(app->way) || str_absent(way) || str_eq(app->way, way);
}

/* Whether `app` comes before `other` as the default. */
static bool comes_before(const struct app *app, const struct app *other, str way)
{
    if (!str_absent(way) && str_absent(app->way) != str_absent(other->way))
        return str_absent(other->way);
    if (app->chosen != other->chosen)
        return app->chosen > other->chosen;
    if (app->created != other->created)
        return app->created < other->created;
    return str_cmp(app_id(app), app_id(other)) < 0;
}

/* The default of exactly this environment, or of the platform. `way`: absent, whichever;
 * "", of those that are for all ways. */
static struct app *find_default(struct directory *directory, str environment,
                                str integration, str way)
{
    struct roster_key key = choice_key(environment, integration, STR(""));
    struct app *best = NULL;
    struct app *app;
    pthread_rwlock_rdlock(&directory->choices_lock);
    struct roster_place place = roster_after(&directory->choices, key);
    while ((app = roster_next(&directory->choices, &place)) != NULL &&
           order_of_choice(app).major == key.major)
        if (str_eq(app->integration, integration) &&
            same_or_none(environment_of(app), environment) && serves(app, way) &&
            (!best || comes_before(app, best, way)))
            best = app;
    if (best)
        app_ref(best);
    pthread_rwlock_unlock(&directory->choices_lock);
    return best;
}

struct app *directory_app_of(struct directory *directory, str environment_id,
                             str integration, str way)
{
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    struct app *own = NULL;
    if (!str_absent(environment_id))
        own = find_default(directory, environment_id, integration, way);
    return own ? own : find_default(directory, STR_NONE, integration, way);
}

bool directory_app_is_default(struct directory *directory, const struct app *app)
{
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    str way = str_absent(app->way) ? STR("") : app->way;
    struct app *found =
        find_default(directory, environment_of(app), app->integration, way);
    bool same = found && str_eq(app_id(found), app_id(app));
    app_unref(&found);
    return same;
}

const struct credentials *directory_app_credentials(struct directory *directory,
                                                    struct app *app, enum err *ret_err)
{
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    struct credentials *found = atomic_load_explicit(&app->opened, memory_order_acquire);
    if (found)
        return found;
    if (str_absent(app->sealed)) {
        *ret_err = ERR_NONE;
        return NULL;
    }
    struct data_key data_key = {tenant_id_str(&app->id), app->data_key};
    struct credentials *opened = directory_open_credentials(
        directory->keyring, &data_key, app->secret_version, app->sealed);
    return directory_keep_opened(&app->opened, opened, ret_err);
}
