#include "api/api_certificate.h"

#include "api/api_ending.h"
#include "http/tls_pair.h"
#include "keeper/party.h"

void certificate_look(struct api_call *call, struct account *account,
                      const struct integration *integration, struct certificate_look *ret)
{
    struct certificate certificate;
    const char *why = NULL;
    *ret = (struct certificate_look){.trouble = STR_NONE};
    const struct auth_way *way =
        integration ? integration_way(integration, account->way) : NULL;
    if (!way)
        return;
    enum err err = party_certificate(call->api->directory, account, way, call->arena,
                                     &certificate, &why);
    if (err == ERR_NONE && !certificate.chain.n)
        return;
    struct tls_pair *pair =
        err ? NULL : tls_pair_read(certificate.chain, certificate.key, &why);
    if (!pair) {
        ret->trouble = str_z(why);
        return;
    }
    ret->ends = tls_pair_ends(pair);
    tls_pair_destroy(&pair);
}
