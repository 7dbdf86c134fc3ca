/*
 * Hashes for tables. hash_str is SipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast
 * short-input PRF") under a key that is drawn once per process, so that nobody outside
 * can choose names that collide. Values differ from run to run: never store them.
 * hash_stable is the same function under a fixed key, for what must be equal in every
 * process (shares of traffic, owners of schedules).
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

#include "base/str.h"

/* Sets the process key; once, before the first table. */
void hash_seed(const uint8_t key[16]);

uint64_t hash_str(str s);
uint64_t hash_str_nocase(str s); /* ASCII case folded; for s.n <= 256 */
uint64_t hash_stable(str s);

#endif
