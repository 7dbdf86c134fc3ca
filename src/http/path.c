/*
 * A trie over segments. Each node stands for a prefix of patterns; from it lead literal
 * segments, one {name}, and one {name*} that ends there:
 *
 *   root ── users ── me                    GET /users/me
 *                 └─ {} ── posts           GET /users/{id}/posts
 *                 └─ {*}                   ANY /users/{rest*}
 *
 * A search goes down the literal first, then {name}, then {name*}, and comes back when a
 * branch has nothing for the path and the word. A node is reached in one way only, so a
 * search visits each node once at most, whatever the path; it is as deep as the longest
 * pattern. Names belong to the patterns, not to the nodes: GET /a/{x} and PUT /a/{y}
 * share theirs.
 *
 * Patterns are read as text: /files/{path*} begins with "/files/", so it takes "/files/"
 * and not "/files"; an empty last segment is a segment.
 */
#include "http/path.h"

#define PATH_SET_MAGIC 0x9a7b5e71u

enum { SEGMENTS_MAX = 64, WORDS_MAX = 16, ANY_WORD = WORDS_MAX };

struct path_end {
    struct path_end *next;
    const void *target;
    unsigned word; /* index of the set's words, or ANY_WORD */
    uint32_t n;
    str names[PATH_PARAMS_MAX];
};

struct path_node {
    str literal;
    struct path_node *sibling;
    struct path_node *literals;
    struct path_node *one;      /* {name} */
    struct path_end *ends;      /* of the patterns that end here */
    struct path_end *rest_ends; /* of those that end in {name*} from here */
};

struct path_set {
    uint32_t magic;
    struct arena *arena;
    unsigned words_n;
    str words[WORDS_MAX];
    struct path_node root;
};

enum segment_kind { SEGMENT_LITERAL, SEGMENT_ONE, SEGMENT_REST, SEGMENT_BAD };

struct pattern {
    struct {
        enum segment_kind kind;
        str text; /* the literal, or the name */
    } segments[SEGMENTS_MAX];
    size_t n;
    struct path_end end;
};

struct path_set *path_set_create(struct arena *arena)
{
    struct path_set *set = arena_zalloc(arena, sizeof(*set));
    set->magic = PATH_SET_MAGIC;
    set->arena = arena;
    return set;
}

static bool refuse(const char **ret_why, const char *why)
{
    if (ret_why)
        *ret_why = why;
    return false;
}

static bool is_name(str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = str_lower(name.p[i]);
        if (!str_is_digit(c) && !(c >= 'a' && c <= 'z') && c != '_' && c != '-')
            return false;
    }
    return name.n > 0;
}

static bool is_literal(str text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] <= ' ' || strchr("{}?#\x7f", text.p[i]))
            return false;
    return true;
}

/* segment = literal / "{" name "}" / "{" name "*}" */
static enum segment_kind parse_segment(str segment, str *ret_text)
{
    *ret_text = segment;
    if (is_literal(segment))
        return SEGMENT_LITERAL;
    if (!str_starts(segment, STR("{")) || !str_ends(segment, STR("}")))
        return SEGMENT_BAD;
    bool rest = str_ends(segment, STR("*}"));
    *ret_text = str_of(segment.p + 1, segment.n - (rest ? 3 : 2));
    if (!is_name(*ret_text))
        return SEGMENT_BAD;
    return rest ? SEGMENT_REST : SEGMENT_ONE;
}

static bool add_name(struct path_end *end, str name, const char **ret_why)
{
    for (uint32_t i = 0; i < end->n; i++)
        if (str_eq(end->names[i], name))
            return refuse(ret_why, "the path pattern has a name twice");
    if (end->n == PATH_PARAMS_MAX)
        return refuse(ret_why, "the path pattern has more than 8 names");
    end->names[end->n++] = name;
    return true;
}

static bool add_segment(struct pattern *pattern, str segment, bool last,
                        const char **ret_why)
{
    str text;
    enum segment_kind kind = parse_segment(segment, &text);
    if (kind == SEGMENT_BAD)
        return refuse(ret_why, "a segment is neither plain text, {name} nor {name*}");
    if (!last && kind == SEGMENT_REST)
        return refuse(ret_why, "{name*} stands only at the end of a path pattern");
    if (!last && segment.n == 0)
        return refuse(ret_why, "the path pattern has an empty segment");
    if (pattern->n == SEGMENTS_MAX)
        return refuse(ret_why, "the path pattern has more than 64 segments");
    pattern->segments[pattern->n].kind = kind;
    pattern->segments[pattern->n++].text = text;
    return kind == SEGMENT_LITERAL || add_name(&pattern->end, text, ret_why);
}

static bool parse_pattern(struct pattern *pattern, str text, const char **ret_why)
{
    str segment;
    pattern->n = 0;
    pattern->end = (struct path_end){0};
    if (!str_starts(text, STR("/")))
        return refuse(ret_why, "the path pattern does not start with /");
    str rest = str_from(text, 1);
    while (str_next(&rest, '/', &segment))
        if (!add_segment(pattern, segment, str_absent(rest), ret_why))
            return false;
    return true;
}

/* The index of the word among the set's words; words_n when it is new. */
static unsigned find_word(const struct path_set *set, str word)
{
    unsigned at = 0;
    while (at < set->words_n && !str_eq(set->words[at], word))
        at++;
    return at;
}

static bool intern_word(struct path_set *set, str word, unsigned *ret_word)
{
    *ret_word = ANY_WORD;
    if (str_absent(word))
        return true;
    *ret_word = find_word(set, word);
    if (*ret_word < set->words_n)
        return true;
    if (set->words_n == WORDS_MAX)
        return false;
    set->words[set->words_n++] = arena_str(set->arena, word);
    return true;
}

