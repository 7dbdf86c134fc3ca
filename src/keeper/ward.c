/*
 * When an account's token is renewed, and who waits for it. A plan is made from what the
 * store has; as long as that is the same, the plan stands: a wall clock that jumps moves
 * nothing.
 */
#include <string.h>

#include "auth/own_request.h"
#include "base/mem.h"
#include "keeper/waiter.h"

static const usec backoff_first = 2 * USEC_S;
static const usec backoff_max = 5 * USEC_MIN;
static const usec slow_first = USEC_MIN;
static const usec slow_max = USEC_H;
static const usec reauth_check_every = 24 * USEC_H;
static const usec check_every = 5 * USEC_MIN; /* where calls are refused on and on */
static const usec idle_early =
    14 * 24 * USEC_H; /* before a refresh token dies of disuse */

struct ward *ward_find(struct shard *shard, const struct tenant_id *id)
{
    return map_find(&shard->wards, tenant_id_str(id));
}

/* --- counting --- */

static void count_as(uint32_t *n, bool *counted, bool is)
{
    if (is && !*counted)
        (*n)++;
    else if (!is && *counted)
        (*n)--;
    *counted = is;
}

static bool is_failing(const struct ward *ward)
{
    return ward->failures && !ward->fixed && ward->state != ACCOUNT_NEEDS_REAUTH &&
           ward->state != ACCOUNT_DISABLED && ward->state != ACCOUNT_DELETING;
}

/* As what it is now. */
static void count(struct shard *shard, struct ward *ward)
{
    struct tally *tally = &shard->tally;
    count_as(&tally->needs_reauth, &ward->counted_reauth,
             ward->state == ACCOUNT_NEEDS_REAUTH);
    count_as(&tally->fixed, &ward->counted_fixed, ward->fixed);
    if (!is_failing(ward))
        list_remove(&ward->failing);
    else if (list_empty(&ward->failing))
        list_push_back(&tally->failing, &ward->failing);
}

void ward_uncount(struct shard *shard, struct ward *ward)
{
    count_as(&shard->tally.needs_reauth, &ward->counted_reauth, false);
    count_as(&shard->tally.fixed, &ward->counted_fixed, false);
    count_as(&shard->tally.busy, &ward->busy, false);
    list_remove(&ward->failing);
}

void ward_take(struct shard *shard, struct ward *ward)
{
    count_as(&shard->tally.busy, &ward->busy, true);
}

/* --- there and gone --- */

static struct ward *ward_make(struct shard *shard, const struct tenant_id *id)
{
    struct ward *ward = mem_zalloc(sizeof(*ward));
    ward->id = *id;
    list_init(&ward->waits);
    list_init(&ward->failing);
    ward->facts_expires = -1;
    ward->token_due = ward->errand_due = USEC_NEVER;
    map_put(&shard->wards, tenant_id_str(&ward->id), ward);
    return ward;
}

