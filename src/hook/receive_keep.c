/*
 * What was accepted becomes durable: one record, or a payload of its own and records that
 * list its events.
 */
#include "hook/receive_state.h"

enum { RECORD_BYTES_MAX = 240 * 1024 };

/* --- what is kept --- */

static uint32_t verified_by(const struct receive *receive)
{
    const struct signature_rule *rules = receive->integration->webhooks->verify.items;
    return receive->verdict.by ? (uint32_t)(receive->verdict.by - rules) : 0;
}

static str account_id(const struct receive *receive)
{
    return receive->account ? tenant_id_str(&receive->account->id) : STR_NONE;
}

static str message_text(struct receive *receive)
{
    struct hook_message message = {.integration = receive->integration->name,
                                   .account = account_id(receive),
                                   .method = receive->request.method,
                                   .url = receive->url,
                                   .headers = *receive->request.headers,
                                   .body = receive->request.body,
                                   .verified_by = verified_by(receive),
                                   .received = receive->wall};
    return hook_message_write(&message, &receive->arena);
}

static bool seal(struct receive *receive, str about, str plain, str *ret_sealed)
{
    return hook_seal(receive->hooks->keys, receive_owner(receive), about, plain,
                     &receive->arena, ret_sealed);
}

static void fill_list(struct receive *receive)
{
    struct hook_list *list = &receive->list;
    list->integration = receive->integration->name;
    list->account = account_id(receive);
    list->app = receive->app ? tenant_id_str(&receive->app->id) : STR_NONE;
    list->received = receive->wall;
}

static str envelope_of(struct receive *receive, enum hook_frame frame, str list)
{
    struct hook_envelope envelope = {
        .frame = frame, .owner = receive_owner(receive), .list = list};
    if (frame == HOOK_LIST)
        envelope.reference = str_z(receive->put.reference);
    str parts[] = {hook_envelope_head(&envelope, &receive->arena), list};
    return arena_join(&receive->arena, parts, COUNT_OF(parts));
}

static void on_put(struct payload_put *put);

static void put(struct receive *receive, str head, str sealed)
{
    receive->put = (struct payload_put){
        .parts = {head, sealed}, .done = on_put, .worker = receive->worker};
    atomic_fetch_add(&receive->hooks->busy[receive->worker->id], 1);
    payload_put(receive->hooks->config.payloads, &receive->put);
}

/* Whether it is one record, its events in it; what is put in either case. */
static bool is_whole(struct receive *receive, str message, str *ret_list)
{
    uint32_t n;
    *ret_list = hook_list_write(&receive->list, 0, &n, &receive->arena);
    return n == receive->list.n && message.n + ret_list->n <= RECORD_BYTES_MAX;
}

void receive_keep(struct receive *receive)
{
    str list, sealed, sealed_list = STR("");
    const struct account *account = receive->account;
    if (account && transfer_is_full(receive->hooks->transfer,
                                    tenant_id_str(&account->environment->id))) {
        receive_refuse(receive, ERR_HOOK_QUOTA, STR_NONE);
        return;
    }
    fill_list(receive);
    str message = message_text(receive);
    bool whole = is_whole(receive, message, &list);
    bool good = seal(receive, HOOK_ABOUT_REQUEST, message, &sealed) &&
                (!whole || seal(receive, HOOK_ABOUT_LIST, list, &sealed_list));
    if (!good) {
        receive_refuse(
            receive, ERR_CREDENTIAL_UNUSABLE,
            STR("The data key that it is to be sealed with cannot be opened."));
        return;
    }
    receive->listed = whole ? receive->list.n : 0;
    put(receive, envelope_of(receive, whole ? HOOK_WHOLE : HOOK_APART, sealed_list),
        sealed);
}

static void on_put(struct payload_put *put)
{
    struct receive *receive = CONTAINER_OF(put, struct receive, put);
    atomic_fetch_sub(&receive->hooks->busy[receive->worker->id], 1);
    CRASH_POINT("hook.kept");
    hooks_wake(receive->hooks);
    if (put->err != ERR_NONE)
        receive_refuse(receive, put->err, STR_NONE);
    else if (receive->listed == receive->list.n)
        receive_move(receive, RECEIVE_ANSWER);
    else
        receive_move(receive, RECEIVE_LIST);
}

/* --- the events of one that is apart --- */

static void on_listed(struct journal_append *append)
{
    struct receive *receive = CONTAINER_OF(append, struct receive, append);
    atomic_fetch_sub(&receive->hooks->busy[receive->worker->id], 1);
    receive->listed += receive->listing;
    hooks_wake(receive->hooks);
    if (append->err != ERR_NONE)
        receive_refuse(receive, append->err, STR_NONE);
    else if (receive->listed == receive->list.n)
        receive_move(receive, RECEIVE_ANSWER);
    else
        receive_list(receive);
}

void receive_list(struct receive *receive)
{
    str sealed;
    str list = hook_list_write(&receive->list, receive->listed, &receive->listing,
                               &receive->arena);
    if (!seal(receive, HOOK_ABOUT_LIST, list, &sealed)) {
        receive_refuse(receive, ERR_CREDENTIAL_UNUSABLE, STR_NONE);
        return;
    }
    receive->append =
        (struct journal_append){.strength = JOURNAL_DURABLE,
                                .type = HOOK_RECORD_LIST,
                                .parts = {envelope_of(receive, HOOK_LIST, sealed)},
                                .done = on_listed,
                                .worker = receive->worker};
    atomic_fetch_add(&receive->hooks->busy[receive->worker->id], 1);
    journal_append(receive->hooks->config.journal, &receive->append);
}
