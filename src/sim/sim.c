#include "sim/sim.h"

#include <dirent.h>
#include <unistd.h>

#include "base/mem.h"
#include "http/tls.h"
#include "loop/world.h"
#include "sim/sim_endpoint.h"
#include "sim/sim_reader.h"
#include "sim/sim_request.h"

enum { ARENA_BYTES_MAX = 1 << 20, CONNECTIONS_MAX = 60000 };

static const usec look_again = USEC_MS;

/* --- scripts --- */

/* A line for each: FILE#/pointer: sentence */
static str tell_faults(struct arena *arena, str path, const struct bind_fault *fault)
{
    str text = STR("");
    for (; fault; fault = fault->next)
        text = arena_printf(arena, STR_F "\n  " STR_F "#" STR_F ": " STR_F, STR_A(text),
                            STR_A(path), STR_A(fault->pointer), STR_A(fault->text));
    return arena_printf(arena, "this script has faults:" STR_F, STR_A(text));
}

static struct sim_script *load(str path, str prefix, struct arena *arena, str *ret_why)
{
    const struct bind_fault *faults;
    struct sim_script *script = sim_script_load(path, prefix, arena, &faults);
    if (!script)
        *ret_why = tell_faults(arena, path, faults);
    return script;
}

static bool load_script(struct sim *sim, const struct sim_settings *settings,
                        struct arena *arena, str *ret_why)
{
    const struct bind_fault *faults;
    sim->folder = STR_NONE;
    if (settings->script.n == 0) {
        sim->script = sim_script_create(STR("{}"), STR_NONE, STR(""), arena, &faults);
        return true;
    }
    sim->folder = arena_str(&sim->arena, sim_reader_folder(settings->script));
    sim->script = load(settings->script, STR(""), arena, ret_why);
    return sim->script != NULL;
}

static bool load_dialect(struct sim *sim, str folder, str name, struct arena *arena,
                         str *ret_why)
{
    str prefix = arena_printf(arena, "/" STR_F, STR_A(name));
    str path =
        arena_printf(arena, STR_F "/" STR_F "/sim.json", STR_A(folder), STR_A(name));
    if (access(arena_z(arena, path), F_OK) != 0)
        return true;
    struct sim_script *script = load(path, prefix, arena, ret_why);
    if (script)
        map_put(&sim->dialects, str_from(script->prefix, 1), script);
    return script != NULL;
}

static bool load_dialects(struct sim *sim, const struct sim_settings *settings,
                          struct arena *arena, str *ret_why)
{
    bool good = true;
    if (settings->dialects.n == 0)
        return true;
    DIR *folder = opendir(arena_z(arena, settings->dialects));
    if (!folder) {
        *ret_why = arena_printf(arena, STR_F " is no folder that can be read",
                                STR_A(settings->dialects));
        return false;
    }
    for (struct dirent *entry; good && (entry = readdir(folder));)
        if (entry->d_name[0] != '.')
            good = load_dialect(sim, settings->dialects, str_z(entry->d_name), arena,
                                ret_why);
    closedir(folder);
    return good;
}

/* --- life --- */

static bool open_listener(struct sim *sim, const struct sim_settings *settings,
                          struct arena *arena, str *ret_why)
{
    int fd;
    struct tls *tls = NULL;
    if (settings->tls_cert.n) {
        tls = tls_create_server(arena, settings->tls_cert, settings->tls_key, ret_why);
        if (!tls)
            return false;
    }
    if (!server_bind(arena, settings->listen, 1, &fd, &sim->port, ret_why)) {
        tls_unref(&tls);
        return false;
    }
    server_init(&sim->server);
    sim->server.connections_max = CONNECTIONS_MAX;
    sim->listener = (struct listener){.on_request = sim_request_begin, .arg = sim};
    listener_open(&sim->listener, &sim->server, sim->worker, fd);
    listener_set_tls(&sim->listener, tls);
    tls_unref(&tls);
    return true;
}

static void look_closed(struct timer *timer)
{
    struct sim *sim = CONTAINER_OF(timer, struct sim, closing);
    if (atomic_load(&sim->server.connections)) {
        timer_start(timer, look_again);
        return;
    }
    listener_close(&sim->listener); /* takes the memory that ended requests gave back */
    sim->on_closed(sim->on_closed_arg);
}

struct sim *sim_create(struct worker *worker, const struct sim_settings *settings,
                       struct arena *arena, str *ret_why)
{
    struct sim *sim = mem_zalloc(sizeof(*sim));
    sim->magic = SIM_MAGIC;
    sim->worker = worker;
    sim->seed = world_random_u64(worker->world);
    sim->started = worker->now;
    arena_init(&sim->arena, 4096, ARENA_BYTES_MAX);
    buf_init(&sim->room, SIM_ROOM_BYTES_MAX);
    sim_record_init(&sim->records);
    sim_write_init(&sim->writes);
    sim_inject_init(&sim->injections);
    timer_init(&sim->closing, worker, look_closed);
    sim->endpoints = sim_endpoint_set(&sim->arena);
    if (!load_script(sim, settings, arena, ret_why) ||
        !load_dialects(sim, settings, arena, ret_why) ||
        !open_listener(sim, settings, arena, ret_why))
        sim_destroy(&sim);
    return sim;
}

uint16_t sim_port(const struct sim *sim)
{
    CHECK_MAGIC(sim, SIM_MAGIC);
    return sim->port;
}

void sim_close(struct sim *sim, void (*on_closed)(void *arg), void *arg)
{
    CHECK_MAGIC(sim, SIM_MAGIC);
    sim->on_closed = on_closed;
    sim->on_closed_arg = arg;
    listener_close(&sim->listener);
    timer_start(&sim->closing, look_again);
}

void sim_destroy(struct sim **sim)
{
    struct sim *gone = *sim;
    size_t at = 0;
    *sim = NULL;
    if (!gone)
        return;
    CHECK_MAGIC(gone, SIM_MAGIC);
    CHECK(gone->counts.open == 0);
    sim_state_reset(gone);
    for (struct sim_script *dialect; (dialect = map_next(&gone->dialects, &at));)
        sim_script_unref(&dialect);
    map_fini(&gone->dialects);
    sim_script_unref(&gone->script);
    sim_record_fini(&gone->records);
    sim_write_fini(&gone->writes);
    buf_fini(&gone->room);
    arena_fini(&gone->arena);
    gone->magic = 0;
    mem_free(gone);
}
