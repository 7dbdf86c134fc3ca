/*
 * A name server for tests: answers A questions from a table, in the order given there,
 * and AAAA questions with nothing. Names that are not in it do not exist.
 */
#ifndef SUPPORT_NAME_SERVER_H
#define SUPPORT_NAME_SERVER_H

#include <stdbool.h>

struct name_server;

enum name_mood {
    NAME_ANSWERS,
    NAME_SILENT, /* questions for it are lost */
    NAME_WAITS,  /* they are kept until name_server_go */
    NAME_FAILS   /* SERVFAIL */
};

struct name_record {
    const char *name;
    const char *addresses; /* IPv4, separated by blanks */
    enum name_mood mood;
};

/* `records` ends with a nameless one; borrowed. */
struct name_server *name_server_start(const struct name_record *records);
void name_server_stop(struct name_server **server); /* NULL inside is allowed */

/* "127.0.0.1:PORT" */
const char *name_server_at(const struct name_server *server);

/* Answers what was kept, and whatever comes for such names from now on. */
void name_server_go(struct name_server *server);

/* How many A questions for this name have come. */
unsigned name_server_asked(struct name_server *server, const char *name);

#endif
