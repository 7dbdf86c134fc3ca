/*
 * What all schemes do that sign content, in this order; the first that fails is the
 * reason:
 *
 *   lines      what the signature depends on is there once
 *   time       within the tolerance of ours
 *   list       signatures cut out of their place and decoded
 *   body       covered by the content, or by a digest that the request names
 *   digest     that digest is the body's
 *   secrets    each that may be used, over each form of the URL
 */
#include "base/secret.h"
#include "signature/signature_scheme.h"

enum { URL_FORMS_MAX = 2 };

/* --- checking a rule --- */

static bool covers_body(const struct content *content)
{
    return content_has(content, CONTENT_BODY);
}

/* Whether who changes what the signal finds changes what is signed. Of an expression that
 * is not known: the document is trusted. */
static bool covers(const struct signature_rule *rule, const struct signal *signal)
{
    if (signal->source == SIGNAL_EXPRESSION)
        return true;
    if (signal->source == SIGNAL_HEADER)
        return content_has_header(&rule->content, signal->header);
    if (signal->source == SIGNAL_QUERY)
        return content_has(&rule->content, CONTENT_URL) ||
               content_has(&rule->content, CONTENT_QUERY_SORTED) ||
               content_has(&rule->content, CONTENT_QUERY_CANONICAL);
    return covers_body(&rule->content);
}

/* A time that anybody could change would keep nobody from sending a request again. */
static void check_time(struct binder *binder, const struct signature_rule *rule)
{
    if (!signal_is_moment(&rule->timestamp))
        bind_fault_at(binder, STR("timestamp"),
                      "must have a unit that is a moment: epoch_s, epoch_ms, iso8601 or "
                      "http_date.");
    else if (!content_has(&rule->content, CONTENT_TIMESTAMP) &&
             !covers(rule, &rule->timestamp))
        bind_fault_at(binder, STR("timestamp"),
                      "is not signed, so that anybody could change it; put {timestamp} "
                      "into \"content\" where the vendor has it.");
}

void signed_check(struct binder *binder, const struct signature_rule *rule,
                  bool secret_in_content)
{
    bool has_secret = content_has(&rule->content, CONTENT_SECRET);
    bool has_time = content_has(&rule->content, CONTENT_TIMESTAMP);
    if (rule->signature.source == SIGNAL_NONE)
        bind_fault(binder, "\"signature\" is missing: the header, or another place of "
                           "the request, that holds the signature.");
    if (rule->content.n == 0)
        bind_fault(binder, "\"content\" is missing: what is signed, such as \"{body}\".");
    else if (has_secret != secret_in_content)
        bind_fault_at(
            binder, STR("content"),
            secret_in_content
                ? "must hold {secret}: a plain digest without it proves nothing."
                : "holds {secret}, which is the key here and not part of what "
                  "is signed; remove it, or make the scheme \"hash\".");
    if (has_time && rule->timestamp.source == SIGNAL_NONE)
        bind_fault_at(binder, STR("content"),
                      "holds {timestamp}, but \"timestamp\" does not say where that is.");
    if (rule->timestamp.source != SIGNAL_NONE && rule->content.n)
        check_time(binder, rule);
    if (rule->body_digest && rule->content.n && !covers(rule, &rule->body_digest->value))
        bind_fault_at(binder, STR("body_digest"),
                      "is not signed, so that anybody could change it along with the "
                      "body; put its header or {url} into \"content\".");
    if (rule->numbered && rule->signature.source != SIGNAL_HEADER)
        bind_fault_at(binder, STR("numbered"),
                      "is about headers, and the signature stands elsewhere.");
}

/* --- cutting out and decoding --- */

/* Those behind SIGNATURES_MAX, and those without the prefix, are not looked at. */
static void cut(const struct signature_rule *rule, str text, struct signature_list *list)
{
    text = signature_behind_prefix(rule, str_trim(text));
    if (text.n && list->n < SIGNATURES_MAX)
        list->items[list->n++] = text;
}

static void cut_all(const struct signature_rule *rule, str text,
                    struct signature_list *list)
{
    str piece;
    if (str_absent(rule->separator))
        cut(rule, text, list);
    else
        while (str_next(&text, rule->separator.p[0], &piece))
            cut(rule, piece, list);
}

/* The signatures as they are written. */
static struct signature_list find_signatures(const struct signature_rule *rule,
                                             struct webhook_view *view)
{
    struct signature_list list = {.n = 0};
    if (!rule->numbered) {
        cut_all(rule, signal_text(&rule->signature, &view->answer, view->arena), &list);
        return list;
    }
    for (int i = 1; i <= SIGNATURES_MAX; i++) {
        str name =
            arena_printf(view->arena, STR_F "-%d", STR_A(rule->signature.header), i);
        cut_all(rule, header_value_name(view->request->headers, name), &list);
    }
    return list;
}

bool signed_is_there(const struct signature_rule *rule, struct webhook_view *view)
{
    return find_signatures(rule, view).n > 0;
}

static struct signature_list decode_all(const struct signature_rule *rule,
                                        struct webhook_view *view)
{
    struct signature_list texts = find_signatures(rule, view), list = {.n = 0};
    for (uint32_t i = 0; i < texts.n; i++)
        if (signature_decode(rule->encoding, view->arena, texts.items[i],
                             &list.items[list.n]))
            list.n++;
    return list;
}

