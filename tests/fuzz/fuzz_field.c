/*
 * Each walker runs over the input. Pieces stand in the value, in order and trimmed; what
 * field_string() writes is one member that reads back to the same text.
 */
#include "http/field.h"

#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check_inside(str value, str piece, const char **at)
{
    CHECK(piece.p >= *at && piece.p + piece.n <= value.p + value.n);
    CHECK(str_eq(str_trim(piece), piece));
    *at = piece.p + piece.n;
}

static void check_pieces(struct arena *arena, str value, char sep)
{
    const char *at = value.p;
    str rest = value;
    str piece;
    while (field_piece_next(&rest, sep, &piece)) {
        str name;
        str pair_value;
        check_inside(value, piece, &at);
        field_pair(piece, &name, &pair_value);
        CHECK(name.n + pair_value.n <= piece.n);
        CHECK(field_unquote(arena, pair_value).n <= pair_value.n);
        CHECK(field_unquote(arena, piece).n <= piece.n);
    }
}

static void check_lists(str value)
{
    const char *at = value.p;
    str rest = value;
    str item;
    while (field_list_next(&rest, &item)) {
        CHECK(item.n > 0);
        check_inside(value, item, &at);
    }
    field_list_has(value, STR("close"));
}

static void check_links(str value)
{
    const char *at = value.p;
    str rest = value;
    struct field_link link;
    while (field_link_next(&rest, &link)) {
        CHECK(link.uri.p > at && link.uri.p[-1] == '<' && link.uri.p[link.uri.n] == '>');
        CHECK(link.params.n == 0 || link.params.p[0] == ';');
        check_inside(value, link.params, &at);
        field_link_has_rel(&link, STR("next"));
    }
}

static void check_members(struct arena *arena, str value)
{
    struct field_member member;
    bool bad = false;
    while (field_member_next(arena, &value, &member, &bad)) {
        CHECK(!bad && (member.params.n == 0 || member.params.p[0] == ';'));
        field_param(arena, member.params, STR("r"));
        str again = field_string(arena, member.name);
        struct field_member copy;
        CHECK(field_member_next(arena, &again, &copy, &bad));
        CHECK(str_eq(copy.name, member.name) && copy.params.n == 0 && again.n == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena arena;
    str value = str_of((const char *)bytes, n);
    arena_init(&arena, 4096, 64 << 20);
    check_pieces(&arena, value, ';');
    check_pieces(&arena, value, ',');
    check_lists(value);
    check_links(value);
    check_members(&arena, value);
    str written = field_string(&arena, value);
    struct field_member member;
    bool bad;
    CHECK(field_member_next(&arena, &written, &member, &bad) && member.name.n == n);
    arena_fini(&arena);
    return 0;
}
