/*
 * The names that transport.h had before: for files that still use them.
 */
#ifndef CALL_H1_H
#define CALL_H1_H

#include "call/transport.h"

#define h1_settings transport_settings
#define h1_stats    transport_stats

#endif
