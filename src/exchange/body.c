#include "exchange/body.h"

#include "base/mem.h"

enum {
    CHUNK_BYTES = 32 * 1024,
    WINDOW_BYTES = 256 * 1024, /* waiting in STREAM before the producer is held back */
    RESUME_BYTES = 64 * 1024
};

struct chunk {
    struct list node;
    size_t n;
    size_t room;
    char bytes[];
};

static struct chunk *chunk_of(struct list *node)
{
    return CONTAINER_OF(node, struct chunk, node);
}

void body_init(struct body *body, struct body_budget *budget, size_t hold_bytes,
               int64_t length)
{
    *body = (struct body){.budget = budget, .hold_bytes = hold_bytes};
    list_init(&body->chunks);
    body->at = &body->chunks;
    if (length > (int64_t)hold_bytes)
        body->mode = BODY_STREAM;
}

static void free_chunk(struct body *body, struct chunk *chunk)
{
    body->kept -= chunk->n;
    body->budget->bytes -= chunk->room;
    list_remove(&chunk->node);
    mem_free(chunk);
}

void body_fini(struct body *body)
{
    if (!body->budget)
        return;
    LIST_EACH(node, &body->chunks)
    {
        free_chunk(body, chunk_of(node));
    }
}

/* What has been read is not needed again: it goes. */
static void enter_stream(struct body *body)
{
    body->mode = BODY_STREAM;
    LIST_EACH(node, &body->chunks)
    {
        if (node == body->at)
            return;
        free_chunk(body, chunk_of(node));
    }
}

static struct chunk *chunk_for(struct body *body, size_t n)
{
    struct list *last = list_last(&body->chunks);
    if (last && chunk_of(last)->n < chunk_of(last)->room)
        return chunk_of(last);
    size_t room = body->kept == 0 && n < CHUNK_BYTES ? n : CHUNK_BYTES;
    struct chunk *chunk = mem_alloc(sizeof(*chunk) + room);
    chunk->n = 0;
    chunk->room = room;
    body->budget->bytes += room;
    list_push_back(&body->chunks, &chunk->node);
    if (body->at == &body->chunks) {
        body->at = &chunk->node;
        body->offset = 0;
    }
    return chunk;
}

static void wake_consumer(struct body *body)
{
    if (!body->waiting)
        return;
    body->waiting = false;
    body->on_data(body);
}

bool body_put(struct body *body, str piece)
{
    bool too_much = body->kept + piece.n > body->hold_bytes ||
                    body->budget->bytes > body->budget->bytes_max;
    if (body->mode == BODY_HOLD && too_much)
        enter_stream(body);
    while (piece.n) {
        struct chunk *chunk = chunk_for(body, piece.n);
        size_t take = chunk->room - chunk->n < piece.n ? chunk->room - chunk->n : piece.n;
        memcpy(chunk->bytes + chunk->n, piece.p, take);
        chunk->n += take;
        body->kept += take;
        body->unread += take;
        piece = str_from(piece, take);
    }
    wake_consumer(body);
    body->held_back = body->mode == BODY_STREAM && body->unread >= WINDOW_BYTES;
    return !body->held_back;
}

void body_end(struct body *body)
{
    body->complete = true;
    wake_consumer(body);
}

void body_break(struct body *body)
{
    body->broken = true;
}

/* Moves on from a chunk that has been read to its end. */
static void leave_chunk(struct body *body)
{
    struct list *done = body->at;
    body->at = done->next;
    body->offset = 0;
    if (body->mode == BODY_STREAM)
        free_chunk(body, chunk_of(done));
}

static void make_room(struct body *body)
{
    if (!body->held_back || body->unread > RESUME_BYTES)
        return;
    body->held_back = false;
    body->on_room(body);
}

static enum call_pull no_chunk(struct body *body)
{
    if (body->complete)
        return CALL_PULL_END;
    body->waiting = true;
    if (!body->started && body->on_start) {
        body->started = true;
        body->on_start(body);
    }
    return CALL_PULL_WAIT;
}

enum call_pull body_pull(struct body *body, str *ret_chunk)
{
    /* The piece given last is used up now. */
    while (body->at != &body->chunks && body->offset == chunk_of(body->at)->n &&
           (body->at->next != &body->chunks ||
            chunk_of(body->at)->n == chunk_of(body->at)->room))
        leave_chunk(body);
    make_room(body);
    if (body->at == &body->chunks || body->offset == chunk_of(body->at)->n)
        return no_chunk(body);
    struct chunk *chunk = chunk_of(body->at);
    *ret_chunk = str_of(chunk->bytes + body->offset, chunk->n - body->offset);
    body->unread -= ret_chunk->n;
    body->offset = chunk->n;
    return CALL_PULL_DATA;
}

bool body_is_awaited(const struct body *body)
{
    return body->waiting && !body->complete;
}

bool body_can_rewind(const struct body *body)
{
    return body->mode == BODY_HOLD && !body->broken;
}

void body_rewind(struct body *body)
{
    CHECK(body_can_rewind(body));
    body->at = list_empty(&body->chunks) ? &body->chunks : body->chunks.next;
    body->offset = 0;
    body->unread = body->kept;
    body->waiting = false;
}
