/*
 * Bring-up goes down the list of parts, each needing those before it; take-down goes back
 * up. A worker's own parts are opened and closed on its thread (main/crew.h).
 */
#include "main/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "call/profiles.h"
#include "call/transport.h"
#include "directory/ending.h"
#include "directory/keyring.h"
#include "http/server.h"
#include "http/tls.h"
#include "loop/world.h"
#include "main/breaker_events.h"
#include "main/crew.h"
#include "main/delivering.h"
#include "main/descriptors.h"
#include "main/hooking.h"
#include "main/log_sink.h"
#include "main/master_keys.h"
#include "main/keeping.h"
#include "main/start.h"
#include "unified/model.h"
#include "watch/watch.h"

enum { ERROR_BYTES_MAX = 64 * 1024, LOOK_BYTES_MAX = 1 << 20 };
static const usec use_flush_every = 60 * USEC_S;
static const usec ending_look_every = 60 * USEC_S;
static const usec store_silence = 60 * USEC_S;

struct daemon {
    struct settings settings;
    struct arena arena;
    struct log log;
    struct log_sink *sink;
    struct store *store;
    usec store_told; /* of its last fault */
    struct keyring *keyring;
    struct directory *directory;
    struct catalog *catalog;
    struct boards boards;
    struct tls *upstream_tls;
    struct tls *server_tls;
    struct transport *h1;
    struct transport *curl;
    struct watch *watch;
    struct models *models;
    struct tokens tokens;
    struct writes *writes;
    struct delivering delivering;
    struct keeping keeping;
    struct hooking hooking;
    struct breaker_events breaker_events;
    struct gate gate;
    struct api api;
    struct server server;
    struct listen_plan plan;
    unsigned crew_n;
    struct crew *crews;
    struct crew_parts parts;
    struct worker main_worker;
    struct driver *main_driver;
    struct timer use_timer;
    struct use_flush use_flush;
    bool use_flushing;
    struct timer ending_timer;
    struct ending_look ending_look;
    bool ends_looking;
    _Atomic uint64_t ends_near, ends_come; /* as the last look has found them */
    atomic_bool draining;
    str admin_key;
};

struct connect *daemon_connect(struct daemon *daemon)
{
    return &daemon->tokens.connect;
}

struct gate *daemon_gate(struct daemon *daemon)
{
    return &daemon->gate;
}

struct api *daemon_api(struct daemon *daemon)
{
    return &daemon->api;
}

struct hooks *daemon_hooks(struct daemon *daemon)
{
    return daemon->hooking.hooks;
}

bool daemon_ready(struct daemon *daemon)
{
    return !atomic_load(&daemon->draining);
}

uint16_t daemon_port(const struct daemon *daemon)
{
    return daemon->plan.items[0].port;
}

str daemon_admin_key(const struct daemon *daemon)
{
    return daemon->admin_key;
}

void daemon_announce(const struct daemon *daemon)
{
    listening_announce(&daemon->plan, daemon->settings.json);
}

/* --- the parts --- */

static bool start_log(struct daemon *daemon, str *ret_why)
{
    const struct settings *settings = &daemon->settings;
    int fd = STDERR_FILENO;
    if (settings->log_file.n)
        fd = open(arena_z(&daemon->arena, settings->log_file),
                  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0) {
        *ret_why =
            arena_printf(&daemon->arena, "the log file " STR_F " cannot be written: %s",
                         STR_A(settings->log_file), strerror(errno));
        return false;
    }
    daemon->sink = log_sink_start(fd);
    log_sink_bind(daemon->sink, &daemon->log);
    daemon->log.text = str_eq(settings->log_format, STR("text")) ||
                       (str_eq(settings->log_format, STR("auto")) && isatty(fd));
    return true;
}

static bool check_log_settings(struct daemon *daemon, str *ret_why)
{
    str format = daemon->settings.log_format;
    if (!log_level_parse(daemon->settings.log_level, &daemon->log.level)) {
        *ret_why = STR("log_level must be debug, info, warn or error");
        return false;
    }
    if (str_eq(format, STR("json")) || str_eq(format, STR("text")) ||
        str_eq(format, STR("auto")))
        return true;
    *ret_why = STR("log_format must be json, text or auto");
    return false;
}

