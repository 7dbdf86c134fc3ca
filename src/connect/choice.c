#include "connect/choice.h"

#include "auth/token_rule.h"
#include "connect/connect_form.h"
#include "keeper/party.h"

static bool has_form(const struct choice *choice, const struct auth_way *way)
{
    struct connect_form form;
    connect_form_make(choice->integration, way, choice->account, STR(""), &form);
    for (uint32_t i = 0; i < form.n; i++)
        if (form.is_credential[i])
            return true;
    return false;
}

static bool has_app(const struct choice *choice, const struct auth_way *way, bool own)
{
    struct app *app = party_app(choice->directory, choice->account, way->name);
    bool has = app && (!own || !str_absent(app->way));
    app_unref(&app);
    return has;
}

static bool is_usable(const struct choice *choice, const struct auth_way *way)
{
    const struct token_rule *rule = way->rule.token;
    if (!rule)
        return way->rule.scheme != AUTH_none;
    if (rule->grant == TOKEN_GRANT_authorization_code)
        return has_app(choice, way, false);
    return has_app(choice, way, true) || has_form(choice, way);
}

static const struct auth_way *let_choose(struct choice *choice)
{
    const struct auth_way *ways = choice->integration->ways.items;
    for (uint32_t i = 0; i < choice->integration->ways.n; i++) {
        if (!is_usable(choice, &ways[i]))
            continue;
        if (!str_absent(choice->asked) && str_eq(choice->asked, ways[i].name))
            return &ways[i];
        CHECK(choice->n < CHOICE_MAX); /* a document has no more (catalog) */
        choice->ways[choice->n++] = &ways[i];
    }
    if (choice->n == 0)
        return &ways[0]; /* what is missing is told on the way */
    return choice->n == 1 ? choice->ways[0] : NULL;
}

/* A way that the document has no longer is no answer: connecting again gives another. */
const struct auth_way *choice_make(struct choice *choice)
{
    const struct account *account = choice->account;
    const struct auth_way *way = NULL;
    choice->n = 0;
    if (!str_absent(choice->of_session))
        return integration_way(choice->integration, choice->of_session);
    if (account->credential_version || !str_absent(account->way))
        way = integration_way(choice->integration, account->way);
    return way ? way : let_choose(choice);
}
