/*
 * Paths to what stands behind them: a set of patterns such as
 * /crm/v3/objects/{object}/{id}, matched segment by segment. A literal segment wins over
 * a `{name}`, which takes one non-empty segment, which wins over a last `{name*}`, which
 * takes the rest, slashes included (and may be empty). Built once, then immutable; any
 * thread may match.
 *
 * Used for the routes of our own APIs and for telling which resource of an integration a
 * proxied call means.
 */
#ifndef HTTP_PATH_H
#define HTTP_PATH_H

#include "base/arena.h"
#include "base/str.h"

enum { PATH_PARAMS_MAX = 8 };

struct path_param {
    str name;
    str value; /* as it stands in the path, still percent-encoded */
};

struct path_match {
    const void *target; /* of the pattern */
    uint32_t n;
    struct path_param params[PATH_PARAMS_MAX];
};

struct path_set;

/* An empty set, in the arena. */
struct path_set *path_set_create(struct arena *arena);

/*
 * Adds a pattern for a word (an HTTP method; absent = any). False, with a static sentence
 * in *ret_why, for a bad pattern, more than PATH_PARAMS_MAX names, or when the same shape
 * with the same word stands there already.
 */
bool path_set_add(struct path_set *set, str word, str pattern, const void *target,
                  const char **ret_why);

enum path_result { PATH_FOUND, PATH_WRONG_WORD, PATH_UNKNOWN };

/* `path` starts with "/", without query. */
enum path_result path_set_match(const struct path_set *set, str word, str path,
                                struct path_match *ret_match);

/* The words that a path has targets for, as a comma list: for Allow. */
str path_set_words(const struct path_set *set, struct arena *arena, str path);

/* The value of a parameter, or absent. */
str path_param(const struct path_match *match, str name);

#endif
