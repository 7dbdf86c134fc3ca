#include "base/hash.h"

struct sip_key {
    uint64_t k0;
    uint64_t k1;
};

static struct sip_key process_key = {0x736565644b657930, 0x736565644b657931};
static const struct sip_key stable_key = {0x627265616b776174, 0x6572206f776e6572};

static uint64_t load64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static inline uint64_t rotl(uint64_t x, int b)
{
    return (x << b) | (x >> (64 - b));
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[0] = rotl(v[0], 32);
    v[2] += v[3];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[2] = rotl(v[2], 32);
}

static uint64_t sip13(const struct sip_key *key, const char *p, size_t n)
{
    uint64_t v[4] = {key->k0 ^ 0x736f6d6570736575, key->k1 ^ 0x646f72616e646f6d,
                     key->k0 ^ 0x6c7967656e657261, key->k1 ^ 0x7465646279746573};
    uint64_t last = (uint64_t)n << 56;
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t m = load64(p);
        v[3] ^= m;
        sip_round(v);
        v[0] ^= m;
    }
    for (size_t i = 0; i < n; i++)
        last |= (uint64_t)(unsigned char)p[i] << (8 * i);
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void hash_seed(const uint8_t key[16])
{
    process_key = (struct sip_key){load64(key), load64(key + 8)};
}

uint64_t hash_str(str s)
{
    return sip13(&process_key, s.p, s.n);
}

uint64_t hash_str_nocase(str s)
{
    char lower[256];
    size_t n = s.n < sizeof(lower) ? s.n : sizeof(lower);
    for (size_t i = 0; i < n; i++)
        lower[i] = str_lower(s.p[i]);
    return sip13(&process_key, lower, n);
}

uint64_t hash_stable(str s)
{
    return sip13(&stable_key, s.p, s.n);
}
