#include "http/path.h"

#include "tests.h"
#include "text.h"

/* Targets are the texts of the patterns themselves. */
static void must_add(struct path_set *set, const char *word, const char *pattern)
{
    const char *why = "";
    if (!path_set_add(set, str_z(word), str_z(pattern), pattern, &why))
        fail_msg("%s: %s", pattern, why);
}

static struct path_set *crm_set(struct arena *arena)
{
    struct path_set *set = path_set_create(arena);
    must_add(set, "GET", "/");
    must_add(set, "GET", "/users");
    must_add(set, "POST", "/users");
    must_add(set, "GET", "/users/");
    must_add(set, "GET", "/users/me");
    must_add(set, "GET", "/users/{id}");
    must_add(set, "PATCH", "/users/{key}");
    must_add(set, "GET", "/users/me/posts/new");
    must_add(set, "GET", "/users/{id}/posts/{post}");
    must_add(set, "GET", "/users/{id}/posts/{post}/likes");
    must_add(set, NULL, "/users/{id}/{rest*}");
    must_add(set, "DELETE", "/users/me/{rest*}");
    must_add(set, "GET", "/{zone}/me/fixed");
    must_add(set, NULL, "/files/{path*}");
    must_add(set, "GET", "/files/index");
    return set;
}

/* pattern|name=value|…; a sentence for what is not found. */
static str describe(struct arena *arena, const struct path_set *set, const char *word,
                    const char *path)
{
    struct path_match match;
    enum path_result result = path_set_match(set, str_z(word), str_z(path), &match);
    if (result != PATH_FOUND)
        return result == PATH_UNKNOWN ? STR("unknown") : STR("wrong word");
    str text = str_z(match.target);
    for (uint32_t i = 0; i < match.n; i++) {
        str parts[] = {text, STR("|"), match.params[i].name, STR("="),
                       match.params[i].value};
        text = arena_join(arena, parts, COUNT_OF(parts));
    }
    return text;
}

static void paths_find_their_pattern(void **state)
{
    static const struct {
        const char *word;
        const char *path;
        const char *want;
    } rows[] = {
        {"GET", "/", "/"},
        {"GET", "/users", "/users"},
        {"GET", "/users/", "/users/"},
        {"GET", "/users/me", "/users/me"},
        {"GET", "/users/you", "/users/{id}|id=you"},
        {"PATCH", "/users/you", "/users/{key}|key=you"},
        {"GET", "/users/%6de", "/users/{id}|id=%6de"},
        {"GET", "/users/a%2Fb", "/users/{id}|id=a%2Fb"},
        /* a literal that has nothing for the word gives way */
        {"PATCH", "/users/me", "/users/{key}|key=me"},
        /* the literal branch fails deeper */
        {"GET", "/users/me/posts/new", "/users/me/posts/new"},
        {"GET", "/users/me/posts/7", "/users/{id}/posts/{post}|id=me|post=7"},
        {"GET", "/users/me/posts/new/likes",
         "/users/{id}/posts/{post}/likes|id=me|post=new"},
        {"GET", "/users/me/other", "/users/{id}/{rest*}|id=me|rest=other"},
        {"DELETE", "/users/me/other", "/users/me/{rest*}|rest=other"},
        {"GET", "/users/me/fixed", "/users/{id}/{rest*}|id=me|rest=fixed"},
        {"GET", "/groups/me/fixed", "/{zone}/me/fixed|zone=groups"},
        /* the rest may be empty, and takes slashes */
        {"GET", "/users/you/", "/users/{id}/{rest*}|id=you|rest="},
        {"PUT", "/users/you/a/b//c/", "/users/{id}/{rest*}|id=you|rest=a/b//c/"},
        {"GET", "/files/", "/files/{path*}|path="},
        {"GET", "/files/index", "/files/index"},
        {"GET", "/files/index/", "/files/{path*}|path=index/"},
        {"PUT", "/files/index", "/files/{path*}|path=index"},
        {"GET", "/files//", "/files/{path*}|path=/"},
        {"GET", "/files/../x", "/files/{path*}|path=../x"},
        {"GET", "/files", "unknown"},
        /* one segment is never empty */
        {"PATCH", "/users/", "wrong word"},
        {"GET", "//me/fixed", "unknown"},
        {"GET", "/users//posts/1", "unknown"},
        {"GET", "/groups", "unknown"},
        {"GET", "/user", "unknown"},
        {"GET", "/userss", "unknown"},
        {"GET", "/Users", "unknown"},
        {"GET", "//", "unknown"},
        {"GET", "", "unknown"},
        {"GET", NULL, "unknown"},
        {"GET", "users", "unknown"},
        {"DELETE", "/users", "wrong word"},
        {"get", "/users", "wrong word"},
        {"BREW", "/", "wrong word"},
        /* a caller without a word takes what stands there */
        {NULL, "/users", "/users"},
        {NULL, "/users/you", "/users/{id}|id=you"},
    };
    const struct path_set *set = crm_set(*state);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        text_same(rows[i].path ? rows[i].path : "absent",
                  describe(*state, set, rows[i].word, rows[i].path), rows[i].want);
    struct path_match match;
    assert_int_equal(path_set_match(set, STR("GET"), STR("/users\0"), &match),
                     PATH_UNKNOWN);
}

