/*
 * Apps in the directory: the OAuth clients with which accounts are connected. An
 * environment's own come before the platform's. An app may be for one way of
 * authentication alone; for that way it comes before those that are for all. Of several
 * apps of one environment (or of the platform) for one integration, and for the same way
 * or all of them, exactly one is the default: the one that was made the default last;
 * where none was, or its time has gone with it, the oldest.
 *
 * As with all objects of the directory: any thread, with a reference that the caller
 * gives back, and no look-up touches the store.
 */
#ifndef DIRECTORY_DIRECTORY_APP_H
#define DIRECTORY_DIRECTORY_APP_H

#include "directory/directory.h"

struct app *directory_app(struct directory *directory, str id); /* by id; or NULL */

/* The app with which a new account of the integration is connected by `way` (absent:
 * whichever): the environment's default, else the platform's, else NULL. An absent
 * environment asks for the platform's alone. */
struct app *directory_app_of(struct directory *directory, str environment_id,
                             str integration, str way);

/* Whether it is the default of its environment, or of the platform, for its way, or for
 * all that have no app of their own. */
bool directory_app_is_default(struct directory *directory, const struct app *app);

/*
 * The opened secrets (app_secret_names), decrypted at first use and kept with the object;
 * borrowed as long as the app. While the client's secret is being changed there are two:
 * client_secret is tried first, client_secret_next when the vendor no longer takes it.
 * NULL: none are stored, as a public client has none (*ret_err ERR_NONE), or they cannot
 * be opened (ERR_CREDENTIAL_UNUSABLE).
 */
const struct credentials *directory_app_credentials(struct directory *directory,
                                                    struct app *app, enum err *ret_err);

/* As directory_list_environments. */
uint32_t directory_list_apps(struct directory *directory, str after, uint32_t max,
                             bool (*want)(const struct app *, void *arg), void *arg,
                             struct app **ret);

#endif
