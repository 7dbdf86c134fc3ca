/*
 * What a caller writes is never dropped: members of his record that no expression of
 * any tier looks at are found from what the expressions can read (jsonata/reads.h), not
 * from what they did.
 */
#include "jsonata/reads.h"
#include "unified/mapping.h"

/* `body`, `body.NAME`, something below that, or everything. */
static bool covers(str path, str name)
{
    static const str prefix = STR("body");
    if (str_eq(path, STR("$")) || str_starts(path, STR("*")))
        return true;
    if (!str_starts(path, prefix))
        return false;
    str rest = str_from(path, prefix.n);
    if (rest.n == 0)
        return true;
    if (rest.p[0] != '.')
        return false;
    rest = str_from(rest, 1);
    if (str_starts(rest, STR("*")))
        return true;
    return str_starts(rest, name) && (rest.n == name.n || rest.p[name.n] == '.');
}

static bool reads_name(const struct jsonata_reads *reads, str name)
{
    for (uint32_t i = 0; i < reads->path_n; i++)
        if (covers(reads->paths[i], name))
            return true;
    return false;
}

/* Through the variable it may read anything. */
static bool wants_request(const struct jsonata_reads *reads)
{
    for (uint32_t i = 0; i < reads->variable_n; i++)
        if (str_eq(reads->variables[i], STR("request")))
            return true;
    return false;
}

str mapping_unread(const struct mapping_step *step, const struct json *record,
                   struct arena *arena)
{
    const struct jsonata *parts[2 * TIER_COUNT] = {step->request.path,
                                                   step->request.body};
    struct jsonata_reads reads[COUNT_OF(parts)] = {0};
    for (int tier = TIER_ENVIRONMENT; tier < TIER_COUNT; tier++) {
        const struct mapping_request *request = &step->layers[tier].request;
        parts[2 * tier] = request->path;
        parts[2 * tier + 1] = request->body;
    }
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (parts[i])
            jsonata_reads(parts[i], arena, &reads[i]);
    for (uint32_t i = 0; i < record->n; i++) {
        str name = json_key(&record->u.members[i]);
        bool read = false;
        for (size_t k = 0; k < COUNT_OF(parts); k++)
            read = read || wants_request(&reads[k]) || reads_name(&reads[k], name);
        if (!read)
            return name;
    }
    return STR_NONE;
}
