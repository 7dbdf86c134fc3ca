/*
 * `breakwater serve`: the daemon in the foreground.
 */
#ifndef MAIN_SERVE_H
#define MAIN_SERVE_H

/* argv without the program and the command. The process's exit status. */
int serve_main(int argc, char **argv);

#endif
