#include "main/demo.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/driver.h"
#include "loop/thread.h"
#include "loop/world.h"
#include "main/daemon.h"
#include "main/start.h"
#include "main/tour.h"
#include "sim/sim.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

#ifndef BREAKWATER_SHARE
#define BREAKWATER_SHARE "/usr/local/share/breakwater"
#endif

static const char usage[] =
    "Usage: breakwater demo [OPTION]...\n\n"
    "Simulator, gateway, and a tour on real traffic; then both stay up.\n\n"
    "  --once                end after the tour; exit 1 if a step did not go as told\n"
    "  --listen ADDR:PORT    where Breakwater listens (127.0.0.1:8080, or a free port)\n"
    "  --sim-listen ADDR:PORT\n"
    "                        where the vendor listens (127.0.0.1:8090, or a free port)\n"
    "  --integrations DIR    the folder that has demo/ in it\n"
    "  --json                print JSON instead of text: a line with the addresses and\n"
    "                        the key, and one with what came of the tour\n"
    "  --help                say how the command is used\n";

struct demo {
    bool once;
    bool json;
    str listen;
    str sim_listen;
    str integrations;
    char folder[64]; /* of everything the demo writes */
    struct arena arena;
    struct daemon *daemon;
    struct worker sim_worker;
    struct driver *sim_driver;
    struct thread *sim_thread;
    struct sim *sim;
    struct thread *tour_thread;
    struct tour tour;
    bool interrupted; /* the tour, by whoever stopped the demo */
    str key;
};

/* --- what it needs --- */

static bool has_demo(const char *folder)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/demo/sim.json", folder);
    return access(path, R_OK) == 0;
}

static bool find_integrations(struct demo *demo)
{
    static const char *const places[] = {"integrations", BREAKWATER_SHARE "/integrations",
                                         "/usr/share/breakwater/integrations"};
    if (demo->integrations.n)
        return has_demo(arena_z(&demo->arena, demo->integrations));
    for (size_t i = 0; i < COUNT_OF(places); i++)
        if (has_demo(places[i])) {
            demo->integrations = str_z(places[i]);
            return true;
        }
    return false;
}

/* Our own listeners share a port with whoever shares it too (SO_REUSEPORT), and callers
 * would reach now one and now the other: so it is asked for alone first. */
static bool is_free(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    bool good = bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
    close(fd);
    return good;
}

/* Where nothing was said: the usual port, or any that is free. */
static void choose_ports(struct demo *demo)
{
    if (demo->listen.n == 0)
        demo->listen = is_free(8080) ? STR("127.0.0.1:8080") : STR("127.0.0.1:0");
    if (demo->sim_listen.n == 0)
        demo->sim_listen = is_free(8090) ? STR("127.0.0.1:8090") : STR("127.0.0.1:0");
}

static void run_sim(void *arg)
{
    struct demo *demo = arg;
    driver_run(demo->sim_driver);
}

static bool start_sim(struct demo *demo, str *ret_why)
{
    struct sim_settings settings = {.listen = demo->sim_listen,
                                    .dialects = demo->integrations};
    worker_init(&demo->sim_worker, 0, world_real());
    demo->sim_driver = driver_create(&demo->sim_worker);
    demo->sim = sim_create(&demo->sim_worker, &settings, &demo->arena, ret_why);
    if (demo->sim)
        demo->sim_thread = thread_start("bw-sim", run_sim, demo);
    return demo->sim != NULL;
}

static bool start_daemon(struct demo *demo, str *ret_why)
{
    struct settings settings;
    const char *folder = demo->folder;
    char data[128], log[128];
    snprintf(data, sizeof(data), "--data=%s/data", folder);
    snprintf(log, sizeof(log), "--log-file=%s/log", folder);
    str listen = arena_printf(&demo->arena, "--listen=" STR_F, STR_A(demo->listen));
    str integrations =
        arena_printf(&demo->arena, "--integrations=" STR_F, STR_A(demo->integrations));
    char *argv[] = {data, log, (char *)(uintptr_t)arena_z(&demo->arena, listen),
                    (char *)(uintptr_t)arena_z(&demo->arena, integrations),
                    (char *)(uintptr_t) "--workers=1",
                    /* the simulator is the product as well */
                    (char *)(uintptr_t) "--endpoint-ranges=127.0.0.0/8",
                    (char *)(uintptr_t) "--endpoint-http=true",
                    (char *)(uintptr_t) "--log-format=json"};
    if (!settings_read(&settings, COUNT_OF(argv), argv, &demo->arena, ret_why))
        return false;
    demo->daemon = daemon_start(&settings, &demo->arena, ret_why);
    if (demo->daemon)
        demo->key = daemon_admin_key(demo->daemon);
    return demo->daemon != NULL;
}