/* The engine's own words: new ones at once, the same again once a minute. */
static void on_store_fault(void *arg, enum err err, str words, bool again)
{
    struct daemon *daemon = arg;
    struct log_line line;
    usec now = world_now(world_real());
    if (again && now - daemon->store_told < store_silence)
        return;
    daemon->store_told = now;
    log_open(&line, &daemon->log, LOG_ERROR, "store");
    log_str(&line, "code", err_code(err));
    log_str(&line, "message", words);
    log_close(&line);
}

static bool start_state(struct daemon *daemon, str *ret_why)
{
    const struct settings *settings = &daemon->settings;
    struct start_request request = {
        .settings = settings, .arena = &daemon->arena, .log = &daemon->log};
    bool good = start_state_open(&request, ret_why);
    daemon->store = request.store;
    daemon->keyring = request.keyring;
    daemon->directory = request.directory;
    if (!good)
        return false;
    store_on_fault(daemon->store, on_store_fault, daemon);
    daemon->admin_key = request.new_admin_key;
    memcpy(daemon->api.cursor_key, request.cursor_key, sizeof(request.cursor_key));
    str folder = settings->integrations.n ? settings->integrations : STR_NONE;
    daemon->catalog = catalog_open(daemon->store, folder, world_real(), &daemon->log,
                                   &daemon->arena, ret_why);
    return daemon->catalog != NULL;
}

static bool start_transports(struct daemon *daemon, str *ret_why)
{
    const struct settings *settings = &daemon->settings;
    str ca = settings->upstream_ca.n ? settings->upstream_ca : STR_NONE;
    daemon->upstream_tls =
        tls_create_client(&daemon->arena, ca, STR_NONE, STR_NONE, ret_why);
    if (!daemon->upstream_tls)
        return false;
    struct transport_settings shared = {.tls = daemon->upstream_tls,
                                        .workers = daemon->crew_n};
    daemon->h1 = h1_create(&shared);
    daemon->curl = curl_create(&shared);
    return true;
}

/* NULL when the listeners are to speak plain HTTP. */
static bool make_server_tls(const struct settings *settings, struct arena *arena,
                            struct tls **ret_tls, str *ret_why)
{
    *ret_tls = NULL;
    if (!settings->tls_cert.n && !settings->tls_key.n)
        return true;
    if (!settings->tls_cert.n || !settings->tls_key.n) {
        *ret_why = STR("tls_cert and tls_key go together; one of them is missing");
        return false;
    }
    *ret_tls = tls_create_server(arena, settings->tls_cert, settings->tls_key, ret_why);
    return *ret_tls != NULL;
}

static bool read_trusted(struct daemon *daemon, str *ret_why)
{
    str list = daemon->settings.trusted_proxies, item, rest = list;
    uint32_t n = 1;
    for (size_t i = 0; i < list.n; i++)
        n += list.p[i] == ',';
    struct cidr *ranges = arena_array(&daemon->arena, n, sizeof(*ranges));
    n = 0;
    while (list.n && str_next(&rest, ',', &item)) {
        if (!cidr_parse(str_trim(item), &ranges[n])) {
            *ret_why = arena_printf(&daemon->arena,
                                    "trusted_proxies: \"" STR_F "\" is no address range",
                                    STR_A(item));
            return false;
        }
        n++;
    }
    daemon->gate.trusted = ranges;
    daemon->gate.trusted_n = n;
    return true;
}

static void on_breaker(void *arg, const struct exchange *exchange, str breaker,
                       enum breaker_event event)
{
    struct daemon *daemon = arg;
    watch_breaker(daemon->watch, exchange, breaker, event);
    breaker_events_put(&daemon->breaker_events, exchange, breaker, event);
}

