/*
 * What callers of an operation get (docs/unified.md):
 *
 *   a record   {"data": …, "original": …}
 *   a page     {"data": […], "originals": […], "faults": […], "next_cursor": …}
 *   a list     lines: {"data": …} {"fault": …} {"progress": …} and, last, {"end": …} or
 *              {"problem": …}
 */
#include "gate/keep.h"
#include "gate/unify.h"

enum { OWN_HEADERS = 20 };

/* --- records --- */

static void put_selected(struct json_out *out, const struct json *model, str fields)
{
    str name;
    json_out_object(out);
    while (str_next(&fields, ',', &name)) {
        const struct json *value = json_member(model, name);
        if (!value)
            continue;
        json_out_name(out, name);
        json_out_value(out, value);
    }
    json_out_end(out);
}

static void put_model(struct buf *buf, const struct json *model, str fields)
{
    struct json_out out;
    if (str_absent(fields)) {
        json_write(buf, model, JSON_COMPACT);
        return;
    }
    json_out_init(&out, buf);
    put_selected(&out, model, fields);
}

static void put_fault(struct buf *buf, const struct operation_record *record)
{
    struct json_out out;
    json_out_init(&out, buf);
    json_out_object(&out);
    json_out_member_text(&out, STR("part"), str_z(record->fault.part));
    json_out_member_text(&out, STR("code"), record->fault.code);
    json_out_member_text(&out, STR("message"), record->fault.text);
    json_out_name(&out, STR("original"));
    json_out_value(&out, &record->original);
    json_out_end(&out);
}

/* Items of an array under construction. */
static void comma(struct buf *buf)
{
    if (buf->n && buf->p[buf->n - 1] != '[')
        buf_char(buf, ',');
}

static void put_line(struct unify *unify, const struct operation_record *record)
{
    struct buf *buf = &unify->data;
    if (record->end == MAPPING_FAULTED) {
        buf_str(buf, STR("{\"fault\":"));
        put_fault(buf, record);
    } else {
        buf_str(buf, STR("{\"data\":"));
        put_model(buf, &record->model, unify->fields);
        if (unify->originals) {
            buf_str(buf, STR(",\"original\":"));
            json_write(buf, &record->original, JSON_COMPACT);
        }
    }
    buf_str(buf, STR("}\n"));
}

/* What became of one of several: {"status", "data"}, or {"status", "problem"}. */
static void put_refused(struct json_out *out, const struct operation_record *record)
{
    enum err err = record->unknown ? ERR_OUTCOME_UNKNOWN : ERR_VENDOR_ERROR;
    int status = record->unknown ? err_row(err)->status : record->failure->error.status;
    json_out_member_int(out, STR("status"), status < 400 ? 422 : status);
    json_out_name(out, STR("problem"));
    json_out_object(out);
    json_out_member_text(out, STR("code"), err_row(err)->code);
    json_out_member_text(out, STR("title"), err_row(err)->title);
    if (record->unknown)
        json_out_member_text(out, STR("detail"), record->fault.text);
    else
        visit_put_failure(out, record->failure);
    json_out_end(out);
}

static void put_item(struct unify *unify, const struct operation_record *record)
{
    struct json_out out;
    comma(&unify->data);
    json_out_init(&out, &unify->data);
    json_out_object(&out);
    if (record->unknown || record->failure) {
        unify->failed++;
        put_refused(&out, record);
        json_out_end(&out);
        return;
    }
    json_out_member_int(&out, STR("status"), 201);
    json_out_name(&out, STR("data"));
    if (str_absent(unify->fields))
        json_out_value(&out, &record->model);
    else
        put_selected(&out, &record->model, unify->fields);
    if (unify->originals) {
        json_out_name(&out, STR("original"));
        json_out_value(&out, &record->original);
    }
    if (record->end == MAPPING_FAULTED)
        json_out_member_text(&out, STR("fault"), record->fault.text);
    json_out_end(&out);
}

void unify_put_record(struct unify *unify, const struct operation_record *record)
{
    bool faulted = record->end == MAPPING_FAULTED;
    if (unify->kind == MAPPING_CREATE_MANY) {
        put_item(unify, record);
        return;
    }
    if (unify->all) {
        put_line(unify, record);
        return;
    }
    if (faulted) {
        comma(&unify->faults_text);
        put_fault(&unify->faults_text, record);
    }
    /* of a record that was written, and could not be mapped, its id is told */
    if (faulted && !json_is(&record->model, JSON_OBJECT))
        return;
    if (faulted && mapping_operation_kind(unify->kind) == MAPPING_LISTS)
        return;
    comma(&unify->data);
    put_model(&unify->data, &record->model, unify->fields);
    if (!unify->originals)
        return;
    comma(&unify->originals_text);
    json_write(&unify->originals_text, &record->original, JSON_COMPACT);
}

