#include "keeper/envoy.h"

#include "keeper/party.h"

struct token_fetch envoy_fetch(const struct envoy *envoy, usec deadline,
                               void (*done)(struct token_fetch *fetch), void *owner)
{
    return (struct token_fetch){.worker = envoy->worker,
                                .arena = envoy->arena,
                                .pin = envoy->pin,
                                .integration = envoy->integration,
                                .account = envoy->account,
                                .deadline = deadline,
                                .done = done,
                                .owner = owner,
                                .retry_after = -1};
}

void envoy_send(const struct envoy *envoy, struct token_fetch *fetch)
{
    envoy->ops->fetch(envoy->ops_arg, fetch);
}

enum err envoy_may_go(const struct envoy *envoy, const struct template *template,
                      const struct url *url, str *ret_detail)
{
    if (party_may_ask(envoy->integration, template, url))
        return ERR_NONE;
    *ret_detail = arena_printf(envoy->arena, "\"" STR_F "\" is not among the hosts.",
                               STR_A(url_origin(envoy->arena, url)));
    return ERR_HOST_FORBIDDEN;
}
