#include "keeper/lease.h"

#include "loop/world.h"

static const usec patience = 10 * USEC_S; /* over the length of a lease */

static void on_changed(struct token_change *change);

static void end(struct lease *lease, enum err err, str detail)
{
    lease->err = err;
    lease->detail = detail;
    timer_cancel(&lease->timer);
    account_unref(&lease->found);
    lease->ended(lease);
}

static void end_stopped(struct lease *lease)
{
    end(lease, ERR_TOKEN_UNAVAILABLE, STR(KEEPER_STOPPING));
}

static void change(struct lease *lease, enum token_step step)
{
    struct token_change *change = &lease->change;
    change->step = step;
    change->directory = lease->directory;
    change->worker = lease->worker;
    change->done = on_changed;
    change->arena = lease->arena;
    change->account = lease->account;
    change->version = lease->found->credential_version;
    change->holder = lease->holder;
    change->lease = token_call_lease;
    change->any_state = lease->any_state;
    change->wall = world_wall(lease->worker->world);
    directory_change_token(change);
}

/* --- taking --- */

static void begin(struct lease *lease)
{
    account_unref(&lease->found);
    lease->found = directory_account(lease->directory, lease->account);
    if (lease->found)
        change(lease, TOKEN_INTEND);
    else
        end(lease, ERR_ACCOUNT_UNKNOWN, STR_NONE);
}

static void on_timer(struct timer *timer)
{
    begin(CONTAINER_OF(timer, struct lease, timer));
}

static void again(struct lease *lease, usec delay)
{
    if (lease->worker->now >= lease->until)
        end(lease, ERR_TOKEN_UNAVAILABLE,
            STR("The account's token is being renewed; try again in a minute."));
    else
        timer_start(&lease->timer, delay);
}

/* A lease that stands for its whole length has lost its holder. */
static void note_holder(struct lease *lease)
{
    usec now = lease->worker->now;
    if (lease->change.fence != lease->seen_fence) {
        lease->seen_fence = lease->change.fence;
        lease->seen_since = now;
    } else if (now - lease->seen_since >= token_call_lease) {
        lease->change.outlived = lease->seen_fence;
    }
}

static void on_intended(struct lease *lease)
{
    if (lease->stopping && lease->change.end == TOKEN_DONE) {
        change(lease, TOKEN_RELEASE);
        return;
    }
    if (lease->stopping) {
        end_stopped(lease);
        return;
    }
    switch (lease->change.end) {
    case TOKEN_DONE:
        lease->had(lease);
        return;
    case TOKEN_NEWER:
        again(lease, 0);
        return;
    case TOKEN_HELD:
        note_holder(lease);
        again(lease, token_call_held_poll);
        return;
    case TOKEN_GONE:
        end(lease, ERR_ACCOUNT_DISABLED, STR_NONE);
        return;
    }
}

static void on_changed(struct token_change *change)
{
    struct lease *lease = CONTAINER_OF(change, struct lease, change);
    if (change->step == TOKEN_RELEASE && lease->stopping)
        end_stopped(lease);
    else if (change->step == TOKEN_RELEASE) /* if it failed, the lease runs out */
        end(lease, ERR_NONE, STR_NONE);
    else if (change->err != ERR_NONE)
        end(lease, change->err, STR_NONE);
    else if (change->step == TOKEN_INTEND)
        on_intended(lease);
    else if (change->end != TOKEN_DONE)
        end(lease, ERR_STATE_CONFLICT,
            STR("Its credentials were changed while it was being connected."));
    else
        end(lease, ERR_NONE, STR_NONE);
}

/* --- the caller's calls --- */

void lease_take(struct lease *lease)
{
    timer_init(&lease->timer, lease->worker, on_timer);
    lease->until = lease->worker->now + token_call_lease + patience;
    begin(lease);
}

void lease_end(struct lease *lease, enum token_step step)
{
    change(lease, step);
}

void lease_stop(struct lease *lease)
{
    lease->stopping = true;
    if (timer_active(&lease->timer))
        end_stopped(lease);
    /* else the store is about to answer */
}
