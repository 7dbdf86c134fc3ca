#include "base/crypto.h"
#include "base/encode.h"
#include "base/utf8.h"
#include "hook/receive_state.h"

/* --- what is known of an event --- */

/* As it can stand in a row: what is longer, or no text, by its digest. */
static str bounded(str text, struct arena *arena)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    bool plain = text.n <= HOOK_TEXT_BYTES_MAX && utf8_is_valid(text) &&
                 str_find(text, '\0') == text.n;
    if (str_absent(text) || plain)
        return text;
    crypto_sha256(text, digest);
    str parts[] = {STR("sha256:"),
                   encode_hex(arena, str_of((const char *)digest, sizeof(digest)))};
    return arena_join(arena, parts, COUNT_OF(parts));
}

static str claim_of(const struct receive *receive, const struct webhook_event *event,
                    struct arena *arena)
{
    if (receive->account || !event->account)
        return STR_NONE;
    str parts[] = {event->account->context, STR("="), event->account_value};
    return bounded(arena_join(arena, parts, COUNT_OF(parts)), arena);
}

static struct hook_event event_of(struct receive *receive, const struct json *item)
{
    struct webhook_event event;
    webhook_event_read(receive->integration->webhooks, &receive->view, item, &event);
    return (struct hook_event){.id = bounded(event.id, &receive->arena),
                               .type = bounded(event.type, &receive->arena),
                               .happened = event.wall,
                               .claim = claim_of(receive, &event, &receive->arena)};
}

/* By which a request without ids is known when it comes again. */
static void digest_request(struct receive *receive)
{
    const struct webhook_request *request = &receive->request;
    str pieces[] = {request->method, STR("\n"), request->url, STR("\n"), request->body};
    uint8_t digest[CRYPTO_HASH_BYTES_MAX];
    crypto_hash_pieces(CRYPTO_SHA256, pieces, COUNT_OF(pieces), digest);
    memcpy(receive->list.digest, digest, HOOK_DIGEST_BYTES);
}

static void find_events(struct receive *receive)
{
    struct webhook_events found =
        webhook_events_of(receive->integration->webhooks, &receive->view);
    struct hook_event *events = arena_array(&receive->arena, found.n, sizeof(*events));
    bool nameless = false;
    for (uint32_t i = 0; i < found.n; i++) {
        events[i] = event_of(receive, &found.items[i]);
        events[i].item = i;
        nameless |= str_absent(events[i].id);
    }
    receive->list.events = events;
    receive->list.n = found.n;
    if (nameless)
        digest_request(receive);
}

/* --- the verdict --- */

static void find_secrets(struct receive *receive)
{
    struct hooks *hooks = receive->hooks;
    struct secret_scene scene = {.directory = hooks->config.directory,
                                 .integration = receive->integration,
                                 .account = receive->account,
                                 .app = receive->app,
                                 .scope = receive_scope(receive),
                                 .key_sets = hooks->key_sets};
    struct webhook_secret *secrets;
    receive->request.secret_n =
        hook_secrets_find(hooks->secrets, &scene, &receive->arena, &secrets);
    receive->request.secrets = secrets;
}

void receive_judge(struct receive *receive)
{
    const struct webhook_rule *rule = receive->integration->webhooks;
    receive->request = (struct webhook_request){.method = receive->in->head.method,
                                                .url = receive->url,
                                                .headers = &receive->in->head.headers,
                                                .body = buf_peek(&receive->body),
                                                .wall = receive->wall};
    find_secrets(receive);
    webhook_view_init(&receive->view, &receive->request, rule->form_json,
                      &receive->arena);
    webhook_judge(rule, &receive->view, &receive->verdict);
    if (receive->verdict.outcome == WEBHOOK_ACCEPT && !receive->verdict.handshake)
        find_events(receive);
}
