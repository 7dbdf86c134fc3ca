/*
 * template = *( text / "{" name "}" ),  name = 1*( a–z / 0–9 / "_" )
 *
 * Each variable makes a part with the text before it; the text behind the last one is a
 * part without a name. There is no way to write a brace itself: URLs and headers need
 * none.
 */
#include "http/template.h"

static bool refuse(const char **ret_why, const char *why)
{
    *ret_why = why;
    return false;
}

bool template_name_valid(str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!str_is_digit(name.p[i]) && name.p[i] != '_' &&
            !(name.p[i] >= 'a' && name.p[i] <= 'z'))
            return false;
    return name.n > 0;
}

static uint32_t count_parts(str text)
{
    uint32_t n = 1;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '{';
    return n;
}

/* Takes the next part off the front of *rest; the last one leaves it absent. */
static bool take_part(str *rest, struct template_part *ret_part, const char **ret_why)
{
    size_t open = str_find(*rest, '{');
    str text = str_of(rest->p, open);
    if (str_find(text, '}') < text.n)
        return refuse(ret_why, "has a \"}\" without a \"{\" before it");
    *ret_part = (struct template_part){.text = text};
    if (open == rest->n) {
        *rest = STR_NONE;
        return true;
    }
    str behind = str_from(*rest, open + 1);
    size_t close = str_find(behind, '}');
    if (close == behind.n)
        return refuse(ret_why, "has a \"{\" without a \"}\" behind it");
    ret_part->name = str_of(behind.p, close);
    if (!template_name_valid(ret_part->name))
        return refuse(ret_why, "has a variable whose name is not made of a–z, 0–9 and "
                               "\"_\"");
    *rest = str_from(behind, close + 1);
    return true;
}

bool template_parse(struct arena *arena, str text, struct template *ret_template,
                    const char **ret_why)
{
    struct template_part *parts = arena_array(arena, count_parts(text), sizeof(parts[0]));
    uint32_t n = 0;
    for (str rest = text; !str_absent(rest); n++)
        if (!take_part(&rest, &parts[n], ret_why))
            return false;
    *ret_template = (struct template){parts, n};
    return true;
}

bool template_fill(const struct template *template, const struct json *context,
                   struct arena *arena, str *ret_text, str *ret_missing)
{
    str *texts = arena_array(arena, 2 * (size_t) template->n, sizeof(texts[0]));
    for (uint32_t i = 0; i < template->n; i++) {
        const struct template_part *part = &template->parts[i];
        texts[2 * i] = part->text;
        if (str_absent(part->name))
            continue;
        texts[2 * i + 1] = json_member_text(context, part->name);
        if (str_absent(texts[2 * i + 1])) {
            *ret_missing = part->name;
            return false;
        }
    }
    *ret_text = arena_join(arena, texts, 2 * (size_t) template->n);
    return true;
}

void template_read(struct binder *binder, const struct json *value, void *field)
{
    const char *why;
    str text = json_text(value);
    if (!json_is(value, JSON_STRING) || text.n == 0)
        bind_fault(binder,
                   "must be a text that is not empty; {names} in it are filled from "
                   "the account's context.");
    else if (!template_parse(binder->arena, text, field, &why))
        bind_fault(binder, "%s; write variables like {subdomain}.", why);
}
