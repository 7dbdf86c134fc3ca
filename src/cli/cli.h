/*
 * The command line: every command but those that run a daemon. Exit status: 0 done, 1
 * failed, 2 wrong usage.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

/* argv as main has it. Runs the command that argv[1] (and argv[2]) name. */
int cli_main(int argc, char **argv);

#endif
