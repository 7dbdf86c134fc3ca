/*
 * Ends that are known before they come (directory/ending.h), as bodies and views have
 * them.
 */
#ifndef API_API_ENDING_H
#define API_API_ENDING_H

#include "api/api_body.h"
#include "directory/ending.h"

/* custom: usec[ENDING_COUNT]. An object of times, or null for none that is known
 * (USEC_NEVER), by the names of an app's secrets. */
void api_read_ends(struct binder *binder, const struct json *value, void *field);
#define API_ENDS_SCHEMA                                                                  \
    "{\"type\":\"object\",\"properties\":{\"client_secret\":" API_TIME_SCHEMA            \
    ",\"client_secret_next\":" API_TIME_SCHEMA ",\"private_key\":" API_TIME_SCHEMA       \
    "},\"additionalProperties\":false}"

/* As the value of a member: those that are known. */
void view_ends(struct json_out *out, const usec ends[ENDING_COUNT]);

/* A sentence, in the call's arena, that `what` ("Its key") ends soon or has ended; absent
 * when neither is so. */
str view_near_end(struct api_call *call, str what, usec ends);

/* The same as an item of a list, if there is one. */
void view_end_warning(struct api_call *call, str what, usec ends);

/* Items for those of an app's secrets, as a view of `whose` app ("its app", "the app"). A
 * certificate is told of with the account that shows it. */
void view_app_end_warnings(struct api_call *call, const struct app *app, str whose);

/* The certificate that an account shows, as its views have it: what is known at one
 * moment; texts are in the call's arena. */
struct certificate_look {
    usec ends;   /* wall; 0: it shows none */
    str trouble; /* absent, unless calls fail for want of one that can be used */
};

/* `integration` NULL: it is not loaded. */
void certificate_look(struct api_call *call, struct account *account,
                      const struct integration *integration,
                      struct certificate_look *ret);

#endif
