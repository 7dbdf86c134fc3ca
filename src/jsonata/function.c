#include "jsonata/function.h"

#include <pthread.h>

#include "base/mem.h"

static const struct builtin builtins[] = {
#define X(name, signature, arity) {STR(#name), builtin_##name, STR(signature), arity},
#include "jsonata/function_list.h"
#undef X
};

enum { BUILTINS = sizeof(builtins) / sizeof(builtins[0]) };

/* As values, made once for the process. */
static struct function values[BUILTINS];
static struct arena memory;

static void make_values(void)
{
    struct jsonata_fault fault;
    arena_init(&memory, 4096, 1 << 20);
    for (size_t i = 0; i < BUILTINS; i++)
        values[i] = (struct function){
            .kind = FUNCTION_BUILTIN,
            .arity = builtins[i].arity,
            .builtin = &builtins[i],
            .signature = signature_read(&memory, builtins[i].signature, &fault)};
}

struct json function_find(str name)
{
    static pthread_once_t made = PTHREAD_ONCE_INIT;
    CHECK(pthread_once(&made, make_values) == 0);
    for (size_t i = 0; i < BUILTINS; i++)
        if (str_eq(builtins[i].name, name))
            return function_value(&values[i]);
    return (struct json){.type = JSON_UNDEFINED};
}
