/*
 * A Pratt parser: every operator has a row with what it means at the start of an
 * expression (`prefix`) and behind an operand (`infix`, with its binding power in
 * lexer.h). Operands that end before the power of what surrounds them go to it.
 *
 *   expression(power) = prefix, then infix as long as the next operator binds tighter
 */
#include "jsonata/node.h"

#include "base/buf.h"
#include "jsonata/jsonata.h"
#include "jsonata/signature.h"
#include "regex/regex.h"

struct grammar {
    struct program *program;
    struct arena *arena;
    struct lexer lexer;
    struct token token; /* the next one */
    struct jsonata_fault *fault;
    unsigned depth;
    bool ended;      /* the source ended where an operand was due */
    unsigned height; /* of the highest tree read so far for the node under way */
};

struct regex *program_keep_regex(struct program *program, struct regex *regex)
{
    struct kept_regex *kept = arena_alloc(program->arena, sizeof(*kept));
    *kept = (struct kept_regex){program->regexes, regex};
    program->regexes = kept;
    return regex;
}

/* A growing list of nodes. */
struct nodes {
    struct node **items;
    uint32_t n;
    uint32_t room;
};

struct node *node_new(struct arena *arena, enum node_type type, const struct token *at)
{
    struct node *node = arena_zalloc(arena, sizeof(*node));
    node->type = (uint8_t)type;
    node->position = at->position;
    node->focus_slot = node->index_slot = node->parent_slot = SLOT_NONE;
    node->free = SLOT_NONE;
    return node;
}

static void push(struct grammar *g, struct nodes *nodes, struct node *node)
{
    nodes->items =
        arena_grow(g->arena, nodes->items, nodes->n, &nodes->room, sizeof(struct node *));
    nodes->items[nodes->n++] = node;
}

static void take_items(struct node *node, const struct nodes *nodes)
{
    node->items = nodes->items;
    node->n = nodes->n;
}

static struct node *fail(struct grammar *g, enum jsonata_code code,
                         const struct token *token)
{
    *g->fault = (struct jsonata_fault){
        .code = code, .position = token->position, .token = token->text};
    return NULL;
}

static bool is_op(const struct grammar *g, enum token_op op)
{
    return g->token.type == TOKEN_OPERATOR && g->token.op == op;
}

static bool advance(struct grammar *g, bool after_operand)
{
    return lexer_next(&g->lexer, after_operand, &g->token);
}

static bool expect(struct grammar *g, enum token_op op, bool after_operand)
{
    if (is_op(g, op))
        return advance(g, after_operand);
    fail(g, g->token.type == TOKEN_END ? JSONATA_S0203 : JSONATA_S0202, &g->token);
    g->fault->value = json_of_text(lexer_op_text(op));
    return false;
}

static struct node *expression(struct grammar *g, unsigned power);

static struct node *with_value(struct grammar *g, enum node_type type,
                               const struct token *at, struct json value)
{
    struct node *node = node_new(g->arena, type, at);
    node->value = value;
    return node;
}

/* --- lists --- */

static struct node *range_or_item(struct grammar *g)
{
    struct node *item = expression(g, 0);
    if (!item || !is_op(g, OP_RANGE))
        return item;
    struct node *range = node_new(g->arena, NODE_RANGE, &g->token);
    range->left = item;
    if (!advance(g, false) || !(range->right = expression(g, 0)))
        return NULL;
    return range;
}

/* item *( "," item ) */
static bool read_list(struct grammar *g, struct nodes *nodes, enum token_op end,
                      struct node *(*read)(struct grammar *))
{
    if (!is_op(g, end)) {
        for (;;) {
            struct node *item = read(g);
            if (!item)
                return false;
            push(g, nodes, item);
            if (!is_op(g, OP_COMMA))
                break;
            if (!advance(g, false))
                return false;
        }
    }
    return expect(g, end, true);
}

/* "{" [ key ":" value *( "," key ":" value ) ] "}", behind the brace */
static bool read_pairs(struct grammar *g, struct nodes *nodes)
{
    if (is_op(g, OP_RIGHT_BRACE))
        return advance(g, true);
    for (;;) {
        struct node *key = expression(g, 0);
        if (!key || !expect(g, OP_COLON, false))
            return false;
        struct node *value = expression(g, 0);
        if (!value)
            return false;
        push(g, nodes, key);
        push(g, nodes, value);
        if (!is_op(g, OP_COMMA))
            return expect(g, OP_RIGHT_BRACE, true);
        if (!advance(g, false))
            return false;
    }
}

/* --- at the start of an expression --- */

static struct node *array_constructor(struct grammar *g, const struct token *at)
{
    struct nodes items = {0};
    struct node *node = node_new(g->arena, NODE_ARRAY, at);
    if (!read_list(g, &items, OP_RIGHT_BRACKET, range_or_item))
        return NULL;
    take_items(node, &items);
    return node;
}

