#include "connect/connect_form.h"

#include "auth/own_request.h"
#include "auth/token_rule.h"
#include "http/date.h"
#include "http/tls_pair.h"
#include "json/merge.h"
#include "keeper/party.h"

enum { VALUE_BYTES_MAX = 16 * 1024 };

/* --- what there is to ask --- */

struct asking {
    struct connect_form *form;
    const struct integration *integration;
    const struct auth_way *way;
    const struct account *account;
    str again;
};

static const struct connect_field *find_words(const struct connect_rule *rule, str name)
{
    const struct connect_field *fields = rule->fields.items;
    for (uint32_t i = 0; i < rule->fields.n; i++)
        if (str_eq(fields[i].name, name))
            return &fields[i];
    return NULL;
}

/* In the way's own words, or the document's. */
static const struct connect_field *described(const struct asking *asking, str name)
{
    const struct connect_field *own = find_words(&asking->way->connect, name);
    return own ? own : find_words(&asking->integration->connect, name);
}

static bool has(const struct connect_form *form, str name)
{
    for (uint32_t i = 0; i < form->n; i++)
        if (str_eq(form->fields[i].name, name))
            return true;
    return false;
}

static void add(const struct asking *asking, const struct page_field *field,
                bool credential)
{
    struct connect_form *form = asking->form;
    const struct connect_field *words = described(asking, field->name);
    if (form->n == FORM_FIELDS_MAX || has(form, field->name))
        return;
    form->is_credential[form->n] = credential;
    form->fields[form->n] = *field;
    if (words) {
        form->fields[form->n].label = words->label;
        form->fields[form->n].help = words->help;
        form->fields[form->n].optional = words->optional;
    }
    form->n++;
}

static bool is_asked_again(const struct asking *asking, str name)
{
    str rest = asking->again, item;
    if (!rest.n)
        return !str_absent(rest);
    while (str_next(&rest, ',', &item))
        if (str_eq(item, name))
            return true;
    return false;
}

static bool is_kept(const struct bind_list *keep, str name)
{
    const struct signal_named *items = keep->items;
    for (uint32_t i = 0; i < keep->n; i++)
        if (str_eq(items[i].name, name))
            return true;
    return false;
}

/* When a name must be known. */
enum moment { FOR_CONSENT, FOR_TOKEN, FOR_CALLS };

/* Names of what the vendor's answers bring by themselves, in time. */
static bool comes_by_itself(const struct auth_rule *auth, str name, enum moment moment)
{
    const struct token_rule *rule = auth->token;
    const struct token_param *redirect = rule ? rule->redirect.items : NULL;
    const struct own_request *requests = auth->context.items;
    for (uint32_t i = 0; moment >= FOR_TOKEN && rule && i < rule->redirect.n; i++)
        if (str_eq(redirect[i].name, name))
            return true;
    if (moment < FOR_CALLS)
        return false;
    for (uint32_t i = 0; i < auth->context.n; i++)
        if (is_kept(&requests[i].keep, name))
            return true;
    return rule && is_kept(&rule->keep, name);
}

static void add_context(const struct asking *asking, str name, enum moment moment)
{
    struct page_field field = {
        .name = name, .value = json_member_text(&asking->account->context, name)};
    if ((str_absent(field.value) || is_asked_again(asking, name)) &&
        !comes_by_itself(&asking->way->rule, name, moment))
        add(asking, &field, false);
}

static void add_variables(const struct asking *asking, const struct template *template,
                          enum moment moment)
{
    for (uint32_t i = 0; i < template->n; i++)
        if (!str_absent(template->parts[i].name))
            add_context(asking, template->parts[i].name, moment);
}

/* With a code the vendor gives the token; whoever has a secret of another kind is asked
 * for it each time, since that is what connecting again is for. */
static void add_credentials(const struct asking *asking)
{
    struct auth_field fields[AUTH_FIELDS_MAX];
    const struct auth_rule *rule = &asking->way->rule;
    uint32_t n = auth_fields(rule, fields);
    for (uint32_t i = 0; i < n; i++) {
        bool made = rule->token && str_eq(fields[i].name, auth_token_name(rule));
        struct page_field field = {.name = fields[i].name,
                                   .secret = fields[i].secret,
                                   .optional = fields[i].optional};
        bool asked = !rule->token || described(asking, field.name);
        if (asked && !made)
            add(asking, &field, true);
    }
}

