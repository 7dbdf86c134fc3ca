#include "api/api_accounts.h"

#include "api/api_view.h"

/* --- walking --- */

static bool same_or_any(str wanted, str found)
{
    return str_absent(wanted) || (!str_absent(found) && str_eq(wanted, found));
}

static bool has_labels(const struct account_filter *filter, const struct account *account)
{
    for (uint32_t i = 0; i < filter->label_n; i++) {
        const struct account_label *label = &filter->labels[i];
        str value = json_member_text(&account->labels, label->name);
        if (str_absent(value) || !str_eq(value, label->value))
            return false;
    }
    return true;
}

static bool wants(const struct api_listing *listing, const void *object)
{
    const struct account *account = object;
    const struct account_filter *filter = listing->filter;
    return api_key_covers(listing->call->key, account->environment) &&
           same_or_any(filter->integration, account->integration) &&
           same_or_any(filter->external_id, account->external_id) &&
           (filter->state < 0 || (int)account->state == filter->state) &&
           has_labels(filter, account) &&
           (!filter->also || filter->also(listing->call, account));
}

static bool want(const struct account *account, void *arg)
{
    return api_listing_asks(arg, account);
}

/* The one environment that is asked for, or all that the key reaches. */
static str environment_of(const struct api_listing *listing)
{
    const struct account_filter *filter = listing->filter;
    const struct api_key *key = listing->call->key;
    if (!str_absent(filter->environment))
        return filter->environment;
    return key->environment_n == 1 ? tenant_id_str(&key->environments[0]) : STR_NONE;
}

static uint32_t gather(struct api_listing *listing, str after, uint32_t max, void *ret)
{
    struct directory *directory = listing->call->api->directory;
    struct account_page page = {after, max, want, listing};
    str environment = environment_of(listing);
    if (str_absent(environment))
        return directory_list_accounts(directory, after, max, want, listing, ret);
    return directory_list_members(directory, environment, &page, ret);
}

static str id_of(const void *object)
{
    return tenant_id_str(&((const struct account *)object)->id);
}

static void unref(void *object)
{
    struct account *account = object;
    account_unref(&account);
}

void accounts_list(struct api_call *call, struct account_filter *filter,
                   void (*put)(struct api_listing *listing, const void *object))
{
    struct api_listing_ops *ops = arena_zalloc(call->arena, sizeof(*ops));
    *ops = (struct api_listing_ops){
        .gather = gather, .wants = wants, .id = id_of, .put = put, .unref = unref};
    struct api_listing *listing = api_listing_create(call, ops, filter);
    if (listing)
        api_listing_start(listing);
}

/* --- the first --- */

struct first {
    struct account_filter filter;
    struct account *found;
    void (*then)(struct api_call *call, const struct account *first);
};

static struct first *first_of(const struct api_listing *listing)
{
    return CONTAINER_OF(listing->filter, struct first, filter);
}

static void keep_first(struct api_listing *listing, const void *object)
{
    first_of(listing)->found = account_ref((struct account *)(uintptr_t)object);
}

static void tell_first(struct api_listing *listing, str last)
{
    struct first *first = first_of(listing);
    struct account *found = first->found;
    (void)last;
    first->then(listing->call, found);
    account_unref(&found);
}

void accounts_first(struct api_call *call, const struct account_filter *filter,
                    void (*then)(struct api_call *call, const struct account *first))
{
    static const struct api_listing_ops ops = {.gather = gather,
                                               .wants = wants,
                                               .id = id_of,
                                               .put = keep_first,
                                               .unref = unref,
                                               .end = tell_first};
    struct first *first = arena_zalloc(call->arena, sizeof(*first));
    *first = (struct first){.filter = *filter, .then = then};
    struct api_listing *listing = api_listing_create(call, &ops, &first->filter);
    if (!listing)
        return;
    listing->page.limit = 1;
    api_listing_start(listing);
}

/* --- the filter --- */

static void read_labels(const struct api_call *call, struct account_filter *filter)
{
    static const str prefix = STR("label.");
    for (uint32_t i = 0; i < call->given_n; i++) {
        const struct api_given *given = &call->given[i];
        if (str_starts(given->name, prefix))
            filter->labels[filter->label_n++] =
                (struct account_label){str_from(given->name, prefix.n), given->value};
    }
}

bool accounts_read_filter(struct api_call *call, struct account_filter *ret)
{
    *ret = (struct account_filter){.integration = api_query(call, "integration"),
                                   .external_id = api_query(call, "external_id"),
                                   .state = -1};
    read_labels(call, ret);
    str id = api_query(call, "environment");
    if (str_absent(id))
        return true;
    struct environment *environment = api_find_environment(call, id);
    if (!environment)
        return false;
    ret->environment = arena_str(call->arena, tenant_id_str(&environment->id));
    environment_unref(&environment);
    return true;
}

/* --- list, get --- */

static const struct api_param list_params[] = {
    ACCOUNT_SCOPE_PARAMS,
    {.name = "state",
     .kind = API_PARAM_WORD,
     .words = account_state_words,
     .doc = "Those in this state."},
    {.name = "external_id",
     .kind = API_PARAM_TEXT,
     .max = 200,
     .doc = "Those of this external id."},
    {.name = "label.",
     .kind = API_PARAM_TEXT,
     .max = 500,
     .doc = "Those whose label NAME has this value; may be given for several names."},
    {.name = NULL}};

static void put(struct api_listing *listing, const void *object)
{
    view_account(&listing->call->out, object);
}

static void run_list(struct api_call *call)
{
    struct account_filter *filter = arena_zalloc(call->arena, sizeof(*filter));
    if (!accounts_read_filter(call, filter))
        return;
    filter->state = api_query_word(call, "state");
    accounts_list(call, filter, put);
}

const struct api_handler handler_accounts_list = {.run = run_list,
                                                  .params = list_params,
                                                  .paged = true,
                                                  .status = 200,
                                                  .answer = &account_page};

static void run_get(struct api_call *call)
{
    struct account *account = api_find_account(call);
    if (!account)
        return;
    view_account_whole(call, account);
    account_unref(&account);
    api_send(call);
}

const struct api_handler handler_accounts_get = {
    .run = run_get, .status = 200, .answer = &account_shape};
