/* The contract of src/payload, on every implementation of payload_list.h; or on those
 * that are named as arguments. */
#include "groups.h"
#include "scene.h"

static const char *const rows[] = {
#define X(name, what) #name,
#include "payload/payload_list.h"
#undef X
};

int main(int argc, char **argv)
{
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (!unit_wanted(rows[i], argc - 1, argv + 1))
            continue;
        scene_payloads = rows[i];
        printf("# payloads %s\n", scene_payloads);
        fflush(stdout);
        failed += test_keeping();
        failed += test_groups();
    }
    return failed != 0;
}
