/*
 * What transports have in common: settings, and for each worker its names and counters.
 */
#include "call/transport.h"

#include "base/check.h"
#include "base/mem.h"
#include "call/dns.h"
#include "http/tls.h"
#include "loop/worker.h"

enum { IDLE_PER_ORIGIN = 64 };
static const usec idle_default = 30 * USEC_S;

void transport_init(struct transport *transport, const struct transport_ops *ops,
                    const struct transport_settings *settings)
{
    transport->ops = ops;
    transport->settings = *settings;
    if (settings->tls)
        tls_ref(settings->tls);
    if (!settings->idle_per_origin)
        transport->settings.idle_per_origin = IDLE_PER_ORIGIN;
    if (!settings->idle)
        transport->settings.idle = idle_default;
    transport->parts = mem_array(settings->workers, sizeof(transport->parts[0]));
}

void transport_fini(struct transport *transport)
{
    tls_unref(&transport->settings.tls);
    mem_free(transport->parts);
}

void transport_join(struct transport *transport, struct worker *worker)
{
    CHECK(worker->id < transport->settings.workers);
    transport->parts[worker->id].dns =
        dns_create(worker, transport->settings.name_servers);
    transport->ops->join(transport, worker);
}

void transport_leave(struct transport *transport, struct worker *worker)
{
    transport->ops->leave(transport, worker);
    dns_destroy(&transport->parts[worker->id].dns);
}

void transport_stats(struct transport *transport, struct transport_stats *ret_stats)
{
    *ret_stats = (struct transport_stats){0};
    for (unsigned i = 0; i < transport->settings.workers; i++) {
        struct transport_part *part = &transport->parts[i];
        ret_stats->opened += atomic_load_explicit(&part->opened, memory_order_relaxed);
        ret_stats->reused += atomic_load_explicit(&part->reused, memory_order_relaxed);
        ret_stats->open += atomic_load_explicit(&part->open, memory_order_relaxed);
    }
}

void transport_destroy(struct transport **transport)
{
    if (*transport)
        (*transport)->ops->destroy(*transport);
    *transport = NULL;
}
