/*
 * What the readers of an integration document share: its tables and their checks. Inside
 * of src/catalog only.
 */
#ifndef CATALOG_DOCUMENT_H
#define CATALOG_DOCUMENT_H

#include "catalog/integration.h"

enum {
    DOCUMENT_BYTES_MAX = 4 << 20,
    DOCUMENT_DEPTH_MAX = 64,
    DOCUMENT_NAME_MAX = 64,
    WAYS_MAX = 16
};

extern const struct bind_table document_table; /* struct integration */
extern const struct bind_table resource_table; /* struct resource */
extern const struct bind_table way_table;      /* struct auth_way */
extern const struct bind_table connect_table;  /* struct connect_rule */
extern const struct bind_table rewrite_table;  /* struct rewrite */

/* 1 to 64 characters of a–z, 0–9, "_" and "-". */
bool document_name_valid(str name);

/* The integration that a document is, without its text and hash. NULL with the faults. */
struct integration *integration_read_value(struct binder *binder,
                                           const struct json *document);

/* Whether answers below 400 to methods in this group (absent: of no group) are looked
 * into. */
bool document_inspects(const struct integration *integration, str group);

/* Whether a document may set or name this header of a request. */
bool document_header_valid(str name);

/* Reports at "base_url" below the place that is being read what can never become a URL of
 * an allowed host; one that needs no variables is filled here, once. */
void base_url_check(struct binder *binder, const struct integration *integration,
                    const struct template *template, struct url *ret_fixed);

/* What rows cannot say about the ways of authentication, and what each has of the
 * document. */
void way_check(struct binder *binder, struct integration *integration);

/* That the methods which mappings and searches name are there and fit; after
 * method_compile. */
void mapped_check(struct binder *binder, const struct integration *integration);

/* The same of the mappings that rules of events name. */
void event_check(struct binder *binder, const struct integration *integration);

/* What rows cannot say about resources and methods: defaults by verb, settings merged,
 * paths put into the set. `written` is the document. */
void method_compile(struct binder *binder, struct integration *integration,
                    const struct json *written);

#endif
