#include "connect/connect_form.h"

#include "auth/token_rule.h"
#include "json/merge.h"

enum { VALUE_BYTES_MAX = 16 * 1024 };

/* --- what there is to ask --- */

static const struct connect_field *described(const struct integration *integration,
                                             str name)
{
    const struct connect_field *fields = integration->connect.fields.items;
    for (uint32_t i = 0; i < integration->connect.fields.n; i++)
        if (str_eq(fields[i].name, name))
            return &fields[i];
    return NULL;
}

static bool has(const struct connect_form *form, str name)
{
    for (uint32_t i = 0; i < form->n; i++)
        if (str_eq(form->fields[i].name, name))
            return true;
    return false;
}

static void add(struct connect_form *form, const struct integration *integration,
                const struct page_field *field, bool credential)
{
    const struct connect_field *words = described(integration, field->name);
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

/* Names of what the vendor's answers bring by themselves. */
static bool comes_by_itself(const struct token_rule *rule, str name)
{
    const struct signal_named *keep = rule ? rule->keep.items : NULL;
    const struct token_param *redirect = rule ? rule->redirect.items : NULL;
    for (uint32_t i = 0; rule && i < rule->keep.n; i++)
        if (str_eq(keep[i].name, name))
            return true;
    for (uint32_t i = 0; rule && i < rule->redirect.n; i++)
        if (str_eq(redirect[i].name, name))
            return true;
    return false;
}

static void add_context(struct connect_form *form, const struct integration *integration,
                        const struct account *account, str name)
{
    struct page_field field = {.name = name};
    if (str_absent(json_member_text(&account->context, name)) &&
        !comes_by_itself(integration->auth.token, name))
        add(form, integration, &field, false);
}

static void add_variables(struct connect_form *form,
                          const struct integration *integration,
                          const struct account *account, const struct template *template)
{
    for (uint32_t i = 0; i < template->n; i++)
        if (!str_absent(template->parts[i].name))
            add_context(form, integration, account, template->parts[i].name);
}

/* With a code the vendor gives the token; whoever has a secret of another kind is asked
 * for it each time, since that is what connecting again is for. */
static void add_credentials(struct connect_form *form,
                            const struct integration *integration)
{
    struct auth_field fields[AUTH_FIELDS_MAX];
    const struct token_rule *rule = integration->auth.token;
    uint32_t n = auth_fields(&integration->auth, fields);
    for (uint32_t i = 0; i < n; i++) {
        bool made = rule && str_eq(fields[i].name, auth_token_name(&integration->auth));
        struct page_field field = {.name = fields[i].name,
                                   .secret = fields[i].secret,
                                   .optional = fields[i].optional};
        bool asked = !rule || described(integration, field.name);
        if (asked && !made)
            add(form, integration, &field, true);
    }
}

static bool is_credential(const struct integration *integration, str name)
{
    struct auth_field fields[AUTH_FIELDS_MAX];
    uint32_t n = auth_fields(&integration->auth, fields);
    for (uint32_t i = 0; i < n; i++)
        if (str_eq(fields[i].name, name))
            return true;
    return false;
}

void connect_form_make(const struct integration *integration,
                       const struct account *account, struct connect_form *ret)
{
    const struct token_rule *rule = integration->auth.token;
    const struct connect_field *fields = integration->connect.fields.items;
    ret->n = 0;
    for (uint32_t i = 0; i < integration->connect.fields.n; i++)
        if (!is_credential(integration, fields[i].name))
            add_context(ret, integration, account, fields[i].name);
    add_variables(ret, integration, account, &integration->base_url);
    if (rule) {
        add_variables(ret, integration, account, &rule->authorize_url);
        add_variables(ret, integration, account, &rule->url);
    }
    add_credentials(ret, integration);
}

/* --- what was sent --- */

bool connect_form_read(struct connect_form *form, const struct form *sent)
{
    bool good = true;
    for (uint32_t i = 0; i < form->n; i++) {
        struct page_field *field = &form->fields[i];
        str value = form_find(sent, field->name);
        field->value = str_absent(value) ? STR("") : str_trim(value);
        field->fault = STR_NONE;
        if (!field->value.n && !field->optional)
            field->fault = STR("This is needed.");
        else if (field->value.n > VALUE_BYTES_MAX)
            field->fault = STR("This is too long.");
        good = good && str_absent(field->fault);
    }
    return good;
}

struct json connect_form_context(const struct connect_form *form,
                                 const struct account *account, struct arena *arena)
{
    struct json_build build;
    json_build_init(&build, arena);
    for (uint32_t i = 0; i < form->n; i++)
        if (!form->is_credential[i] && form->fields[i].value.n)
            json_build_member(&build, form->fields[i].name,
                              json_of_text(form->fields[i].value));
    struct json given = json_build_object(&build);
    return merge_patch(arena, &account->context, &given);
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
