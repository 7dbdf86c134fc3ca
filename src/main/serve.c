#include "main/serve.h"

#include <stdio.h>

#include "main/daemon.h"
#include "main/start.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, TEXT_BYTES_MAX = 1 << 20 };

static void print_text(void (*write)(struct buf *buf))
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    write(&text);
    fwrite(text.p, 1, text.n, stdout);
    buf_fini(&text);
}

static void print_settings(const struct settings *settings)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    if (settings->json)
        settings_print_json(settings, &text);
    else
        settings_print(settings, &text);
    fwrite(text.p, 1, text.n, stdout);
    buf_fini(&text);
}

static int run(const struct settings *settings, struct arena *arena)
{
    str why = STR_NONE;
    start_process();
    struct daemon *daemon = daemon_start(settings, arena, &why);
    if (!daemon) {
        fprintf(stderr, "breakwater serve: " STR_F "\n", STR_A(why));
        return EXIT_FAILED;
    }
    str key = daemon_admin_key(daemon);
    if (key.n)
        printf(settings->json ? "{\"admin_key\":\"" STR_F "\"}\n"
                              : "admin_key " STR_F "\n",
               STR_A(key));
    daemon_announce(daemon);
    daemon_run(daemon);
    daemon_destroy(&daemon);
    return EXIT_DONE;
}

int serve_main(int argc, char **argv)
{
    struct arena arena;
    struct settings settings;
    str why = STR_NONE;
    int status = EXIT_DONE;
    arena_init(&arena, 4096, 16 << 20);
    if (!settings_read(&settings, argc, argv, &arena, &why)) {
        fprintf(stderr, "breakwater serve: " STR_F "\n", STR_A(why));
        status = EXIT_USAGE;
    } else if (settings.help) {
        printf("Usage: breakwater serve [OPTION]...\n\nRun the daemon.\n\n"
               "  --config FILE\n      A file of settings, as JSON.\n"
               "  --print-settings\n      Print the settings with where each came from, "
               "and end.\n"
               "  --json\n      Print JSON instead of text: a line for the first admin "
               "key, and one for each listener.\n"
               "  --help\n      Say how the command is used.\n");
        print_text(settings_help);
    } else if (settings.print) {
        print_settings(&settings);
    } else {
        status = run(&settings, &arena);
    }
    arena_fini(&arena);
    return status;
}
