#include "api/api_call.h"

#include "http/date.h"
#include "http/url.h"

static const struct api_param no_params[] = {{.name = NULL}};

enum { PAGE_MAX = 1000, CURSOR_BYTES_MAX = 512 };

const struct api_param api_page_params[] = {
    {.name = "limit",
     .kind = API_PARAM_UINT,
     .max = PAGE_MAX,
     .doc = "How many items at most; 100 if it is not given."},
    {.name = "cursor",
     .kind = API_PARAM_TEXT,
     .max = CURSOR_BYTES_MAX,
     .doc = "`next_cursor` of the page before, with the same query otherwise."},
    {.name = NULL}};

/* --- the table --- */

static bool is_prefix(str name)
{
    return str_ends(name, STR("."));
}

static const struct api_param *find_in(const struct api_param *params, str name)
{
    for (; params->name; params++) {
        str row = str_z(params->name);
        if (str_eq(row, name) || (is_prefix(row) && str_starts(name, row)))
            return params;
    }
    return NULL;
}

static const struct api_param *params_of(const struct api_handler *handler)
{
    return handler->params ? handler->params : no_params;
}

static const struct api_param *find_param(const struct api_handler *handler, str name)
{
    const struct api_param *param = find_in(params_of(handler), name);
    return param || !handler->paged ? param : find_in(api_page_params, name);
}

/* --- refusals --- */

static void put_names(struct buf *buf, const struct api_param *params)
{
    for (; params->name; params++)
        buf_printf(buf, "%s%s%s", buf->n ? ", " : "", params->name,
                   is_prefix(str_z(params->name)) ? "NAME" : "");
}

static void refuse_unknown(struct api_call *call, str name)
{
    struct buf names;
    const struct api_route *route = call->route;
    buf_init(&names, 4096);
    put_names(&names, params_of(route->handler));
    if (route->handler->paged)
        put_names(&names, api_page_params);
    str list = arena_str(call->arena, buf_peek(&names));
    buf_fini(&names);
    if (list.n)
        api_refuse(call, ERR_QUERY_INVALID,
                   "\"%.*s\" is no parameter of %s %s; it takes " STR_F ".",
                   (int)(name.n < 100 ? name.n : 100), name.p, route->verb,
                   route->pattern, STR_A(list));
    else
        api_refuse(call, ERR_QUERY_INVALID, "%s %s takes no parameters.", route->verb,
                   route->pattern);
}

static str wanted(struct arena *arena, const struct api_param *param)
{
    struct buf words;
    switch (param->kind) {
    case API_PARAM_TEXT:
        return arena_printf(arena, "1 to %u bytes", param->max);
    case API_PARAM_UINT:
        return arena_printf(arena, "a whole number from 1 to %u", param->max);
    case API_PARAM_TIME:
        return STR("a time such as 2026-11-22T08:15:00Z");
    case API_PARAM_BOOL:
        return STR("true or false");
    case API_PARAM_WORD:
        break;
    }
    buf_init(&words, 1024);
    for (const char *const *word = param->words; *word; word++)
        buf_printf(&words, "%s%s", words.n ? ", " : "one of ", *word);
    str text = arena_str(arena, buf_peek(&words));
    buf_fini(&words);
    return text;
}

static int find_word(const struct api_param *param, str value)
{
    for (int i = 0; param->words[i]; i++)
        if (str_eq(str_z(param->words[i]), value))
            return i;
    return -1;
}

static bool fits(const struct api_param *param, str value)
{
    uint64_t number;
    usec time;
    switch (param->kind) {
    case API_PARAM_TEXT:
        return value.n > 0 && value.n <= param->max;
    case API_PARAM_UINT:
        return str_to_u64(value, param->max, &number) && number > 0;
    case API_PARAM_WORD:
        return find_word(param, value) >= 0;
    case API_PARAM_TIME:
        return date_parse_iso(value, &time) && time > 0;
    case API_PARAM_BOOL:
        return str_eq(value, STR("true")) || str_eq(value, STR("false"));
    }
    return false;
}

/* --- reading --- */

static const struct api_given *find_given(const struct api_call *call, str name)
{
    for (uint32_t i = 0; i < call->given_n; i++)
        if (str_eq(call->given[i].name, name))
            return &call->given[i];
    return NULL;
}

static bool take(struct api_call *call, str name, str value)
{
    const struct api_param *param = find_param(call->route->handler, name);
    if (!param)
        refuse_unknown(call, name);
    else if (find_given(call, name))
        api_refuse(call, ERR_QUERY_INVALID, "`%s` is given more than once.", param->name);
    else if (call->given_n == API_QUERY_MAX)
        api_refuse(call, ERR_QUERY_INVALID, "There are more than %d parameters.",
                   API_QUERY_MAX);
    else if (!fits(param, value))
        api_refuse(call, ERR_QUERY_INVALID, "`%s` takes " STR_F ".", param->name,
                   STR_A(wanted(call->arena, param)));
    else {
        call->given[call->given_n++] = (struct api_given){name, value, param};
        return true;
    }
    return false;
}

bool api_query_read(struct api_call *call)
{
    str rest = call->in->query;
    str name, value;
    while (url_query_next(&rest, &name, &value))
        if (!take(call, url_query_decode(call->arena, name),
                  url_query_decode(call->arena, value)))
            return false;
    return true;
}

/* --- asking --- */

str api_query(const struct api_call *call, const char *name)
{
    const struct api_given *given = find_given(call, str_z(name));
    return given ? given->value : STR_NONE;
}

uint32_t api_query_uint(const struct api_call *call, const char *name, uint32_t standard)
{
    uint64_t number;
    str value = api_query(call, name);
    if (str_absent(value))
        return standard;
    CHECK(str_to_u64(value, UINT32_MAX, &number));
    return (uint32_t)number;
}

int api_query_word(const struct api_call *call, const char *name)
{
    const struct api_given *given = find_given(call, str_z(name));
    return given ? find_word(given->param, given->value) : -1;
}

usec api_query_time(const struct api_call *call, const char *name)
{
    usec time;
    str value = api_query(call, name);
    if (str_absent(value))
        return 0;
    CHECK(date_parse_iso(value, &time));
    return time;
}

bool api_query_bool(const struct api_call *call, const char *name)
{
    return str_eq(api_query(call, name), STR("true"));
}
