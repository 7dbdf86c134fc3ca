/*
 * What the readers of JSON text share: the text, the arena for what must be decoded, and
 * the fault. A reader takes the place where it starts and answers the place behind what
 * it has read, or NULL when it has noted a fault here.
 */
#ifndef JSON_JSON_SOURCE_H
#define JSON_JSON_SOURCE_H

#include "json/json.h"
#include "json/json_scan.h"

struct json_source {
    const char *start;
    const char *end;
    struct arena *arena;
    const char *fault_at;
    const char *what; /* see json_fault.what */
};

/* Notes a fault, and answers NULL. At the end of the text it says so instead of `what`.
 */
const char *json_source_fault(struct json_source *source, const char *at,
                              const char *what);

/*
 * Decodes a string with escapes into the arena. `start` is behind its opening quote, `p`
 * at its first backslash; what is between them is known to be good, and ASCII if `ascii`
 * says so. Answers the place behind the closing quote.
 */
const char *json_source_unescape(struct json_source *source, const char *start,
                                 const char *p, bool ascii, struct json *ret_string);

/* Skips what stands for itself in a string: stops at a quote or backslash. */
static inline const char *json_source_skip(struct json_source *source, const char *p,
                                           bool *ascii)
{
    p = json_scan_text(p, source->end, ascii);
    if (p < source->end && (*p == '"' || *p == '\\'))
        return p;
    return json_source_fault(source, p,
                             p < source->end && (unsigned char)*p >= 0x80
                                 ? "this is not valid UTF-8"
                                 : "a control character in a string must be escaped");
}

#endif
