/*
 * The input is what somebody took for a private key. It is refused with a sentence, or it
 * is a key: of one kind, which signs with the algorithms that fit and with no other.
 * Blanks between its lines change nothing. It is read as a certificate with its key as
 * well, which is refused with a sentence or can be shown.
 */
#include "base/crypto_sign.h"
#include "http/tls_pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    crypto_start();
    return 0;
}

/* Numbers of a key that are no key's make signatures fail, and nothing else. */
static void check_key(struct arena *arena, const struct sign_key *key)
{
    unsigned fitting = 0;
    for (unsigned alg = 0; alg < SIGN_ALG_COUNT; alg++) {
        str signature;
        bool fits = sign_key_fits(key, (enum sign_alg)alg);
        fitting += fits;
        if (sign_bytes(key, (enum sign_alg)alg, arena, STR("text"), &signature))
            CHECK(fits && signature.n >= 32 && signature.n <= SIGN_RSA_BITS_MAX / 8);
    }
    CHECK(fitting > 0 && fitting < SIGN_ALG_COUNT);
}

static str without_lines(struct arena *arena, str text)
{
    char *p = arena_bytes(arena, text.n);
    for (size_t i = 0; i < text.n; i++)
        p[i] = text.p[i] == '\n' ? ' ' : text.p[i];
    return str_of(p, text.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena arena;
    str text = str_of((const char *)bytes, n);
    const char *why = NULL;
    const char *again = NULL;
    arena_init(&arena, 4096, 4 << 20);
    struct sign_key *key = sign_key_read(text, &why);
    CHECK(key || (why && strlen(why) > 20));
    if (key)
        check_key(&arena, key);
    if (key && n < 10000) {
        struct sign_key *same = sign_key_read(without_lines(&arena, text), &again);
        CHECK(same != NULL);
        sign_key_destroy(&same);
    }
    sign_key_destroy(&key);
    why = tls_pair_fault(text, text); /* certificates, and the key of one of them */
    CHECK(!why || strlen(why) > 20);
    arena_fini(&arena);
    return 0;
}
