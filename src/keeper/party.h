/*
 * Who asks a token endpoint: an account, and the app with which it is connected (the one
 * that it remembers, else its environment's, else the platform's; one of another way of
 * authentication is none). Holds what the inputs
 * of a request borrow until party_fini.
 */
#ifndef KEEPER_PARTY_H
#define KEEPER_PARTY_H

#include "auth/token_rule.h"
#include "directory/directory_app.h"

struct auth_way;
struct integration;

struct party {
    struct app *app; /* NULL: there is none */
    struct bind_texts scopes;
};

/*
 * Fills in the way's rule, and what account and app give: context, params, client_id,
 * own, apps, scopes. The rest of `ret_inputs` is zeroes and the caller's. Account and way
 * must outlive it. `arena` is that of the inputs. What the account has of another way is
 * no credential here.
 */
void party_init(struct party *party, struct directory *directory, struct account *account,
                const struct auth_way *way, struct arena *arena,
                struct token_inputs *ret_inputs);
void party_fini(struct party *party);

/* The app alone, with a reference that the caller gives back; NULL: there is none. `way`:
 * by its name; absent: whichever. */
struct app *party_app(struct directory *directory, const struct account *account,
                      str way);

/*
 * The certificate that such an account shows on its connections: its own, else its app's
 * where tokens are what an app is there for. Absent where the rule wants none or there is
 * none and none must be; else ERR_CREDENTIAL_UNUSABLE with a static sentence. The texts
 * are in the arena, which its owner wipes.
 */
enum err party_certificate(struct directory *directory, struct account *account,
                           const struct auth_way *way, struct arena *arena,
                           struct certificate *ret, const char **ret_why) MUST_CHECK;

/*
 * What of theirs was to have ended by `wall`, as somebody has said: a sentence, with a
 * blank before it, that goes behind a vendor's no; "" where nothing was. In the arena.
 */
str party_end_hint(struct directory *directory, const struct account *account,
                   const struct auth_way *way, usec wall, struct arena *arena);

/* Whether what the template gave may be asked: the document's own word for a host is
 * trusted, what a variable fills must be among its hosts. */
bool party_may_ask(const struct integration *integration, const struct template *template,
                   const struct url *url);

#endif
