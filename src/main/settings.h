/*
 * The daemon's settings: read once at start, constant then. Where each value came from is
 * kept for --print-settings.
 */
#ifndef MAIN_SETTINGS_H
#define MAIN_SETTINGS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/usec.h"

enum setting_id {
#define X(name, kind, standard, min, max, doc) SETTING_##name,
#include "main/setting_list.h"
#undef X
    SETTING_COUNT
};

enum setting_kind { SETTING_TEXT, SETTING_UINT, SETTING_DURATION, SETTING_BOOL };
enum setting_source { SETTING_DEFAULT, SETTING_FILE, SETTING_ENVIRONMENT, SETTING_FLAG };

#define SETTING_TYPE_TEXT     str
#define SETTING_TYPE_UINT     uint64_t
#define SETTING_TYPE_DURATION usec
#define SETTING_TYPE_BOOL     bool

struct settings {
#define X(name, kind, standard, min, max, doc) SETTING_TYPE_##kind name;
#include "main/setting_list.h"
#undef X
    enum setting_source sources[SETTING_COUNT];
    bool print; /* --print-settings */
    bool json;  /* what is printed is JSON */
    bool help;
};

/*
 * Reads flags (argv without the command), the environment and the file that `--config`
 * names. Texts stand in the arena. False with a sentence that names the flag, variable or
 * member in *ret_why.
 */
bool settings_read(struct settings *settings, int argc, char **argv, struct arena *arena,
                   str *ret_why);

/* One line a setting: name, value, where it came from, what it is. */
void settings_print(const struct settings *settings, struct buf *buf);

/* The same as an object: {name: {value, source}}. */
void settings_print_json(const struct settings *settings, struct buf *buf);

/* A Markdown table of all, for the reference. */
void settings_table(struct buf *buf);

/* The flags with their docs, for --help. */
void settings_help(struct buf *buf);

#endif