/* --- a tenant --- */

static bool change_now(struct demo *demo, struct change *change, str *ret_why)
{
    change->directory = daemon_gate(demo->daemon)->directory;
    change->arena = &demo->arena;
    directory_change_now(change);
    if (change->err)
        *ret_why = change->detail.n ? change->detail : err_row(change->err)->title;
    return change->err == ERR_NONE;
}

static struct json context_of(struct demo *demo)
{
    struct json_build build;
    json_build_init(&build, &demo->arena);
    json_build_member(&build, STR("origin"),
                      json_of_text(arena_printf(&demo->arena, "http://127.0.0.1:%u",
                                                sim_port(demo->sim))));
    return json_build_object(&build);
}

static bool make_tenant(struct demo *demo, str *ret_why)
{
    struct change stage = {
        .kind = CHANGE_STAGE_CREATE, .name = STR("sandbox"), .stage_kind = STAGE_SANDBOX};
    if (!change_now(demo, &stage, ret_why))
        return false;
    struct change environment = {.kind = CHANGE_ENVIRONMENT_CREATE,
                                 .stage_id = tenant_id_str(&stage.new_id),
                                 .name = STR("Acme, a customer")};
    if (!change_now(demo, &environment, ret_why))
        return false;
    struct credential token = {.name = STR("token")};
    secret_init(&token.value, STR("the-vendors-own-token"));
    struct change account = {.kind = CHANGE_ACCOUNT_CREATE,
                             .environment_id = tenant_id_str(&environment.new_id),
                             .integration = STR("demo"),
                             .external_id = STR("acme"),
                             .context = context_of(demo),
                             .credentials = &token,
                             .credential_n = 1};
    bool good = change_now(demo, &account, ret_why);
    secret_fini(&token.value);
    return good;
}

/* --- running --- */

static void greet_people(const struct demo *demo)
{
    printf("Breakwater, with a simulated vendor behind it.\n\n"
           "  Breakwater   http://127.0.0.1:%u\n"
           "  the vendor   http://127.0.0.1:%u/demo   (integrations/demo/sim.json)\n"
           "  its document integrations/demo/integration.json\n\n"
           "  export KEY=" STR_F "\n",
           daemon_port(demo->daemon), sim_port(demo->sim), STR_A(demo->key));
}

/* No value of these needs an escape. */
static void greet(const struct demo *demo)
{
    if (demo->json)
        printf("{\"listening\":\"127.0.0.1:%u\",\"sim_listening\":\"127.0.0.1:%u\","
               "\"key\":\"" STR_F "\"}\n",
               daemon_port(demo->daemon), sim_port(demo->sim), STR_A(demo->key));
    else
        greet_people(demo);
    fflush(stdout);
}

static void say_result(const struct tour *tour)
{
    const char *what = tour->disappointed;
    printf("{\"broken_off\":%s,\"disappointed\":%s%s%s}\n",
           tour->broken_off ? "true" : "false", what ? "\"" : "", what ? what : "null",
           what ? "\"" : "");
    fflush(stdout);
}

