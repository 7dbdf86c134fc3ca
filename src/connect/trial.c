#include "connect/trial.h"

static void end(struct trial *trial, enum errand_end end, enum err err, str fault)
{
    trial->end = end;
    trial->err = err;
    trial->fault = fault;
    trial->context = trial->errand.context;
    desk_leave(&trial->work);
    if (trial->pin)
        catalog_unpin(trial->env->catalog, trial->worker, trial->pin);
    trial->pin = NULL;
    trial->done(trial);
}

static void on_over(struct errand *errand);

static const struct auth_rule *rule_of(const struct trial *trial)
{
    return &trial->errand.envoy.way->rule;
}

static void set_out(struct trial *trial)
{
    if (!errand_start(&trial->errand))
        on_over(&trial->errand);
}

static void fill_context(struct trial *trial)
{
    trial->checked = true;
    if (errand_take_context(&trial->errand, rule_of(trial)))
        set_out(trial);
    else
        end(trial, ERRAND_DONE, ERR_NONE, STR_NONE);
}

/* A vendor in trouble says nothing of what was entered; a place that credentials may not
 * go to, or that cannot be made of what was entered, does. */
static bool is_passed(const struct trial *trial, const struct errand *errand)
{
    bool unsent =
        errand->err == ERR_CREDENTIAL_UNUSABLE || errand->err == ERR_HOST_FORBIDDEN;
    return errand->end == ERRAND_DONE ||
           (errand->end == ERRAND_FAILED && !trial->checked && !unsent);
}

static void on_over(struct errand *errand)
{
    struct trial *trial = CONTAINER_OF(errand, struct trial, errand);
    if (!is_passed(trial, errand))
        end(trial, errand->end, errand->err, errand->fault);
    else if (!trial->checked)
        fill_context(trial);
    else
        end(trial, ERRAND_DONE, ERR_NONE, STR_NONE);
}

static void stop(struct trial *trial)
{
    end(trial, ERRAND_FAILED, ERR_TOKEN_UNAVAILABLE, STR(KEEPER_STOPPING));
}

static void on_stop(struct desk_work *work)
{
    struct trial *trial = CONTAINER_OF(work, struct trial, work);
    errand_abandon(&trial->errand);
    stop(trial);
}

void trial_start(struct trial *trial)
{
    const struct code_env *env = trial->env;
    struct errand *errand = &trial->errand;
    *errand = (struct errand){.envoy = {.ops = env->ops,
                                        .ops_arg = env->ops_arg,
                                        .directory = env->directory,
                                        .worker = trial->worker,
                                        .arena = trial->arena,
                                        .account = trial->account},
                              .context = trial->context,
                              .heard = on_over};
    errand->credentials =
        errand_credentials(trial->credentials, trial->credential_n, trial->arena);
    trial->work.stop = on_stop;
    if (!desk_take(&env->desks[trial->worker->id], &trial->work)) {
        stop(trial);
        return;
    }
    errand->envoy.pin = trial->pin = catalog_pin(env->catalog, trial->worker);
    errand->envoy.integration =
        snapshot_find(trial->pin->snapshot, trial->account->integration);
    if (errand->envoy.integration)
        errand->envoy.way = integration_way(errand->envoy.integration, trial->way_name);
    if (!errand->envoy.way)
        end(trial, ERRAND_FAILED, ERR_INTEGRATION_UNKNOWN, STR_NONE);
    else if (errand_take_check(errand, rule_of(trial)))
        set_out(trial);
    else
        fill_context(trial);
}
