/*
 * Host names: letters, digits and hyphens (RFC 1123 §2.1), and international ones
 * (IDNA2008: RFC 5890–5893), written in Unicode or as labels that start with "xn--".
 * Not checked: normalization form C; and of joining types only the letters of the Arabic
 * script and its kin (RFC 5892 A.1).
 *
 * Pure; any thread.
 */
#ifndef SCHEMA_SCHEMA_IDNA_H
#define SCHEMA_SCHEMA_IDNA_H

#include "base/str.h"

/* `unicode`: labels may be written in Unicode, and be parted by U+3002, U+FF0E, U+FF61.
 */
bool idna_is_name(str name, bool unicode);

#endif
