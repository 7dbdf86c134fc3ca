#include "support/given.h"
#include "tests.h"

#include "schema/schema_uri.h"

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
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str fragment;
        str uri =
            uri_resolve(*state, str_z(rows[i].base), str_z(rows[i].reference), &fragment);
        given_same(rows[i].reference, uri, rows[i].uri);
        given_same(rows[i].reference, fragment, rows[i].fragment);
    }
}

int test_schema_uri(void)
{
    const struct CMUnitTest tests[] = {GIVEN_TEST(references_are_resolved)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
