/*
 * Edit distance as people mistype: a letter more, less or wrong, or two neighbours
 * exchanged, cost one each (optimal string alignment; Wagner, Fischer 1974, with the
 * exchange of Damerau 1964). Three rows of the table are enough.
 */
#include "json/bind.h"

enum { WORD_MAX = 64, DISTANCE_MAX = 2 };

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Row i of the table: the distances of a[0 … i) to each b[0 … j). */
static void fill_row(str a, str b, size_t i, const unsigned *const before[2],
                     unsigned *row)
{
    row[0] = (unsigned)i;
    for (size_t j = 1; j <= b.n; j++) {
        unsigned differs = a.p[i - 1] != b.p[j - 1];
        row[j] = least(row[j - 1] + 1, before[0][j] + 1, before[0][j - 1] + differs);
        bool exchanged =
            i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1];
        if (exchanged && before[1][j - 2] + 1 < row[j])
            row[j] = before[1][j - 2] + 1;
    }
}

static unsigned distance(str a, str b)
{
    unsigned rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= b.n; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a.n; i++) {
        const unsigned *before[2] = {rows[(i + 2) % 3], rows[(i + 1) % 3]};
        fill_row(a, b, i, before, rows[i % 3]);
    }
    return rows[a.n % 3][b.n];
}

static bool comparable(str word, str other)
{
    size_t more = word.n > other.n ? word.n - other.n : other.n - word.n;
    return more <= DISTANCE_MAX && word.n <= WORD_MAX && other.n <= WORD_MAX;
}

str bind_nearest(str word, const char *const *words)
{
    str nearest = STR_NONE;
    unsigned best = DISTANCE_MAX + 1;
    for (; *words; words++) {
        str other = str_z(*words);
        unsigned d = comparable(word, other) ? distance(word, other) : best;
        if (d < best && d < word.n) {
            best = d;
            nearest = other;
        }
    }
    return nearest;
}
