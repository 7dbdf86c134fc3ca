/*
 * The command line: reads flags, raises the limit of open files, runs one loop until
 * SIGTERM or SIGINT.
 */
#include <stdio.h>
#include <sys/resource.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/crypto.h"
#include "base/hash.h"
#include "json/bind_schema.h"
#include "loop/driver.h"
#include "loop/worker.h"
#include "loop/world.h"
#include "sim/sim.h"
#include "sim/sim_script.h"
enum { DONE, FAILED, WRONG_USAGE, RUNS = -1 };

enum { ARENA_BYTES_MAX = 512 << 20, SCHEMA_BYTES_MAX = 1 << 20 };

static const char usage[] =
    "Usage: breakwater sim [OPTION]...\n\n"
    "A vendor simulator that answers, and misbehaves, as scripts say.\n\n"
    "  --listen ADDR:PORT   where it listens (127.0.0.1:8090); port 0 takes a free one\n"
    "  --script FILE        what it answers at /; format: docs/sim.md\n"
    "  --dialects DIR       serves DIR/NAME/sim.json under /NAME/ and at NAME.localhost\n"
    "  --integrations DIR   the same\n"
    "  --tls-cert FILE      certificate chain (PEM): it speaks TLS\n"
    "  --tls-key FILE       the private key for it (PEM)\n"
    "  --schema             prints the JSON Schema of scripts, and ends\n"
    "  --json               prints {\"listening\":\"ADDR:PORT\"} instead of plain text\n"
    "  --help               says how the command is used\n"
    "\n"
    "When it is ready it prints \"listening ADDR:PORT\". SIGTERM ends it.\n";

struct flags {
    struct sim_settings settings;
    bool json;
};

struct run {
    struct driver *driver;
    struct sim *sim;
    bool closing;
};

/* --- flags --- */

static str *find_flag(struct flags *flags, str name)
{
    struct sim_settings *settings = &flags->settings;
    const struct {
        str name;
        str *value;
    } known[] = {
        {STR("--listen"), &settings->listen},
        {STR("--script"), &settings->script},
        {STR("--dialects"), &settings->dialects},
        {STR("--integrations"), &settings->dialects},
        {STR("--tls-cert"), &settings->tls_cert},
        {STR("--tls-key"), &settings->tls_key},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_eq(name, known[i].name))
            return known[i].value;
    return NULL;
}

static int complain(const char *sentence, str word)
{
    fprintf(stderr, "breakwater sim: " STR_F " %s; see breakwater sim --help\n",
            STR_A(word), sentence);
    return WRONG_USAGE;
}

static int print_schema(void)
{
    struct buf buf;
    buf_init(&buf, SCHEMA_BYTES_MAX);
    bind_schema_write(&buf, &sim_script_table, STR("urn:breakwater:schema:sim"),
                      STR("A script of breakwater sim"));
    printf(STR_F "\n", STR_A(buf_peek(&buf)));
    buf_fini(&buf);
    return DONE;
}

/* RUNS, or the code with which the command ends. */
static int read_flags(struct flags *flags, int argc, char **argv)
{
    *flags = (struct flags){.settings = {.listen = STR("127.0.0.1:8090")}};
    for (int i = 0; i < argc; i++) {
        str word = str_z(argv[i]);
        size_t equals = str_find(word, '=');
        str name = str_of(word.p, equals);
        if (str_eq(word, STR("--help"))) {
            printf("%s", usage);
            return DONE;
        }
        if (str_eq(word, STR("--schema")))
            return print_schema();
        if (str_eq(word, STR("--json"))) {
            flags->json = true;
            continue;
        }
        str *value = find_flag(flags, name);
        if (!value)
            return complain("is no flag of it", word);
        if (equals == word.n && i + 1 == argc)
            return complain("wants a value", word);
        *value = equals < word.n ? str_from(word, equals + 1) : str_z(argv[++i]);
    }
    bool cert = flags->settings.tls_cert.n != 0, tls_key = flags->settings.tls_key.n != 0;
    if (cert && !tls_key)
        return complain("wants --tls-key beside it", STR("--tls-cert"));
    if (tls_key && !cert)
        return complain("wants --tls-cert beside it", STR("--tls-key"));
    return RUNS;
}

/* --- running --- */

static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void start_hashes(void)
{
    uint8_t key[16];
    crypto_start();
    crypto_random(key, sizeof(key));
    hash_seed(key);
}

static void on_closed(void *arg)
{
    struct run *run = arg;
    driver_stop(run->driver);
}

static void on_signal(void *arg, int signal_number)
{
    struct run *run = arg;
    (void)signal_number;
    if (!run->closing)
        sim_close(run->sim, on_closed, run);
    run->closing = true;
}

static void say_listening(const struct flags *flags, uint16_t port)
{
    str listen = flags->settings.listen;
    int n = (int)str_find_last(listen, ':');
    printf(flags->json ? "{\"listening\":\"%.*s:%u\"}\n" : "listening %.*s:%u\n", n,
           listen.p, port);
    fflush(stdout);
}

static int run_sim(const struct flags *flags, struct worker *worker)
{
    str why;
    struct arena arena;
    struct run run = {.driver = driver_create(worker)};
    arena_init(&arena, 64 * 1024, ARENA_BYTES_MAX);
    run.sim = sim_create(worker, &flags->settings, &arena, &why);
    if (!run.sim)
        fprintf(stderr, "breakwater sim: " STR_F "\n", STR_A(why));
    arena_fini(&arena);
    if (run.sim) {
        driver_catch_signals(run.driver, on_signal, &run);
        say_listening(flags, sim_port(run.sim));
        driver_run(run.driver);
    }
    int code = run.sim ? DONE : FAILED;
    sim_destroy(&run.sim);
    driver_destroy(&run.driver);
    return code;
}

int sim_main(int argc, char **argv)
{
    struct flags flags;
    struct worker worker;
    int code = read_flags(&flags, argc, argv);
    if (code != RUNS)
        return code;
    start_hashes();
    raise_file_limit();
    worker_init(&worker, 0, world_real());
    code = run_sim(&flags, &worker);
    worker_fini(&worker);
    return code;
}
