/*
 * What the files of a receive share, and nobody else includes.
 */
#ifndef HOOK_RECEIVE_STATE_H
#define HOOK_RECEIVE_STATE_H

#include "base/buf.h"
#include "hook/hook_message.h"
#include "hook/receive.h"
#include "hook/secrets.h"

enum receive_step {
    RECEIVE_ROUTE,
    RECEIVE_BODY,
    RECEIVE_JUDGE,
    RECEIVE_CAPTURE,
    RECEIVE_KEEP,
    RECEIVE_LIST,
    RECEIVE_ANSWER
};

struct receive {
    uint32_t magic;
    struct hooks *hooks;
    struct inbound *in;
    struct worker *worker;
    struct arena arena; /* its own: it may hold secrets, and much */
    enum receive_step step;
    bool gone; /* the caller */

    struct pin *pin;
    const struct integration *integration;
    struct account *account; /* of the URL; NULL: it names none */
    struct app *app;         /* likewise */
    str url;

    struct buf body;
    uint64_t counted; /* bytes of it that stand in the budget */
    usec wall;        /* when it was whole */

    struct webhook_request request;
    struct webhook_view view;
    struct webhook_verdict verdict;
    struct offload_task task; /* judging a large body */
    struct hook_list list;

    struct secret_keep capture;
    struct payload_put put;
    struct journal_append append;
    uint32_t listed; /* events that stand in the journal, of one that is apart */
    uint32_t listing;

    enum err err; /* a refusal of ours */
    str err_detail;
};

/* receive_judge.c: verifies it, and finds its events. Any thread. */
void receive_judge(struct receive *receive);

/* receive_keep.c: from the verdict to what is durable. */
void receive_keep(struct receive *receive);
void receive_list(struct receive *receive);

/* receive.c */
void receive_move(struct receive *receive, enum receive_step next);
void receive_refuse(struct receive *receive, enum err err, str detail);
/* What the data key is whose, and of which webhook a kept secret. */
str receive_owner(const struct receive *receive);
str receive_scope(const struct receive *receive);

#endif
