/*
 * The body of a delivery: an event as Standard Webhooks has it,
 *
 *   {"type":"record.updated","timestamp":"2026-11-22T08:15:00.000Z",
 *    "data":{"environment":"env_…","account":"acc_…","integration":"…", …}}
 *
 * with all members of what the event says and brings in `data`. The same for each
 * endpoint and each attempt. Pure.
 */
#ifndef DELIVER_DELIVER_MESSAGE_H
#define DELIVER_DELIVER_MESSAGE_H

#include "event/event.h"

/* `data`: what the event brings, opened: a JSON object; absent: nothing. In the arena. */
str deliver_message(const struct event_row *event, str data, struct arena *arena);

/* The category and resource of the record that an event is about ("crm/contacts" of
 * "crm/contacts/42"); absent: it is about none. */
str deliver_resource(str subject);

#endif