/* --- cursors --- */

bool unify_cursor(const struct visit *visit, struct arena *arena, str *ret_text,
                  str *ret_detail)
{
    const struct unify *unify = visit->unify;
    const struct page_rule *rule = operation_rule(&unify->operation);
    struct cursor cursor = {
        .revision = visit->integration->revision,
        .rule = rule->hash,
        .begun = unify->begun,
        .walk = unify->operation.walk,
    };
    *ret_text = STR_NONE;
    if (cursor.walk.at.form == POSITION_END)
        return true;
    return cursor_write(visit->gate->cursor_key, &unify->about, &cursor, arena, ret_text,
                        ret_detail) == ERR_NONE;
}

/* --- lines --- */

static void put_counts(const struct visit *visit, struct json_out *out)
{
    const struct operation *operation = &visit->unify->operation;
    json_out_member_int(out, STR("records"), (int64_t)operation->told);
    json_out_member_int(out, STR("faults"), operation->faults);
    json_out_member_int(out, STR("pages"), operation->pages);
    if (operation->total >= 0) {
        json_out_name(out, STR("total"));
        json_out_number(out, operation->total);
    }
}

/* Where the list can be gone on with. Its text is of this moment only. */
static void put_next(const struct visit *visit, struct json_out *out)
{
    struct arena scratch;
    str next, detail;
    arena_init(&scratch, 32 * 1024, 1 << 20);
    bool good = unify_cursor(visit, &scratch, &next, &detail);
    json_out_name(out, STR("next_cursor"));
    json_out_text(out, good ? next : STR_NONE);
    arena_fini(&scratch);
}

static void open_line(struct visit *visit, struct json_out *out, str name)
{
    json_out_init(out, &visit->unify->data);
    json_out_object(out);
    json_out_name(out, name);
    json_out_object(out);
}

static void close_line(struct visit *visit, struct json_out *out)
{
    json_out_end(out);
    json_out_end(out);
    buf_char(&visit->unify->data, '\n');
}

void unify_put_progress(struct visit *visit)
{
    struct json_out out;
    open_line(visit, &out, STR("progress"));
    put_counts(visit, &out);
    put_next(visit, &out);
    close_line(visit, &out);
}

static void extend(const struct problem *problem, struct json_out *out)
{
    visit_extend_problem(problem, out);
    put_counts(problem->arg, out);
    put_next(problem->arg, out);
}

/* A problem document in a line, with where the list can be gone on with. */
static void put_problem(struct visit *visit)
{
    const struct operation *operation = &visit->unify->operation;
    const struct outcome *outcome = &operation->outcome;
    usec wait = outcome->retry_after;
    struct problem problem = {
        .err = operation->err ? operation->err : visit_vendor_err(outcome),
        .detail = operation->detail,
        .request_id = str_z(visit->request_id),
        .retry_after_s = wait < 0 ? -1 : usec_ceil_s(wait),
        .extend = extend,
        .arg = visit,
    };
    buf_str(&visit->unify->data, STR("{\"problem\":"));
    problem_write(&problem, &visit->unify->data);
    buf_str(&visit->unify->data, STR("}\n"));
}

void unify_put_end(struct visit *visit)
{
    const struct operation *operation = &visit->unify->operation;
    struct json_out out;
    if (operation->err || operation->refused) {
        put_problem(visit);
        return;
    }
    open_line(visit, &out, STR("end"));
    put_counts(visit, &out);
    close_line(visit, &out);
}

/* --- whole answers --- */

static void put_array(struct buf *text, str name, const struct buf *items)
{
    buf_char(text, ',');
    json_write_text(text, name);
    buf_str(text, STR(":["));
    buf_str(text, buf_peek(items));
    buf_char(text, ']');
}

