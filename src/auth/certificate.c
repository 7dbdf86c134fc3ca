#include "auth/certificate.h"

#include "auth/auth.h"

#define CHAIN STR("certificate")
#define KEY   STR("certificate_key")

static const char *const certificate_words[] = {"none", "required", "optional", NULL};

static const struct bind_row tls_rows[] = {
    {.name = "certificate",
     .kind = BIND_ENUM,
     .offset = offsetof(struct auth_tls, certificate),
     .required = true,
     .words = certificate_words,
     .doc = "Whether an account shows a certificate of its own, or of its app, on its "
            "connections (mutual TLS), from the credentials certificate and "
            "certificate_key: none; required, nothing is sent without one; optional, "
            "where there is one."},
};

const struct bind_table auth_tls_table = {
    .name = "tls block",
    .rows = tls_rows,
    .n = COUNT_OF(tls_rows),
    .bytes = sizeof(struct auth_tls),
    .shorthand = "certificate",
};

const char *certificate_half(const struct certificate *certificate)
{
    if ((certificate->chain.n > 0) == (certificate->key.n > 0))
        return NULL;
    return certificate->chain.n
               ? "There is a \"certificate\" and no \"certificate_key\"; store both."
               : "There is a \"certificate_key\" and no \"certificate\"; store both.";
}

enum err certificate_of(const struct credentials *credentials, struct certificate *ret,
                        const char **ret_why)
{
    *ret = (struct certificate){auth_credential(credentials, CHAIN),
                                auth_credential(credentials, KEY)};
    *ret_why = certificate_half(ret);
    return *ret_why ? ERR_CREDENTIAL_UNUSABLE : ERR_NONE;
}

enum err certificate_choose(const struct credentials *own, const struct credentials *apps,
                            struct certificate *ret, const char **ret_why)
{
    bool stranger = !str_absent(auth_credential(own, STR("client_id")));
    enum err err = certificate_of(own, ret, ret_why);
    return err || ret->chain.n || stranger ? err : certificate_of(apps, ret, ret_why);
}

static uint32_t add_field(struct auth_field *fields, uint32_t n,
                          const struct auth_field *field)
{
    for (uint32_t i = 0; i < n; i++)
        if (str_eq(fields[i].name, field->name)) {
            fields[i] = *field;
            return n;
        }
    if (n < AUTH_FIELDS_MAX)
        fields[n++] = *field;
    return n;
}

uint32_t certificate_fields(const struct auth_tls *tls, bool optional,
                            struct auth_field *fields, uint32_t n)
{
    optional |= tls->certificate == AUTH_CERTIFICATE_OPTIONAL;
    struct auth_field chain = {CHAIN, false, optional, AUTH_TEXT_CERTIFICATE};
    struct auth_field key = {KEY, true, optional, AUTH_TEXT_CERTIFICATE};
    if (tls->certificate == AUTH_CERTIFICATE_NONE)
        return n;
    n = add_field(fields, n, &chain);
    return add_field(fields, n, &key);
}