static struct path_node *find_literal(const struct path_node *node, str segment)
{
    struct path_node *child = node->literals;
    while (child && !str_eq(child->literal, segment))
        child = child->sibling;
    return child;
}

static struct path_node *grow_literal(struct path_set *set, struct path_node *node,
                                      str segment)
{
    struct path_node *child = find_literal(node, segment);
    if (child)
        return child;
    child = arena_zalloc(set->arena, sizeof(*child));
    child->literal = arena_str(set->arena, segment);
    child->sibling = node->literals;
    node->literals = child;
    return child;
}

static struct path_node *grow_one(struct path_set *set, struct path_node *node)
{
    if (!node->one)
        node->one = arena_zalloc(set->arena, sizeof(*node->one));
    return node->one;
}

/* Walks and grows the trie along the pattern; the list that its end belongs into. */
static struct path_end **grow(struct path_set *set, const struct pattern *pattern)
{
    struct path_node *node = &set->root;
    for (size_t i = 0; i < pattern->n; i++) {
        if (pattern->segments[i].kind == SEGMENT_REST)
            return &node->rest_ends;
        if (pattern->segments[i].kind == SEGMENT_ONE)
            node = grow_one(set, node);
        else
            node = grow_literal(set, node, pattern->segments[i].text);
    }
    return &node->ends;
}

bool path_set_add(struct path_set *set, str word, str text, const void *target,
                  const char **ret_why)
{
    CHECK_MAGIC(set, PATH_SET_MAGIC);
    struct pattern pattern;
    if (!parse_pattern(&pattern, text, ret_why))
        return false;
    pattern.end.target = target;
    if (!intern_word(set, word, &pattern.end.word))
        return refuse(ret_why, "the path patterns have more than 16 words");
    struct path_end **at = grow(set, &pattern);
    for (; *at; at = &(*at)->next)
        if ((*at)->word == pattern.end.word)
            return refuse(ret_why, "a path pattern of this shape stands there already");
    for (uint32_t i = 0; i < pattern.end.n; i++)
        pattern.end.names[i] = arena_str(set->arena, pattern.end.names[i]);
    *at = arena_alloc(set->arena, sizeof(**at));
    **at = pattern.end;
    return true;
}

/* One search: for an end that suits the word, or, to list words, for none. */
struct search {
    const struct path_end *found;
    bool list_only;
    bool any_word; /* the caller has none: the first end suits */
    unsigned word; /* words_n when the set does not know it */
    uint32_t seen; /* bits of the words that stand where the path leads */
    uint32_t n;
    str values[PATH_PARAMS_MAX];
};

/* The word's own end wins over one for any word. */
static bool choose_end(struct search *search, const struct path_end *ends)
{
    const struct path_end *any = search->any_word ? ends : NULL;
    for (const struct path_end *end = ends; end; end = end->next) {
        search->seen |= 1u << end->word;
        if (end->word == search->word)
            search->found = end;
        if (end->word == ANY_WORD)
            any = end;
    }
    if (!search->found)
        search->found = any;
    if (search->list_only)
        search->found = NULL;
    return search->found != NULL;
}

static bool search_node(struct search *search, const struct path_node *node, str rest);

static bool search_one(struct search *search, const struct path_node *node, str segment,
                       str rest)
{
    if (!node->one || segment.n == 0)
        return false;
    search->values[search->n++] = segment;
    if (search_node(search, node->one, rest))
        return true;
    search->n--;
    return false;
}

static bool search_rest(struct search *search, const struct path_node *node, str rest)
{
    if (!choose_end(search, node->rest_ends))
        return false;
    search->values[search->n++] = rest;
    return true;
}

/* `rest` is what stands behind the slash that follows the node; absent at the end. */
static bool search_node(struct search *search, const struct path_node *node, str rest)
{
    if (str_absent(rest))
        return choose_end(search, node->ends);
    str behind = rest;
    str segment = rest;
    str_next(&behind, '/', &segment);
    const struct path_node *literal = find_literal(node, segment);
    return (literal && search_node(search, literal, behind)) ||
           search_one(search, node, segment, behind) || search_rest(search, node, rest);
}

static bool search_path(struct search *search, const struct path_set *set, str path)
{
    return str_starts(path, STR("/")) &&
           search_node(search, &set->root, str_from(path, 1));
}

enum path_result path_set_match(const struct path_set *set, str word, str path,
                                struct path_match *ret_match)
{
    CHECK_MAGIC(set, PATH_SET_MAGIC);
    struct search search = {.any_word = str_absent(word), .word = find_word(set, word)};
    if (!search_path(&search, set, path))
        return search.seen ? PATH_WRONG_WORD : PATH_UNKNOWN;
    CHECK(search.n == search.found->n);
    ret_match->target = search.found->target;
    ret_match->n = search.n;
    for (uint32_t i = 0; i < search.n; i++)
        ret_match->params[i] =
            (struct path_param){search.found->names[i], search.values[i]};
    return PATH_FOUND;
}

str path_set_words(const struct path_set *set, struct arena *arena, str path)
{
    CHECK_MAGIC(set, PATH_SET_MAGIC);
    struct search search = {.list_only = true};
    str parts[2 * WORDS_MAX];
    size_t n = 0;
    search_path(&search, set, path);
    for (unsigned i = 0; i < set->words_n; i++) {
        if (!(search.seen & 1u << i))
            continue;
        parts[n] = n ? STR(", ") : STR("");
        parts[n + 1] = set->words[i];
        n += 2;
    }
    return arena_join(arena, parts, n);
}

str path_param(const struct path_match *match, str name)
{
    for (uint32_t i = 0; i < match->n; i++)
        if (str_eq(match->params[i].name, name))
            return match->params[i].value;
    return STR_NONE;
}
