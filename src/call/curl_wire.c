/*
 * The sockets that libcurl has, by descriptor and by addresses. Before a request goes
 * over a used connection libcurl tells the addresses and not the descriptor, and the
 * descriptor is what tells whether the connection is quiet.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "call/curl_call.h"

enum { NAME_BYTES = 2 * INET6_ADDRSTRLEN + 24 };

struct curl_wire {
    int fd;
    char name[NAME_BYTES]; /* "IP PORT LOCAL-IP LOCAL-PORT"; empty: it has no addresses */
};

static str key_of(const int *fd)
{
    return str_of((const char *)fd, sizeof(*fd));
}

static bool read_address(const struct sockaddr_storage *at, char ret[INET6_ADDRSTRLEN],
                         int *ret_port)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)at;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)at;
    bool six = at->ss_family == AF_INET6;
    *ret_port = ntohs(six ? v6->sin6_port : v4->sin_port);
    return inet_ntop(at->ss_family,
                     six ? (const void *)&v6->sin6_addr : (const void *)&v4->sin_addr,
                     ret, INET6_ADDRSTRLEN) != NULL;
}

static void read_name(int fd, char ret[NAME_BYTES])
{
    struct sockaddr_storage at = {0}, local_at = {0};
    socklen_t n = sizeof(at), local_n = sizeof(local_at);
    char ip[INET6_ADDRSTRLEN], local_ip[INET6_ADDRSTRLEN];
    int port, local_port;
    ret[0] = 0;
    if (getpeername(fd, (struct sockaddr *)&at, &n) == 0 &&
        getsockname(fd, (struct sockaddr *)&local_at, &local_n) == 0 &&
        read_address(&at, ip, &port) && read_address(&local_at, local_ip, &local_port))
        snprintf(ret, NAME_BYTES, "%s %d %s %d", ip, port, local_ip, local_port);
}

void curl_wire_add(struct curl_pool *pool, int fd)
{
    struct curl_wire *wire = mem_zalloc(sizeof(*wire));
    wire->fd = fd;
    read_name(fd, wire->name);
    map_put(&pool->wires, key_of(&wire->fd), wire);
    if (wire->name[0])
        map_put(&pool->wires_by_name, str_z(wire->name), wire);
    transport_count(&pool->part->open);
}

void curl_wire_close(struct curl_pool *pool, int fd)
{
    struct curl_wire *wire = map_remove(&pool->wires, key_of(&fd));
    CHECK(wire != NULL);
    if (map_find(&pool->wires_by_name, str_z(wire->name)) == wire)
        map_remove(&pool->wires_by_name, str_z(wire->name));
    mem_free(wire);
    close(fd);
    transport_uncount(&pool->part->open);
}

bool curl_wire_quiet(struct curl_pool *pool, const char *ip, int port,
                     const char *local_ip, int local_port)
{
    char name[NAME_BYTES], byte;
    snprintf(name, sizeof(name), "%s %d %s %d", ip, port, local_ip, local_port);
    const struct curl_wire *wire = map_find(&pool->wires_by_name, str_z(name));
    return wire && recv(wire->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           errno == EAGAIN;
}
