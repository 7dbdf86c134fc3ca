/*
 * How many connections the system's limit of descriptors is enough for.
 */
#ifndef MAIN_DESCRIPTORS_H
#define MAIN_DESCRIPTORS_H

#include "base/log.h"
#include "main/settings.h"

unsigned long long descriptors_max(void);

/* The most connections to take in: the setting, unless it is a default for which there
 * are too few descriptors. What does not fit is told to the log. */
uint32_t descriptors_plan(const struct settings *settings, const struct log *log);

#endif
