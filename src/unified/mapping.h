/*
 * Mappings: what `unified` of an integration's document says (docs/models.md), read and
 * compiled once, and applied to one record or one request. Which record, which method's
 * URL, and which model a record must satisfy is decided above.
 *
 * Pure: no I/O, and the clock is an argument. A mapping is immutable; any thread.
 */
#ifndef UNIFIED_MAPPING_H
#define UNIFIED_MAPPING_H

#include "json/bind.h"
#include "json/pointer.h"

struct jsonata;

enum mapping_operation {
#define X(symbol, name, kind) MAPPING_##symbol,
#include "unified/operation_list.h"
#undef X
    MAPPING_OPERATION_COUNT
};

enum mapping_kind { MAPPING_LISTS, MAPPING_READS, MAPPING_WRITES, MAPPING_ENDS };

enum mapping_encoding { MAPPING_JSON, MAPPING_FORM };

/* Who says it, the later over the earlier (SPEC 1.4). */
enum mapping_tier { TIER_PLATFORM, TIER_ENVIRONMENT, TIER_ACCOUNT, TIER_COUNT };

/* "platform", "environment", "account" */
str mapping_tier_word(enum mapping_tier tier);

/* NULL: nothing is made. */
struct mapping_request {
    const struct jsonata *path;
    const struct jsonata *query;
    const struct jsonata *body;
};

/* What a tier says of an operation. Of a tier above the platform's it is evaluated on the
 * same input, and its output is merged over that of the tiers below. NULL: nothing. */
struct mapping_layer {
    const struct jsonata *response;
    struct mapping_request request;
};

/* One operation, with what it inherits from its resource. */
struct mapping_step {
    str method;                     /* RESOURCE.METHOD of the document's resources */
    struct pointer record;          /* in the answer; not of lists */
    const struct jsonata *response; /* NULL with DELETE only */
    struct mapping_request request;
    struct bind_texts filters;
    struct bind_texts required;
    bool first_get; /* the vendor's record is fetched before, and is $current */
    bool then_get;  /* the answer is no record; it is fetched after */
    struct mapping_layer layers[TIER_COUNT]; /* [TIER_PLATFORM] is not used: see above */
};

/* What the operations of a resource share. */
struct mapping_shared {
    const struct jsonata *query;
    const struct jsonata *body;
    uint32_t encoding; /* enum mapping_encoding */
};

struct mapping {
    str name; /* of the resource: "contacts" */
    const struct jsonata *response;
    struct mapping_shared request;
    struct mapping_step *steps[MAPPING_OPERATION_COUNT]; /* NULL: cannot be done */
};

struct mapping_category {
    str name;                  /* "crm" */
    struct bind_list mappings; /* struct mapping */
};

/* A category: its resources by their names. What `method` names is looked up above. */
extern const struct bind_table mapping_category_table;

/* The expressions of an operation's request, none of them required. */
extern const struct bind_table mapping_request_table;

/* Gives an operation what its resource shares, where it has nothing of its own: the
 * response unless it tells no records (delete, fields), the query of list and get, the
 * body of create and update. For each tier by itself. */
void mapping_inherit(enum mapping_operation operation, const struct mapping_layer *shared,
                     struct mapping_layer *own);

/* NULL: there is none of that name. */
const struct mapping *mapping_find(const struct bind_list *categories, str category,
                                   str resource);

/* "list"; and back, false for a word that is none. */
str mapping_operation_name(enum mapping_operation operation);
bool mapping_operation_of(str name, enum mapping_operation *ret_operation) MUST_CHECK;
enum mapping_kind mapping_operation_kind(enum mapping_operation operation);

/* --- layers --- */

/* An override's expressions, by category and resource; the settings beside them are not
 * in it. They are read by this table into a struct mapping_over_category. */
extern const struct bind_table mapping_over_table;

struct mapping_over_category {
    str name;
    struct bind_list overs; /* of resources; private */
};

/*
 * Lays the expressions of a tier over the mappings. What changes is copied into the
 * binder's arena, all else is shared with `categories`, which are left alone. Faults are
 * reported below the place where the binder stands: a category, resource or operation
 * that the mappings do not have, a part to which there is nothing to add.
 */
