/*
 * The certificate that an account shows, as the views of the account have it: when it
 * ends, and what is wrong with it.
 */
#ifndef API_API_CERTIFICATE_H
#define API_API_CERTIFICATE_H

#include "api/api_call.h"

/* What is known at one moment; texts are in the call's arena. */
struct certificate_look {
    usec ends;   /* wall; 0: it shows none */
    str trouble; /* absent, unless calls fail for want of one that can be used */
};

/* `integration` NULL: it is not loaded. */
void certificate_look(struct api_call *call, struct account *account,
                      const struct integration *integration,
                      struct certificate_look *ret);

#endif