/* --- the request beside its signature --- */

/* A header that is signed and comes twice is one thing to us and another to others. */
bool signed_is_repeated(const struct signature_rule *rule,
                        const struct webhook_view *view)
{
    if (signature_is_repeated(&rule->signature, view) ||
        signature_is_repeated(&rule->timestamp, view))
        return true;
    for (uint32_t i = 0; i < rule->content.n; i++)
        if (rule->content.parts[i].kind == CONTENT_HEADER &&
            webhook_header_lines(view->request, rule->content.parts[i].text) > 1)
            return true;
    return false;
}

static enum webhook_reason check_window(const struct signature_rule *rule,
                                        struct webhook_view *view)
{
    usec wall;
    if (rule->timestamp.source == SIGNAL_NONE)
        return REASON_none;
    if (!signal_moment(&rule->timestamp, &view->answer, view->arena, &wall))
        return REASON_timestamp_missing;
    usec off = wall < view->request->wall ? view->request->wall - wall
                                          : wall - view->request->wall;
    return off > rule->tolerance ? REASON_timestamp_stale : REASON_none;
}

static enum webhook_reason check_digest(const struct body_digest *rule,
                                        struct webhook_view *view)
{
    uint8_t digest[CRYPTO_HASH_BYTES_MAX];
    str named;
    str text = signal_text(&rule->value, &view->answer, view->arena);
    size_t n = crypto_hash_pieces(rule->digest, &view->request->body, 1, digest);
    if (!signature_decode(rule->encoding, view->arena, text, &named))
        return REASON_body_changed;
    return secret_eq(named, str_of((char *)digest, n)) ? REASON_none
                                                       : REASON_body_changed;
}

/* A body is signed as such, as a form, or by the digest that the request names. */
static enum webhook_reason check_body(const struct signature_rule *rule,
                                      struct webhook_view *view)
{
    const struct body_digest *digest = rule->body_digest;
    bool named =
        digest && !str_absent(signal_text(&digest->value, &view->answer, view->arena));
    bool covered = view->request->body.n == 0 || covers_body(&rule->content) ||
                   (view->form && content_has(&rule->content, CONTENT_FORM_SORTED));
    if (named)
        return check_digest(digest, view);
    return covered ? REASON_none : REASON_body_unsigned;
}

static enum webhook_reason check_around(const struct signature_rule *rule,
                                        struct webhook_view *view)
{
    enum webhook_reason reason = REASON_none;
    if (signed_is_repeated(rule, view))
        return REASON_header_repeated;
    reason = check_window(rule, view);
    return reason ? reason : check_body(rule, view);
}

/* --- what is signed --- */

const str *signed_content(struct signed_try *try)
{
    const str *pieces = NULL;
    if (!content_make(&try->rule->content, &try->source, try->view->arena, &pieces))
        try->too_large = true;
    return pieces;
}

bool signed_has(const struct signature_list *signatures, str digest)
{
    bool found = false;
    for (uint32_t i = 0; i < signatures->n; i++)
        found |= secret_eq(signatures->items[i], digest);
    return found;
}

static uint32_t url_forms(const struct signature_rule *rule, struct webhook_view *view,
                          str *ret_urls)
{
    uint32_t n = 1;
    ret_urls[0] = view->request->url;
    if (!str_absent(rule->unescaped))
        ret_urls[0] = content_unescape(view->arena, ret_urls[0], rule->unescaped);
    if (rule->either_port) {
        ret_urls[1] = content_other_port(view->arena, ret_urls[0]);
        n += !str_absent(ret_urls[1]);
    }
    return n;
}

static void fill_source(const struct signature_rule *rule, struct webhook_view *view,
                        struct content_source *ret)
{
    const struct webhook_request *request = view->request;
    *ret = (struct content_source){
        .method = request->method,
        .headers = request->headers,
        .body = request->body,
        .form = view->form,
        .own = rule->signature.source == SIGNAL_QUERY ? rule->signature.query : STR_NONE,
    };
    if (rule->timestamp.source != SIGNAL_NONE)
        ret->timestamp = signal_text(&rule->timestamp, &view->answer, view->arena);
}

enum webhook_reason signed_verify(const struct signature_rule *rule,
                                  struct webhook_view *view, bool keys,
                                  bool (*holds)(struct signed_try *try))
{
    str urls[URL_FORMS_MAX], secrets[SIGNATURE_SECRETS_MAX];
    enum webhook_reason reason = check_around(rule, view);
    if (reason)
        return reason;
    struct signature_list signatures = decode_all(rule, view);
    if (signatures.n == 0)
        return REASON_signature_malformed;
    uint32_t secret_n = signature_secrets(rule, view, keys, secrets, &reason);
    if (secret_n == 0)
        return reason;
    struct signed_try try = {.rule = rule, .view = view, .signatures = &signatures};
    uint32_t url_n = url_forms(rule, view, urls);
    bool found = false;
    fill_source(rule, view, &try.source);
    for (uint32_t i = 0; i < secret_n * url_n && !found; i++) {
        try.source.secret = secrets[i / url_n];
        try.source.url = urls[i % url_n];
        found = holds(&try);
    }
    return found ? REASON_none
                 : (try.too_large ? REASON_too_large : REASON_signature_wrong);
}