/* Where the vendor shows it as they are made. */
static void add_end(const struct asking *asking)
{
    const struct page_field field = {
        .name = STR("ends"),
        .label = STR("Ends on"),
        .help = STR("Where it has an end: you are told two weeks before."),
        .optional = true,
        .date = true};
    bool wanted = asking->way->connect.ends || asking->integration->connect.ends;
    for (uint32_t i = 0; i < asking->form->n; i++)
        if (wanted && asking->form->is_credential[i]) {
            add(asking, &field, false);
            return;
        }
}

static bool is_credential_of(const struct auth_way *way, str name)
{
    struct auth_field fields[AUTH_FIELDS_MAX];
    uint32_t n = auth_fields(&way->rule, fields);
    for (uint32_t i = 0; i < n; i++)
        if (str_eq(fields[i].name, name))
            return true;
    return false;
}

/* The document's words may be about a credential of another way. */
static bool is_credential(const struct integration *integration, str name)
{
    const struct auth_way *ways = integration->ways.items;
    for (uint32_t i = 0; i < integration->ways.n; i++)
        if (is_credential_of(&ways[i], name))
            return true;
    return false;
}

static void add_described(const struct asking *asking, const struct connect_rule *rule)
{
    const struct connect_field *fields = rule->fields.items;
    for (uint32_t i = 0; i < rule->fields.n; i++)
        if (!is_credential(asking->integration, fields[i].name))
            add_context(asking, fields[i].name, FOR_CALLS);
}

void connect_form_make(const struct integration *integration, const struct auth_way *way,
                       const struct account *account, str again, struct connect_form *ret)
{
    const struct asking asking = {ret, integration, way, account, again};
    const struct token_rule *rule = way->rule.token;
    ret->n = 0;
    add_described(&asking, &way->connect);
    add_described(&asking, &integration->connect);
    add_variables(&asking, &way->base_url, FOR_CALLS);
    if (rule) {
        add_variables(&asking, &rule->authorize_url, FOR_CONSENT);
        add_variables(&asking, &rule->url, FOR_TOKEN);
    }
    add_credentials(&asking);
    add_end(&asking);
}

str connect_form_names(const struct connect_form *form, struct arena *arena)
{
    str parts[FORM_FIELDS_MAX * 2];
    size_t n = 0;
    for (uint32_t i = 0; i < form->n; i++) {
        if (form->is_credential[i] || form->fields[i].date)
            continue;
        if (n)
            parts[n++] = STR(",");
        parts[n++] = form->fields[i].name;
    }
    return n ? arena_join(arena, parts, n) : STR_NONE;
}

/* --- what was sent --- */

bool connect_form_read(struct connect_form *form, const struct form *sent)
{
    bool good = true;
    usec day;
    for (uint32_t i = 0; i < form->n; i++) {
        struct page_field *field = &form->fields[i];
        str value = form_find(sent, field->name);
        field->value = str_absent(value) ? STR("") : str_trim(value);
        field->fault = STR_NONE;
        if (!field->value.n && !field->optional)
            field->fault = STR("This is needed.");
        else if (field->value.n > VALUE_BYTES_MAX)
            field->fault = STR("This is too long.");
        else if (field->date && field->value.n &&
                 (!date_parse_iso(field->value, &day) || day <= 0))
            field->fault = STR("This must be a day, such as 2027-01-31.");
        good = good && str_absent(field->fault);
    }
    return good;
}

/* --- whether it leads anywhere --- */

/* The template with this one variable alone, in its place. */
static bool value_fits(const struct template *template, uint32_t at,
                       const struct json *context, struct arena *arena)
{
    struct template_values values = {context, "what was entered", "the address"};
    struct template_part *parts = arena_array(arena, template->n, sizeof(parts[0]));
    str text, detail;
    for (uint32_t i = 0; i < template->n; i++)
        parts[i] = (struct template_part){template->parts[i].text,
                                          i == at ? template->parts[i].name : STR_NONE};
    return template_fill_url(&(struct template){parts, template->n}, &values, arena,
                             &text, &detail);
}

/* What a value must be, as the person who enters it would say it. */
static str wanted_at(const struct template *template, uint32_t at)
{
    if (at == 0 && template_has_origin(template))
        return STR("This must be an address such as https://example.com, with nothing "
                   "behind it.");
    for (uint32_t i = 0; i <= at; i++) {
        str text = template->parts[i].text;
        size_t scheme = str_find_str(text, STR("://"));
        text = scheme < text.n ? str_from(text, scheme + 3) : text;
        if (str_find(text, '/') < text.n || (i && template_has_origin(template)))
            return STR("This cannot be part of an address.");
    }
    return STR("This may have letters, digits, dots and hyphens only.");
}

