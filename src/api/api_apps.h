/*
 * Apps, as other handlers need them.
 */
#ifndef API_API_APPS_H
#define API_API_APPS_H

#include "api/api_call.h"
#include "directory/directory_app.h"

/* The app that the path names, with a reference, if the key may change it; NULL when it
 * was refused. */
struct app *api_find_changeable_app(struct api_call *call);

#endif
