/*
 * Which certificate the attempts show: to a token endpoint the one that its request
 * brings, which may not be stored yet; else the party's.
 */
#include "call/profiles.h"
#include "exchange/exchange_steps.h"
#include "keeper/party.h"

static enum err choose(struct exchange *exchange, struct certificate *ret,
                       const char **ret_why)
{
    const struct auth_way *way = exchange->way;
    if (!exchange->request.target)
        return party_certificate(exchange->env->directory, exchange->account, way,
                                 exchange->arena, ret, ret_why);
    *ret = exchange->request.certificate;
    *ret_why = CERTIFICATE_MISSING;
    bool missing =
        !ret->chain.n && way->rule.tls.certificate == AUTH_CERTIFICATE_REQUIRED;
    return missing ? ERR_CREDENTIAL_UNUSABLE : ERR_NONE;
}

enum err exchange_take_certificate(struct exchange *exchange, str *ret_detail)
{
    struct certificate certificate;
    const char *why;
    tls_unref(&exchange->tls);
    if (!exchange->way || exchange->way->rule.tls.certificate == AUTH_CERTIFICATE_NONE)
        return ERR_NONE;
    enum err err = choose(exchange, &certificate, &why);
    if (err == ERR_NONE && certificate.chain.n) {
        CHECK(exchange->env->profiles != NULL);
        exchange->tls = profiles_get(exchange->env->profiles, certificate.chain,
                                     certificate.key, &why);
        err = exchange->tls ? ERR_NONE : ERR_CREDENTIAL_UNUSABLE;
    }
    if (err)
        *ret_detail = str_z(why);
    return err;
}
