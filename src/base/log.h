/*
 * One structured line for one thing that happened: a JSON object on a line of its own,
 * or text for a terminal. A line is built on the caller's stack and given to the sink in
 * one piece; members that do not fit are dropped and the line says `"cut":true`.
 *
 *   struct log_line line;
 *   log_open(&line, log, LOG_INFO, "call");
 *   log_str(&line, "integration", name);
 *   log_close(&line);
 *
 * The sink and the clock are the caller's; the sink must take lines from any thread and
 * must not block. Values of type `struct secret` have no way in here.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "base/usec.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log {
    enum log_level level; /* what is less important is not written */
    bool text;            /* readable text instead of JSON */
    void (*sink)(void *arg, str line);
    usec (*wall)(void *arg); /* since 1970 */
    void *arg;
};

enum { LOG_LINE_BYTES = 4096 };

struct log_line {
    const struct log *log; /* NULL: below the level, everything is ignored */
    size_t n;
    bool cut;
    char bytes[LOG_LINE_BYTES];
};

/* Starts a line; `event` is a short fixed word. */
void log_open(struct log_line *line, const struct log *log, enum log_level level,
              const char *event);

/* Adds a member; absent strings are left out. `name` is a fixed word of ours. */
void log_str(struct log_line *line, const char *name, str value);
void log_int(struct log_line *line, const char *name, int64_t value);
void log_bool(struct log_line *line, const char *name, bool value);

/* Gives the line to the sink. */
void log_close(struct log_line *line);

/* A line with nothing but a sentence; for start, stop and trouble. */
void log_say(const struct log *log, enum log_level level, const char *event,
             const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* "debug", "info", "warn", "error"; false for any other word. */
bool log_level_parse(str word, enum log_level *ret_level);

#endif