static bool start_gate(struct daemon *daemon, str *ret_why)
{
    const struct settings *settings = &daemon->settings;
    struct gate_part *parts = mem_lines(daemon->crew_n * sizeof(*parts));
    for (unsigned i = 0; i < daemon->crew_n; i++)
        gate_part_init(&parts[i], settings->hold_bytes_max);
    daemon->watch = watch_create(daemon->crew_n, &daemon->log);
    breaker_events_init(&daemon->breaker_events, daemon->store, daemon->crew_n);
    daemon->models = models_create();
    daemon->gate = (struct gate){
        .exchange = {.boards = &daemon->boards,
                     .directory = daemon->directory,
                     .h1 = daemon->h1,
                     .curl = daemon->curl,
                     .profiles = profiles_create(daemon->upstream_tls, 0),
                     .egress_proxy =
                         settings->egress_proxy.n ? settings->egress_proxy : STR_NONE,
                     .error_bytes_max = ERROR_BYTES_MAX,
                     .look_bytes_max = LOOK_BYTES_MAX,
                     .on_breaker = on_breaker,
                     .on_breaker_arg = daemon},
        .directory = daemon->directory,
        .catalog = daemon->catalog,
        .log = &daemon->log,
        .proxy_domain = settings->proxy_domain,
        .parts = parts,
        .models = daemon->models,
        .store = daemon->store,
        .visits_max = (uint32_t)settings->visits_max,
        .observe = watch_visit,
        .observe_arg = daemon->watch,
    };
    memcpy(daemon->gate.cursor_key, daemon->api.cursor_key,
           sizeof(daemon->gate.cursor_key));
    return read_trusted(daemon, ret_why);
}

static void start_keeping(struct daemon *daemon)
{
    struct keeping_parts parts = {.settings = &daemon->settings,
                                  .keyring = daemon->keyring,
                                  .directory = daemon->directory,
                                  .catalog = daemon->catalog,
                                  .log = &daemon->log,
                                  .env = &daemon->gate.exchange,
                                  .workers = daemon->crew_n};
    keeping_start(&daemon->keeping, &parts);
}

static void start_tokens(struct daemon *daemon)
{
    struct tokens_parts parts = {.settings = &daemon->settings,
                                 .arena = &daemon->arena,
                                 .store = daemon->store,
                                 .log = &daemon->log,
                                 .gate = &daemon->gate,
                                 .api = &daemon->api,
                                 .workers = daemon->crew_n};
    tokens_start(&daemon->tokens, &parts);
}

static uint32_t writes_waiting(void *arg, const struct account *account)
{
    return writes_pending(arg, account);
}

static bool start_writes(struct daemon *daemon, str *ret_why)
{
    struct writes_config config = {.store = daemon->store,
                                   .keyring = daemon->keyring,
                                   .directory = daemon->directory,
                                   .catalog = daemon->catalog,
                                   .models = daemon->models,
                                   .exchange = &daemon->gate.exchange,
                                   .world = world_real(),
                                   .log = &daemon->log,
                                   .workers = daemon->crew_n,
                                   .space = daemon->keeping.space,
                                   .environment_bytes_max =
                                       daemon->settings.queue_environment_bytes_max};
    daemon->writes = writes_open(&config, ret_why);
    daemon->gate.writes = daemon->writes;
    daemon->gate.exchange.writes_waiting = writes_waiting;
    daemon->gate.exchange.writes_waiting_arg = daemon->writes;
    daemon->api.writes = daemon->writes;
    return daemon->writes != NULL;
}

static bool start_hooking(struct daemon *daemon, str *ret_why)
{
    struct hooking_parts parts = {.settings = &daemon->settings,
                                  .store = daemon->store,
                                  .keyring = daemon->keyring,
                                  .directory = daemon->directory,
                                  .catalog = daemon->catalog,
                                  .log = &daemon->log,
                                  .models = daemon->models,
                                  .exchange = &daemon->gate.exchange,
                                  .trusted = daemon->gate.trusted,
                                  .trusted_n = daemon->gate.trusted_n,
                                  .workers = daemon->crew_n,
                                  .arena = &daemon->arena};
    return hooking_start(&daemon->hooking, &parts, ret_why);
}

