/*
 * Where log lines go: a descriptor, written by a thread of its own, so that a slow reader
 * of our standard error never holds up a request. Lines wait in a bounded buffer; past it
 * they are dropped and counted.
 */
#ifndef MAIN_LOG_SINK_H
#define MAIN_LOG_SINK_H

#include "base/log.h"

struct log_sink;

/* Takes `fd`, unless it is standard error. */
struct log_sink *log_sink_start(int fd);

/* Writes what waits, then ends. */
void log_sink_stop(struct log_sink **sink);

/* Fills `log` so that its lines go to this sink. */
void log_sink_bind(struct log_sink *sink, struct log *log);

uint64_t log_sink_dropped(struct log_sink *sink);

#endif
