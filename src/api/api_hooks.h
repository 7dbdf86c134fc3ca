/*
 * A vendor's request as answers show it.
 */
#ifndef API_API_HOOKS_H
#define API_API_HOOKS_H

#include "api/api_call.h"
#include "hook/hook_message.h"

extern const struct shape api_hook_request_shape;

void api_put_hook_request(struct api_call *call, const struct hook_message *message);

#endif
