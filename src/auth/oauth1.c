/*
 *   base string = VERB "&" escaped(scheme://host[:port]/path) "&" escaped(parameters)
 *   parameters  = every name=value of query, form and header, both escaped, sorted, with
 *                 "&" between them; realm and oauth_signature are not among them
 *   key         = escaped(consumer secret) "&" escaped(token secret)
 *
 * Escaping is RFC 3986's, stricter than that of forms (§3.6). Sorting is by the escaped
 * bytes, names first, then values.
 */
#include "auth/oauth1.h"

#include <stdlib.h>

#include "base/crypto.h"
#include "base/encode.h"
#include "http/field.h"
#include "http/url.h"

const char *const oauth1_method_words[] = {"HMAC-SHA1", "HMAC-SHA256", NULL};

bool oauth1_is_own(str name)
{
    return str_starts(name, STR("oauth_"));
}

/* The protocol's parameters but the signature, in the order of the header. */
static void add_own(const struct oauth1 *oauth1, struct form *form)
{
    struct arena *arena = form->arena;
    form_add(form, STR("oauth_consumer_key"), oauth1->consumer_key);
    if (!str_absent(oauth1->token))
        form_add(form, STR("oauth_token"), oauth1->token);
    form_add(form, STR("oauth_signature_method"),
             str_z(oauth1_method_words[oauth1->method]));
    form_add(form, STR("oauth_timestamp"),
             arena_printf(arena, "%lld", (long long)oauth1->timestamp));
    form_add(form, STR("oauth_nonce"), oauth1->nonce);
    for (uint32_t i = 0; i < oauth1->more_n; i++)
        form_add(form, oauth1->more[i].name, oauth1->more[i].value);
    form_add(form, STR("oauth_version"), STR("1.0"));
}

static int compare(const void *a, const void *b)
{
    const struct form_param *left = a, *right = b;
    int by_name = str_cmp(left->name, right->name);
    return by_name ? by_name : str_cmp(left->value, right->value);
}

/* §3.4.1.3.2 */
static str normalized(const struct oauth1 *oauth1, struct arena *arena)
{
    struct form form;
    form_init(&form, arena);
    form_add_text(&form, oauth1->query);
    form_add_text(&form, oauth1->form);
    add_own(oauth1, &form);
    for (uint32_t i = 0; i < form.n; i++)
        form.items[i] = (struct form_param){encode_percent(arena, form.items[i].name),
                                            encode_percent(arena, form.items[i].value)};
    qsort(form.items, form.n, sizeof(form.items[0]), compare);
    str *parts = arena_array(arena, 4 * (size_t)form.n, sizeof(*parts));
    for (uint32_t i = 0; i < form.n; i++) {
        parts[4 * i] = i ? STR("&") : STR("");
        parts[4 * i + 1] = form.items[i].name;
        parts[4 * i + 2] = STR("=");
        parts[4 * i + 3] = form.items[i].value;
    }
    return arena_join(arena, parts, 4 * (size_t)form.n);
}

static str upper(struct arena *arena, str text)
{
    char *p = arena_bytes(arena, text.n);
    for (size_t i = 0; i < text.n; i++)
        p[i] = (char)(text.p[i] >= 'a' && text.p[i] <= 'z' ? text.p[i] - 32 : text.p[i]);
    return str_of(p, text.n);
}

str oauth1_base_string(const struct oauth1 *oauth1, struct arena *arena)
{
    str url[] = {url_origin(arena, oauth1->url), oauth1->url->path};
    str parts[] = {encode_percent(arena, upper(arena, oauth1->verb)), STR("&"),
                   encode_percent(arena, arena_join(arena, url, 2)), STR("&"),
                   encode_percent(arena, normalized(oauth1, arena))};
    return arena_join(arena, parts, COUNT_OF(parts));
}

str oauth1_signature(const struct oauth1 *oauth1, struct arena *arena)
{
    uint8_t code[CRYPTO_SHA256_BYTES];
    str secrets[] = {encode_percent(arena, oauth1->consumer_secret), STR("&"),
                     encode_percent(arena, oauth1->token_secret)};
    str key = arena_join(arena, secrets, COUNT_OF(secrets));
    str base = oauth1_base_string(oauth1, arena);
    bool longer = oauth1->method == OAUTH1_HMAC_SHA256;
    if (longer)
        crypto_hmac_sha256(key, base, code);
    else
        crypto_hmac_sha1(key, base, code);
    return encode_base64(
        arena, str_of((char *)code, longer ? CRYPTO_SHA256_BYTES : CRYPTO_SHA1_BYTES));
}

str oauth1_header(const struct oauth1 *oauth1, struct arena *arena)
{
    struct form form;
    form_init(&form, arena);
    add_own(oauth1, &form);
    form_add(&form, STR("oauth_signature"), oauth1_signature(oauth1, arena));
    str text = STR("OAuth ");
    if (!str_absent(oauth1->realm))
        text = arena_printf(arena, "OAuth realm=" STR_F ",",
                            STR_A(field_quote(arena, oauth1->realm)));
    for (uint32_t i = 0; i < form.n; i++)
        text = arena_printf(arena, STR_F "%s" STR_F "=\"" STR_F "\"", STR_A(text),
                            i ? "," : "", STR_A(form.items[i].name),
                            STR_A(encode_percent(arena, form.items[i].value)));
    return text;
}
