/*
 * Which hosts a base URL with variables can lead to, as narrow as it can be said:
 *
 *   https://{sub}.example.com/v2        *.example.com
 *   https://{region}-api.example.com    *.example.com
 *   https://{host}/v2                   the values of {host}, if they are known
 *   https://{sub}.com                   nothing: that is any host
 */
#ifndef IMPORT_HOSTS_H
#define IMPORT_HOSTS_H

#include "json/json.h"

/* Puts them; `url` begins with https:// or http://. `values` answers what a variable may
 * be, an ARRAY of texts, or NULL for anything. False when it may be any host. */
bool hosts_put(struct arena *arena, str url,
               const struct json *(*values)(void *arg, str name), void *arg,
               struct json_build *hosts);

#endif
