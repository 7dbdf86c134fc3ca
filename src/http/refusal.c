#include "http/refusal.h"

#include "http/problem.h"

enum { PROBLEM_BYTES_MAX = 256 * 1024 };

void refusal_challenge(enum err err, struct headers *headers)
{
    if (err_row(err)->status == 401)
        header_add_name(headers, STR("WWW-Authenticate"),
                        STR("Bearer realm=\"breakwater\""));
}

void refusal_send_problem(struct inbound *in, const struct problem *problem,
                          struct headers *headers)
{
    struct buf body;
    buf_init(&body, PROBLEM_BYTES_MAX);
    problem_write(problem, &body);
    header_add(headers, HEADER_CONTENT_TYPE, PROBLEM_CONTENT_TYPE);
    if (problem->request_id.n)
        header_add(headers, HEADER_X_REQUEST_ID, problem->request_id);
    if (problem->retry_after_s >= 0)
        header_add_int(headers, HEADER_RETRY_AFTER, problem->retry_after_s);
    refusal_challenge(problem->err, headers);
    inbound_answer(in, problem_status(problem), headers, buf_peek(&body));
    buf_fini(&body);
}

void refusal_send(struct inbound *in, enum err err, str detail, str request_id)
{
    struct headers headers;
    int status = err_row(err)->status;
    struct problem problem = {.err = err,
                              .detail = detail,
                              .request_id = request_id,
                              .retry_after_s = status == 429 || status == 503 ? 1 : -1};
    headers_init(&headers, in->arena, 6);
    refusal_send_problem(in, &problem, &headers);
}

void refusal_send_method(struct inbound *in, str allow, str request_id)
{
    struct headers headers;
    struct problem problem = {
        .err = ERR_METHOD_NOT_ALLOWED, .request_id = request_id, .retry_after_s = -1};
    headers_init(&headers, in->arena, 6);
    header_add_name(&headers, STR("Allow"), allow);
    refusal_send_problem(in, &problem, &headers);
}