static bool start_delivering(struct daemon *daemon, str *ret_why)
{
    struct delivering_parts parts = {.settings = &daemon->settings,
                                     .arena = &daemon->arena,
                                     .store = daemon->store,
                                     .keyring = daemon->keyring,
                                     .directory = daemon->directory,
                                     .payloads = daemon->hooking.payloads,
                                     .tls = daemon->upstream_tls,
                                     .log = &daemon->log,
                                     .workers = daemon->crew_n};
    bool good = delivering_start(&daemon->delivering, &parts, ret_why);
    daemon->api.deliver = daemon->delivering.deliver;
    daemon->api.guard = &daemon->delivering.guard;
    return good;
}

static bool reload_keys(void *arg, struct arena *arena, str *ret_why)
{
    struct daemon *daemon = arg;
    str text;
    bool made;
    if (!master_keys_read(&daemon->settings, false, arena, &text, &made, ret_why))
        return false;
    bool good = keyring_reload(daemon->keyring, text, arena, ret_why);
    mem_wipe((char *)(uintptr_t)text.p, text.n);
    return good;
}

static void start_api(struct daemon *daemon)
{
    struct api *api = &daemon->api;
    api->directory = daemon->directory;
    api->catalog = daemon->catalog;
    api->keyring = daemon->keyring;
    api->store = daemon->store;
    api->boards = &daemon->boards;
    api->gate = &daemon->gate;
    api->hooks = daemon->hooking.hooks;
    api->keeper = daemon->tokens.keeper;
    api->log = &daemon->log;
    api->reload_keys = reload_keys;
    api->reload_arg = daemon;
    api_open(api);
}

static void on_starved(void *arg)
{
    struct daemon *daemon = arg;
    log_say(&daemon->log, LOG_ERROR, "descriptors",
            "all %llu descriptors are taken; new connections wait until one is free",
            descriptors_max());
}

static void start_server(struct daemon *daemon)
{
    const struct settings *settings = &daemon->settings;
    server_init(&daemon->server);
    daemon->server.connections_max = descriptors_plan(settings, &daemon->log);
    daemon->server.head_timeout = settings->head_timeout;
    daemon->server.idle_timeout = settings->idle_timeout;
    daemon->server.body_timeout = settings->body_timeout;
    daemon->server.write_timeout = settings->write_timeout;
    daemon->server.on_starved = on_starved;
    daemon->server.arg = daemon;
}

static void start_crews(struct daemon *daemon)
{
    daemon->parts = (struct crew_parts){.catalog = daemon->catalog,
                                        .h1 = daemon->h1,
                                        .curl = daemon->curl,
                                        .gate = &daemon->gate,
                                        .tokens = &daemon->tokens,
                                        .writes = daemon->writes,
                                        .hooking = &daemon->hooking,
                                        .breaker_events = &daemon->breaker_events,
                                        .delivering = &daemon->delivering,
                                        .leavers = daemon->api.leavers,
                                        .server = &daemon->server,
                                        .plan = &daemon->plan,
                                        .server_tls = daemon->server_tls,
                                        .watch_folder = daemon->settings.integrations.n,
                                        .drain_delay = daemon->settings.drain_delay,
                                        .drain_timeout = daemon->settings.drain_timeout};
    crews_start(daemon->crews, daemon->crew_n, &daemon->parts);
}

/* --- draining --- */

static void drain(struct daemon *daemon)
{
    usec delay = daemon->settings.drain_delay;
    if (atomic_exchange(&daemon->draining, true))
        return;
    if (delay)
        log_say(&daemon->log, LOG_INFO, "drain",
                "not ready from now on; no new connections after %lld ms",
                (long long)(delay / USEC_MS));
    else
        log_say(&daemon->log, LOG_INFO, "drain", "no new connections; calls may go on");
    for (unsigned i = 0; i < daemon->crew_n; i++)
        crew_drain(&daemon->crews[i]);
}

/* --- reloading --- */

static void say_reload(struct daemon *daemon, const char *what, bool good, str why)
{
    if (good)
        log_say(&daemon->log, LOG_INFO, "reload", "%s are read", what);
    else
        log_say(&daemon->log, LOG_ERROR, "reload", "%s stay as they were: " STR_F, what,
                STR_A(why));
}

