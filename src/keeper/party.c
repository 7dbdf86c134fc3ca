#include "keeper/party.h"

#include "catalog/integration.h"
#include "directory/ending.h"
#include "http/date.h"

static bool serves(const struct app *app, str way)
{
    return str_absent(app->way) || str_absent(way) || str_eq(app->way, way);
}

struct app *party_app(struct directory *directory, const struct account *account, str way)
{
    struct app *own = NULL;
    if (account->app.text[0])
        own = directory_app(directory, tenant_id_str(&account->app));
    if (own && serves(own, way))
        return own;
    app_unref(&own);
    return directory_app_of(directory, tenant_id_str(&account->environment->id),
                            account->integration, way);
}

static struct bind_texts texts_of(const struct json *list, struct arena *arena)
{
    str *texts = arena_array(arena, list->n, sizeof(texts[0]));
    for (uint32_t i = 0; i < list->n; i++)
        texts[i] = json_text(&list->u.items[i]);
    return (struct bind_texts){texts, list->n};
}

void party_init(struct party *party, struct directory *directory, struct account *account,
                const struct auth_way *way, struct arena *arena,
                struct token_inputs *ret_inputs)
{
    enum err err = ERR_NONE;
    *ret_inputs = (struct token_inputs){
        .rule = way->rule.token, .arena = arena, .context = &account->context};
    if (account->credential_version && auth_way_is(way, account->way))
        ret_inputs->own = directory_credentials(directory, account, &err);
    party->app = party_app(directory, account, way->name);
    if (!party->app)
        return;
    ret_inputs->client_id = party->app->client_id;
    ret_inputs->params = &party->app->params;
    ret_inputs->apps = directory_app_credentials(directory, party->app, &err);
    if (json_is(&party->app->scopes, JSON_ARRAY)) {
        party->scopes = texts_of(&party->app->scopes, arena);
        ret_inputs->scopes = &party->scopes;
    }
}

void party_fini(struct party *party)
{
    app_unref(&party->app);
}

enum err party_certificate(struct directory *directory, struct account *account,
                           const struct auth_way *way, struct arena *arena,
                           struct certificate *ret, const char **ret_why)
{
    const struct auth_rule *rule = &way->rule;
    const struct credentials *own = NULL, *apps = NULL;
    enum err unopened; /* what cannot be opened is missing, and told as that */
    *ret = (struct certificate){STR_NONE, STR_NONE};
    if (rule->tls.certificate == AUTH_CERTIFICATE_NONE)
        return ERR_NONE;
    struct app *app = rule->token ? party_app(directory, account, way->name) : NULL;
    if (account->credential_version && auth_way_is(way, account->way))
        own = directory_credentials(directory, account, &unopened);
    if (app)
        apps = directory_app_credentials(directory, app, &unopened);
    enum err err = certificate_choose(own, apps, ret, ret_why);
    if (err == ERR_NONE && ret->chain.n) {
        ret->chain = arena_str(arena, ret->chain);
        ret->key = arena_str(arena, ret->key);
    } else if (err == ERR_NONE && rule->tls.certificate == AUTH_CERTIFICATE_REQUIRED) {
        *ret_why = CERTIFICATE_MISSING;
        err = ERR_CREDENTIAL_UNUSABLE;
    }
    app_unref(&app);
    return err;
}

static str hint(const char *what, str name, usec ends, struct arena *arena)
{
    char text[DATE_ISO_CHARS + 1];
    date_format_iso(ends, text);
    return arena_printf(arena, " %s" STR_F " was to end %s.", what, STR_A(name), text);
}

/* Of the first that comes before `wall`. */
static str hint_of_app(const struct app *app, usec wall, struct arena *arena)
{
    for (unsigned i = 0; i < ENDING_COUNT; i++)
        if (ending_has_come(app->ends[i], wall))
            return hint("The app's ", ending_name((enum ending)i), app->ends[i], arena);
    return STR("");
}

str party_end_hint(struct directory *directory, const struct account *account,
                   const struct auth_way *way, usec wall, struct arena *arena)
{
    if (ending_has_come(account->ends, wall))
        return hint("What it was connected with", STR(""), account->ends, arena);
    struct app *app = way->rule.token ? party_app(directory, account, way->name) : NULL;
    str text = app ? hint_of_app(app, wall, arena) : STR("");
    app_unref(&app);
    return text;
}

bool party_may_ask(const struct integration *integration, const struct template *template,
                   const struct url *url)
{
    bool varies = template_has_origin(template) || template_has_host(template);
    return !varies || integration_allows(integration, url);
}
