#include "sim/sim_asked.h"

#include "base/encode.h"
#include "http/url.h"
#include "json/json_parse.h"
#include "json/json_write.h"

enum { JSON_DEPTH = 100 };

static const char *const place_words[] = {"none", "header", "query", "form",
                                          "path", "body",   NULL};

bool sim_asked_source(struct arena *arena, enum sim_place place, str name,
                      struct sim_source *ret_source)
{
    *ret_source = (struct sim_source){.place = place, .name = name};
    return place != SIM_PLACE_BODY ||
           pointer_parse(arena, name, POINTER_RFC6901, &ret_source->pointer);
}

static enum sim_place find_place(str word)
{
    for (unsigned i = SIM_PLACE_HEADER; place_words[i]; i++)
        if (str_eq(word, str_z(place_words[i])))
            return i;
    return SIM_PLACE_NONE;
}

void sim_asked_read_source(struct binder *binder, const struct json *value, void *field)
{
    str rest = json_is(value, JSON_STRING) ? json_text(value) : STR_NONE;
    str word = STR_NONE;
    str_next(&rest, ' ', &word);
    enum sim_place place = find_place(word);
    if (place == SIM_PLACE_NONE || str_trim(rest).n == 0) {
        bind_fault(binder, "names no place in a request; wants \"header NAME\", "
                           "\"query NAME\", \"form NAME\", \"path NAME\" or "
                           "\"body /POINTER\".");
        return;
    }
    if (!sim_asked_source(binder->arena, place, str_trim(rest), field))
        bind_fault(binder,
                   "has \"" STR_F "\", which is no JSON pointer; it starts with "
                   "\"/\".",
                   STR_A(str_trim(rest)));
}

const struct json *sim_asked_json(struct sim_asked *asked)
{
    struct json_limits limits = {.depth_max = JSON_DEPTH};
    if (!asked->json_read) {
        asked->json_read = true;
        if (!asked->body_whole || asked->body.n == 0 ||
            !json_parse(asked->arena, asked->body, &limits, &asked->json, NULL))
            asked->json = (struct json){.type = JSON_UNDEFINED};
    }
    return json_is(&asked->json, JSON_UNDEFINED) ? NULL : &asked->json;
}

const struct json *sim_asked_value(struct sim_asked *asked,
                                   const struct sim_source *source)
{
    const struct json *root = sim_asked_json(asked);
    return root ? pointer_find(&source->pointer, root) : NULL;
}

static str scalar_text(struct arena *arena, const struct json *value)
{
    char digits[32];
    if (!value)
        return STR_NONE;
    if (json_is_bool(value))
        return json_is(value, JSON_TRUE) ? STR("true") : STR("false");
    str text = json_text(value);
    if (!str_absent(text) || !json_is(value, JSON_NUMBER))
        return text;
    return arena_str(arena,
                     str_of(digits, json_write_number(json_number(value), digits)));
}

static str path_text(struct sim_asked *asked, str name)
{
    str value = path_param(&asked->match, name);
    str decoded;
    return !str_absent(value) && decode_percent(asked->arena, value, &decoded) ? decoded
                                                                               : value;
}

str sim_asked_text(struct sim_asked *asked, const struct sim_source *source)
{
    switch (source->place) {
    case SIM_PLACE_HEADER:
        return header_value_name(asked->headers, source->name);
    case SIM_PLACE_QUERY:
        return url_query_find(asked->arena, asked->query, source->name);
    case SIM_PLACE_FORM:
        return asked->body_whole ? url_query_find(asked->arena, asked->body, source->name)
                                 : STR_NONE;
    case SIM_PLACE_PATH:
        return path_text(asked, source->name);
    case SIM_PLACE_BODY:
        return scalar_text(asked->arena, sim_asked_value(asked, source));
    case SIM_PLACE_NONE:
        break;
    }
    return STR_NONE;
}
