/*
 * Matching arguments to parameters is matching a text of one letter an argument with a
 * pattern of one element a parameter: greedy, going back when what follows does not fit.
 */
#include "jsonata/signature.h"

#include "jsonata/eval.h"

enum { LETTER_MISSING = 1u << 26 };

struct param {
    uint32_t letters; /* one bit each, and LETTER_MISSING */
    char type;        /* 'a' with a subtype is checked further */
    char subtype;     /* 0 = none */
    bool context;     /* the context when it is left out */
    bool optional;
    bool repeated;
};

struct signature {
    struct param params[SIGNATURE_PARAMS_MAX];
    uint32_t n;
};

/* What is no letter is the type of nothing. */
static uint32_t bit(char letter)
{
    return letter >= 'a' && letter <= 'z' ? 1u << (letter - 'a') : 0;
}

static uint32_t bits(const char *letters)
{
    uint32_t all = 0;
    for (; *letters; letters++)
        all |= bit(*letters);
    return all;
}

/* --- reading --- */

struct reader {
    struct signature *signature;
    str text;
    size_t at;
    struct jsonata_fault *fault;
};

static struct param *last_param(struct reader *r)
{
    return r->signature->n ? &r->signature->params[r->signature->n - 1] : NULL;
}

static bool fail(struct reader *r, enum jsonata_code code)
{
    *r->fault = (struct jsonata_fault){.code = code,
                                       .value = json_of_text(str_from(r->text, r->at))};
    return false;
}

static bool add_param(struct reader *r, char type, uint32_t letters)
{
    if (r->signature->n == SIGNATURE_PARAMS_MAX)
        return fail(r, JSONATA_S0402);
    r->signature->params[r->signature->n++] =
        (struct param){.type = type, .letters = letters};
    return true;
}

static bool read_choice(struct reader *r)
{
    str rest = str_from(r->text, r->at + 1);
    size_t n = str_find(rest, ')');
    uint32_t letters = LETTER_MISSING;
    if (n == rest.n)
        return fail(r, JSONATA_S0402);
    for (size_t i = 0; i < n; i++) {
        if (rest.p[i] == '<')
            return fail(r, JSONATA_S0402);
        if (rest.p[i] >= 'a' && rest.p[i] <= 'z')
            letters |= bit(rest.p[i]);
    }
    r->at += n + 1;
    return add_param(r, '(', letters);
}

static bool read_subtype(struct reader *r)
{
    struct param *param = last_param(r);
    size_t end = r->at + 1;
    unsigned depth = 1;
    if (!param || (param->type != 'a' && param->type != 'f'))
        return fail(r, JSONATA_S0401);
    for (; end < r->text.n; end++) {
        depth += r->text.p[end] == '<';
        depth -= r->text.p[end] == '>';
        if (depth == 0)
            break;
    }
    if (param->type == 'a' && end > r->at + 1)
        param->subtype = r->text.p[r->at + 1];
    r->at = end;
    return true;
}

static bool read_letter(struct reader *r)
{
    char c = r->text.p[r->at];
    struct param *param = last_param(r);
    switch (c) {
    case 's':
    case 'n':
    case 'b':
    case 'l':
    case 'o':
        return add_param(r, c, bit(c) | LETTER_MISSING);
    case 'a':
        return add_param(r, c, bits("asnblfo") | LETTER_MISSING);
    case 'f':
        return add_param(r, c, bit('f'));
    case 'j':
        return add_param(r, c, bits("asnblo") | LETTER_MISSING);
    case 'x':
        return add_param(r, c, bits("asnblfo") | LETTER_MISSING);
    case '-':
        if (param)
            param->context = param->optional = true;
        return true;
    case '?':
        if (param)
            param->optional = true;
        return true;
    case '+':
        if (param)
            param->repeated = true;
        return true;
    case '(':
        return read_choice(r);
    case '<':
        return read_subtype(r);
    default:
        return true;
    }
}

struct signature *signature_read(struct arena *arena, str text,
                                 struct jsonata_fault *fault)
{
    struct signature *signature = arena_zalloc(arena, sizeof(*signature));
    struct reader r = {signature, text, 1, fault};
    for (; r.at < text.n && text.p[r.at] != ':'; r.at++)
        if (!read_letter(&r))
            return NULL;
    return signature;
}

/* --- matching --- */

static uint32_t letter_of(struct json value)
{
    switch (value.type) {
    case JSON_STRING:
        return bit('s');
    case JSON_NUMBER:
        return bit('n');
    case JSON_TRUE:
    case JSON_FALSE:
        return bit('b');
    case JSON_NULL:
        return bit('l');
    case JSON_ARRAY:
        return bit('a');
    case JSON_OBJECT:
        return bit('o');
    case JSONATA_FUNCTION:
        return bit('f');
    default:
        return LETTER_MISSING;
    }
}

struct match {
    const struct signature *signature;
    const struct json *args;
    uint32_t n;
    struct json context;
    uint32_t counts[SIGNATURE_PARAMS_MAX]; /* arguments of each parameter */
    uint32_t furthest;                     /* arguments that fitted, at most */
    uint32_t budget;
};

/* Parameters from `param` on take the arguments from `at` on; as many as they can each.
 */
static bool match_from(struct match *m, uint32_t param, uint32_t at)
{
    if (at > m->furthest)
        m->furthest = at;
    if (param == m->signature->n)
        return at == m->n;
    const struct param *p = &m->signature->params[param];
    uint32_t most = 0, least = p->optional ? 0 : 1;
    while (at + most < m->n && (most == 0 || p->repeated) &&
           (letter_of(m->args[at + most]) & p->letters))
        most++;
    for (uint32_t count = most + 1; count-- > least;) {
        m->counts[param] = count;
        if (m->budget == 0)
            return false;
        m->budget--;
        if (match_from(m, param + 1, at + count))
            return true;
    }
    return false;
}

