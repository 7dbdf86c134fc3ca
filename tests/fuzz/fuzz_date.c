/*
 * The first eight bytes are a time: it is written in both forms and read again. The rest
 * is a text: what is read from it stays in the calendar and survives being written.
 */
#include "http/date.h"

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const usec first = -62167219200 * USEC_S; /* 0000-01-01 */
static const usec end = 253402300800 * USEC_S;   /* 10000-01-01 */

static usec floor_to(usec t, usec unit)
{
    return t - (t % unit + unit) % unit;
}

static void check_written(usec wall, usec now)
{
    char http[DATE_HTTP_CHARS + 1];
    char iso[DATE_ISO_CHARS + 1];
    usec again = 0;
    date_format_http(wall, http);
    date_format_iso(wall, iso);
    CHECK(strlen(http) == DATE_HTTP_CHARS && strlen(iso) == DATE_ISO_CHARS);
    CHECK(date_parse_iso(str_z(iso), &again));
    if (wall >= first && wall < end)
        CHECK(again == floor_to(wall, USEC_MS));
    CHECK(date_parse_http(str_z(http), now, &again));
    if (wall >= first && wall < end)
        CHECK(again == floor_to(wall, USEC_S));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    usec now = 0;
    if (n < sizeof(now))
        return 0;
    memcpy(&now, bytes, sizeof(now));
    str text = str_of((const char *)bytes + sizeof(now), n - sizeof(now));
    check_written(now, now);
    usec wall;
    if (date_parse_http(text, now, &wall))
        check_written(wall, now);
    if (date_parse_iso(text, &wall)) {
        CHECK(wall >= first - USEC_DAY && wall < end + USEC_DAY);
        check_written(wall, now);
    }
    return 0;
}
