#include "base/secret.h"

#include "base/mem.h"

void secret_init(struct secret *secret, str s)
{
    *secret = (struct secret){0};
    if (str_absent(s))
        return;
    *secret = (struct secret){mem_alloc(s.n), s.n};
    if (s.n)
        memcpy(secret->bytes, s.p, s.n);
}

void secret_fini(struct secret *secret)
{
    if (secret->bytes)
        mem_wipe(secret->bytes, secret->n);
    mem_free(secret->bytes);
    *secret = (struct secret){0};
}

bool secret_eq(str a, str b)
{
    unsigned char difference = 0;
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        difference |= (unsigned char)(a.p[i] ^ b.p[i]);
    return difference == 0;
}