/* Behind the records, which stand in the answer since they came. */
static bool end_page(struct visit *visit, struct buf *text, str *ret_detail)
{
    const struct unify *unify = visit->unify;
    str next;
    if (!unify_cursor(visit, visit->arena, &next, ret_detail))
        return false;
    buf_char(text, ']');
    if (unify->originals)
        put_array(text, STR("originals"), &unify->originals_text);
    put_array(text, STR("faults"), &unify->faults_text);
    buf_str(text, STR(",\"next_cursor\":"));
    if (str_absent(next))
        buf_str(text, STR("null"));
    else
        json_write_text(text, next);
    if (unify->operation.total >= 0) {
        struct json total = json_of_number(unify->operation.total);
        buf_str(text, STR(",\"total\":"));
        json_write(text, &total, JSON_COMPACT);
    }
    buf_char(text, '}');
    return true;
}

static void put_single(struct visit *visit, struct buf *text)
{
    const struct unify *unify = visit->unify;
    if (text->n)
        return; /* it was kept before */
    buf_str(text, STR("{\"data\":"));
    buf_str(text, unify->data.n ? buf_peek(&unify->data) : STR("null"));
    if (unify->originals && unify->originals_text.n) {
        buf_str(text, STR(",\"original\":"));
        buf_str(text, buf_peek(&unify->originals_text));
    }
    if (unify->faults_text.n)
        put_array(text, STR("faults"), &unify->faults_text);
    buf_char(text, '}');
}

void unify_answer(struct visit *visit, int status, str type, int64_t length)
{
    struct headers headers;
    headers_init(&headers, visit->arena, OWN_HEADERS);
    if (!str_absent(type))
        header_add(&headers, HEADER_CONTENT_TYPE, type);
    visit_add_own_headers(visit, &headers);
    visit_add_normalized(visit, &headers);
    visit->status = status;
    visit->answered = true;
    struct reply reply = {status, &headers, length};
    inbound_reply(visit->in, &reply);
}

/* A record that was fetched and cannot be told is an error; one that was written is
 * not. */
static bool is_unmappable(const struct unify *unify)
{
    return unify->kind == MAPPING_GET && unify->operation.faults;
}

static void reply_whole(struct visit *visit)
{
    struct unify *unify = visit->unify;
    bool list = mapping_operation_kind(unify->kind) == MAPPING_LISTS;
    bool many = unify->kind == MAPPING_CREATE_MANY;
    struct buf *text = list || many ? &unify->data : &unify->text;
    str detail = STR_NONE;
    bool good = true;
    if (unify->kind == MAPPING_DELETE) {
        unify_answer(visit, 204, STR_NONE, 0);
        return;
    }
    if (list)
        good = end_page(visit, text, &detail);
    else if (many)
        buf_printf(text, "],\"failed\":%u}", unify->failed);
    else
        put_single(visit, text);
    good = good && buf_ok(text) && buf_ok(&unify->data) &&
           buf_ok(&unify->originals_text) && buf_ok(&unify->faults_text);
    if (good) {
        unify_keep(visit, buf_peek(text));
        unify_answer(visit, operation_status(unify->kind), STR("application/json"),
                     (int64_t)text->n);
        visit->rest = buf_peek(text);
        visit_put_rest(visit);
        return;
    }
    visit->err_detail = str_absent(detail) ? STR("The answer is too large; ask for "
                                                 "fewer records.")
                                           : detail;
    visit->err = ERR_PAGE_INVALID;
    visit_problem(visit, visit->err, 0);
}

void unify_keep_answer(struct visit *visit)
{
    struct unify *unify = visit->unify;
    const struct operation *operation = &unify->operation;
    if (!visit->keep->opened || operation->err)
        return;
    if (operation->refused) {
        int status = visit->outcome->status < 400 ? 422 : visit->outcome->status;
        keep_whole_answer(
            visit, status, STR("application/problem+json"),
            visit_problem_text(visit, visit_vendor_err(visit->outcome), status));
        return;
    }
    if (unify->kind == MAPPING_DELETE) {
        keep_whole_answer(visit, 204, STR_NONE, STR_NONE);
        return;
    }
    put_single(visit, &unify->text);
    keep_whole_answer(visit, operation_status(unify->kind), STR("application/json"),
                      buf_peek(&unify->text));
}

void unify_reply(struct visit *visit)
{
    struct unify *unify = visit->unify;
    if (visit->gone)
        return;
    if (!unify->over) {
        unify_answer(visit, 200, STR("application/x-ndjson"), -1);
        return;
    }
    if (unify->operation.refused) {
        visit_vendor_problem(visit);
    } else if (is_unmappable(unify)) {
        visit->err_detail = unify->operation.fault;
        visit->err = ERR_MAPPING_FAILED;
        visit_problem(visit, ERR_MAPPING_FAILED, 0);
    } else {
        reply_whole(visit);
    }
}
