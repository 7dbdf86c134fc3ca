/*
 * Answers of our own: problem documents, with what the vendor said beside our word for
 * it.
 */
#include "gate/keep.h"
#include "gate/unify.h"

#include "http/problem.h"
#include "http/refusal.h"

enum { PROBLEM_BYTES_MAX = 64 * 1024, OWN_HEADERS = 20 };

static void put_vendor(struct json_out *out, const struct vendor_error *vendor)
{
    if (vendor->status == 0 && str_absent(vendor->message))
        return;
    json_out_name(out, STR("vendor"));
    json_out_object(out);
    if (vendor->status)
        json_out_member_int(out, STR("status"), vendor->status);
    json_out_member_text(out, STR("code"), vendor->code);
    json_out_member_text(out, STR("message"), vendor->message);
    json_out_member_text(out, STR("request_id"), vendor->request_id);
    json_out_end(out);
}

/* Some SDKs know an error by a member `error` and not by its status: without one they
 * would take a problem for the record that they asked for. */
static void put_error(struct json_out *out, const struct problem *problem)
{
    const struct err_row *row = err_row(problem->err);
    json_out_name(out, STR("error"));
    json_out_object(out);
    json_out_member_text(out, STR("type"), row->code);
    json_out_member_text(out, STR("code"), row->code);
    json_out_member_text(out, STR("message"),
                         problem->detail.n ? problem->detail : row->title);
    json_out_end(out);
}

static void put_write(struct json_out *out, const struct visit *visit)
{
    const struct keep *keep = visit->keep;
    str id = keep->found ? keep->found->id : keep->row.id;
    if (!keep->found && !keep->decides)
        return;
    json_out_name(out, STR("write"));
    json_out_object(out);
    json_out_member_text(out, STR("id"), id);
    json_out_member_text(out, STR("href"),
                         arena_printf(visit->arena, "/v1/writes/" STR_F, STR_A(id)));
    json_out_end(out);
}

void visit_extend_problem(const struct problem *problem, struct json_out *out)
{
    const struct visit *visit = problem->arg;
    const struct outcome *outcome = visit->outcome;
    put_error(out, problem);
    if (visit->integration)
        json_out_member_text(out, STR("integration"), visit->integration->name);
    if (visit->keep) {
        put_write(out, visit);
        keep_put_faults(visit, out);
    }
    if (!outcome)
        return;
    json_out_member_text(out, STR("class"), outcome_word(outcome->class));
    json_out_member_int(out, STR("attempts"), outcome->attempts);
    json_out_member_bool(out, STR("sent"), outcome->sent);
    json_out_member_text(out, STR("breaker"), breaker_state_word(outcome->breaker));
    put_vendor(out, &outcome->vendor);
}

void visit_put_failure(struct json_out *out, const struct item_failure *failure)
{
    json_out_member_text(out, STR("class"), outcome_word(failure->class));
    put_vendor(out, &failure->error);
}

/* What RFC 9110 wants beside 401 and 405 (§15.5.2, §15.5.6). */
static void add_required(const struct visit *visit, enum err err, struct headers *headers)
{
    refusal_challenge(err, headers);
    if (err == ERR_METHOD_NOT_ALLOWED)
        header_add_name(headers, STR("Allow"),
                        visit->unify
                            ? unify_allows(visit)
                            : STR("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
}

/* The vendor's side says it, unless what is refused came after it: a write that found no
 * room in the queue. */
static usec wait_of(const struct visit *visit, enum err err)
{
    const struct outcome *outcome = visit->outcome;
    bool vendors = outcome && !(err == visit->err && visit->err_retry_after >= 0);
    usec wait = vendors ? outcome->retry_after : visit->err_retry_after;
    return wait < 0 && err_row(err)->status == 429 ? USEC_S : wait;
}

static struct problem problem_of(struct visit *visit, enum err err, int status)
{
    usec wait = wait_of(visit, err);
    return (struct problem){
        .err = err,
        .status = status,
        .detail = visit->err_detail,
        .request_id = str_z(visit->request_id),
        .retry_after_s = wait < 0 ? -1 : usec_ceil_s(wait),
        .extend = visit_extend_problem,
        .arg = visit,
    };
}

str visit_problem_text(struct visit *visit, enum err err, int status)
{
    struct problem problem = problem_of(visit, err, status);
    struct buf body;
    buf_init(&body, PROBLEM_BYTES_MAX);
    problem_write(&problem, &body);
    return arena_take(visit->arena, &body);
}

void visit_problem(struct visit *visit, enum err err, int status)
{
    const struct outcome *outcome = visit->outcome;
    usec wait = wait_of(visit, err);
    struct problem problem = problem_of(visit, err, status);
    struct headers headers;
    struct buf body;
    buf_init(&body, PROBLEM_BYTES_MAX);
    problem_write(&problem, &body);
    headers_init(&headers, visit->arena, OWN_HEADERS);
    header_add(&headers, HEADER_CONTENT_TYPE, PROBLEM_CONTENT_TYPE);
    visit_add_own_headers(visit, &headers);
    add_required(visit, err, &headers);
    if (wait >= 0)
        header_add_int(&headers, HEADER_RETRY_AFTER, usec_ceil_s(wait));
    if (outcome && outcome->throttle.n)
        quota_headers(&outcome->throttle, &headers);
    visit->status = problem_status(&problem);
    visit->answered = true;
    if (outcome && outcome->vendor_status && outcome->vendor_status != visit->status)
        header_add_int(&headers, HEADER_X_UPSTREAM_STATUS, outcome->vendor_status);
    struct reply reply = {visit->status, &headers, (int64_t)body.n};
    inbound_reply(visit->in, &reply);
    inbound_write(visit->in, buf_peek(&body));
    visit->bytes_out += body.n;
    buf_fini(&body);
}

enum err visit_vendor_err(const struct outcome *outcome)
{
    return outcome->throttle.throttled ? ERR_RATE_LIMITED : ERR_VENDOR_ERROR;
}

void visit_vendor_problem(struct visit *visit)
{
    int status = visit->outcome->status;
    visit_problem(visit, visit_vendor_err(visit->outcome), status < 400 ? 422 : status);
}

void visit_refuse(struct visit *visit)
{
    if (!visit->gone && !keep_tell(visit))
        visit_problem(visit, visit->err, 0);
}
