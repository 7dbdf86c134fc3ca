/*
 * Strings of the language: what JavaScript holds as UTF-16 stands here as WTF-8, which is
 * UTF-8 that may hold a lone half of a surrogate pair as three bytes (ED A0…BF xx). Two
 * halves that belong together never stand side by side: whoever builds a text joins them
 * (text_join), so that each string has one form and bytes decide equality.
 *
 * The language counts code points in $length, $substring and $pad, and UTF-16 units where
 * it orders strings, splits by "" and says where a match stands.
 *
 * Texts are well-formed WTF-8. Pure; any thread.
 */
#ifndef PICTURE_TEXT_UNITS_H
#define PICTURE_TEXT_UNITS_H

#include "picture/fault.h"

/*
 * The UTF-16 units of a text, one after the other: `struct units u = {.text = s};
 * while (units_next(&u, &unit)) …`
 */
struct units {
    str text;
    size_t at;
    uint16_t low; /* the second half of the pair that was begun, or 0 */
};

bool units_next(struct units *units, uint16_t *ret_unit);

/* Code points. */
size_t text_length(str text);

/* The UTF-16 units in front of a byte. */
size_t text_unit_of(str text, size_t byte);

/* <0, 0, >0 by UTF-16 units, as JavaScript's < orders strings. */
int text_compare(str a, str b);

/* $substring: a part of `text`, borrowed. A negative start counts from the end; fractions
 * are cut off; length NaN = to the end. */
str text_substring(str text, double start, double length);

/* a and b in one; halves of a pair that meet are joined. Borrowed when one is empty. */
str text_join(struct arena *arena, str a, str b);

/* The same of a text put together from many: halves that have come to stand side by side
 * are joined. Borrowed when there are none. */
str text_rejoin(struct arena *arena, str text);

/* $trim: runs of blank, tab, line feed and carriage return become one blank, at the ends
 * none. Borrowed when nothing changes. */
str text_trim(struct arena *arena, str text);

enum { TEXT_PAD_MAX = 1 << 24 };

/* $pad: at least |width| code points long, `with` repeated behind, or in front when width
 * is negative; an empty `with` is a blank. U1002 past TEXT_PAD_MAX. */
bool text_pad(struct arena *arena, str text, double width, str with, str *ret_text,
              struct jsonata_fault *ret_fault);

/* $split(text, ""): the UTF-16 units, at most `max` of them, each as a text. */
const str *text_split_units(struct arena *arena, str text, size_t max, size_t *ret_n);

#endif
