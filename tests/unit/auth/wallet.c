#include "wallet.h"

#include "directory/tenant.h"

const struct auth_rule *wallet_rule(struct arena *arena, const char *json)
{
    struct binder binder;
    struct auth_rule *rule = arena_alloc(arena, sizeof(*rule));
    bind_init(&binder, arena);
    if (!bind_read(&binder, &auth_table, given_json(arena, str_z(json)), rule))
        fail_msg("%s: " STR_F " " STR_F, json, STR_A(binder.first->pointer),
                 STR_A(binder.first->text));
    return rule;
}

struct credentials *wallet_open(struct arena *arena, const char *json)
{
    const struct json *object = given_json(arena, str_z(json));
    struct credentials *credentials =
        mem_zalloc(sizeof(*credentials) + object->n * sizeof(credentials->items[0]));
    credentials->n = object->n;
    for (uint32_t i = 0; i < object->n; i++) {
        credentials->items[i].name = json_key(&object->u.members[i]);
        secret_init(&credentials->items[i].value, json_text(&object->u.members[i].value));
    }
    return credentials;
}

void wallet_drop(struct credentials **credentials)
{
    for (uint32_t i = 0; i < (*credentials)->n; i++)
        secret_fini(&(*credentials)->items[i].value);
    mem_free(*credentials);
    *credentials = NULL;
}

void wallet_request(struct arena *arena, const char *lines, const char *query,
                    struct auth_request *ret_request)
{
    struct headers *headers = arena_alloc(arena, sizeof(*headers));
    str rest = *lines ? str_z(lines) : STR_NONE;
    str line;
    headers_init(headers, arena, 4);
    while (str_next(&rest, '\n', &line)) {
        size_t colon = str_find(line, ':');
        header_add_name(headers, str_of(line.p, colon),
                        str_trim(str_from(line, colon + 1)));
    }
    *ret_request =
        (struct auth_request){.arena = arena, .headers = headers, .query = str_z(query)};
}

str wallet_lines(const struct auth_request *request)
{
    str text = STR("");
    for (uint32_t i = 0; i < request->headers->n; i++) {
        const struct header *header = &request->headers->items[i];
        str parts[] = {text, i ? STR("\n") : STR(""), header->name, STR(": "),
                       header->value};
        text = arena_join(request->arena, parts, COUNT_OF(parts));
    }
    return text;
}
