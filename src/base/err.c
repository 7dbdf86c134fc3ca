#include "base/err.h"

static const struct err_row rows[ERR_COUNT] = {
    [ERR_NONE] = {STR("ok"), 200, ERR_RETRY_NEVER, STR(""), STR("")},
#define X(symbol, code, status, retry, title, mend)                                      \
    [ERR_##symbol] = {STR(code), status, ERR_RETRY_##retry, STR(title), STR(mend)},
#include "base/err_list.h"
#undef X
};

const struct err_row *err_row(enum err err)
{
    CHECK(err > ERR_NONE && err < ERR_COUNT);
    return &rows[err];
}

str err_code(enum err err)
{
    CHECK(err < ERR_COUNT);
    return rows[err].code;
}
