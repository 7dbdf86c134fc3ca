/*
 * Which part of a text belongs to which part of a date picture.
 */
#ifndef PICTURE_PICTURE_DATE_MATCH_H
#define PICTURE_PICTURE_DATE_MATCH_H

#include "picture/picture_date_part.h"

enum { DATE_TEXT_BYTES_MAX = 500 };

/*
 * The text of each part, as slices of `text`, at most DATE_TEXT_BYTES_MAX long; NULL when
 * it does not fit the picture. Letters fit in either case. A part takes as much as it can
 * while the rest still fits.
 */
const str *picture_date_match(struct arena *arena, const struct picture_date *picture,
                              str text);

/* The number of a name, from 0, as a part writes names: shortened to its width. The last
 * when several are the same; `n` when there is none. */
size_t picture_date_find_name(const struct date_part *part, const str *names, size_t n,
                              str text);

#endif
