/*
 * A script: what a simulated vendor answers to what. Read from JSON with bind tables, so
 * that each fault in one is told with its JSON pointer and a sentence; docs/sim.md has
 * the format. Routes and limits carry their counts.
 *
 * Reference-counted: a request in progress keeps the script that it began with when
 * another takes its place. On the simulator's worker.
 */
#ifndef SIM_SIM_SCRIPT_H
#define SIM_SIM_SCRIPT_H

#include "sim/sim_limit.h"
#include "sim/sim_reply.h"

enum { SIM_SCRIPT_BYTES_MAX = 4 << 20, SIM_STATUSES_MAX = 32 };

/* How often which status was answered. */
struct sim_statuses {
    uint32_t n;
    struct {
        uint32_t status;
        uint64_t count;
    } items[SIM_STATUSES_MAX];
};

struct sim_condition {
    struct sim_source source;
    enum sim_test {
        SIM_TEST_PRESENT,
        SIM_TEST_ABSENT,
        SIM_TEST_EQUALS,
        SIM_TEST_CONTAINS
    } test;
    str text;          /* EQUALS and CONTAINS, of what is text */
    struct json value; /* EQUALS, in the body */
};

struct sim_conditions {
    const struct sim_condition *items;
    uint32_t n;
};

/* Which tokens are accepted. */
struct sim_require {
    struct sim_source from;   /* Authorization unless it says otherwise */
    struct bind_texts one_of; /* "x*" is any that starts with x; none = any but none */
    const struct sim_reply *refused; /* NULL: 401 */
};

struct sim_rate {
    struct bind_texts paths;      /* patterns; none = all */
    struct bind_texts except;     /* patterns that are left out */
    const struct path_set *where; /* of `paths` and `except`: leads to what it is of */
    str method;                   /* absent = any */
    struct sim_source per;
    uint32_t calls;
    usec window;
    uint32_t kind; /* enum sim_window */
    struct sim_headers headers;
    const struct sim_reply *refused; /* NULL: 429 */
    struct sim_limit limit;
};

/* Writes on this route are recorded, and happen once a key. */
struct sim_once {
    struct sim_source key;             /* NONE: keys are not supported */
    struct sim_headers repeat_headers; /* on the answer to a repeat */
    const struct sim_reply *conflict;  /* same key, other body; NULL: as a repeat */
    const struct sim_reply *busy; /* the first one has no answer yet; NULL: as a repeat */
};

enum sim_expect { SIM_EXPECT_CONTINUE, SIM_EXPECT_IGNORE };

struct sim_route {
    str name;   /* in the statistics; METHOD PATH unless it says otherwise */
    str method; /* absent = any */
    str path;
    struct sim_conditions when;
    struct sim_reply *reply; /* as the script has it; use `replies` */
    struct bind_list
        replies; /* of struct sim_reply, at least one; the last one repeats */
    bool cycle;
    bool early;      /* answers before the body is read */
    bool open;       /* no token is needed */
    uint32_t expect; /* enum sim_expect */
    usec expect_delay;
    const struct sim_once *once;
    struct sim_route *next; /* of the same method and path */
    uint64_t calls;
    struct sim_statuses statuses;
};

struct sim_script {
    uint32_t magic;
    uint32_t refs;
    struct arena *arena; /* holds all of it */
    str prefix;          /* "" or "/name" */
    str name;
    struct sim_require *require;       /* NULL: everyone may */
    struct bind_list limits;           /* of struct sim_rate */
    struct bind_list routes;           /* of struct sim_route */
    struct sim_headers headers;        /* on every answer that has no such line */
    const struct sim_reply *unmatched; /* NULL: 404 */
    struct path_set *paths;
    struct sim_statuses unmatched_statuses;
};

/* Of a struct sim_script and everything in it (sim_rule.c). A binder for it stands in a
 * struct sim_reader. */
extern const struct bind_table sim_script_table;

/*
 * Reads a script; its one reference is the caller's. `folder` is where files are named
 * from (absent: files cannot be used). NULL when it has faults: a list, in `why_arena`.
 */
struct sim_script *sim_script_create(str text, str folder, str prefix,
                                     struct arena *why_arena,
                                     const struct bind_fault **ret_faults);

/* Reads the file `path`, whose folder is the one for files. */
struct sim_script *sim_script_load(str path, str prefix, struct arena *why_arena,
                                   const struct bind_fault **ret_faults);

struct sim_script *sim_script_ref(struct sim_script *script);
void sim_script_unref(struct sim_script **script);

/* The route of these words whose conditions hold, or NULL; sets asked->match. Conditions
 * on the body hold only once it is there. */
struct sim_route *sim_script_match(const struct sim_script *script,
                                   struct sim_asked *asked);

/* Whether the script has routes for this path, but none for this method. */
bool sim_script_lacks_method(const struct sim_script *script,
                             const struct sim_asked *asked);

/* Counts and limits start again. */
void sim_script_reset(struct sim_script *script);

void sim_script_count(struct sim_statuses *statuses, uint32_t status);

#endif
