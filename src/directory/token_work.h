/*
 * What a change of a token needs beside what its caller sees. Inside of src/directory
 * only; belongs to the store thread while the change runs.
 */
#ifndef DIRECTORY_TOKEN_WORK_H
#define DIRECTORY_TOKEN_WORK_H

#include "directory/directory_state.h"
#include "directory/token_change.h"

struct token_work {
    struct arena arena;
    struct found_account found; /* to be published */
    /* what the store has */
    struct account *account;
    uint64_t intent, fence;
    usec lease_until;
    str lease_by;
};

/* STORE, by a login: who it was, also in the audit log. */
enum err token_note_login(struct tx *tx, struct token_change *change);

/* STORE, by a login: tells of another account that was connected with the same one. */
enum err token_tell_same_login(struct tx *tx, struct token_change *change);

#endif
