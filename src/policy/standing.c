#include "policy/standing.h"

static const usec forget_after = 10 * USEC_MIN;

static void init_standing(void *entry)
{
    struct standing *standing = entry;
    quota_init(&standing->quota);
    breaker_init(&standing->breaker, false);
}

static void fini_standing(void *entry)
{
    struct standing *standing = entry;
    quota_fini(&standing->quota);
    breaker_fini(&standing->breaker);
}

/* Windows are told anew by the next answer; a throttle holds until its end. */
static bool standing_at_rest(void *entry, usec now)
{
    struct standing *standing = entry;
    return breaker_at_rest(&standing->breaker) && quota_wait(&standing->quota, now) == 0;
}

static void init_circuit(void *entry)
{
    struct circuit *circuit = entry;
    breaker_init(&circuit->breaker, true);
}

static void fini_circuit(void *entry)
{
    struct circuit *circuit = entry;
    breaker_fini(&circuit->breaker);
}

static bool circuit_at_rest(void *entry, usec now)
{
    (void)now;
    struct circuit *circuit = entry;
    return breaker_at_rest(&circuit->breaker);
}

void boards_open(struct boards *boards)
{
    static const struct board_kind standings = {sizeof(struct standing), init_standing,
                                                fini_standing, standing_at_rest};
    static const struct board_kind circuits = {sizeof(struct circuit), init_circuit,
                                               fini_circuit, circuit_at_rest};
    static const struct board_kind places = {.bytes = sizeof(struct places)};
    static const struct board_kind hosts = {.bytes = sizeof(struct host)};
    boards->standings = board_create(&standings, forget_after);
    boards->circuits = board_create(&circuits, forget_after);
    boards->places = board_create(&places, forget_after);
    boards->hosts = board_create(&hosts, forget_after);
}

void boards_close(struct boards *boards)
{
    board_destroy(&boards->standings);
    board_destroy(&boards->circuits);
    board_destroy(&boards->places);
    board_destroy(&boards->hosts);
}
