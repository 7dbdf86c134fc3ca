/*
 * All that a vendor request needs, on false time, with a vendor that plays a script: one
 * worker, boards, an integration, an account of an environment. Tests of exchanges, and
 * of what starts them, put it into a scene of their own and begin what they are about on
 * script_scene_worker.
 *
 *   const struct play plays[] = {{.status = 503}, {.status = 200}};
 *   script_scene_open(&scene->base, document, plays, COUNT_OF(plays));
 *   … start something in scene->base.env …
 *   script_scene_run_until(&scene->base, &scene->done);
 *   script_scene_close(&scene->base);
 */
#ifndef SUPPORT_SCRIPT_SCENE_H
#define SUPPORT_SCRIPT_SCENE_H

#include "catalog/integration.h"
#include "exchange/exchange.h"
#include "support/false_world.h"
#include "support/script_transport.h"

struct script_scene {
    struct arena arena; /* at most 64 MiB */
    struct false_world world;
    struct false_loop loop;
    struct boards boards;
    struct script_transport script;
    struct exchange_env env; /* without a directory: add what else is needed */
    const struct integration *integration;
    struct environment environment; /* env_one */
    struct account account;         /* acc_one, without credentials */
    struct body_budget budget;      /* 64 MiB */
};

/* The document, quoted as given_quotes takes it, is that of the integration "vendor"; one
 * that has faults fails the test. `plays` are borrowed and outlive the scene. */
void script_scene_open(struct script_scene *scene, const char *document,
                       const struct play *plays, unsigned n);

/* Whatever was started has ended and is gone. */
void script_scene_close(struct script_scene *scene);

/* An active account of the scene's environment and integration. The id is "acc_…"; what
 * picks its shard is the first letter behind that. */
void script_scene_account(struct script_scene *scene, struct account *ret_account,
                          const char *id);

/* The worker, with its time as the world has it. */
struct worker *script_scene_worker(struct script_scene *scene);

/* Fails when `*flag` is not set within an hour of false time. */
void script_scene_run_until(struct script_scene *scene, const bool *flag);

#endif
