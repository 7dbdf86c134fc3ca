/*
 * When an account's token is renewed, and who waits for it. A plan is made from what the
 * store has; as long as that is the same, the plan stands: a wall clock that jumps moves
 * nothing.
 */
#include "base/mem.h"
#include "keeper/waiter.h"

static const usec backoff_first = 2 * USEC_S;
static const usec backoff_max = 5 * USEC_MIN;
static const usec slow_first = USEC_MIN;
static const usec slow_max = USEC_H;
static const usec reauth_check_every = 24 * USEC_H;
static const usec idle_early =
    14 * 24 * USEC_H; /* before a refresh token dies of disuse */

struct ward *ward_find(struct shard *shard, const struct tenant_id *id)
{
    return map_find(&shard->wards, tenant_id_str(id));
}

static struct ward *ward_make(struct shard *shard, const struct tenant_id *id)
{
    struct ward *ward = mem_zalloc(sizeof(*ward));
    ward->id = *id;
    list_init(&ward->waits);
    ward->facts_expires = -1;
    map_put(&shard->wards, tenant_id_str(&ward->id), ward);
    return ward;
}

void ward_remove(struct shard *shard, struct ward *ward)
{
    struct keeper_reason reason = {.err = ERR_ACCOUNT_DELETED, .retry_after = -1};
    ward_tell(ward, KEEPER_NO, &reason);
    ward_due(shard, ward, USEC_NEVER);
    map_remove(&shard->wards, tenant_id_str(&ward->id));
    mem_free(ward);
}

void ward_due(struct shard *shard, struct ward *ward, usec due)
{
    if (ward->busy || due == USEC_NEVER) {
        if (heap_holds(&ward->node))
            heap_remove(&shard->due, &ward->node);
        return;
    }
    if (heap_holds(&ward->node))
        heap_change(&shard->due, &ward->node, due);
    else
        heap_push(&shard->due, &ward->node, due);
}

usec ward_backoff(uint32_t failures, bool slow, double chance)
{
    usec delay = slow ? slow_first : backoff_first;
    usec max = slow ? slow_max : backoff_max;
    for (uint32_t i = 1; i < failures && delay < max; i++)
        delay *= 2;
    delay = usec_min(delay, max);
    return delay / 2 + (usec)((double)(delay / 2) * chance);
}

usec ward_good(const struct ward *ward)
{
    if (ward->fixed || ward->until == USEC_NEVER)
        return USEC_NEVER;
    /* While renewing it fails, a token is good until its end. */
    return ward->failures ? ward->until : ward->until - token_reserve(ward->lifetime);
}

/* --- planning --- */

/* What the store knows, in times of this process. */
static void take_facts(struct ward *ward, const struct account *account, usec now,
                       usec wall)
{
    const struct token_facts *facts = &account->token;
    usec lifetime = facts->learned ? facts->learned : USEC_NEVER;
    if (facts->expires && facts->expires != USEC_NEVER)
        lifetime = usec_max(facts->expires - facts->issued, 1);
    else if (facts->expires == USEC_NEVER)
        lifetime = USEC_NEVER;
    ward->version = account->credential_version;
    ward->facts_issued = facts->issued;
    ward->facts_expires = facts->expires;
    ward->lifetime = lifetime;
    /* A token from the future is one of now: the clock was set back since. */
    usec age = usec_max(wall - facts->issued, 0);
    ward->issued =
        facts->issued ? now - age : 0; /* negative: before the machine's start */
    ward->until = 0;
    if (facts->issued && lifetime == USEC_NEVER)
        ward->until = USEC_NEVER;
    else if (facts->issued)
        ward->until = usec_max(ward->issued + lifetime, 0);
    ward->fixed = ward->planned = false;
    ward->learned = 0;
    ward->hold = 0;
    ward->lease = 0;
}

/* A refresh token that dies of disuse is used before. */
static usec idle_due(const struct account *account, const struct token_rule *rule,
                     usec now, usec wall)
{
    usec used = usec_max(account->token.refreshed, account->token.issued);
    if (!rule->idle_max || !used)
        return USEC_NEVER;
    usec early = usec_min(idle_early, rule->idle_max / 4);
    return now + usec_max(used + rule->idle_max - early - wall, 0);
}