static void words_of_a_path_are_listed(void **state)
{
    static const struct {
        const char *path;
        const char *want;
    } rows[] = {
        {"/users", "GET, POST"},
        {"/users/you", "GET, PATCH"},
        {"/users/me", "GET, PATCH"},
        {"/users/me/x", "DELETE"},
        {"/files/x", ""},
        {"/files/index", "GET"},
        {"/nowhere", ""},
        {"", ""},
    };
    const struct path_set *set = crm_set(*state);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        text_same(rows[i].path,
                  path_set_words(set, *state, text_input(*state, rows[i].path)),
                  rows[i].want);
}

static void parameters_are_found_by_name(void **state)
{
    const struct path_set *set = crm_set(*state);
    struct path_match match;
    assert_int_equal(path_set_match(set, STR("GET"), STR("/users/u/posts/p"), &match),
                     PATH_FOUND);
    text_same("id", path_param(&match, STR("id")), "u");
    text_same("post", path_param(&match, STR("post")), "p");
    text_same("other", path_param(&match, STR("i")), NULL);
    assert_int_equal(path_set_match(set, STR("GET"), STR("/files/"), &match), PATH_FOUND);
    text_same("path", path_param(&match, STR("path")), "");
}

static void bad_patterns_are_refused(void **state)
{
    static const struct {
        const char *pattern;
        const char *why;
    } rows[] = {
        {"", "start with"},
        {"a", "start with"},
        {"{a}", "start with"},
        {"//", "empty segment"},
        {"/a//b", "empty segment"},
        {"/{}", "neither"},
        {"/{", "neither"},
        {"/}", "neither"},
        {"/{*}", "neither"},
        {"/{a", "neither"},
        {"/{ab", "neither"},
        {"/a}", "neither"},
        {"/ab}", "neither"},
        {"/{.a}", "neither"},
        {"/{a}b", "neither"},
        {"/b{a}", "neither"},
        {"/{a}{b}", "neither"},
        {"/{a**}", "neither"},
        {"/{a b}", "neither"},
        {"/{a.b}", "neither"},
        {"/a b", "neither"},
        {"/a?b", "neither"},
        {"/a#b", "neither"},
        {"/a\n", "neither"},
        {"/{a*}/b", "only at the end"},
        {"/{a*}/", "only at the end"},
        {"/{a}/{a}", "twice"},
        {"/{a}/{a*}", "twice"},
        {"/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}", "8 names"},
        {"/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i*}", "8 names"},
        {"/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1"
         "/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1",
         "64 segments"},
        {"/users", "already"},
        {"/users/{other}", "already"},
        {"/users/me/posts/new", "already"},
    };
    struct path_set *set = crm_set(*state);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *why = NULL;
        text_true(rows[i].pattern,
                  !path_set_add(set, STR("GET"), text_input(*state, rows[i].pattern), set,
                                &why));
        if (!why || !strstr(why, rows[i].why))
            fail_msg("%s: %s, want %s", rows[i].pattern, why, rows[i].why);
    }
    assert_false(path_set_add(set, STR_NONE, STR("/files/{p*}"), set, NULL));
    assert_false(path_set_add(set, STR("GET"), STR("/a\0b"), set, NULL));
    assert_true(path_set_add(set, STR("GET"), STR("/files/{p*}"), set, NULL));
    assert_true(path_set_add(set, STR("GET"), STR("/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}"),
                             set, NULL));
}

