#include "http/problem.h"

int problem_status(const struct problem *problem)
{
    return problem->status ? problem->status : err_row(problem->err)->status;
}

static str retry_word(enum err_retry retry)
{
    switch (retry) {
    case ERR_RETRY_NEVER:
        return STR("never");
    case ERR_RETRY_LATER:
        return STR("later");
    case ERR_RETRY_CHECK:
        return STR("check_first");
    }
    return STR_NONE;
}

void problem_write(const struct problem *problem, struct buf *buf)
{
    const struct err_row *row = err_row(problem->err);
    struct json_out out;
    json_out_init(&out, buf);
    json_out_object(&out);
    json_out_name(&out, STR("type"));
    struct buf type;
    buf_init(&type, 256);
    buf_str(&type, STR(PROBLEM_TYPE_BASE));
    buf_str(&type, row->code);
    json_out_text(&out, buf_peek(&type));
    buf_fini(&type);
    json_out_member_text(&out, STR("title"), row->title);
    json_out_member_int(&out, STR("status"), problem_status(problem));
    json_out_member_text(&out, STR("code"), row->code);
    json_out_member_text(&out, STR("detail"), problem->detail);
    json_out_member_text(&out, STR("mend"), row->mend);
    json_out_member_text(&out, STR("retry"), retry_word(row->retry));
    if (problem->retry_after_s >= 0)
        json_out_member_int(&out, STR("retry_after_s"), problem->retry_after_s);
    json_out_member_text(&out, STR("request_id"), problem->request_id);
    if (problem->extend)
        problem->extend(problem, &out);
    json_out_end(&out);
}