static usec usual_due(struct shard *shard, const struct ward *ward,
                      const struct account *account, const struct token_rule *rule)
{
    struct world *world = shard->keeper->config.world;
    usec now = world_now(world);
    bool endless = ward->until == USEC_NEVER;
    if (ward->until == 0 || (endless && ward->failures))
        return now; /* what has failed is tried again */
    if (endless)
        return idle_due(account, rule, now, world_wall(world));
    return usec_max(ward->until - token_lead(rule, ward->lifetime, world_chance(world)),
                    now);
}

static usec next_due(struct shard *shard, struct ward *ward,
                     const struct account *account, const struct token_rule *rule)
{
    struct world *world = shard->keeper->config.world;
    usec now = world_now(world);
    if (ward->fixed || account->state == ACCOUNT_DISABLED ||
        account->state == ACCOUNT_DELETING)
        return USEC_NEVER;
    if (account->state == ACCOUNT_NEEDS_REAUTH) {
        usec waited = world_wall(world) - account->token.tried;
        return now + usec_max(reauth_check_every - usec_max(waited, 0), 0);
    }
    usec due = usual_due(shard, ward, account, rule);
    if (ward->failures && !ward->hold)
        ward->hold = now + ward_backoff(ward->failures, false, world_chance(world));
    return due == USEC_NEVER ? due : usec_max(due, ward->hold);
}

/* Nothing else that a plan hangs on has changed. */
static bool stands(const struct ward *ward, const struct account *account)
{
    return ward->planned && ward->failures == account->token.failures &&
           ward->state == account->state;
}

/* An account object that has been replaced meanwhile tells nothing. */
static bool has_news(const struct ward *ward, const struct account *account)
{
    if (account->credential_version != ward->version)
        return account->credential_version > ward->version;
    return ward->facts_issued != account->token.issued ||
           ward->facts_expires != account->token.expires;
}

void ward_plan(struct shard *shard, struct account *account,
               const struct token_rule *rule)
{
    struct world *world = shard->keeper->config.world;
    struct ward *ward = ward_find(shard, &account->id);
    if (account->credential_version == 0) {
        if (ward && ward->busy)
            ward->gone = true;
        else if (ward)
            ward_remove(shard, ward);
        return;
    }
    if (!rule) { /* if it has a ward, its next flight finds out why */
        if (ward && has_news(ward, account))
            ward_due(shard, ward, world_now(world));
        return;
    }
    if (!ward)
        ward = ward_make(shard, &account->id);
    ward->gone = false;
    if (has_news(ward, account))
        take_facts(ward, account, world_now(world), world_wall(world));
    if (!stands(ward, account)) {
        ward->planned = true;
        ward->failures = account->token.failures;
        ward->state = account->state;
        ward_due(shard, ward, next_due(shard, ward, account, rule));
    }
    atomic_store_explicit(&account->token_good, ward_good(ward), memory_order_relaxed);
}

void ward_fix(struct shard *shard, struct ward *ward)
{
    pthread_mutex_lock(&shard->lock);
    ward->fixed = true;
    pthread_mutex_unlock(&shard->lock);
}

/* --- waiting --- */

static void on_told(struct post *post)
{
    struct waiter *waiter = CONTAINER_OF(post, struct waiter, post);
    if (!waiter->forgotten)
        waiter->heard(&waiter->wait);
    mem_free(waiter);
}

void ward_tell(struct ward *ward, enum keeper_word word,
               const struct keeper_reason *reason)
{
    struct list *node;
    while ((node = list_pop_front(&ward->waits)) != NULL) {
        struct waiter *waiter = CONTAINER_OF(node, struct waiter, node);
        waiter->told = true;
        waiter->wait.word = word;
        if (reason)
            waiter->wait.reason = *reason;
        worker_post(waiter->worker, &waiter->post, on_told);
    }
    ward->wait_n = 0;
}