static void a_set_has_at_most_sixteen_words(void **state)
{
    struct path_set *set = path_set_create(*state);
    for (int i = 0; i < 16; i++)
        assert_true(
            path_set_add(set, arena_printf(*state, "W%d", i), STR("/a"), set, NULL));
    const char *why = NULL;
    assert_false(path_set_add(set, STR("W16"), STR("/a"), set, &why));
    assert_non_null(strstr(why, "16 words"));
    assert_true(path_set_add(set, STR("W3"), STR("/b"), set, NULL));
    struct path_match match;
    assert_int_equal(path_set_match(set, STR("W15"), STR("/a"), &match), PATH_FOUND);
    assert_int_equal(path_set_match(set, STR("W16"), STR("/a"), &match), PATH_WRONG_WORD);
    assert_true(path_set_add(set, STR_NONE, STR("/a"), &match, NULL));
    assert_int_equal(path_set_match(set, STR("W16"), STR("/a"), &match), PATH_FOUND);
    assert_ptr_equal(match.target, &match);
}

/* The pattern's text may go once it is added. */
static void a_set_keeps_its_own_copies(void **state)
{
    struct path_set *set = path_set_create(*state);
    char word[] = "GET";
    char pattern[] = "/a/{name}";
    assert_true(path_set_add(set, str_z(word), str_z(pattern), set, NULL));
    memset(word, 'x', sizeof(word) - 1);
    memset(pattern, 'x', sizeof(pattern) - 1);
    struct path_match match;
    assert_int_equal(path_set_match(set, STR("GET"), STR("/a/b"), &match), PATH_FOUND);
    text_same("name", path_param(&match, STR("name")), "b");
    struct path_set *empty = path_set_create(*state);
    assert_int_equal(path_set_match(empty, STR("GET"), STR("/"), &match), PATH_UNKNOWN);
}

/* Each node of the trie is visited once: all 2^8 shapes of a/{x} stand there, and none
 * matches the last segment. */
static void backtracking_is_bounded(void **state)
{
    struct path_set *set = path_set_create(*state);
    for (unsigned shape = 0; shape < 256; shape++) {
        str pattern = STR("");
        for (unsigned i = 0; i < 8; i++) {
            str segment = shape >> i & 1 ? STR("/a") : arena_printf(*state, "/{n%u}", i);
            pattern = arena_join(*state, (str[]){pattern, segment}, 2);
        }
        pattern = arena_join(*state, (str[]){pattern, STR("/end")}, 2);
        assert_true(path_set_add(set, STR_NONE, pattern, set, NULL));
    }
    struct path_match match;
    size_t before = ((struct arena *)*state)->bytes;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(path_set_match(set, STR_NONE, STR("/a/a/a/a/a/a/a/a/x"), &match),
                         PATH_UNKNOWN);
        assert_int_equal(
            path_set_match(set, STR_NONE, STR("/b/b/b/b/b/b/b/b/end"), &match),
            PATH_FOUND);
        assert_int_equal(match.n, 8);
    }
    assert_int_equal(((struct arena *)*state)->bytes, before);
}

static void match_without_set(void)
{
    struct path_match match;
    path_set_match(NULL, STR("GET"), STR("/"), &match);
}

static void list_without_set(void)
{
    path_set_words(NULL, NULL, STR("/"));
}

static void add_without_set(void)
{
    path_set_add(NULL, STR("GET"), STR("/"), NULL, NULL);
}

static void what_is_no_set_is_caught(void **state)
{
    (void)state;
    assert_true(unit_dies(match_without_set));
    assert_true(unit_dies(list_without_set));
    assert_true(unit_dies(add_without_set));
}

/* The rule of the header as plainly as it can be said: of all patterns that match and
 * have the word, the one whose first differing segment is of the better kind. */
struct plain {
    const char *segments[5];
    size_t n;
    const char *word;
    char text[64];
};

enum { PLAIN_MAX = 30 };

static int kind_of(const char *segment)
{
    return segment[0] != '{' ? 0 : strchr(segment, '*') ? 2 : 1;
}

