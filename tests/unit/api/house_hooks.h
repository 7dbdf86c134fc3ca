/* The part of the house that receives webhooks. */
#ifndef UNIT_API_HOUSE_HOOKS_H
#define UNIT_API_HOUSE_HOOKS_H

#include "house.h"

void house_open_hooks(struct house *house);
void house_close_hooks(struct house *house);

#endif