static void reload_tls(struct daemon *daemon, struct arena *arena)
{
    const struct settings *settings = &daemon->settings;
    str why = STR_NONE;
    if (!daemon->server_tls)
        return;
    struct tls *tls =
        tls_create_server(arena, settings->tls_cert, settings->tls_key, &why);
    say_reload(daemon, "certificates", tls != NULL, why);
    if (!tls)
        return;
    for (unsigned i = 0; i < daemon->crew_n; i++)
        crew_give_tls(&daemon->crews[i], tls);
    tls_unref(&daemon->server_tls);
    daemon->server_tls = tls;
}

/* Each for itself: a bad key file does not keep a new certificate out. */
static void reload(struct daemon *daemon)
{
    struct arena arena;
    str why = STR_NONE;
    arena_init(&arena, 4096, 1 << 20);
    reload_tls(daemon, &arena);
    bool good = reload_keys(daemon, &arena, &why);
    say_reload(daemon, "master keys", good, why);
    arena_fini(&arena);
}

/* --- the main thread --- */

static void on_signal(void *arg, int number)
{
    struct daemon *daemon = arg;
    if (number == SIGHUP)
        reload(daemon);
    else if (number == SIGTERM || number == SIGINT)
        driver_stop(daemon->main_driver);
}

static void on_use_flushed(struct use_flush *flush)
{
    struct daemon *daemon = CONTAINER_OF(flush, struct daemon, use_flush);
    daemon->use_flushing = false;
}

static void flush_use(struct daemon *daemon)
{
    if (daemon->use_flushing)
        return;
    daemon->use_flushing = true;
    daemon->use_flush.directory = daemon->directory;
    daemon->use_flush.done = on_use_flushed;
    directory_flush_use(&daemon->use_flush, &daemon->main_worker);
}

static void on_use_timer(struct timer *timer)
{
    struct daemon *daemon = CONTAINER_OF(timer, struct daemon, use_timer);
    flush_use(daemon);
    timer_start(timer, use_flush_every);
}

static void on_ends_looked(struct ending_look *look)
{
    struct daemon *daemon = CONTAINER_OF(look, struct daemon, ending_look);
    if (look->err == ERR_NONE) {
        atomic_store(&daemon->ends_near, look->near);
        atomic_store(&daemon->ends_come, look->come);
    }
    daemon->ends_looking = false;
    if (!atomic_load(&daemon->draining))
        timer_start(&daemon->ending_timer, ending_look_every);
}

static void on_ending_timer(struct timer *timer)
{
    struct daemon *daemon = CONTAINER_OF(timer, struct daemon, ending_timer);
    daemon->ending_look = (struct ending_look){.directory = daemon->directory,
                                               .worker = &daemon->main_worker,
                                               .done = on_ends_looked};
    daemon->ends_looking = true;
    ending_look(&daemon->ending_look);
}

static void start_main(struct daemon *daemon)
{
    worker_init(&daemon->main_worker, daemon->crew_n, world_real());
    daemon->main_driver = driver_create(&daemon->main_worker);
    driver_catch_signals(daemon->main_driver, on_signal, daemon);
    timer_init(&daemon->use_timer, &daemon->main_worker, on_use_timer);
    timer_start(&daemon->use_timer, use_flush_every);
    timer_init(&daemon->ending_timer, &daemon->main_worker, on_ending_timer);
    timer_start(&daemon->ending_timer, 0);
}

static bool bring_up(struct daemon *daemon, str *ret_why)
{
    if (!check_log_settings(daemon, ret_why) || !start_log(daemon, ret_why))
        return false;
    boards_open(&daemon->boards);
    if (!start_state(daemon, ret_why) || !start_transports(daemon, ret_why) ||
        !make_server_tls(&daemon->settings, &daemon->arena, &daemon->server_tls,
                         ret_why) ||
        !start_gate(daemon, ret_why))
        return false;
    start_keeping(daemon);
    start_tokens(daemon);
    if (!start_writes(daemon, ret_why) || !start_hooking(daemon, ret_why) ||
        !start_delivering(daemon, ret_why))
        return false;
    start_api(daemon);
    start_server(daemon);
    if (!listening_plan(&daemon->plan, daemon, &daemon->settings, daemon->crew_n,
                        &daemon->arena, ret_why))
        return false;
    start_main(daemon);
    start_crews(daemon);
    return true;
}