static bool fault_at(struct match *m, struct jsonata_fault *fault, enum jsonata_code code,
                     uint32_t at)
{
    *fault = (struct jsonata_fault){
        .code = code, .index = at + 1, .value = at < m->n ? m->args[at] : m->context};
    if (fault->value.type >= JSON_TYPE_COUNT)
        fault->value = (struct json){.type = JSON_UNDEFINED};
    return false;
}

/* How many arguments the first parameters fit at best: the next is the wrong one. */
static uint32_t fitting(struct match *m)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < m->signature->n && at < m->n; i++) {
        const struct param *p = &m->signature->params[i];
        bool fits = letter_of(m->args[at]) & p->letters;
        if (!fits && !p->optional)
            return at;
        at += fits;
        while (fits && p->repeated && at < m->n && (letter_of(m->args[at]) & p->letters))
            at++;
    }
    return at;
}

static str type_name(char letter)
{
    switch (letter) {
    case 's':
        return STR("strings");
    case 'n':
        return STR("numbers");
    case 'b':
        return STR("booleans");
    case 'f':
        return STR("functions");
    case 'o':
        return STR("objects");
    default:
        return STR("arrays");
    }
}

static bool items_are(struct json array, char subtype)
{
    for (uint32_t i = 0; i < array.n; i++)
        if (letter_of(eval_item(array, i)) != bit(subtype))
            return false;
    return true;
}

/* An array parameter: a scalar becomes an array of one, items are of the subtype. */
static bool take_array(struct arena *arena, struct match *m, const struct param *p,
                       uint32_t at, struct json *ret, struct jsonata_fault *fault)
{
    struct json value = m->args[at];
    *ret = value;
    if (value.type == JSON_UNDEFINED)
        return true;
    bool fits =
        !p->subtype || (value.type == JSON_ARRAY ? items_are(value, p->subtype)
                                                 : letter_of(value) == bit(p->subtype));
    if (!fits) {
        fault_at(m, fault, JSONATA_T0412, at);
        fault->value = json_of_text(type_name(p->subtype));
        return false;
    }
    if (value.type == JSON_ARRAY)
        return true;
    struct json *item = arena_alloc(arena, sizeof(*item));
    *item = value;
    *ret = (struct json){.type = JSON_ARRAY, .n = 1, .u.items = item};
    return true;
}

static bool is_changed(const struct match *m)
{
    for (uint32_t i = 0; i < m->signature->n; i++) {
        const struct param *p = &m->signature->params[i];
        if (p->type == 'a' || (m->counts[i] == 0 && p->context))
            return true;
    }
    return false;
}

/* A parameter that took no argument is still given the next one, and so are those behind
 * it: in the reference, too, arguments are counted by parameters here. */
static struct json next_arg(const struct match *m, uint32_t *at)
{
    uint32_t i = (*at)++;
    return i < m->n ? m->args[i] : (struct json){.type = JSON_UNDEFINED};
}

static bool build_args(struct arena *arena, struct match *m, struct json *out,
                       uint32_t *ret_n, struct jsonata_fault *fault)
{
    uint32_t at = 0, n = 0;
    for (uint32_t i = 0; i < m->signature->n; i++) {
        const struct param *p = &m->signature->params[i];
        if (m->counts[i] == 0) {
            if (p->context && !(letter_of(m->context) & p->letters))
                return fault_at(m, fault, JSONATA_T0411, at);
            out[n++] = p->context ? m->context : next_arg(m, &at);
        }
        for (uint32_t k = 0; k < m->counts[i]; k++, n++) {
            out[n] = next_arg(m, &at);
            if (p->type == 'a' && at <= m->n &&
                !take_array(arena, m, p, at - 1, &out[n], fault))
                return false;
        }
    }
    *ret_n = n;
    return true;
}

/* Most calls: each argument fits its own parameter, and nothing is to be put in. */
static bool fits_as_it_is(const struct signature *signature, const struct json *args,
                          uint32_t n)
{
    if (n > signature->n)
        return false;
    for (uint32_t i = 0; i < signature->n; i++) {
        const struct param *p = &signature->params[i];
        if (i >= n && (p->context || !p->optional))
            return false;
        if (i < n && (p->repeated || !(letter_of(args[i]) & p->letters) ||
                      (p->type == 'a' && (args[i].type != JSON_ARRAY || p->subtype))))
            return false;
    }
    return true;
}

static bool apply_slowly(struct match *m, struct signature_call *call,
                         struct jsonata_fault *fault)
{
    if (m->n > SIGNATURE_ARGS_MAX || !match_from(m, 0, 0))
        return fault_at(m, fault, JSONATA_T0410, fitting(m));
    if (!is_changed(m))
        return true;
    struct json *out = arena_alloc(call->arena, (m->n + m->signature->n) * sizeof(*out));
    call->args = out;
    return build_args(call->arena, m, out, &call->n, fault);
}

bool signature_apply(const struct signature *signature, struct signature_call *call,
                     struct jsonata_fault *fault)
{
    if (fits_as_it_is(signature, call->args, call->n))
        return true;
    struct match m = {.signature = signature,
                      .args = call->args,
                      .n = call->n,
                      .context = call->context,
                      .budget = 10000};
    return apply_slowly(&m, call, fault);
}
