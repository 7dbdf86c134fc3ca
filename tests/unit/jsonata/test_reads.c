#include "jsonata/reads.h"
#include "support/given.h"
#include "tests.h"

static str list(struct arena *arena, const str *items, uint32_t n)
{
    str text = STR("");
    for (uint32_t i = 0; i < n; i++)
        text = arena_printf(arena, STR_F "%s" STR_F, STR_A(text), i ? " " : "",
                            STR_A(items[i]));
    return text;
}

/* "paths / functions / variables" */
static str look(struct arena *arena, str source)
{
    struct jsonata_fault fault;
    struct jsonata_reads reads;
    struct jsonata *expression = jsonata_compile(arena, source, &fault);
    if (!expression)
        fail_msg("%.80s is no expression", source.p);
    jsonata_reads(expression, arena, &reads);
    str text = arena_printf(arena, STR_F " / " STR_F " / " STR_F,
                            STR_A(list(arena, reads.paths, reads.path_n)),
                            STR_A(list(arena, reads.functions, reads.function_n)),
                            STR_A(list(arena, reads.variables, reads.variable_n)));
    jsonata_destroy(&expression);
    return text;
}

struct row {
    const char *expression;
    const char *reads;
};

static void check(struct arena *arena, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        str found = look(arena, str_z(rows[i].expression));
        if (!str_eq(found, str_z(rows[i].reads)))
            fail_msg("%s reads " STR_F, rows[i].expression, STR_A(found));
    }
}

static void paths(void **state)
{
    static const struct row rows[] = {
        {"1", " /  / "},
        {"$", "$ /  / "},
        {"a.b.c", "a.b.c /  / "},
        {"a.b[c = 1][0].d[]", "a.b.c a.b.d /  / "},
        {"a.(b & $.c & $$.d)", "a.b a.c d /  / "},
        {"a.*.b & **.c", "**.c a.*.b /  / "},
        {"`a b`.c.`in`", "`a b`.c.`in` /  / "},
        {"a.%.b", "a b /  / "},
        {"a^(b, >c).d", "a.b a.c a.d /  / "},
        {"a{b: $sum(c)}", "a.b a.c / sum / "},
        {"a.{'x': 1}", "a /  / "},
        {"orders@$o.items@$i[$i.id = $o.id].{'n': $i.n}",
         "items.id items.n orders.id /  / "},
        {"a#$i.{'i': $i, 'b': b}", "a.b /  / "},
        {"[a, b].c", "a.c b.c /  / "},
        {"{'x': a}.x.y", "a /  / "},
        {"a ? b : c", "a b c /  / "},
        {"(a ?? b).c ?: d", "a.c b.c d /  / "},
        {"a and not or -b", "a b not /  / "},
        {"x in [1..y]", "x y /  / "},
    };
    check(*state, rows, COUNT_OF(rows));
}

static void variables_and_functions(void **state)
{
    static const struct row rows[] = {
        {"$rate * a", "a /  / rate"},
        {"($x := a; $x.b)", "a.b /  / "},
        {"($f := function($x){$x.a.b}; $f(c) & $f(d))", "c.a.b d.a.b /  / "},
        {"($f := function($x){$x.a}; $g($f)(b))", "b /  / g"},
        {"($f := function($x){$x.a}; $f(?)(b))", "b /  / "},
        {"($walk := function($n){[$n.v, $n.kids.$walk($)]}; $walk(tree))",
         "tree.kids.kids.kids.kids.kids.kids.kids.kids.kids.kids.kids.kids.kids.kids."
         "kids."
         "kids.kids.kids.kids.kids.kids.kids.kids"},
        {"$map(items, function($v, $i){$i & $v.name})", "items.name / map / "},
        {"items ~> $filter(function($v){$v.on}) ~> $map(function($v){$v.name})",
         "items.name items.on / filter map / "},
        {"$reduce(a, function($s, $v){$s + $v.n}, b.q)", "a.n b.q / reduce / "},
        {"$reduce(a, function($s, $v){$append($s, $v.n)}, [])", "a.n / reduce append / "},
        {"$each(o, function($v, $k){$v.p & $k})", "o.*.p / each / "},
        {"$sort(a, function($l, $r){$l.k > $r.k}).v", "a.k a.v / sort / "},
        {"$map(a, $uppercase)", "a / map uppercase / "},
        {"$lookup(a, 'k').z & $lookup(b, k).z", "a.k.z b.*.z k / lookup / "},
        {"a.b.$uppercase() & c.$substringBefore(',')",
         "a.b c / uppercase substringBefore / "},
        {"$merge([a, b]).c", "a.c b.c / merge / "},
        {"a ~> |b|{'c': d}|", "a / clone / "},
        {"a.$eval('b')", "$ / eval / "},
        {"a ~> (function($x){$x.b} ~> function($y){$y.c})", "a /  / "},
        {"a.(function($x)<o-:n>{$x.b})()", "a.b /  / "},
        {"a.($uppercase)()", "a / uppercase / "},
        {"($f := $substring(?, 0, 3); a.$f(b))", "a.b / substring / "},
        {"a.$sift(function($v){$v.b})", "a / sift / "},
        {"($sum := function($x){$x.a}; $sum(b))", "b.a /  / "},
    };
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str found = look(arena, str_z(rows[i].expression));
        bool whole = strchr(rows[i].reads, '/') != NULL;
        if (whole ? !str_eq(found, str_z(rows[i].reads))
                  : str_find_str(found, str_z(rows[i].reads)) == found.n)
            fail_msg("%s reads " STR_F, rows[i].expression, STR_A(found));
    }
}

/* Too much to follow: the whole input. */
static void giving_up(void **state)
{
    struct arena *arena = *state;
    struct buf buf;
    buf_init(&buf, 1 << 20);
    buf_char(&buf, '[');
    for (int i = 0; i < 2000; i++)
        buf_printf(&buf, "%sf%d", i ? "," : "", i);
    buf_str(&buf, STR("].x"));
    assert_str(look(arena, buf_peek(&buf)), STR("$ /  / "));
    buf_fini(&buf);
}

int test_reads(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(paths),
        GIVEN_TEST(variables_and_functions),
        GIVEN_TEST(giving_up),
    };
    return cmocka_run_group_tests_name("jsonata/reads", tests, NULL, NULL);
}
