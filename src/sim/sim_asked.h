/*
 * What a request asks for, as conditions, limits, keys and templates see it, and the
 * places in it that a script may name: "header Authorization", "query after",
 * "form email", "path id", "body /properties/email".
 *
 * Only the kept part of a body is looked at; a body that was cut has no members. Texts
 * live in the request's arena.
 */
#ifndef SIM_SIM_ASKED_H
#define SIM_SIM_ASKED_H

#include "base/usec.h"
#include "http/header.h"
#include "http/path.h"
#include "json/bind.h"
#include "json/pointer.h"

struct sim_page;
struct sim_quota;

struct sim_asked {
    struct arena *arena;
    str method;
    str path;  /* behind the script's prefix */
    str query; /* absent when there is none */
    const struct headers *headers;
    struct path_match match;
    str body;         /* as much as was kept */
    bool body_whole;  /* nothing is missing from it */
    bool json_read;   /* `json` was looked for */
    struct json json; /* the body, UNDEFINED when it is no JSON */
    str prefix;       /* in front of the script's paths: "" or "/name" */
    bool tls;
    uint64_t id;   /* of the request, from 1 */
    uint64_t n;    /* of its route's calls, from 1 */
    uint64_t seed; /* of the simulator: for ids that differ from run to run */
    usec wall;
    const struct sim_page *page;   /* NULL outside of a list */
    const struct sim_quota *quota; /* NULL outside of a limit */
    uint64_t item;                 /* number in a list, from 1 */
};

enum sim_place {
    SIM_PLACE_NONE,
    SIM_PLACE_HEADER,
    SIM_PLACE_QUERY,
    SIM_PLACE_FORM, /* a member of a form-encoded body */
    SIM_PLACE_PATH, /* a {name} of the route */
    SIM_PLACE_BODY, /* a member of a JSON body */
};

struct sim_source {
    enum sim_place place;
    str name; /* BODY: the pointer as text */
    struct pointer pointer;
};

/* For bind tables (BIND_CUSTOM): reads a struct sim_source. */
void sim_asked_read_source(struct binder *binder, const struct json *value, void *field);

/* A source from its parts; false for a BODY whose name is no JSON pointer. */
bool sim_asked_source(struct arena *arena, enum sim_place place, str name,
                      struct sim_source *ret_source);

/* The request's body as JSON, or NULL. */
const struct json *sim_asked_json(struct sim_asked *asked);

/* What stands there, decoded: texts as they are, numbers and booleans as written, other
 * JSON values and what is missing as absent. */
str sim_asked_text(struct sim_asked *asked, const struct sim_source *source);

/* BODY: the value, or NULL. */
const struct json *sim_asked_value(struct sim_asked *asked,
                                   const struct sim_source *source);

#endif
