#include "main/descriptors.h"

#include <sys/resource.h>

#include "base/check.h"

enum {
    OTHER_DESCRIPTORS =
        256 /* store, log, listeners, loops, kept connections to vendors */
};

unsigned long long descriptors_max(void)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    return (unsigned long long)limit.rlim_cur;
}

/* A caller takes one, and so does the vendor of a call under way. */
static uint64_t descriptors_needed(uint64_t connections, uint64_t visits)
{
    return connections + (visits < connections ? visits : connections);
}

/* The most connections that so many descriptors are enough for; at least one. */
static uint64_t connections_within(uint64_t descriptors, uint64_t visits)
{
    uint64_t most = descriptors / 2;
    if (visits < most)
        most = descriptors - visits;
    return most ? most : 1;
}

/* What the operator wrote stands, with a warning; the default gives way to the limit. */
uint32_t descriptors_plan(const struct settings *settings, const struct log *log)
{
    uint64_t wanted = settings->connections_max, visits = settings->visits_max;
    unsigned long long allowed = descriptors_max();
    uint64_t room = allowed > OTHER_DESCRIPTORS ? allowed - OTHER_DESCRIPTORS : 0;
    uint64_t needed = descriptors_needed(wanted, visits);
    if (needed <= room)
        return (uint32_t)wanted;
    if (settings->sources[SETTING_connections_max] == SETTING_DEFAULT) {
        wanted = connections_within(room, visits);
        log_say(log, LOG_INFO, "descriptors",
                "connections_max is %llu, since the system allows %llu descriptors",
                (unsigned long long)wanted, allowed);
    } else {
        log_say(log, LOG_WARN, "descriptors",
                "connections_max and visits_max may take %llu descriptors, and the "
                "system allows %llu; raise its limit, or lower them",
                (unsigned long long)needed + OTHER_DESCRIPTORS, allowed);
    }
    return (uint32_t)wanted;
}
