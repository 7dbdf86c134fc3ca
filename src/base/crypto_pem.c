/*
 *   block = "-----BEGIN " label "-----" body "-----END " label "-----"
 *   body  = base64, with blanks, line ends and escaped line ends anywhere
 *
 * A body that says how it is encrypted in lines of its own (RFC 1421 §4.6.1.1) has a
 * colon, which base64 has not.
 */
#include "base/crypto_pem.h"

#include "base/encode.h"

struct block {
    str label;
    str body;
    bool ended; /* by its own END */
};

static str take_until(str *rest, str mark)
{
    size_t at = str_find_str(*rest, mark);
    str head = str_of(rest->p, at);
    *rest = at < rest->n ? str_from(*rest, at + mark.n) : STR_NONE;
    return head;
}

static bool next_block(str *rest, struct block *ret_block)
{
    take_until(rest, STR("-----BEGIN "));
    if (str_absent(*rest))
        return false;
    ret_block->label = take_until(rest, STR("-----"));
    ret_block->body = take_until(rest, STR("-----END "));
    ret_block->ended = str_starts(*rest, ret_block->label);
    return true;
}

/* Past blanks, line ends, and `\n`, `\r` as text, also where they were escaped twice. */
static size_t skip_line_end(str s, size_t at)
{
    size_t i = at;
    while (i < s.n && s.p[i] == '\\')
        i++;
    if (i > at)
        return i < s.n && (s.p[i] == 'n' || s.p[i] == 'r') ? i + 1 : i;
    return s.p[at] && strchr(" \t\r\n", s.p[at]) ? at + 1 : at;
}

static bool decode_body(struct arena *arena, str body, str *ret_der)
{
    char *p = arena_bytes(arena, body.n);
    size_t n = 0;
    for (size_t i = 0; i < body.n;) {
        size_t next = skip_line_end(body, i);
        if (next == i)
            p[n++] = body.p[next++];
        i = next;
    }
    return n > 0 && decode_base64(arena, str_of(p, n), ret_der);
}

static const char *trouble_of(const struct block *block)
{
    bool encrypted = str_starts(block->label, STR("ENCRYPTED"));
    if (encrypted || str_find(block->body, ':') < block->body.n)
        return "The private key is encrypted with a passphrase; store it without one, as "
               "openssl pkcs8 -topk8 -nocrypt writes it.";
    if (!block->ended)
        return "The private key is cut off: its -----END line is missing.";
    return NULL;
}

bool crypto_pem_certificates(struct arena *arena, str text, struct crypto_pem_list *ret,
                             const char **ret_why)
{
    struct block block;
    *ret_why = NULL;
    ret->n = 0;
    while (!*ret_why && next_block(&text, &block)) {
        if (!str_eq(block.label, STR("CERTIFICATE")) &&
            !str_eq(block.label, STR("X509 CERTIFICATE")))
            continue;
        if (!block.ended)
            *ret_why = "A certificate is cut off: its -----END line is missing.";
        else if (ret->n == CRYPTO_PEM_CERTIFICATES_MAX)
            *ret_why =
                "There are more than 10 certificates; keep the one for the key and "
                "those between it and the authority.";
        else if (!decode_body(arena, block.body, &ret->ders[ret->n++]))
            *ret_why = "A certificate's text between its lines BEGIN and END is not "
                       "base64; copy it again.";
    }
    if (!*ret_why && !ret->n)
        *ret_why = "There is no certificate in the PEM text: no line says -----BEGIN "
                   "CERTIFICATE-----.";
    return !*ret_why;
}

bool crypto_pem_private(struct arena *arena, str text, str *ret_der, const char **ret_why)
{
    struct block block;
    bool other = false;
    *ret_why = NULL;
    while (next_block(&text, &block)) {
        if (!str_ends(block.label, STR("PRIVATE KEY"))) {
            other = true;
            continue;
        }
        *ret_why = trouble_of(&block);
        if (!*ret_why && !decode_body(arena, block.body, ret_der))
            *ret_why = "The private key's text between its lines BEGIN and END is not "
                       "base64; copy it again.";
        return !*ret_why;
    }
    *ret_why = other ? "The PEM text has no private key, only something public; the "
                       "private key is what signs."
                     : "The private key is not PEM text: it has no line that begins with "
                       "-----BEGIN and names a PRIVATE KEY.";
    return false;
}

bool crypto_pem_public(struct arena *arena, str text, str *ret_der, const char **ret_why)
{
    struct block block;
    while (next_block(&text, &block)) {
        if (!str_eq(block.label, STR("PUBLIC KEY")))
            continue;
        if (block.ended && decode_body(arena, block.body, ret_der))
            return true;
        *ret_why = "The public key is cut off, or its text between the lines BEGIN and "
                   "END is not base64; copy it again.";
        return false;
    }
    *ret_why = "The PEM text has no public key: no line says -----BEGIN PUBLIC KEY-----.";
    return false;
}
