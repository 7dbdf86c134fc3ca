/*
 * `breakwater demo`: the simulator and a daemon in one process, a tour on real traffic,
 * then both stay up until Ctrl-C.
 */
#ifndef MAIN_DEMO_H
#define MAIN_DEMO_H

/* argv without the program and the command. The process's exit status: 1 when a step of
 * the tour did not go as it says. */
int demo_main(int argc, char **argv);

#endif
