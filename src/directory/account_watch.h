/*
 * Who hears of accounts (directory_watch_accounts). Of the directory's files alone.
 */
#ifndef DIRECTORY_ACCOUNT_WATCH_H
#define DIRECTORY_ACCOUNT_WATCH_H

#include "directory/tenant.h"

enum { DIRECTORY_WATCHES_MAX = 4 };

struct account_watch {
    void (*fn)(void *arg, struct account *account, bool there); /* NULL: nobody */
    void *arg;
};

#endif
