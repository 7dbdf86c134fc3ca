/*
 * One errand of a flight: the check of the account's credentials, or the requests for
 * what its context lacks. It takes the lease like an exchange, so that two processes do
 * not ask alike, and notes no intent.
 */
#include "keeper/flight_steps.h"

static void end(struct flight *flight, enum token_step step)
{
    flight->answered = flight->answered || step != TOKEN_RELEASE;
    flight_close(flight, step);
}

/* The vendor's no to a check is what invalid_grant is to an exchange; its no to another
 * request leads to a check, where there is one. */
static void on_refused(struct flight *flight)
{
    if (flight->errand_kind == WARD_CHECK) {
        flight->call.answer = (struct token_answer){
            .verdict = TOKEN_REVOKED, .fault = flight->errand.fault, .retry_after = -1};
        flight->answered = true;
        flight_fail(flight);
        return;
    }
    flight_log(flight, LOG_WARN, "no_context", flight->errand.fault);
    flight->suspects = flight->way->rule.check != NULL;
    end(flight, TOKEN_RELEASE);
}

static void on_errand(struct errand *errand)
{
    struct flight *flight = CONTAINER_OF(errand, struct flight, errand);
    bool check = flight->errand_kind == WARD_CHECK;
    CHECK(flight->step == FLIGHT_ERRAND);
    if (errand->end == ERRAND_REFUSED) {
        on_refused(flight);
        return;
    }
    if (errand->end == ERRAND_FAILED) {
        flight_log(flight, LOG_WARN, check ? "not_checked" : "no_context", errand->fault);
        end(flight, TOKEN_RELEASE);
        return;
    }
    flight_log(flight, LOG_INFO, check ? "checked" : "context", STR_NONE);
    flight->change.context = errand->context;
    end(flight, check ? TOKEN_PROVE : TOKEN_LEARN);
}

void flight_set_out(struct flight *flight)
{
    struct errand *errand = &flight->errand;
    *errand = (struct errand){.envoy = flight_envoy(flight),
                              .credentials = flight->own,
                              .context = flight->account->context,
                              .fills = true,
                              .heard = on_errand};
    if (flight->errand_kind == WARD_CHECK)
        errand_take_check(errand, &flight->way->rule);
    else
        errand_take_context(errand, &flight->way->rule);
    if (!errand_start(errand))
        on_errand(errand);
}

/* Whether another process has brought what is wanted since this flight began: the lease
 * was its own until then. */
static bool is_brought(const struct flight *flight)
{
    struct account *account = directory_account(flight_keeper(flight)->config.directory,
                                                flight->change.account);
    bool brought =
        flight->errand_kind == WARD_CONTEXT && account && !flight_lacks(flight, account);
    account_unref(&account);
    return brought;
}

void flight_begin_errand(struct flight *flight)
{
    flight->answered = is_brought(flight);
    if (flight->answered)
        end(flight, TOKEN_RELEASE);
    else
        flight_move(flight, FLIGHT_ERRAND);
}
