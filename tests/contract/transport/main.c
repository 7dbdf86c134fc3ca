/* The contract of call/transport.h, on every row of transport_list.h; or on those that
 * are named as arguments. */
#include "stage.h"
#include "tests.h"

static const struct {
    const char *name;
    struct transport *(*create)(const struct transport_settings *settings);
} rows[] = {
#define X(name, what) {#name, name##_create},
#include "call/transport_list.h"
#undef X
};

static const struct {
    const char *name;
    int (*run)(void);
} groups[] = {
#define GROUP(name)                                                                      \
    {                                                                                    \
#name, test_##name                                                               \
    }
    GROUP(answers), GROUP(requests), GROUP(limits), GROUP(flow),
    GROUP(reuse),   GROUP(tls),      GROUP(names),  GROUP(many),
    GROUP(h2),      GROUP(proxy),    GROUP(nginx),
};

struct wishes {
    int n;
    char **names;
};

static bool asked(const struct wishes *wishes, const char *name)
{
    for (int i = 0; i < wishes->n; i++)
        if (strcmp(wishes->names[i], name) == 0)
            return true;
    return false;
}

static bool any_row_asked(const struct wishes *wishes)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (asked(wishes, rows[i].name))
            return true;
    return false;
}

static bool any_group_asked(const struct wishes *wishes)
{
    for (size_t i = 0; i < COUNT_OF(groups); i++)
        if (asked(wishes, groups[i].name))
            return true;
    return false;
}

int main(int argc, char **argv)
{
    const struct wishes wishes = {argc - 1, argv + 1};
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (any_row_asked(&wishes) && !asked(&wishes, rows[i].name))
            continue;
        stage_transport = rows[i].name;
        stage_create = rows[i].create;
        printf("# transport %s\n", stage_transport);
        fflush(stdout);
        for (size_t at = 0; at < COUNT_OF(groups); at++)
            if (!any_group_asked(&wishes) || asked(&wishes, groups[at].name))
                failed += groups[at].run();
    }
    return failed < 255 ? failed : 255;
}
