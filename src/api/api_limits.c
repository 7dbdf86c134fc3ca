#include "api/api_accounts.h"
#include "api/api_view.h"

static const struct shape_row limit_rows[] = {
    {.name = "account", .kind = SHAPE_TEXT, .doc = "Its id."},
    {.name = "environment", .kind = SHAPE_TEXT, .doc = "The id of its environment."},
    {.name = "integration", .kind = SHAPE_TEXT, .doc = "The vendor's integration."},
    {.name = "external_id",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "Your own name for the account."},
    {.name = "standing",
     .kind = SHAPE_OBJECT,
     .shape = &standing_shape,
     .doc = "Its limits and its breaker at this moment."},
};

static const struct shape limit_page = {"limit", limit_rows, COUNT_OF(limit_rows), true};

static const struct api_param list_params[] = {ACCOUNT_SCOPE_PARAMS, {.name = NULL}};

static void put(struct api_listing *listing, const void *object)
{
    struct json_out *out = &listing->call->out;
    const struct account *account = object;
    json_out_object(out);
    shape_put_text(out, "account", tenant_id_str(&account->id));
    shape_put_text(out, "environment", tenant_id_str(&account->environment->id));
    shape_put_text(out, "integration", account->integration);
    shape_put_text(out, "external_id", account->external_id);
    json_out_name(out, STR("standing"));
    view_standing(listing->call, account);
    json_out_end(out);
}

static void run_list(struct api_call *call)
{
    struct account_filter *filter = arena_zalloc(call->arena, sizeof(*filter));
    if (!accounts_read_filter(call, filter))
        return;
    filter->also = view_has_standing;
    accounts_list(call, filter, put);
}

const struct api_handler handler_limits_list = {.run = run_list,
                                                .params = list_params,
                                                .paged = true,
                                                .status = 200,
                                                .answer = &limit_page};
