/*
 * Runs a fuzz target over the files of its corpus, without a fuzzer: `replay FOLDER`.
 * Prints TAP, one line a file.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>

#include "base/mem.h"

enum { FILE_BYTES_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static size_t read_file(const char *path, uint8_t *ret)
{
    FILE *file = fopen(path, "rb");
    size_t n = file ? fread(ret, 1, FILE_BYTES_MAX, file) : 0;
    if (file)
        fclose(file);
    return n;
}

int main(int argc, char **argv)
{
    char path[4096];
    int count = 0;
    DIR *folder = argc > 1 ? opendir(argv[1]) : NULL;
    if (!folder) {
        printf("not ok - there is no corpus %s\n", argc > 1 ? argv[1] : "");
        return 1;
    }
    if (LLVMFuzzerInitialize)
        LLVMFuzzerInitialize(&argc, &argv);
    uint8_t *bytes = mem_alloc(FILE_BYTES_MAX);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
        size_t n = read_file(path, bytes);
        uint8_t *exact = mem_alloc(n); /* so that reading past the end is seen */
        for (size_t i = 0; i < n; i++)
            exact[i] = bytes[i];
        LLVMFuzzerTestOneInput(exact, n);
        mem_free(exact);
        printf("ok %d - %s\n", ++count, path);
        fflush(stdout);
    }
    closedir(folder);
    mem_free(bytes);
    return 0;
}
