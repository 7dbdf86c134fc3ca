/*
 * Members that several request bodies have, as readers for their bind tables: texts that
 * null takes away, labels, times, permissions. In the struct an absent str, an UNDEFINED
 * json and −1 mean "not given", as directory_change wants it.
 */
#ifndef API_API_BODY_H
#define API_API_BODY_H

#include "api/api_call.h"

/* custom: str. A text of 1 to 200 bytes, or null, which reads as the empty text. */
void api_read_text_or_null(struct binder *binder, const struct json *value, void *field);
#define API_TEXT_OR_NULL_SCHEMA "{\"type\":[\"string\",\"null\"],\"maxLength\":200}"

/* The name of a way of authentication, or null. */
#define API_WAY_SCHEMA                                                                   \
    "{\"type\":[\"string\",\"null\"],\"pattern\":\"^[a-z0-9_]{0,40}$\"}"

/* custom: struct json. An object whose members are texts. */
void api_read_labels(struct binder *binder, const struct json *value, void *field);
#define API_LABELS_SCHEMA                                                                \
    "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\","                \
    "\"maxLength\":500},\"maxProperties\":50}"

/* custom: usec. A time, or null, which reads as USEC_NEVER. */
void api_read_time(struct binder *binder, const struct json *value, void *field);
#define API_TIME_SCHEMA "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}"

/* Moves the values of such an object out of the body; the call wipes them when it ends.
 * One that is null leaves an absent secret. */
void api_take_secrets(struct api_call *call, const struct json *given);

/* custom: unsigned. A list of words of permission_words. */
void api_read_permissions(struct binder *binder, const struct json *value, void *field);
#define API_PERMISSIONS_SCHEMA                                                           \
    "{\"type\":\"array\",\"items\":{\"enum\":[\"call\",\"read\",\"write\",\"payloads\"," \
    "\"replay\",\"secrets\",\"admin\"]},\"minItems\":1}"

/* custom: int64_t. 0 to 100000. */
void api_read_concurrency(struct binder *binder, const struct json *value, void *field);
#define API_CONCURRENCY_SCHEMA "{\"type\":\"integer\",\"minimum\":0,\"maximum\":100000}"

/* Rows of a bind table of `type`. */
#define API_ROW_TEXT(type, member, must, sentence)                                       \
    {                                                                                    \
        .name = #member, .kind = BIND_TEXT, .offset = offsetof(type, member),            \
        .required = must, .min = 1, .max = 200, .doc = sentence                          \
    }
#define API_ROW_CUSTOM(type, member, reader, schema, sentence)                           \
    {                                                                                    \
        .name = #member, .kind = BIND_CUSTOM, .offset = offsetof(type, member),          \
        .custom = reader, .custom_schema = schema, .doc = sentence                       \
    }

#endif