/* Puts it where the heap wants it. */
static void place(struct shard *shard, struct ward *ward)
{
    usec due = usec_min(ward->token_due, ward->errand_due);
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

void ward_remove(struct shard *shard, struct ward *ward)
{
    struct keeper_reason reason = {.err = ERR_ACCOUNT_DELETED, .retry_after = -1};
    ward_tell(ward, KEEPER_NO, &reason);
    ward->token_due = ward->errand_due = USEC_NEVER;
    place(shard, ward);
    map_remove(&shard->wards, tenant_id_str(&ward->id));
    ward_uncount(shard, ward);
    mem_free(ward);
}

void ward_due(struct shard *shard, struct ward *ward, usec due)
{
    ward->token_due = due;
    place(shard, ward);
}

void ward_release(struct shard *shard, struct ward *ward)
{
    count_as(&shard->tally.busy, &ward->busy, false);
    place(shard, ward);
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
    if (ward->fixed || ward->tokenless || ward->until == USEC_NEVER)
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
    ward->fixed = ward->planned = ward->suspect = false;
    memset(ward->errands, 0, sizeof(ward->errands));
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

/* One that is being deleted is not: writes of it may have to be done yet. */
static bool is_off(const struct account *account)
{
    return account->state == ACCOUNT_DISABLED;
}

/* So long after it was last tried; a clock that was set back makes it no longer. */
static usec again_after(struct world *world, const struct account *account, usec pause)
{
    usec waited = world_wall(world) - account->token.tried;
    return world_now(world) + usec_max(pause - usec_max(waited, 0), 0);
}

/* A person is asked, and yet it is looked once a day whether they need be. */
static usec daily_due(const struct shard *shard, const struct account *account)
{
    return again_after(shard->keeper->config.world, account, reauth_check_every);
}

static usec next_due(struct shard *shard, struct ward *ward,
                     const struct account *account, const struct token_rule *rule)
{
    struct world *world = shard->keeper->config.world;
    usec now = world_now(world);
    if (!rule || ward->fixed || is_off(account))
        return USEC_NEVER;
    if (account->state == ACCOUNT_NEEDS_REAUTH)
        return daily_due(shard, account);
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

/* --- errands --- */

bool ward_lacks_context(const struct account *account, const struct auth_rule *rule)
{
    const struct own_request *requests = rule->context.items;
    for (uint32_t i = 0; i < rule->context.n; i++) {
        const struct signal_named *keep = requests[i].keep.items;
        for (uint32_t k = 0; k < requests[i].keep.n; k++)
            if (str_absent(json_member_text(&account->context, keep[k].name)))
                return true;
    }
    return false;
}

/* A check is for what nothing renews: whether the rest works, an exchange shows. */
static void plan_errand(struct shard *shard, struct ward *ward,
                        const struct account *account, const struct auth_rule *rule)
{
    struct world *world = shard->keeper->config.world;
    bool stays = ward->tokenless || ward->fixed;
    bool works = account->state != ACCOUNT_NEEDS_REAUTH &&
                 (stays || ward_alive(ward, world_now(world)));
    enum ward_errand wanted = WARD_NONE;
    if (stays && !is_off(account) && rule->check && (ward->suspect || !works))
        wanted = WARD_CHECK;
    else if (works && !is_off(account) && ward_lacks_context(account, rule))
        wanted = WARD_CONTEXT;
    ward->errand = wanted;
    ward->errand_due = usec_max(world_now(world), ward->errands[wanted].hold);
    if (wanted == WARD_NONE)
        ward->errand_due = USEC_NEVER;
    else if (wanted == WARD_CHECK && !ward->suspect && !ward->errands[wanted].failures)
        ward->errand_due = daily_due(shard, account);
}

void ward_end_errand(struct ward *ward, enum ward_errand errand, usec pause, usec now)
{
    ward->errands[errand].failures = pause ? ward->errands[errand].failures + 1 : 0;
    ward->errands[errand].hold = pause ? now + pause : 0;
    ward->suspect = ward->suspect && pause;
}

void ward_wait_for_document(struct ward *ward)
{
    ward->token_due = ward->hold;
    ward->errand_due = USEC_NEVER;
}

/* --- the plan --- */

/* The account is there, and nothing of it is renewed or asked for any more. */
static void let_go(struct shard *shard, struct ward *ward)
{
    if (!ward)
        return;
    ward_tell(ward, KEEPER_GO, NULL);
    if (ward->busy)
        ward->gone = true;
    else
        ward_remove(shard, ward);
}

/* Its document may have lost its token block, or come to one. */
static void note_token_block(struct ward *ward, bool tokenless)
{
    if (ward->tokenless == tokenless)
        return;
    ward->tokenless = tokenless;
    ward->planned = false;
    if (tokenless)
        ward_tell(ward, KEEPER_GO, NULL);
}

/* Most accounts whose credentials nothing renews never need one. */
static bool needs_ward(const struct ward *ward, const struct account *account,
                       const struct auth_rule *rule)
{
    if (rule->token)
        return true;
    bool dead = account->state == ACCOUNT_NEEDS_REAUTH;
    return !is_off(account) && ((rule->check && (dead || (ward && ward->suspect))) ||
                                (!dead && ward_lacks_context(account, rule)));
}

void ward_plan(struct shard *shard, struct account *account, const struct auth_rule *rule)
{
    struct world *world = shard->keeper->config.world;
    struct ward *ward = ward_find(shard, &account->id);
    if (account->credential_version == 0) {
        let_go(shard, ward);
        return;
    }
    if (!rule) /* if it has a ward, its next flight finds out why */
        return;
    if (!needs_ward(ward, account, rule)) {
        let_go(shard, ward);
        return;
    }
    if (!ward)
        ward = ward_make(shard, &account->id);
    ward->gone = false;
    note_token_block(ward, !rule->token);
    bool news = has_news(ward, account);
    if (news)
        take_facts(ward, account, world_now(world), world_wall(world));
    if (!stands(ward, account)) {
        ward->planned = true;
        ward->failures = account->token.failures;
        ward->state = account->state;
        ward->token_due = next_due(shard, ward, account, rule->token);
        if (ward->wait_n && !ward->busy)
            ward->token_due = 0;
    }
    plan_errand(shard, ward, account, rule);
    place(shard, ward);
    count(shard, ward);
    usec good = ward_good(ward);
    atomic_store_explicit(&account->token_good, good, memory_order_relaxed);
    /* A person has connected meanwhile: no exchange is left that would tell them. */
    if (news && !ward->busy && good > world_now(world))
        ward_tell(ward, KEEPER_GO, NULL);
}

void ward_suspect(struct shard *shard, struct account *account,
                  const struct auth_rule *rule, bool asked)
{
    struct world *world = shard->keeper->config.world;
    struct ward *ward = ward_find(shard, &account->id);
    if (!rule->check || account->credential_version == 0)
        return;
    if (!ward && !rule->token) {
        ward = ward_make(shard, &account->id);
        ward->tokenless = true;
        take_facts(ward, account, world_now(world), world_wall(world));
    }
    if (!ward || !(ward->tokenless || ward->fixed))
        return;
    usec *hold = &ward->errands[WARD_CHECK].hold;
    if (asked)
        *hold = 0;
    else if (!ward->suspect)
        *hold = usec_max(*hold, again_after(world, account, check_every));
    ward->suspect = true;
    plan_errand(shard, ward, account, rule);
    place(shard, ward);
    count(shard, ward);
}

void ward_fix(struct shard *shard, struct ward *ward)
{
    pthread_mutex_lock(&shard->lock);
    ward->fixed = true;
    ward->token_due = USEC_NEVER;
    count(shard, ward);
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
        waiter->shard->tally.waiting--;
        waiter->wait.word = word;
        if (reason)
            waiter->wait.reason = *reason;
        worker_post(waiter->worker, &waiter->post, on_told);
    }
    ward->wait_n = 0;
}
