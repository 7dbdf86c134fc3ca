/*
 * A turn ends by wanting everything: the walk of the directory then stops at its `max`,
 * and what it has handed out behind the last object that was really looked at goes back.
 */
#include "api/api_listing.h"

enum { LOOKS_A_TURN = 4096, LOOKS_MIN = 64, ENVIRONMENTS_A_LOOK = 16 };

/* Whether a key reaches an object costs a look through its environments. */
static uint32_t looks_of(const struct api_key *key)
{
    uint32_t looks = LOOKS_A_TURN / (1 + key->environment_n / ENVIRONMENTS_A_LOOK);
    return looks > LOOKS_MIN ? looks : LOOKS_MIN;
}

bool api_listing_asks(struct api_listing *listing, const void *object)
{
    if (listing->looked == listing->looks)
        return true;
    listing->looked++;
    listing->at = tenant_id_of(listing->ops->id(object));
    if (!listing->ops->wants(listing, object))
        return false;
    listing->taken++;
    return true;
}

struct api_listing *api_listing_create(struct api_call *call,
                                       const struct api_listing_ops *ops, void *filter)
{
    struct api_listing *listing = arena_zalloc(call->arena, sizeof(*listing));
    listing->ops = ops;
    listing->call = call;
    listing->filter = filter;
    listing->looks = looks_of(call->key);
    if (!api_page_read(call, &listing->page))
        return NULL;
    listing->at = tenant_id_of(listing->page.after);
    listing->objects = arena_array(call->arena, listing->page.limit + 1, sizeof(void *));
    return listing;
}

static void *object_at(const struct api_listing *listing, uint32_t i)
{
    void *object;
    memcpy(&object, (const char *)listing->objects + i * sizeof(object), sizeof(object));
    return object;
}

static void end(struct api_listing *listing, str last)
{
    if (listing->ops->end)
        listing->ops->end(listing, last);
    else
        api_page_end(listing->call, last);
}

static bool is_full(const struct api_listing *listing)
{
    return listing->n == listing->page.limit || listing->call->answer.n > API_PAGE_BYTES;
}

static void look(struct api_listing *listing);

static void look_again(struct post *post)
{
    look(CONTAINER_OF(post, struct api_listing, post));
}

/* Prints what was found, as far as the page has room. Answers how many. */
static uint32_t put_found(struct api_listing *listing, uint32_t n)
{
    uint32_t i = 0;
    for (; i < n && !is_full(listing); i++) {
        void *object = object_at(listing, i);
        listing->last = tenant_id_of(listing->ops->id(object));
        listing->ops->put(listing, object);
        listing->n++;
    }
    return i;
}

static void look(struct api_listing *listing)
{
    const struct api_listing_ops *ops = listing->ops;
    uint32_t max = listing->page.limit - listing->n + 1; /* one more: is there a next? */
    struct tenant_id before = listing->at;
    str after = before.text[0] ? tenant_id_str(&before) : STR_NONE;
    listing->looked = listing->taken = 0;
    uint32_t n = ops->gather(listing, after, max, listing->objects);
    uint32_t taken = listing->taken < n ? listing->taken : n;
    uint32_t put = put_found(listing, taken);
    for (uint32_t i = 0; i < n; i++)
        ops->unref(object_at(listing, i));
    if (put < taken)
        end(listing, tenant_id_str(&listing->last));
    else if (n < max)
        end(listing, STR_NONE);
    else
        worker_defer(listing->call->worker, &listing->post, look_again);
}

void api_listing_start(struct api_listing *listing)
{
    if (!listing->ops->end)
        api_page_begin(listing->call);
    look(listing);
}
