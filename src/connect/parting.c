#include "connect/parting.h"

static void end(struct parting *parting, str detail)
{
    parting->detail = detail;
    desk_leave(&parting->work);
    if (parting->pin)
        catalog_unpin(parting->env->catalog, parting->worker, parting->pin);
    parting->pin = NULL;
    parting->done(parting);
}

static void release(struct parting *parting, str detail)
{
    parting->detail = detail;
    parting->awaits = PARTING_STORE;
    lease_end(&parting->lease, TOKEN_RELEASE);
}

static void on_heard(struct token_call *call)
{
    struct parting *parting = CONTAINER_OF(call, struct parting, call);
    parting->revoked = call->answer.verdict == TOKEN_GOOD;
    release(parting, parting->revoked ? STR_NONE : call->answer.fault);
}

/* --- what there is to revoke --- */

static const struct auth_way *way_of(const struct parting *parting,
                                     const struct integration **ret_integration)
{
    const struct account *account = parting->lease.found;
    const struct integration *integration =
        snapshot_find(parting->pin->snapshot, account->integration);
    *ret_integration = integration;
    return integration ? integration_way(integration, account->way) : NULL;
}

/* False: there is nothing that its vendor could take back. */
static bool prepare(struct parting *parting)
{
    const struct code_env *env = parting->env;
    const struct integration *integration;
    struct account *account = parting->lease.found;
    enum err err = ERR_NONE;
    parting->pin = catalog_pin(env->catalog, parting->worker);
    const struct auth_way *way = way_of(parting, &integration);
    const struct token_rule *rule = way ? way->rule.token : NULL;
    if (!rule || !rule->revoke_url.n || account->credential_version == 0)
        return false;
    const struct credentials *own = directory_credentials(env->directory, account, &err);
    str token = auth_credential(own, STR("refresh_token"));
    if (!token.n)
        return false;
    parting->call = (struct token_call){.envoy = {.ops = env->ops,
                                                  .ops_arg = env->ops_arg,
                                                  .directory = env->directory,
                                                  .worker = parting->worker,
                                                  .arena = parting->arena,
                                                  .pin = parting->pin,
                                                  .integration = integration,
                                                  .way = way,
                                                  .account = account},
                                        .purpose = TOKEN_REVOKE,
                                        .refresh_token = token,
                                        .heard = on_heard};
    return true;
}

/* --- the lease --- */

static void on_had(struct lease *lease)
{
    struct parting *parting = CONTAINER_OF(lease, struct parting, lease);
    if (!prepare(parting)) {
        release(parting, STR_NONE);
        return;
    }
    parting->asked = true;
    parting->awaits = PARTING_CALL;
    if (!token_call_start(&parting->call))
        on_heard(&parting->call);
}

static void on_ended(struct lease *lease)
{
    struct parting *parting = CONTAINER_OF(lease, struct parting, lease);
    if (lease->err == ERR_NONE || lease->err == ERR_ACCOUNT_UNKNOWN)
        end(parting, parting->detail);
    else
        end(parting, lease->detail.n ? lease->detail : err_row(lease->err)->title);
}

static void on_stop(struct desk_work *work)
{
    struct parting *parting = CONTAINER_OF(work, struct parting, work);
    if (parting->awaits == PARTING_LEASE)
        lease_stop(&parting->lease);
    if (parting->awaits != PARTING_CALL)
        return;
    token_call_abandon(&parting->call);
    release(parting, STR(KEEPER_STOPPING));
}

void parting_start(struct parting *parting)
{
    const struct code_env *env = parting->env;
    parting->asked = parting->revoked = false;
    parting->detail = STR_NONE;
    parting->awaits = PARTING_LEASE;
    parting->work.stop = on_stop;
    parting->lease = (struct lease){.directory = env->directory,
                                    .worker = parting->worker,
                                    .arena = parting->arena,
                                    .account = parting->account,
                                    .holder = str_z(env->holder),
                                    .any_state = true,
                                    .had = on_had,
                                    .ended = on_ended};
    if (desk_take(&env->desks[parting->worker->id], &parting->work))
        lease_take(&parting->lease);
    else
        end(parting, STR(KEEPER_STOPPING));
}
