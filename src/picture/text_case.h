/*
 * Upper and lower case of whole texts, as JavaScript's toUpperCase and toLowerCase
 * answer: Unicode's full mapping without a language, in which ß becomes SS, İ becomes i
 * with a dot above, and a sigma at the end of a word becomes ς.
 *
 * Texts are WTF-8 (text_units.h). The answer is borrowed when nothing changes, else it
 * stands in the arena.
 */
#ifndef PICTURE_TEXT_CASE_H
#define PICTURE_TEXT_CASE_H

#include "base/arena.h"
#include "base/str.h"

str text_upper(struct arena *arena, str text);
str text_lower(struct arena *arena, str text);

#endif