static struct node *object_constructor(struct grammar *g, const struct token *at)
{
    struct nodes items = {0};
    struct node *node = node_new(g->arena, NODE_OBJECT, at);
    if (!read_pairs(g, &items))
        return NULL;
    take_items(node, &items);
    return node;
}

static struct node *block(struct grammar *g, const struct token *at)
{
    struct nodes items = {0};
    struct node *node = node_new(g->arena, NODE_BLOCK, at);
    while (!is_op(g, OP_RIGHT_PAREN)) {
        struct node *item = expression(g, 0);
        if (!item)
            return NULL;
        push(g, &items, item);
        if (!is_op(g, OP_SEMICOLON))
            break;
        if (!advance(g, false))
            return NULL;
    }
    take_items(node, &items);
    return expect(g, OP_RIGHT_PAREN, true) ? node : NULL;
}

static struct node *negation(struct grammar *g, const struct token *at)
{
    struct node *node = node_new(g->arena, NODE_NEGATE, at);
    node->left = expression(g, lexer_power(OP_LEFT_BRACE)); /* 70 */
    return node->left ? node : NULL;
}

/* "|" pattern "|" update [ "," delete ] "|" */
static struct node *transform(struct grammar *g, const struct token *at)
{
    struct nodes items = {0};
    struct node *node = node_new(g->arena, NODE_TRANSFORM, at);
    push(g, &items, with_value(g, NODE_VARIABLE, at, json_of_text(STR("clone"))));
    take_items(node, &items);
    if (!(node->left = expression(g, 0)) || !expect(g, OP_BAR, false) ||
        !(node->right = expression(g, 0)))
        return NULL;
    if (is_op(g, OP_COMMA) && (!advance(g, false) || !(node->third = expression(g, 0))))
        return NULL;
    return expect(g, OP_BAR, true) ? node : NULL;
}

static struct node *prefix_operator(struct grammar *g, const struct token *at)
{
    struct node *node;
    switch ((int)at->op) {
    case OP_LEFT_PAREN:
        return block(g, at);
    case OP_LEFT_BRACKET:
        return array_constructor(g, at);
    case OP_LEFT_BRACE:
        return object_constructor(g, at);
    case OP_MINUS:
        return negation(g, at);
    case OP_BAR:
        return transform(g, at);
    case OP_STAR:
        return node_new(g->arena, NODE_WILDCARD, at);
    case OP_STAR_STAR:
        return node_new(g->arena, NODE_DESCENDANT, at);
    case OP_PERCENT:
        return node_new(g->arena, NODE_PARENT, at);
    case OP_AND:
    case OP_OR:
    case OP_IN: /* where an operand is due they are names */
        node = node_new(g->arena, NODE_NAME, at);
        node->value = json_of_text(at->text);
        return node;
    default:
        return fail(g, JSONATA_S0211, at);
    }
}

static struct node *regex_literal(struct grammar *g, const struct token *at)
{
    struct node *node = node_new(g->arena, NODE_REGEX, at);
    struct regex_fault why;
    struct regex *regex = regex_compile(at->text, at->flags, &why);
    if (!regex) {
        fail(g, JSONATA_S0303, at);
        g->fault->value = json_of_text(at->text);
        g->fault->token = why.what;
        return NULL;
    }
    node->regex = program_keep_regex(g->program, regex);
    node->value = json_of_text(at->text);
    node->op = (uint8_t)at->flags;
    return node;
}

static struct json word_value(str text)
{
    if (str_eq(text, STR("null")))
        return json_of_null();
    return json_of_bool(str_eq(text, STR("true")));
}

static struct node *prefix(struct grammar *g, const struct token *at)
{
    switch (at->type) {
    case TOKEN_NAME:
        return with_value(g, NODE_NAME, at, json_of_text(at->text));
    case TOKEN_VARIABLE:
        return with_value(g, NODE_VARIABLE, at, json_of_text(at->text));
    case TOKEN_STRING:
        return with_value(g, NODE_LITERAL, at, json_of_text(at->text));
    case TOKEN_NUMBER:
        return with_value(g, NODE_LITERAL, at, json_of_number(at->number));
    case TOKEN_WORD:
        return with_value(g, NODE_LITERAL, at, word_value(at->text));
    case TOKEN_REGEX:
        return regex_literal(g, at);
    case TOKEN_OPERATOR:
        return prefix_operator(g, at);
    case TOKEN_END:
        return fail(g, JSONATA_S0207, at);
    }
    return NULL;
}

/* --- behind an operand --- */