struct daemon *daemon_start(const struct settings *settings, struct arena *arena,
                            str *ret_why)
{
    struct daemon *daemon = mem_zalloc(sizeof(*daemon));
    str why = STR_NONE;
    daemon->settings = *settings;
    arena_init(&daemon->arena, 16 * 1024, 256 << 20);
    daemon->crew_n = settings->workers ? (unsigned)settings->workers
                                       : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    daemon->crews = mem_array(daemon->crew_n, sizeof(daemon->crews[0]));
    if (bring_up(daemon, &why))
        return daemon;
    *ret_why = arena_str(arena, why);
    daemon_destroy(&daemon);
    return NULL;
}

void daemon_run(struct daemon *daemon)
{
    log_say(&daemon->log, LOG_INFO, "ready", "%u workers, %u integrations",
            daemon->crew_n, start_count_integrations(daemon->catalog));
    driver_run(daemon->main_driver);
    drain(daemon);
    for (unsigned i = 0; i < daemon->crew_n; i++)
        crew_join(&daemon->crews[i]);
    timer_cancel(&daemon->use_timer);
    timer_cancel(&daemon->ending_timer);
    flush_use(daemon);
    while (daemon->use_flushing || daemon->ends_looking) {
        worker_turn(&daemon->main_worker);
        usleep(200);
    }
}

void daemon_stop(struct daemon *daemon)
{
    driver_stop(daemon->main_driver);
}

bool daemon_is_draining(const struct daemon *daemon)
{
    return atomic_load(&daemon->draining);
}

/* From here on nobody hears them, and one that comes must not end what is ending. Only
 * this thread has them unblocked. */