static bool blame(struct connect_form *form, str name, str fault)
{
    for (uint32_t i = 0; i < form->n; i++)
        if (!form->is_credential[i] && str_eq(form->fields[i].name, name)) {
            form->fields[i].fault = fault;
            return true;
        }
    return false;
}

/* Where the values as a whole lead: hosts of the integration only. */
static bool leads_home(const struct integration *integration,
                       const struct template *template, const struct json *context,
                       struct arena *arena)
{
    struct template_values values = {context, "what was entered", "the address"};
    struct url url;
    str text, detail;
    if (!template_fill_url(template, &values, arena, &text, &detail))
        return true; /* something else is missing; it is told elsewhere */
    return url_parse(arena, text, &url, NULL) &&
           party_may_ask(integration, template, &url);
}

static bool template_fits(struct connect_form *form,
                          const struct integration *integration,
                          const struct template *template, const struct json *context,
                          struct arena *arena)
{
    for (uint32_t i = 0; i < template->n; i++) {
        str name = template->parts[i].name;
        if (!str_absent(json_member_text(context, name)) &&
            !value_fits(template, i, context, arena) &&
            blame(form, name, wanted_at(template, i)))
            return false;
    }
    if (leads_home(integration, template, context, arena))
        return true;
    for (uint32_t i = 0; i < template->n; i++)
        if (blame(form, template->parts[i].name,
                  STR("This does not lead to an address that can be connected.")))
            return false;
    return true;
}

/* Both stand beside each other: the fault is told at the certificate. */
static bool pair_fits(struct connect_form *form, const struct auth_way *way)
{
    struct page_field *chain = NULL, *key = NULL;
    for (uint32_t i = 0; i < form->n; i++) {
        struct page_field *field = &form->fields[i];
        if (form->is_credential[i] && str_eq(field->name, STR("certificate")))
            chain = field;
        else if (form->is_credential[i] && str_eq(field->name, STR("certificate_key")))
            key = field;
    }
    if (!way->rule.tls.certificate || !chain || !key ||
        (!chain->value.n && !key->value.n))
        return true;
    struct certificate pair = {chain->value, key->value};
    const char *why = certificate_half(&pair);
    if (!why)
        why = tls_pair_fault(pair.chain, pair.key);
    if (why)
        chain->fault = str_z(why);
    return !why;
}

bool connect_form_fits(struct connect_form *form, const struct integration *integration,
                       const struct auth_way *way, const struct json *context,
                       struct arena *arena)
{
    const struct token_rule *rule = way->rule.token;
    const struct template *templates[] = {
        &way->base_url, rule ? &rule->authorize_url : NULL, rule ? &rule->url : NULL};
    bool good = pair_fits(form, way);
    for (size_t i = 0; i < COUNT_OF(templates); i++)
        if (templates[i] && templates[i]->n)
            good &= template_fits(form, integration, templates[i], context, arena);
    return good;
}

void connect_form_refuse(struct connect_form *form, const struct integration *integration,
                         struct arena *arena)
{
    str fault =
        arena_printf(arena, STR_F " does not take this.", STR_A(integration->label));
    for (uint32_t i = 0; i < form->n; i++)
        if (form->is_credential[i] && form->fields[i].secret)
            form->fields[i].fault = fault;
}

/* --- what is kept of it --- */

struct json connect_form_context(const struct connect_form *form,
                                 const struct account *account, struct arena *arena)
{
    struct json_build build;
    json_build_init(&build, arena);
    for (uint32_t i = 0; i < form->n; i++)
        if (!form->is_credential[i] && !form->fields[i].date && form->fields[i].value.n)
            json_build_member(&build, form->fields[i].name,
                              json_of_text(form->fields[i].value));
    struct json given = json_build_object(&build);
    return merge_patch(arena, &account->context, &given);
}

usec connect_form_ends(const struct connect_form *form)
{
    usec ends = 0;
    for (uint32_t i = 0; i < form->n; i++)
        if (form->fields[i].date && form->fields[i].value.n &&
            date_parse_iso(form->fields[i].value, &ends))
            return ends;
    return 0;
}

uint32_t connect_form_credentials(const struct connect_form *form,
                                  struct credential ret[FORM_FIELDS_MAX])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < form->n; i++) {
        str value = form->fields[i].value;
        if (form->is_credential[i] && value.n)
            ret[n++] = (struct credential){form->fields[i].name,
                                           {(char *)(uintptr_t)value.p, value.n}};
    }
    return n;
}