static struct node *binary(struct grammar *g, const struct token *at, struct node *left,
                           unsigned power)
{
    struct node *node = node_new(g->arena, NODE_BINARY, at);
    node->op = (uint8_t)at->op;
    node->left = left;
    node->right = expression(g, power);
    return node->right ? node : NULL;
}

/* left "[" [ predicate ] "]" */
static struct node *predicate(struct grammar *g, const struct token *at,
                              struct node *left)
{
    if (is_op(g, OP_RIGHT_BRACKET)) {
        struct node *step = left;
        while (step->type == NODE_BINARY && step->op == OP_LEFT_BRACKET)
            step = step->left;
        step->flags |= NODE_KEEP_ARRAY;
        return advance(g, true) ? left : NULL;
    }
    struct node *node = binary(g, at, left, 0);
    return node && expect(g, OP_RIGHT_BRACKET, true) ? node : NULL;
}

static bool is_lambda_word(const struct node *left)
{
    str text = json_text(&left->value);
    return left->type == NODE_NAME &&
           (str_eq(text, STR("function")) || str_eq(text, STR("\u03bb")));
}

/* "<" … ">" as it stands in the source */
static bool read_signature(struct grammar *g, struct node *lambda)
{
    uint32_t depth = 1;
    struct buf text;
    bool good;
    buf_init(&text, 4096);
    buf_char(&text, '<');
    while ((good = advance(g, false)) && depth > 0 && !is_op(g, OP_LEFT_BRACE) &&
           g->token.type != TOKEN_END) {
        depth += is_op(g, OP_LESS);
        depth -= is_op(g, OP_GREATER);
        buf_str(&text, g->token.text);
    }
    str source = arena_take(g->arena, &text);
    if (!good || (depth > 0 && !expect(g, OP_GREATER, false)))
        return false;
    lambda->signature = signature_read(g->arena, source, g->fault);
    if (!lambda->signature)
        g->fault->position = lambda->position;
    return lambda->signature != NULL;
}

static struct node *lambda(struct grammar *g, const struct token *at, struct nodes *args)
{
    struct node *node = node_new(g->arena, NODE_LAMBDA, at);
    take_items(node, args);
    for (uint32_t i = 0; i < args->n; i++) {
        if (args->items[i]->type == NODE_VARIABLE)
            continue;
        fail(g, JSONATA_S0208, at);
        g->fault->position = args->items[i]->position;
        g->fault->token = json_text(&args->items[i]->value);
        g->fault->value = args->items[i]->value;
        return NULL;
    }
    if (is_op(g, OP_LESS) && !read_signature(g, node))
        return NULL;
    if (!expect(g, OP_LEFT_BRACE, false) || !(node->right = expression(g, 0)))
        return NULL;
    return expect(g, OP_RIGHT_BRACE, true) ? node : NULL;
}

static struct node *argument(struct grammar *g)
{
    struct token at = g->token;
    if (!is_op(g, OP_QUESTION))
        return expression(g, 0);
    return advance(g, true) ? node_new(g->arena, NODE_HOLE, &at) : NULL;
}

/* left "(" [ argument *( "," argument ) ] ")"; "?" leaves one open */
static struct node *call(struct grammar *g, const struct token *at, struct node *left)
{
    struct nodes args = {0};
    if (!read_list(g, &args, OP_RIGHT_PAREN, argument))
        return NULL;
    if (is_lambda_word(left))
        return lambda(g, at, &args);
    struct node *node = node_new(g->arena, NODE_CALL, at);
    node->left = left;
    take_items(node, &args);
    for (uint32_t i = 0; i < args.n; i++)
        if (args.items[i]->type == NODE_HOLE)
            node->type = NODE_PARTIAL;
    return node;
}

static struct node *group_by(struct grammar *g, const struct token *at, struct node *left)
{
    struct node *node = node_new(g->arena, NODE_BINARY, at);
    node->op = OP_LEFT_BRACE;
    node->left = left;
    node->right = object_constructor(g, at);
    return node->right ? node : NULL;
}

static struct node *sort_term(struct grammar *g)
{
    bool descending = is_op(g, OP_GREATER);
    if ((descending || is_op(g, OP_LESS)) && !advance(g, false))
        return NULL;
    struct node *term = expression(g, 0);
    if (term && descending)
        term->flags |= NODE_DESCENDING;
    return term;
}

/* left "^" "(" term *( "," term ) ")" */
static struct node *order_by(struct grammar *g, const struct token *at, struct node *left)
{
    struct nodes terms = {0};
    struct node *node = node_new(g->arena, NODE_BINARY, at);
    node->op = OP_CARET;
    node->left = left;
    node->right = node_new(g->arena, NODE_SORT, at);
    if (!expect(g, OP_LEFT_PAREN, false))
        return NULL;
    if (is_op(g, OP_RIGHT_PAREN))
        return fail(g, JSONATA_S0211, &g->token);
    if (!read_list(g, &terms, OP_RIGHT_PAREN, sort_term))
        return NULL;
    take_items(node->right, &terms);
    return node;
}

