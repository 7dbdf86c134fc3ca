/*
 * One binary: the commands that run a daemon are here, all others in cli/.
 */
#include "base/mem.h"
#include "base/str.h"
#include "cli/cli.h"
#include "main/demo.h"
#include "main/reference.h"
#include "main/serve.h"
#include "sim/sim.h"

int main(int argc, char **argv)
{
    str command = str_z(argc > 1 ? argv[1] : "");
    mem_share_heap();
    if (str_eq(command, STR("serve")))
        return serve_main(argc - 2, argv + 2);
    if (str_eq(command, STR("demo")))
        return demo_main(argc - 2, argv + 2);
    if (str_eq(command, STR("sim")))
        return sim_main(argc - 2, argv + 2);
    if (str_eq(command, STR("reference")))
        return reference_main(argc - 2, argv + 2);
    return cli_main(argc, argv);
}
