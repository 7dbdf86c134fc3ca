#include "support/guest.h"

void guest_init(struct guest *guest, const char *peer, const char *const *headers)
{
    *guest = (struct guest){0};
    arena_init(&guest->arena, 4096, 1 << 24);
    snprintf(guest->conn.peer, sizeof(guest->conn.peer), "%s", peer);
    guest->in.conn = &guest->conn;
    guest->in.arena = &guest->arena;
    headers_init(&guest->in.head.headers, &guest->arena, 8);
    for (int i = 0; headers && headers[i]; i++) {
        str line = arena_str(&guest->arena, str_z(headers[i]));
        size_t colon = str_find(line, ':');
        header_add_name(&guest->in.head.headers, str_of(line.p, colon),
                        str_trim(str_from(line, colon + 1)));
    }
    guest->gate.proxy_domain = STR("localhost");
    guest->visit.gate = &guest->gate;
    guest->visit.in = &guest->in;
    guest->visit.arena = &guest->arena;
}

void guest_fini(struct guest *guest)
{
    arena_fini(&guest->arena);
}
