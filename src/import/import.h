/*
 * Descriptions of APIs that others have written, as documents of ours: an OpenAPI
 * document becomes one integration, a catalogue of providers one for each. What a
 * description does not say plainly is guessed and marked as guessed (`x-guessed`); what
 * it says and a document of ours cannot is a note. Nothing is left out without one.
 *
 * What comes out is a JSON value, not yet checked: whoever writes it reads it by
 * catalog/integration.h first, as any other document.
 *
 * Pure: no file, no network. Values are in the arena and borrow from the text.
 */
#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include "base/buf.h"
#include "base/map.h"
#include "json/json.h"

enum {
    IMPORT_BYTES_MAX = 64 << 20, /* of the text */
    IMPORT_DEPTH_MAX = 200,      /* of the value, and of schemas within each other */
    IMPORT_NODES_MAX = 5000000,  /* values of a YAML text, aliases expanded */
    IMPORT_STEPS_MAX = 100000000 /* names compared while following references */
};

struct import_note {
    struct import_note *next;
    str text; /* a sentence */
};

/* One reading. The caller fills the first four and ends it with import_fini. */
struct import {
    struct arena *arena;
    const struct json *root;
    str name;     /* of the integration, or of one provider; absent: the document's */
    str base_url; /* in place of the document's; absent: that */

    str fault; /* a sentence: nothing can be made of it; absent: none */
    struct import_note *notes;
    struct import_note *last_note;
    uint32_t note_n;
    struct map said; /* texts of notes */
    uint64_t steps;
};

struct imported {
    str name;
    struct json document;
    struct json schemas; /* UNDEFINED: none */
};

struct import_list {
    struct imported *items;
    uint32_t n;
    uint32_t room;
};

void import_init(struct import *import, struct arena *arena, const struct json *root);
void import_fini(struct import *import);

/*
 * The text as a value: JSON when it begins with "{" or "[", else YAML. False with a
 * sentence that names the place.
 */
bool import_read(struct arena *arena, str text, struct json *ret_value, str *ret_why);

/* An OpenAPI document 3.0 or 3.1. False with import->fault. */
bool import_openapi(struct import *import, struct imported *ret);

/* The provider of import->name, or all of them. False with import->fault. A provider of
 * which no document can be made is a note. */
bool import_catalogue(struct import *import, struct import_list *ret);

/* --- for the readers --- */

/* A member of what may not be there, or NULL; its text, or absent. */
static inline const struct json *import_at(const struct json *value, str name)
{
    return value ? json_member(value, name) : NULL;
}

static inline str import_text(const struct json *value, str name)
{
    return value ? json_member_text(value, name) : STR_NONE;
}

/* A note, once, however often it is made. */
void import_say(struct import *import, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Takes the notes that were made since `count` of them as a list of texts, at most 200.
 */
struct json import_notes(const struct import *import, uint32_t count);

/* The first fault stays. */
void import_fail(struct import *import, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Counts that the names of an object are looked through. False with a fault when too many
 * have been. */
bool import_step(struct import *import, const struct json *value);

/* What a value refers to by `$ref`, followed to its end, or the value. NULL: nowhere; a
 * note, or for other documents a fault, says so. NULL for NULL. */
const struct json *import_follow(struct import *import, const struct json *value);

/* A member, followed. */
const struct json *import_member(struct import *import, const struct json *value,
                                 str name);

/* A name of a–z, 0–9 and "_", at most `max` long: words are parted where others have
 * blanks, hyphens or capitals. May be empty. */
str import_slug(struct arena *arena, str text, size_t max);

/* The name, or with _2, _3 … the first that `taken` does not have; it is put there. */
str import_unique(struct import *import, struct map *taken, str name);

/* Whether a document may say this header of requests; what HTTP itself and the body need
 * is the caller's. */
bool import_is_settable(str name);

/* Whether an object under construction has the member: two names may be one with us. */
bool import_has(const struct json_build *object, str name);

/* A text member, unless the text is absent. */
void import_put_text(struct json_build *build, str name, str text);
struct json import_texts(struct arena *arena, const str *texts, size_t n);

#endif
