/*
 * Whether a write may be queued: its body must be one that the vendor can take, and there
 * must be room for it (SPEC 7.6, 15.3).
 */
#include "catalog/request_schema.h"
#include "gate/keep.h"
#include "json/json_write.h"

static const usec room_pause = 30 * USEC_S; /* until there may be room again */

/* Of a unified write the record was held to its model; its body is made when it is sent.
 */
static bool is_fit(struct visit *visit)
{
    struct keep *keep = visit->keep;
    const struct schema *schema = visit->method ? visit->method->request_schema : NULL;
    if (!schema || visit->unify)
        return true;
    return request_schema_check(schema, &visit->headers, keep->asked.body, visit->arena,
                                &keep->unfit);
}

bool keep_may_queue(struct visit *visit, uint64_t bytes)
{
    struct keep *keep = visit->keep;
    if (keep->mode == QUEUE_NEVER)
        return false; /* nobody asks for that */
    if (!is_fit(visit))
        keep->no_queue = ERR_RECORD_INVALID;
    else
        keep->no_queue = writes_admit(visit->gate->writes, visit->account, bytes);
    return keep->no_queue == ERR_NONE;
}

enum visit_step keep_refuse_queue(struct visit *visit)
{
    const struct keep *keep = visit->keep;
    if (keep->no_queue != ERR_RECORD_INVALID)
        return visit_no(visit, keep->no_queue, STR_NONE, room_pause);
    return visit_no(visit, keep->no_queue, keep->unfit.errors[0].sentence, -1);
}

void keep_put_faults(const struct visit *visit, struct json_out *out)
{
    const struct keep *keep = visit->keep;
    if (visit->err != ERR_RECORD_INVALID || !keep->unfit.n)
        return;
    json_out_name(out, STR("faults"));
    json_out_array(out);
    for (uint32_t i = 0; i < keep->unfit.n; i++) {
        json_out_object(out);
        json_out_member_text(out, STR("pointer"), keep->unfit.errors[i].instance);
        json_out_member_text(out, STR("text"), keep->unfit.errors[i].sentence);
        json_out_end(out);
    }
    json_out_end(out);
}
