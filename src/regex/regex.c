/*
 *     pattern ── regex_parse ──► tree ── regex_plain ── no engine needed
 *                                  ├──── regex_plan ──► numbers
 *                                  └──── regex_write ──► PCRE2's pattern ──► code
 *
 * What JavaScript refuses, the parser refuses. What PCRE2 refuses of a pattern that was
 * written by us is either too large for it or a lookbehind of no fixed length.
 */
#include "regex/regex.h"

#include "base/buf.h"
#include "base/mem.h"
#include "regex/regex_parse.h"
#include "regex/regex_pcre.h"
#include "regex/regex_write.h"

enum {
    TREE_BYTES_MAX = 64 * 1024 * 1024, /* 32 KiB of pattern are at most 32 Ki nodes */
    WRITTEN_BYTES_MAX = 1024 * 1024,
    NEST_MAX = 8 * REGEX_DEPTH_MAX /* a loop may bring groups */
};

static const char *explain(int error)
{
    switch (error) {
    case PCRE2_ERROR_LOOKBEHIND_NOT_FIXED_LENGTH:
    case PCRE2_ERROR_LOOKBEHIND_TOO_COMPLICATED:
    case PCRE2_ERROR_LOOKBEHIND_TOO_LONG:
        return "what is looked for behind must have a fixed length";
    default:
        return "it is too large when compiled";
    }
}

/* Not possessive, so that scanning is given back step by step, and counted. */
static pcre2_code *compile_written(str written, uint32_t options, const char **ret_what)
{
    options |= PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DOLLAR_ENDONLY |
               PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF |
               PCRE2_USE_OFFSET_LIMIT | PCRE2_NO_AUTO_POSSESS | PCRE2_NEVER_BACKSLASH_C;
    int error;
    size_t offset;
    pcre2_compile_context *context = pcre2_compile_context_create(regex_pcre_memory());
    CHECK(context);
    pcre2_set_parens_nest_limit(context, NEST_MAX);
    pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALLOW_SURROGATE_ESCAPES);
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)written.p, written.n, options, &error,
                                     &offset, context);
    pcre2_compile_context_free(context);
    if (!code)
        *ret_what = explain(error);
    return code;
}

static struct regex *create(const struct tree *tree)
{
    struct regex *regex = mem_zalloc(sizeof(*regex));
    regex->magic = REGEX_MAGIC;
    regex->groups = tree->groups;
    regex_plain_init(&regex->plain, tree);
    return regex;
}

/* Gives the expression its code; NULL, or what is wrong. */
static const char *compile_tree(struct regex *regex, const struct tree *tree)
{
    const char *what;
    struct buf written;
    uint32_t options = tree->flags & REGEX_IGNORE_CASE ? PCRE2_CASELESS : 0;
    if (!regex_plan(tree, &regex->plan))
        return "it has more than 100 loops that may turn without taking a character";
    options |= regex->plan.misleading ? PCRE2_NO_START_OPTIMIZE : 0;
    buf_init(&written, WRITTEN_BYTES_MAX);
    what = regex_write(&written, tree, &regex->plan);
    if (!what && !buf_ok(&written))
        what = "it is too large when compiled";
    if (!what)
        regex->code =
            compile_written(written.n ? buf_peek(&written) : STR(""), options, &what);
    buf_fini(&written);
    if (regex->code)
        regex->compiled = pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE) == 0;
    return what;
}

struct regex *regex_compile(str pattern, unsigned flags, struct regex_fault *ret_fault)
{
    struct arena arena;
    struct tree tree;
    struct regex *regex = NULL;
    struct regex_fault fault = {0};
    const char *what = NULL;
    arena_init(&arena, 4096, TREE_BYTES_MAX);
    if (regex_parse(&arena, pattern, flags, &tree, &fault)) {
        regex = create(&tree);
        if (!regex->plain.kind)
            what = compile_tree(regex, &tree);
    }
    arena_fini(&arena);
    if (what) {
        fault.what = str_z(what);
        regex_destroy(&regex);
    }
    if (!regex && ret_fault)
        *ret_fault = fault;
    return regex;
}

void regex_destroy(struct regex **regex)
{
    struct regex *old = *regex;
    if (!old)
        return;
    CHECK_MAGIC(old, REGEX_MAGIC);
    *regex = NULL;
    old->magic = 0;
    pcre2_code_free(old->code);
    regex_plain_fini(&old->plain);
    mem_free(old);
}

uint32_t regex_groups(const struct regex *regex)
{
    CHECK_MAGIC(regex, REGEX_MAGIC);
    return regex->groups;
}