static struct node *assignment(struct grammar *g, const struct token *at,
                               struct node *left)
{
    if (left->type != NODE_VARIABLE)
        return fail(
            g, JSONATA_S0212,
            &(struct token){.position = left->position, .text = json_text(&left->value)});
    struct node *node = node_new(g->arena, NODE_BIND, at);
    node->value = left->value;
    node->right = expression(g, lexer_power(OP_ASSIGN) - 1); /* to the right */
    return node->right ? node : NULL;
}

/* "@" and "#" need a variable on their right. */
static struct node *binding(struct grammar *g, const struct token *at, struct node *left)
{
    struct node *node = binary(g, at, left, lexer_power(at->op));
    if (node && node->right->type != NODE_VARIABLE)
        return fail(g, JSONATA_S0214, at);
    return node;
}

static struct node *condition(struct grammar *g, const struct token *at,
                              struct node *left)
{
    struct node *node = node_new(g->arena, NODE_CONDITION, at);
    node->left = left;
    if (!(node->right = expression(g, 0)))
        return NULL;
    if (is_op(g, OP_COLON) && (!advance(g, false) || !(node->third = expression(g, 0))))
        return NULL;
    return node;
}

static struct node *otherwise(struct grammar *g, const struct token *at,
                              struct node *left)
{
    enum node_type type = at->op == OP_ELVIS ? NODE_ELVIS : NODE_COALESCE;
    struct node *node = node_new(g->arena, type, at);
    node->left = left;
    node->right = expression(g, 0);
    return node->right ? node : NULL;
}

static struct node *infix(struct grammar *g, const struct token *at, struct node *left)
{
    switch ((int)at->op) {
    case OP_LEFT_BRACKET:
        return predicate(g, at, left);
    case OP_LEFT_PAREN:
        return call(g, at, left);
    case OP_LEFT_BRACE:
        return group_by(g, at, left);
    case OP_CARET:
        return order_by(g, at, left);
    case OP_ASSIGN:
        return assignment(g, at, left);
    case OP_AT:
    case OP_HASH:
        return binding(g, at, left);
    case OP_QUESTION:
        return condition(g, at, left);
    case OP_COALESCE:
    case OP_ELVIS:
        return otherwise(g, at, left);
    default:
        return binary(g, at, left, lexer_power(at->op));
    }
}

/* A node is one higher than the highest of its parts. */
static struct node *grow(struct grammar *g, struct node *node)
{
    if (++g->height > JSONATA_HEIGHT_MAX)
        return fail(g, JSONATA_D1011, &g->token);
    return node;
}

static struct node *expression_inside(struct grammar *g, unsigned power)
{
    struct token at = g->token;
    if (at.type == TOKEN_END) { /* whoever waits for a bracket says so first */
        g->ended = true;
        return node_new(g->arena, NODE_LITERAL, &at);
    }
    bool operand = at.type != TOKEN_OPERATOR || at.op == OP_STAR ||
                   at.op == OP_STAR_STAR || at.op == OP_PERCENT || at.op == OP_AND ||
                   at.op == OP_OR || at.op == OP_IN;
    if (!advance(g, operand))
        return NULL;
    struct node *left = prefix(g, &at);
    left = left ? grow(g, left) : NULL;
    while (left && g->token.type == TOKEN_OPERATOR && power < lexer_power(g->token.op)) {
        at = g->token;
        if (!advance(g, false))
            return NULL;
        left = infix(g, &at, left);
        left = left ? grow(g, left) : NULL;
    }
    return left;
}

static struct node *expression(struct grammar *g, unsigned power)
{
    unsigned height = g->height;
    if (++g->depth > JSONATA_NESTING_MAX)
        return fail(g, JSONATA_D1011, &g->token);
    g->height = 0;
    struct node *node = expression_inside(g, power);
    g->height = height > g->height ? height : g->height;
    g->depth--;
    return node;
}

struct node *grammar_read(struct program *program, str source,
                          struct jsonata_fault *fault)
{
    struct arena *arena = program->arena;
    struct grammar g = {.program = program,
                        .arena = arena,
                        .lexer = {.arena = arena, .source = source, .fault = fault},
                        .fault = fault};
    if (!advance(&g, false))
        return NULL;
    struct node *tree = expression(&g, 0);
    if (tree && (g.ended || g.token.type != TOKEN_END))
        return fail(&g, g.ended ? JSONATA_S0207 : JSONATA_S0201, &g.token);
    return tree;
}
