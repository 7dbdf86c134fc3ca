#include "http/field.h"

#include "tests.h"
#include "text.h"

/* The members as name|params|name|params…, then "!" when the value is bad. */
static str read_members(struct arena *arena, str rest)
{
    struct field_member member;
    bool bad;
    str got = STR("");
    while (field_member_next(arena, &rest, &member, &bad)) {
        str parts[] = {got, member.name, STR("|"), member.params, STR("|")};
        got = arena_join(arena, parts, COUNT_OF(parts));
    }
    str parts[] = {got, bad ? STR("!") : STR("")};
    return arena_join(arena, parts, COUNT_OF(parts));
}

struct row {
    const char *value;
    const char *want;
};

static void members_are_walked(void **state)
{
    static const struct row rows[] = {
        {"\"tenant-app-quota\";r=17842;t=2107", "tenant-app-quota|;r=17842;t=2107|"},
        {"\"tenant-app-quota\";q=100100;w=3600", "tenant-app-quota|;q=100100;w=3600|"},
        {"\"burst\";q=100;w=60,\"daily\";q=1000;w=86400",
         "burst|;q=100;w=60|daily|;q=1000;w=86400|"},
        {"default;r=50;t=30", "default|;r=50;t=30|"},
        {"\"peruser\";q=100;w=60;pk=:cHsdsRa894==:",
         "peruser|;q=100;w=60;pk=:cHsdsRa894==:|"},
        {" \"a\" , \t\"b\"; x ", "a||b|; x|"},
        {"\"a\\\"b\\\\c\"", "a\"b\\c||"},
        {"\"\"", "||"},
        {"\" a~\",b;aa=1,c", " a~||b|;aa=1|c||"},
        {"*a/b:c;*k=1", "*a/b:c|;*k=1|"},
        {"a;x;y=?1;z=?0", "a|;x;y=?1;z=?0|"},
        {"a;x=-1.5;y=123456789012345;z=123456789012.123",
         "a|;x=-1.5;y=123456789012345;z=123456789012.123|"},
        {"a;x=\"b,;c\";y=t*k/n", "a|;x=\"b,;c\";y=t*k/n|"},
        {"a;  x=1", "a|;  x=1|"},
        {"a;x=::", "a|;x=::|"},
        {"", ""},
        {"  ", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        text_same(rows[i].value, read_members(*state, text_input(*state, rows[i].value)),
                  rows[i].want);
    text_same("absent", read_members(*state, STR_NONE), "");
}

static void one_wrong_byte_spoils_the_value(void **state)
{
    static const struct row rows[] = {
        {",", "!"},
        {"a,", "!"},
        {"a, ", "!"},
        {"a,,b", "a||!"},
        {"a b", "!"},
        {"\ta", "!"},
        {"\"a", "!"},
        {"\"a\\", "!"},
        {"\"a\\b\"", "!"},
        {"\"a\x01\"", "!"},
        {"\"a\x7f\"", "!"},
        {"\"\xc3\xa9\"", "!"},
        {"\xc3\xa9", "!"},
        {"\"a\"b", "!"},
        {"limit=100, remaining=50", "!"},
        {"(a b)", "!"},
        {"5;w=60", "!"},
        {"a;", "!"},
        {"a;X=1", "!"},
        {"a;1=1", "!"},
        {"a;x=", "!"},
        {"a;x= 1", "!"},
        {"a;x =1", "!"},
        {"a ;x=1", "!"},
        {"a;x=1.", "!"},
        {"a;x=.5", "!"},
        {"a;x=-", "!"},
        {"a;x=1.2345", "!"},
        {"a;x=1234567890123456", "!"},
        {"a;x=1234567890123.1", "!"},
        {"a;x=?", "!"},
        {"a;x=?2", "!"},
        {"a;x=:a", "!"},
        {"a;x=:a-b:", "!"},
        {"a;x=\"b", "!"},
        {"a;x=@1", "!"},
        {"a;\tx=1", "!"},
        {"a, b;x=", "a||!"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        text_same(rows[i].value, read_members(*state, text_input(*state, rows[i].value)),
                  rows[i].want);
    text_same("embedded NUL", read_members(*state, STR("a\0")), "!");
    text_same("embedded NUL", read_members(*state, STR("\"a\\\0\"")), "!");
    text_same("embedded NUL", read_members(*state, STR("a;\0=1")), "!");
}

static void parameters_are_found(void **state)
{
    static const struct {
        const char *params;
        const char *key;
        const char *want;
    } rows[] = {
        {";r=17842;t=2107", "r", "17842"},
        {";r=17842;t=2107", "t", "2107"},
        {";r=17842;t=2107", "w", NULL},
        {";r=17842;t=2107", "R", NULL},
        {";r=1;r=2", "r", "2"},
        {";r;t=1", "r", ""},
        {"; r=1.5", "r", "1.5"},
        {";u=\"a b\"", "u", "a b"},
        {";u=\"a;r=9\\\"\";r=1", "u", "a;r=9\""},
        {";u=\"a;r=9\\\"\";r=1", "r", "1"},
        {";pk=:cHM=:", "pk", ":cHM=:"},
        {"", "r", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        text_same(rows[i].params,
                  field_param(*state, text_input(*state, rows[i].params),
                              text_input(*state, rows[i].key)),
                  rows[i].want);
    text_same("absent", field_param(*state, STR_NONE, STR("r")), NULL);
}

static void strings_are_written(void **state)
{
    static const struct row rows[] = {
        {"", "\"\""},
        {"burst", "\"burst\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"\x1f ~\x7f\n", "\"? ~??\""},
        {"\xc3\xa9", "\"??\""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        text_same(rows[i].value, field_string(*state, text_input(*state, rows[i].value)),
                  rows[i].want);
    text_same("NUL", field_string(*state, STR("a\0b")), "\"a?b\"");
    text_same("absent", field_string(*state, STR_NONE), "\"\"");
}

int test_field_member(void)
{
    static const struct CMUnitTest tests[] = {
        TEXT_TEST(members_are_walked),
        TEXT_TEST(one_wrong_byte_spoils_the_value),
        TEXT_TEST(parameters_are_found),
        TEXT_TEST(strings_are_written),
    };
    return cmocka_run_group_tests_name("http/field_member", tests, NULL, NULL);
}