static void hold_signals(void)
{
    sigset_t all;
    sigemptyset(&all);
    sigaddset(&all, SIGTERM);
    sigaddset(&all, SIGINT);
    sigaddset(&all, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static void stop_workers(struct daemon *daemon)
{
    for (unsigned i = 0; i < daemon->crew_n; i++)
        crew_stop(&daemon->crews[i]);
    if (daemon->main_driver) {
        hold_signals();
        timer_cancel(&daemon->use_timer);
        timer_cancel(&daemon->ending_timer);
        driver_destroy(&daemon->main_driver);
        worker_fini(&daemon->main_worker);
    }
}

void daemon_destroy(struct daemon **ptr)
{
    struct daemon *daemon = *ptr;
    stop_workers(daemon);
    listening_forget(&daemon->plan);
    if (daemon->api.directory)
        api_close(&daemon->api);
    watch_destroy(&daemon->watch);
    breaker_events_fini(&daemon->breaker_events);
    models_destroy(&daemon->models);
    mem_free(daemon->gate.parts);
    transport_destroy(&daemon->curl);
    transport_destroy(&daemon->h1);
    profiles_destroy(&daemon->gate.exchange.profiles);
    tls_unref(&daemon->server_tls);
    tls_unref(&daemon->upstream_tls);
    delivering_stop(&daemon->delivering);
    hooking_stop(&daemon->hooking);
    writes_close(&daemon->writes);
    tokens_stop(&daemon->tokens);
    keeping_stop(&daemon->keeping);
    catalog_close(&daemon->catalog);
    directory_close(&daemon->directory);
    keyring_destroy(&daemon->keyring);
    store_close(&daemon->store);
    boards_close(&daemon->boards);
    if (daemon->sink)
        log_sink_stop(&daemon->sink);
    arena_fini(&daemon->arena);
    mem_free(daemon->crews);
    mem_free(daemon);
    *ptr = NULL;
}

/* --- metrics --- */

static void put_server(struct daemon *daemon, struct buf *buf)
{
    const struct server *server = &daemon->server;
    watch_sample(buf, "breakwater_connections", "gauge", "Callers' connections open.",
                 atomic_load(&server->connections));
    watch_sample(buf, "breakwater_connections_accepted_total", "counter",
                 "Callers' connections accepted.",
                 (double)atomic_load(&server->accepted));
    watch_sample(buf, "breakwater_connections_refused_total", "counter",
                 "Connections over connections_max.",
                 (double)atomic_load(&server->refused));
    watch_sample(buf, "breakwater_connections_starved_total", "counter",
                 "Pauses in accepting for want of descriptors.",
                 (double)atomic_load(&server->starved));
    watch_sample(buf, "breakwater_requests_rejected_total", "counter",
                 "Requests that were no HTTP.", (double)atomic_load(&server->rejected));
    watch_sample(buf, "breakwater_visits", "gauge", "Proxied calls under way.",
                 atomic_load(&daemon->gate.visits));
}

static void put_upstream(struct daemon *daemon, struct buf *buf)
{
    struct transport_stats h1, curl;
    transport_stats(daemon->h1, &h1);
    transport_stats(daemon->curl, &curl);
    watch_sample(buf, "breakwater_upstream_connections", "gauge",
                 "Connections to vendors open.", (double)(h1.open + curl.open));
    watch_sample(buf, "breakwater_upstream_connections_opened_total", "counter",
                 "Connections to vendors made.", (double)(h1.opened + curl.opened));
    watch_sample(buf, "breakwater_upstream_reused_total", "counter",
                 "Requests over a connection that was used before.",
                 (double)(h1.reused + curl.reused));
}

static void put_state(struct daemon *daemon, struct buf *buf)
{
    struct store_stats store;
    struct directory_counts counts;
    store_stats(daemon->store, &store);
    directory_counts(daemon->directory, &counts);
    watch_sample(buf, "breakwater_accounts", "gauge", "Accounts.",
                 (double)counts.accounts);
    watch_sample(buf, "breakwater_credentials_ending", "gauge",
                 "Credentials, certificates and secrets of apps that are said to end "
                 "within 14 days.",
                 (double)atomic_load(&daemon->ends_near));
    watch_sample(buf, "breakwater_credentials_ended", "gauge",
                 "Those that are said to have ended.",
                 (double)atomic_load(&daemon->ends_come));
    watch_sample(buf, "breakwater_environments", "gauge", "Environments.",
                 (double)counts.environments);
    watch_sample(buf, "breakwater_integrations", "gauge", "Integrations in use.",
                 start_count_integrations(daemon->catalog));
    watch_sample(buf, "breakwater_store_waiting", "gauge", "Store operations waiting.",
                 (double)store.waiting);
    watch_sample(buf, "breakwater_store_commits_total", "counter", "Commits.",
                 (double)store.commits);
    watch_sample(buf, "breakwater_store_faults_total", "counter",
                 "Operations that the disk or the store's engine failed.",
                 (double)store.faults);
    watch_sample(buf, "breakwater_store_sealed", "gauge",
                 "1: no change is taken until the process is started again.",
                 store.sealed);
    watch_sample(buf, "breakwater_store_bytes", "gauge", "Size of the store on disk.",
                 (double)store.bytes);
    watch_sample(buf, "breakwater_log_dropped_total", "counter",
                 "Log lines dropped because nobody took them.",
                 (double)log_sink_dropped(daemon->sink));
    watch_sample(buf, "breakwater_odd_total", "counter",
                 "Things that should not happen and did.", (double)check_odd_count());
}

void daemon_metrics(struct daemon *daemon, struct buf *buf)
{
    struct keeper_stats tokens;
    struct writes_stats writes;
    put_server(daemon, buf);
    put_upstream(daemon, buf);
    put_state(daemon, buf);
    hooking_metrics(&daemon->hooking, buf);
    keeping_metrics(&daemon->keeping, buf);
    keeper_stats(daemon->tokens.keeper, &tokens);
    watch_tokens(buf, &tokens);
    writes_stats(daemon->writes, &writes);
    watch_writes(buf, &writes);
    delivering_metrics(&daemon->delivering, buf);
    watch_metrics(daemon->watch, buf);
}