struct bind_list mapping_lay(struct binder *binder, const struct bind_list *categories,
                             enum mapping_tier tier, const struct bind_list *overs);

/* --- applying --- */

enum {
    MAPPING_MADE_BYTES_MAX = 4 << 20, /* of one record or one part, written as JSON */
    MAPPING_MADE_DEPTH_MAX = 64,
    MAPPING_BODIES_BYTES_MAX = 1 << 20 /* of all `bodies` together */
};

/* What expressions see beside their input. UNDEFINED: not there. */
struct mapping_scene {
    struct json request;  /* $request: id, filters, body, custom_fields; bodies */
    struct json response; /* $response: status, headers; of a record's mapping only */
    struct json current;  /* $current: the vendor's record; of a request's mapping only */
    double now_ms;        /* since 1970 */
};

/* Why there is nothing; texts live in the arena that was given. */
struct mapping_fault {
    enum mapping_tier tier; /* whose expression it is */
    const char *part;       /* "response", "path", "query", "body" */
    str code;               /* of JSONata, such as "D3137"; or "shape", "size" */
    str text; /* a sentence; it may quote the vendor's or the caller's data; names
               * the tier, unless it is the platform's or the code is D3137 */
};

/* A sentence about it. */
str mapping_fault_text(const struct mapping_fault *fault, struct arena *arena);

enum mapping_end { MAPPING_MADE, MAPPING_LEFT_OUT, MAPPING_FAULTED };

/*
 * A record of the model out of one of the vendor's (UNDEFINED: the answer has none).
 * LEFT_OUT: the platform's expression makes nothing of it; layers add to records, and
 * make none. FAULTED: it fails, does not end within 1,000,000 steps, 8 MiB and a nesting
 * of 1,000, or makes what is no object, is larger than MAPPING_MADE_BYTES_MAX or is
 * nested deeper than MAPPING_MADE_DEPTH_MAX.
 *
 * *ret_model shares memory with the mapping, the record and the scene. The step has a
 * response.
 */
enum mapping_end mapping_response(const struct mapping_step *step,
                                  const struct json *record,
                                  const struct mapping_scene *scene, struct arena *arena,
                                  struct json *ret_model,
                                  struct mapping_fault *ret_fault) MUST_CHECK;

/* The output of one tier's `response` alone; UNDEFINED: it has none, or makes nothing.
 * For those who want to know which tier a member comes from. False: it fails. */
bool mapping_tier_response(const struct mapping_step *step, enum mapping_tier tier,
                           const struct json *record, const struct mapping_scene *scene,
                           struct arena *arena, struct json *ret_made) MUST_CHECK;

/* What goes to the vendor; each may be UNDEFINED. */
struct mapping_sent {
    struct json path;  /* texts and numbers, for the names in the method's path */
    struct json query; /* texts, numbers, booleans, and lists of these */
    struct json body;
};

/* Within the same bounds, each part for itself. Without `path`, {id} is the request's. */
bool mapping_request(const struct mapping_step *step, const struct mapping_scene *scene,
                     struct arena *arena, struct mapping_sent *ret_sent,
                     struct mapping_fault *ret_fault) MUST_CHECK;

/* For `create_many`, before its request: $request gets `bodies`, a list of what `create`
 * makes of each record in `body`. False with the fault of the first that fails, or of all
 * together: MAPPING_BODIES_BYTES_MAX. */
bool mapping_request_many(const struct mapping *mapping, struct mapping_scene *scene,
                          struct arena *arena,
                          struct mapping_fault *ret_fault) MUST_CHECK;

/* Whether it takes no more than `*left` bytes to write it, which are then taken off, and
 * is no deeper than MAPPING_MADE_DEPTH_MAX. Values share memory: this ends at its limit.
 */
bool mapping_fits(const struct json *value, size_t *left) MUST_CHECK;

/* The first member of a caller's record that neither `path` nor `body` of the step reads,
 * so that it would be dropped; absent: there is none. */
str mapping_unread(const struct mapping_step *step, const struct json *record,
                   struct arena *arena);

#endif
