#include "policy/answer.h"

#include "http/date.h"

usec answer_clock(const struct answer *answer)
{
    usec date;
    str text = header_value(answer->headers, HEADER_DATE);
    if (str_absent(text) || !date_parse_http(text, answer->wall, &date))
        return answer->wall;
    return date;
}