static bool plain_matches(const struct plain *plain, str path, str word)
{
    str rest = str_from(path, 1);
    str segment;
    for (size_t i = 0; i < plain->n; i++) {
        int kind = kind_of(plain->segments[i]);
        if (kind == 2 && !str_absent(rest))
            return !plain->word || str_eq(word, str_z(plain->word));
        if (!str_next(&rest, '/', &segment) ||
            (kind ? segment.n == 0 : !str_eq(segment, str_z(plain->segments[i]))))
            return false;
    }
    return str_absent(rest) && (!plain->word || str_eq(word, str_z(plain->word)));
}

static bool plain_is_better(const struct plain *a, const struct plain *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++)
        if (kind_of(a->segments[i]) != kind_of(b->segments[i]))
            return kind_of(a->segments[i]) < kind_of(b->segments[i]);
    return a->word && !b->word;
}

static void make_plain(struct plain *plain, uint64_t *seed)
{
    static const char *const one[] = {"{p}", "{q}", "{r}", "{s}"};
    static const char *const literals[] = {"a", "b", "c"};
    static const char *const words[] = {NULL, "GET", "PUT"};
    *plain =
        (struct plain){.n = 1 + unit_below(seed, 4), .word = words[unit_below(seed, 3)]};
    for (size_t i = 0; i < plain->n; i++)
        plain->segments[i] = unit_below(seed, 2) ? one[i] : literals[unit_below(seed, 3)];
    if (unit_below(seed, 5) == 0)
        plain->segments[plain->n++] = "{rest*}";
    size_t at = 0;
    for (size_t i = 0; i < plain->n; i++) {
        plain->text[at++] = '/';
        memcpy(plain->text + at, plain->segments[i], strlen(plain->segments[i]) + 1);
        at += strlen(plain->segments[i]);
    }
}

static void compare_with_plain(const struct path_set *set, const struct plain *plains,
                               uint64_t *seed)
{
    static const char *const segments[] = {"/a", "/b", "/c", "/d", "/"};
    char path[16] = "";
    size_t at = 0;
    for (size_t i = 1 + unit_below(seed, 5); i > 0; i--) {
        const char *segment = segments[unit_below(seed, unit_below(seed, 4) ? 3 : 5)];
        memcpy(path + at, segment, strlen(segment) + 1);
        at += strlen(segment);
    }
    str word = unit_below(seed, 2) ? STR("GET") : STR("PUT");
    const struct plain *best = NULL;
    for (int i = 0; i < PLAIN_MAX; i++)
        if (plains[i].n && plain_matches(&plains[i], str_z(path), word) &&
            (!best || plain_is_better(&plains[i], best)))
            best = &plains[i];
    struct path_match match = {0};
    bool found = path_set_match(set, word, str_z(path), &match) == PATH_FOUND;
    if (found != (best != NULL) || (found && match.target != best))
        fail_msg("%s: got %s, want %s", path,
                 found ? ((const struct plain *)match.target)->text : "nothing",
                 best ? best->text : "nothing");
}

static void any_set_follows_the_rule(void **state)
{
    uint64_t seed = 20261122;
    for (int round = 0; round < 300; round++) {
        struct plain plains[PLAIN_MAX];
        struct path_set *set = path_set_create(*state);
        for (int i = 0; i < PLAIN_MAX; i++) {
            make_plain(&plains[i], &seed);
            if (!path_set_add(set, str_z(plains[i].word), str_z(plains[i].text),
                              &plains[i], NULL))
                plains[i].n = 0;
        }
        for (int i = 0; i < 200; i++)
            compare_with_plain(set, plains, &seed);
    }
}

int test_path(void)
{
    static const struct CMUnitTest tests[] = {
        TEXT_TEST(paths_find_their_pattern),        TEXT_TEST(words_of_a_path_are_listed),
        TEXT_TEST(parameters_are_found_by_name),    TEXT_TEST(bad_patterns_are_refused),
        TEXT_TEST(a_set_has_at_most_sixteen_words), TEXT_TEST(a_set_keeps_its_own_copies),
        TEXT_TEST(backtracking_is_bounded),         TEXT_TEST(what_is_no_set_is_caught),
        TEXT_TEST(any_set_follows_the_rule),
    };
    return cmocka_run_group_tests_name("http/path", tests, NULL, NULL);
}
