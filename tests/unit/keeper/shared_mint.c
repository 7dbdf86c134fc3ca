#include "shared_mint.h"

#include "mint.h"

#include "base/check.h"
#include "http/form.h"

/* Runs in processes of a test, where an assertion would not reach it: CHECK ends them. */
static void read_token(struct token_fetch *fetch, unsigned *ret_grant,
                       unsigned *ret_generation)
{
    struct form form;
    form_init(&form, fetch->arena);
    form_add_text(&form, fetch->request.body);
    CHECK(mint_read(form_find(&form, STR("refresh_token")), 'r', ret_grant,
                    ret_generation));
    CHECK(*ret_grant < SHARED_GRANTS);
}

struct shared_verdict shared_mint_hear(struct shared_mint *mint,
                                       struct token_fetch *fetch)
{
    unsigned of, generation;
    read_token(fetch, &of, &generation);
    struct shared_grant *grant = &mint->grants[of];
    atomic_fetch_add(&grant->asked, 1);
    unsigned open = atomic_fetch_add(&grant->open, 1) + 1;
    unsigned peak = atomic_load(&grant->peak);
    while (peak < open && !atomic_compare_exchange_weak(&grant->peak, &peak, open))
        ;
    return (struct shared_verdict){.grant = grant, .of = of};
}

void shared_mint_act(struct shared_verdict *verdict, struct token_fetch *fetch)
{
    unsigned of, generation;
    struct shared_grant *grant = verdict->grant;
    read_token(fetch, &of, &generation);
    if (!atomic_compare_exchange_strong(&grant->generation, &generation,
                                        generation + 1)) {
        atomic_fetch_add(&grant->reused, 1);
        return;
    }
    verdict->generation = generation + 1;
    atomic_fetch_add(&grant->given, 1);
}

void shared_mint_answer(const struct shared_verdict *verdict, struct token_fetch *fetch)
{
    bool good = verdict->generation > 0;
    struct headers *headers = arena_alloc(fetch->arena, sizeof(*headers));
    headers_init(headers, fetch->arena, 1);
    fetch->sent = true;
    fetch->answer = (struct answer){.status = good ? 200 : 400, .headers = headers};
    if (good)
        fetch->answer.text = arena_printf(fetch->arena,
                                          "{\"access_token\":\"a%u.%u\",\"refresh_"
                                          "token\":\"r%u.%u\",\"expires_in\":3600}",
                                          verdict->of, verdict->generation, verdict->of,
                                          verdict->generation);
    else
        fetch->answer.text = STR("{\"error\":\"invalid_grant\"}");
    atomic_fetch_sub(&verdict->grant->open, 1);
}
