#include "regex/regex_pcre.h"

#include <pthread.h>

#include "base/mem.h"

enum {
    STACK_BYTES = 32 * 1024,
    STACK_BYTES_MAX = 4 * 1024 * 1024,
    HEAP_KIB_MAX = 64 * 1024, /* of the interpreter, when the stack is too small */
    DEPTH_MAX = 1000 * 1000
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key; /* frees a thread's scratch at its end */
static pcre2_general_context *memory;
static _Thread_local struct regex_scratch *mine;

static void *take_memory(size_t n, void *arg)
{
    (void)arg;
    return mem_alloc(n);
}

static void give_memory(void *p, void *arg)
{
    (void)arg;
    mem_free(p);
}

static void free_scratch(void *p)
{
    struct regex_scratch *scratch = p;
    pcre2_match_data_free(scratch->spans);
    pcre2_match_context_free(scratch->limits);
    pcre2_jit_stack_free(scratch->stack);
    mem_free(scratch->mended);
    mem_free(scratch);
    mine = NULL;
}

static void start(void)
{
    memory = pcre2_general_context_create(take_memory, give_memory, NULL);
    CHECK(memory && pthread_key_create(&key, free_scratch) == 0);
}

pcre2_general_context *regex_pcre_memory(void)
{
    pthread_once(&once, start);
    return memory;
}

struct regex_scratch *regex_pcre_scratch(void)
{
    if (mine)
        return mine;
    pcre2_general_context *from = regex_pcre_memory();
    struct regex_scratch *scratch = mem_zalloc(sizeof(*scratch));
    scratch->limits = pcre2_match_context_create(from);
    scratch->spans = pcre2_match_data_create(1 + REGEX_SLOTS_MAX, from);
    scratch->stack = pcre2_jit_stack_create(STACK_BYTES, STACK_BYTES_MAX, from);
    CHECK(scratch->limits && scratch->spans && scratch->stack);
    pcre2_jit_stack_assign(scratch->limits, NULL, scratch->stack);
    pcre2_set_heap_limit(scratch->limits, HEAP_KIB_MAX);
    pcre2_set_depth_limit(scratch->limits, DEPTH_MAX);
    CHECK(pthread_setspecific(key, scratch) == 0);
    mine = scratch;
    return scratch;
}

void regex_pcre_shrink(struct regex_scratch *scratch)
{
    if (!scratch->swollen)
        return;
    scratch->swollen = false;
    pcre2_match_data_free(scratch->spans);
    scratch->spans = pcre2_match_data_create(1 + REGEX_SLOTS_MAX, memory);
    CHECK(scratch->spans);
}
