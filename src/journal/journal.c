/*
 *   journal_append ─► appends ─► journal-write ── write, sync ──────────────► posts
 *   journal_read, journal_drop ─► journal-read ── read, rename, make spares ─► posts
 */
#include "journal/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "journal/journal_state.h"
#include "loop/thread.h"

enum { WORDS_BYTES_MAX = 512, BLOCK_BYTES = 4096 };

#define SEGMENT_BYTES_DEFAULT ((uint64_t)32 << 20)
#define SEGMENT_BYTES_MAX     ((uint64_t)1 << 31) /* offsets of references have 32 bits */
#define WAITING_BYTES_DEFAULT ((uint64_t)64 << 20)

/* --- faults --- */

enum err journal_err_of(int err)
{
    switch (err) {
    case 0:
        return ERR_NONE;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ERR_JOURNAL_FULL;
    default:
        return ERR_JOURNAL_UNAVAILABLE;
    }
}

void journal_tell(struct journal *journal, enum err err, const char *words)
{
    pthread_mutex_lock(&journal->fault_lock);
    if (journal->on_fault)
        journal->on_fault(journal->on_fault_arg, err, str_z(words));
    pthread_mutex_unlock(&journal->fault_lock);
}

void journal_fault(struct journal *journal, const char *what, uint64_t number, int err)
{
    char words[WORDS_BYTES_MAX];
    snprintf(words, sizeof(words), "%s segment %016" PRIx64 " in %s: %s", what, number,
             journal->dir, strerror(err));
    pthread_mutex_lock(&journal->lock);
    journal->stats.faults++;
    pthread_mutex_unlock(&journal->lock);
    journal_tell(journal, journal_err_of(err), words);
}

/* --- opening and closing --- */

static uint64_t or_default(uint64_t value, uint64_t otherwise)
{
    return value ? value : otherwise;
}

static struct journal *create(const struct journal_config *config)
{
    struct journal *journal = mem_zalloc(sizeof(*journal));
    uint64_t bytes = or_default(config->segment_bytes, SEGMENT_BYTES_DEFAULT);
    CHECK(bytes >= JOURNAL_SEGMENT_BYTES_MIN && bytes <= SEGMENT_BYTES_MAX);
    *journal = (struct journal){
        .magic = JOURNAL_MAGIC,
        .disk = config->disk ? config->disk : disk_real(),
        .world = config->world,
        .dir = mem_copy_z(config->dir.p, config->dir.n),
        .segment_bytes = framing_align(bytes, BLOCK_BYTES),
        .bytes_max = config->bytes_max,
        .waiting_bytes_max = or_default(config->waiting_bytes_max, WAITING_BYTES_DEFAULT),
        .record_bytes_max =
            bytes / 2 < JOURNAL_RECORD_BYTES_MAX ? bytes / 2 : JOURNAL_RECORD_BYTES_MAX,
        .reserve = config->reserve,
        .on_fault = config->on_fault,
        .on_fault_arg = config->arg,
    };
    pthread_mutex_init(&journal->fault_lock, NULL);
    pthread_mutex_init(&journal->lock, NULL);
    pthread_cond_init(&journal->filled, NULL);
    pthread_cond_init(&journal->made, NULL);
    list_init(&journal->segments);
    return journal;
}

static void destroy(struct journal *journal)
{
    for (struct list *node; (node = list_pop_front(&journal->segments)) != NULL;)
        mem_free(segment_of(node));
    mem_free(journal->writing.batch);
    pthread_cond_destroy(&journal->made);
    pthread_cond_destroy(&journal->filled);
    pthread_mutex_destroy(&journal->lock);
    pthread_mutex_destroy(&journal->fault_lock);
    mem_free(journal->dir);
    journal->magic = 0;
    mem_free(journal);
}

struct journal *journal_open(const struct journal_config *config, struct arena *arena,
                             str *ret_why)
{
    struct journal *journal = create(config);
    if (!journal_recover(journal, config->position, arena, ret_why)) {
        destroy(journal);
        return NULL;
    }
    journal->writing.batch_bytes_max = journal->segment_bytes < JOURNAL_BATCH_BYTES_MAX
                                           ? journal->segment_bytes
                                           : JOURNAL_BATCH_BYTES_MAX;
    journal->writing.batch = mem_alloc(journal->writing.batch_bytes_max);
    journal->second = offload_start("journal-read");
    journal->writer = thread_start("journal-write", journal_serve_appends, journal);
    journal_make_spare(journal);
    return journal;
}

void journal_close(struct journal **journal)
{
    struct journal *it = *journal;
    if (!it)
        return;
    CHECK_MAGIC(it, JOURNAL_MAGIC);
    pthread_mutex_lock(&it->lock);
    CHECK(it->stats.waiting == 0);
    it->closing = true;
    pthread_cond_broadcast(&it->filled);
    while (it->making.active)
        pthread_cond_wait(&it->made, &it->lock);
    pthread_mutex_unlock(&it->lock);
    thread_join(&it->writer);
    offload_stop(&it->second);
    journal_finish(it);
    destroy(it);
    *journal = NULL;
}

/* --- looking at it --- */

void journal_stats(struct journal *journal, struct journal_stats *ret_stats)
{
    CHECK_MAGIC(journal, JOURNAL_MAGIC);
    pthread_mutex_lock(&journal->lock);
    *ret_stats = journal->stats;
    ret_stats->spare = journal->spares_n;
    LIST_EACH(node, &journal->segments)
    ret_stats->segments++;
    for (unsigned i = 0; i < journal->spares_n; i++)
        ret_stats->free_bytes += journal->spares[i].bytes;
    if (journal->active)
        ret_stats->free_bytes += journal->active->file_bytes - journal->active->end;
    pthread_mutex_unlock(&journal->lock);
}
