/*
 * An nginx of the test's own: in a temporary directory, on free ports, with the
 * certificate good.pem of certs.h, speaking HTTP/2 over TLS and HTTP/1.1.
 */
#ifndef SUPPORT_NGINX_H
#define SUPPORT_NGINX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nginx;

/* Whether the program is installed. */
bool nginx_exists(void);

/* `locations` go into its server block as they are. Answers when it accepts connections;
 * NULL when it does not start. */
struct nginx *nginx_start(const char *locations);
void nginx_stop(struct nginx **nginx); /* NULL inside is allowed */

uint16_t nginx_tls_port(const struct nginx *nginx);
uint16_t nginx_plain_port(const struct nginx *nginx);

/* Puts a file of `n` letters x into its root. */
void nginx_put_file(struct nginx *nginx, const char *name, size_t n);

#endif
