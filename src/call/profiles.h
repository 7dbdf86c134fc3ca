/*
 * TLS profiles that show a certificate: one for each certificate and key, made when it is
 * first wanted and kept while it is used. Transports keep connections and sessions apart
 * by profile, so that accounts share these only if they show the same certificate; a
 * new certificate has new connections, and those of the one before end with their idle
 * time. What is kept is bounded: past `max` the profile that was longest not asked for is
 * let go, and lives on while connections have it.
 *
 * Any thread; a look-up takes a lock for its own length.
 */
#ifndef CALL_PROFILES_H
#define CALL_PROFILES_H

#include <stdint.h>

#include "base/str.h"

struct profiles;
struct tls;

enum { PROFILES_MAX = 1000 }; /* about 20 MB */

/* `base` is whom they trust; a reference is taken. `max` 0: PROFILES_MAX. */
struct profiles *profiles_create(struct tls *base, uint32_t max);
void profiles_destroy(struct profiles **profiles); /* NULL inside is allowed */

/* The profile of this certificate and key (PEM; tls_pair.h), with a reference that the
 * caller gives back. NULL, with a static sentence that shows nothing of the key, when
 * they cannot be used. */
struct tls *profiles_get(struct profiles *profiles, str chain, str key,
                         const char **ret_why);

/* How many are kept. */
uint32_t profiles_count(struct profiles *profiles);

#endif
