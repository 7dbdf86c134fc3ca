/*
 * Whether a path leads above where it starts. Servers read dot segments in different
 * ways, and the proxy passes a path on as it is written; so each reading is tried, and
 * one that climbs is enough. They differ in what stands between two segments beside "/";
 * in the rest the reading that climbs most is the only one: empty segments are none
 * (nginx merges slashes), and a segment ends at its ";" (Java's servers cut parameters
 * off).
 */
#include "http/url.h"

/* What is a "/" beside "/". */
enum reading {
    READ_BACKSLASH = 1,
    READ_ESCAPED_SLASH = 2,
    READ_ESCAPED_BACKSLASH = 4,
    READINGS = 8
};

/* The bytes of the separator that `rest` starts with; 0 = none. */
static size_t separator(str rest, unsigned reading)
{
    if (rest.p[0] == '/')
        return 1;
    if ((reading & READ_BACKSLASH) && rest.p[0] == '\\')
        return 1;
    if ((reading & READ_ESCAPED_SLASH) && str_starts_nocase(rest, STR("%2f")))
        return 3;
    if ((reading & READ_ESCAPED_BACKSLASH) && str_starts_nocase(rest, STR("%5c")))
        return 3;
    return 0;
}

static bool take_dot(str *rest)
{
    bool escaped = str_starts_nocase(*rest, STR("%2e"));
    if (!escaped && !str_starts(*rest, STR(".")))
        return false;
    *rest = str_from(*rest, escaped ? 3 : 1);
    return true;
}

/* How far down a segment leads. */
static int depth_of(str segment)
{
    int dots = 0;
    segment.n = str_find(segment, ';');
    while (take_dot(&segment))
        dots++;
    if (segment.n || dots > 2)
        return 1;
    return dots == 2 ? -1 : 0;
}

static bool climbs(str path, unsigned reading)
{
    long depth = 0;
    size_t from = 0, at = 0;
    while (at <= path.n) {
        size_t n = at < path.n ? separator(str_from(path, at), reading) : 1;
        if (n) {
            depth += depth_of(str_of(path.p + from, at - from));
            from = at + n;
        }
        if (depth < 0)
            return true;
        at += n ? n : 1;
    }
    return false;
}

bool url_path_climbs(str path)
{
    if (str_find_str(path, STR("..")) == path.n &&
        str_find_str_nocase(path, STR("%2e")) == path.n)
        return false;
    for (unsigned reading = 0; reading < READINGS; reading++)
        if (climbs(path, reading))
            return true;
    return false;
}