/* A `breakwater` that was built and not installed is on nobody's path. */
static void say_path(void)
{
    char file[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", file, sizeof(file));
    size_t folder = n > 0 ? str_find_last(str_of(file, (size_t)n), '/') : 0;
    if (folder)
        printf("  export PATH=\"%.*s:$PATH\"\n", (int)folder, file);
}

static void say_what_to_try(const struct demo *demo)
{
    unsigned port = daemon_port(demo->daemon);
    printf("\nBoth stay up until Ctrl-C. To try:\n\n");
    say_path();
    printf(
        "  export KEY=" STR_F "\n"
        "  export BREAKWATER_URL=http://127.0.0.1:%u BREAKWATER_KEY=$KEY\n\n"
        "  curl -i http://acme.localhost:%u/contacts -H \"Authorization: Bearer $KEY\"\n"
        "  curl -s http://127.0.0.1:%u/metrics | grep breakwater_calls\n"
        "  breakwater accounts list; breakwater breakers list; breakwater audit list\n"
        "  breakwater integrations document demo\n"
        "  curl -X POST http://127.0.0.1:%u/_sim/faults -d "
        "'{\"path\":\"/demo/\",\"fault\":{\"delay\":\"10s\"}}'\n\n"
        "  the log: %s/log\n",
        STR_A(demo->key), port, port, port, sim_port(demo->sim), demo->folder);
    fflush(stdout);
}

static void run_tour(void *arg)
{
    struct demo *demo = arg;
    demo->tour.port = daemon_port(demo->daemon);
    demo->tour.sim_port = sim_port(demo->sim);
    demo->tour.key = demo->key;
    demo->tour.silent = demo->json;
    tour_run(&demo->tour);
    if (demo->json)
        say_result(&demo->tour);
    demo->interrupted = demo->tour.broken_off && daemon_is_draining(demo->daemon);
    if (demo->once || demo->tour.broken_off)
        daemon_stop(demo->daemon);
    else if (!demo->json)
        say_what_to_try(demo);
}

static void on_sim_closed(void *arg)
{
    struct demo *demo = arg;
    driver_stop(demo->sim_driver);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

struct sim_end {
    struct post post;
    struct demo *demo;
};

static void on_sim_end(struct post *post)
{
    struct sim_end *end = CONTAINER_OF(post, struct sim_end, post);
    sim_close(end->demo->sim, on_sim_closed, end->demo);
}

static void stop_sim(struct demo *demo)
{
    struct sim_end end = {.demo = demo};
    if (demo->sim_thread) {
        worker_post(&demo->sim_worker, &end.post, on_sim_end);
        thread_join(&demo->sim_thread);
    }
    sim_destroy(&demo->sim);
    driver_destroy(&demo->sim_driver);
    worker_fini(&demo->sim_worker);
}

static int run(struct demo *demo)
{
    str why = STR_NONE;
    bool good =
        start_sim(demo, &why) && start_daemon(demo, &why) && make_tenant(demo, &why);
    if (good) {
        greet(demo);
        demo->tour_thread = thread_start("bw-tour", run_tour, demo);
        daemon_run(demo->daemon);
        thread_join(&demo->tour_thread);
        good = !demo->tour.disappointed && demo->tour.broken_off == demo->interrupted;
        arena_fini(&demo->tour.arena);
    } else {
        fprintf(stderr, "breakwater demo: " STR_F "\n", STR_A(why));
    }
    if (demo->daemon)
        daemon_destroy(&demo->daemon);
    stop_sim(demo);
    return good ? EXIT_DONE : EXIT_FAILED;
}

/* --- the command --- */

enum { RUNS = -1 };

static int complain(str word, const char *sentence)
{
    fprintf(stderr, "breakwater demo: " STR_F " %s; see breakwater demo --help\n",
            STR_A(word), sentence);
    return EXIT_USAGE;
}

static str *find_flag(struct demo *demo, str name)
{
    if (str_eq(name, STR("--listen")))
        return &demo->listen;
    if (str_eq(name, STR("--sim-listen")))
        return &demo->sim_listen;
    if (str_eq(name, STR("--integrations")))
        return &demo->integrations;
    return NULL;
}

/* RUNS, or the code with which the command ends. */
static int read_flags(struct demo *demo, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        str word = str_z(argv[i]);
        size_t equals = str_find(word, '=');
        if (str_eq(word, STR("--help"))) {
            fputs(usage, stdout);
            return EXIT_DONE;
        }
        bool once = str_eq(word, STR("--once")), json = str_eq(word, STR("--json"));
        demo->once |= once;
        demo->json |= json;
        if (once || json)
            continue;
        str *value = find_flag(demo, str_of(word.p, equals));
        if (!value)
            return complain(word, "is no flag of it");
        if (equals == word.n && i + 1 == argc)
            return complain(word, "wants a value");
        *value = equals < word.n ? str_from(word, equals + 1) : str_z(argv[++i]);
    }
    return RUNS;
}

int demo_main(int argc, char **argv)
{
    struct demo demo = {.folder = "/tmp/breakwater-demo-XXXXXX"};
    int status = read_flags(&demo, argc, argv);
    if (status != RUNS)
        return status;
    status = EXIT_FAILED;
    arena_init(&demo.arena, 16 * 1024, 64 << 20);
    start_process();
    choose_ports(&demo);
    if (!find_integrations(&demo))
        fprintf(stderr, "breakwater demo: there is no folder with demo/sim.json; name it "
                        "with --integrations\n");
    else if (!mkdtemp(demo.folder))
        fprintf(stderr, "breakwater demo: no temporary folder can be made\n");
    else
        status = run(&demo);
    nftw(demo.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    arena_fini(&demo.arena);
    return status;
}
