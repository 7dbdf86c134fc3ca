#include "api/api_certificate.h"

#include "http/date.h"
#include "http/tls_pair.h"
#include "keeper/party.h"
#include "loop/world.h"

static const usec warn_early = 14 * USEC_DAY;

static str warn_of_end(struct arena *arena, usec ends, usec wall)
{
    char text[DATE_ISO_CHARS + 1];
    if (ends == USEC_NEVER || ends - warn_early > wall)
        return STR_NONE;
    date_format_iso(ends, text);
    return arena_printf(arena, "Its client certificate %s %s; store the next one%s.",
                        ends <= wall ? "ended" : "ends", text,
                        ends <= wall ? "" : " before then");
}

void certificate_look(struct api_call *call, struct account *account,
                      const struct integration *integration, struct certificate_look *ret)
{
    struct certificate certificate;
    const char *why = NULL;
    *ret = (struct certificate_look){.trouble = STR_NONE, .warning = STR_NONE};
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
    ret->warning = warn_of_end(call->arena, ret->ends, world_wall(call->worker->world));
    tls_pair_destroy(&pair);
}
