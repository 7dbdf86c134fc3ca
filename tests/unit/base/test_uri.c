#include "support/given.h"
#include "tests.h"

#include "base/uri.h"

/* RFC 3986 §5.4, and what schemas add: bases that are URNs, and none at all. */
static void references_are_resolved(void **state)
{
    static const struct {
        const char *base, *reference, *uri, *fragment;
    } rows[] = {
        {"http://a/b/c/d;p?q", "g:h", "g:h", NULL},
        {"http://a/b/c/d;p?q", "g", "http://a/b/c/g", NULL},
        {"http://a/b/c/d;p?q", "./g", "http://a/b/c/g", NULL},
        {"http://a/b/c/d;p?q", "g/", "http://a/b/c/g/", NULL},
        {"http://a/b/c/d;p?q", "/g", "http://a/g", NULL},
        {"http://a/b/c/d;p?q", "//g", "http://g", NULL},
        {"http://a/b/c/d;p?q", "?y", "http://a/b/c/d;p?y", NULL},
        {"http://a/b/c/d;p?q", "g?y", "http://a/b/c/g?y", NULL},
        {"http://a/b/c/d;p?q", "#s", "http://a/b/c/d;p?q", "s"},
        {"http://a/b/c/d;p?q", "g?y#s", "http://a/b/c/g?y", "s"},
        {"http://a/b/c/d;p?q", "", "http://a/b/c/d;p?q", NULL},
        {"http://a/b/c/d;p?q", ".", "http://a/b/c/", NULL},
        {"http://a/b/c/d;p?q", "..", "http://a/b/", NULL},
        {"http://a/b/c/d;p?q", "../g", "http://a/b/g", NULL},
        {"http://a/b/c/d;p?q", "../..", "http://a/", NULL},
        {"http://a/b/c/d;p?q", "../../../g", "http://a/g", NULL},
        {"http://a/b/c/d;p?q", "/./g", "http://a/g", NULL},
        {"http://a/b/c/d;p?q", "g/./h", "http://a/b/c/g/h", NULL},
        {"http://a/b/c/d;p?q", "g/../h", "http://a/b/c/h", NULL},
        {"http://a", "b", "http://a/b", NULL},
        {"urn:uuid:1", "#/x", "urn:uuid:1", "/x"},
        {"", "other.json#a", "other.json", "a"},
        {"dir/a.json", "b.json", "dir/b.json", NULL},
        {"a.json", "./b.json", "b.json", NULL},
        {"a.json", "../b.json", "b.json", NULL},
        {"a/b.json", "../../c.json", "/c.json", NULL},
        {"urn:a:b", "../c", "urn:c", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str fragment;
        str uri =
            uri_resolve(*state, str_z(rows[i].base), str_z(rows[i].reference), &fragment);
        given_same(rows[i].reference, uri, rows[i].uri);
        given_same(rows[i].reference, fragment, rows[i].fragment);
    }
}

/* The first two are the examples of RFC 3986 §5.2.4. */
static void dots_are_removed(void **state)
{
    static const struct {
        const char *path, *want;
    } rows[] = {
        {"/a/b/c/./../../g", "/a/g"},
        {"mid/content=5/../6", "mid/6"},
        {"", ""},
        {"/", "/"},
        {"//", "//"},
        {".", ""},
        {"..", ""},
        {"../", ""},
        {"./../.././a/b", "a/b"},
        {"...", "..."},
        {"/.", "/"},
        {"/..", "/"},
        {"/../..", "/"},
        {"/./", "/"},
        {"/a/..", "/"},
        {"/a/../", "/"},
        {"/a/.", "/a/"},
        {"/a//..", "/a/"},
        {"/a//../b", "/a/b"},
        {"/a///../..", "/a/"},
        {"/...", "/..."},
        {"/a/.b/..c/d.", "/a/.b/..c/d."},
        {"a/..", "/"},
        {"a/../b", "/b"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        given_same(rows[i].path, uri_remove_dots(*state, str_z(rows[i].path)),
                   rows[i].want);
}

int test_uri(void)
{
    const struct CMUnitTest tests[] = {GIVEN_TEST(references_are_resolved),
                                       GIVEN_TEST(dots_are_removed)};
    return cmocka_run_group_tests_name("base/uri", tests, NULL, NULL);
}
