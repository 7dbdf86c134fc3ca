/*
 * The header lines of a message, in order, as they are: names keep their case, repeated
 * lines stay apart. Lines that the house knows carry their id (header_list.h), found once
 * when they are added, so that every later question is a comparison of numbers.
 *
 * Names and values are borrowed; the list itself grows in the arena. A value holds no CR,
 * LF or NUL: the parser refuses them on the way in, header_add checks on the way out.
 */
#ifndef HTTP_HEADER_H
#define HTTP_HEADER_H

#include "base/arena.h"
#include "base/str.h"

enum header_id {
    HEADER_OTHER,
#define X(symbol, name, flags) HEADER_##symbol,
#include "http/header_list.h"
#undef X
    HEADER_ID_COUNT
};

enum header_flag {
    HEADER_HOP = 1,
    HEADER_OURS = 2,
    HEADER_TAKEN = 4,
};

struct header {
    str name;
    str value;
    enum header_id id;
};

struct headers {
    struct arena *arena;
    struct header *items;
    uint32_t n;
    uint32_t room;
};

void headers_init(struct headers *headers, struct arena *arena, uint32_t room);

/* The id of a name, letters' case aside. */
enum header_id header_id_of(str name);
str header_name(enum header_id id);       /* as it is written by us; not for OTHER */
unsigned header_flags(enum header_id id); /* enum header_flag; 0 for OTHER */

/* True for a token of RFC 9110 §5.6.2, which names must be. */
bool header_name_valid(str name);
/* True when a value can stand on a line: no control characters but tab. */
bool header_value_valid(str value);

/* Adds behind the others. header_add_name is for names that may be anything. */
void header_add(struct headers *headers, enum header_id id, str value);
void header_add_name(struct headers *headers, str name, str value);
/* The same for a line that was parsed or checked before. */
void header_copy(struct headers *headers, const struct header *header);
void header_add_int(struct headers *headers, enum header_id id, int64_t value);

/* The first line of that name, or NULL; the value, or absent. */
const struct header *header_find(const struct headers *headers, enum header_id id);
const struct header *header_find_name(const struct headers *headers, str name);
str header_value(const struct headers *headers, enum header_id id);
str header_value_name(const struct headers *headers, str name);

/* The values of all lines of that name as one comma list (RFC 9110 §5.3), or absent; in
 * the headers' arena, or in `arena`. */
str header_joined(const struct headers *headers, enum header_id id);
str header_joined_name(struct arena *arena, const struct headers *headers, str name);

uint32_t header_count(const struct headers *headers, enum header_id id);

/* Whether any line of that name has the token in its comma list. */
bool header_has_token(const struct headers *headers, enum header_id id, str token);

/* Removes all lines of that name. */
void header_remove(struct headers *headers, enum header_id id);
void header_remove_name(struct headers *headers, str name);

/* Puts one line in the place of all that have this name. */
void header_set(struct headers *headers, enum header_id id, str value);
void header_set_name(struct headers *headers, str name, str value);

#endif
