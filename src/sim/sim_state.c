#include "sim/sim_state.h"

#include "base/mem.h"

struct token {
    str text;
    char bytes[];
};

bool sim_state_revoked(const struct sim *sim, str token)
{
    return !str_absent(token) && map_find(&sim->revoked, token) != NULL;
}

void sim_state_revoke(struct sim *sim, str token)
{
    if (token.n == 0 || sim->revoked.n >= SIM_REVOKED_MAX ||
        map_find(&sim->revoked, token))
        return;
    struct token *copy = mem_alloc(sizeof(*copy) + token.n);
    memcpy(copy->bytes, token.p, token.n);
    copy->text = str_of(copy->bytes, token.n);
    map_put(&sim->revoked, copy->text, copy);
}

static void clear_revoked(struct sim *sim)
{
    size_t at = 0;
    for (void *token; (token = map_next(&sim->revoked, &at));)
        mem_free(token);
    map_fini(&sim->revoked);
}

void sim_state_reset(struct sim *sim)
{
    size_t at = 0;
    for (struct sim_script *dialect; (dialect = map_next(&sim->dialects, &at));)
        sim_script_reset(dialect);
    if (sim->script)
        sim_script_reset(sim->script);
    sim_record_clear(&sim->records);
    sim_write_clear(&sim->writes);
    sim_inject_clear(&sim->injections);
    clear_revoked(sim);
    sim->counts = (struct sim_totals){.open = sim->counts.open};
    sim->statuses.n = 0;
}
