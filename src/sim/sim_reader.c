#include "sim/sim_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json/json_parse.h"

void sim_reader_init(struct sim_reader *reader, struct arena *arena, str folder)
{
    *reader = (struct sim_reader){.folder = folder};
    bind_init(&reader->binder, arena);
}

struct sim_reader *sim_reader_of(struct binder *binder)
{
    return CONTAINER_OF(binder, struct sim_reader, binder);
}

bool sim_reader_read(struct sim_reader *reader, str text, size_t bytes_max,
                     const struct bind_table *table, void *obj)
{
    struct binder *binder = &reader->binder;
    struct json_limits limits = {.bytes_max = bytes_max,
                                 .duplicates = JSON_DUPLICATES_REFUSE};
    struct json_fault fault;
    struct json value;
    if (json_parse(binder->arena, arena_str(binder->arena, text), &limits, &value,
                   &fault))
        return bind_read(binder, table, &value, obj);
    bind_fault(binder, "Line %u, column %u: %s.", fault.line, fault.column, fault.what);
    return false;
}

const struct bind_fault *sim_reader_faults(const struct sim_reader *reader,
                                           struct arena *arena)
{
    struct bind_fault *first = NULL;
    struct bind_fault **last = &first;
    for (const struct bind_fault *at = reader->binder.first; at; at = at->next) {
        struct bind_fault *copy = arena_zalloc(arena, sizeof(*copy));
        copy->pointer = arena_str(arena, at->pointer);
        copy->text = arena_str(arena, at->text);
        *last = copy;
        last = &copy->next;
    }
    return first;
}

/* --- files --- */

str sim_reader_folder(str path)
{
    size_t slash = str_find_last(path, '/');
    return slash < path.n ? str_of(path.p, slash + 1) : STR("");
}

static bool read_all(int fd, char *bytes, size_t n)
{
    while (n) {
        ssize_t got = read(fd, bytes, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        bytes += got;
        n -= (size_t)got;
    }
    return true;
}

static bool read_open(struct arena *arena, int fd, size_t bytes_max, str *ret_bytes,
                      const char **ret_why)
{
    struct stat stat;
    *ret_why = "it cannot be read";
    if (fstat(fd, &stat) != 0)
        return false;
    if (!S_ISREG(stat.st_mode)) {
        *ret_why = "it is no file";
        return false;
    }
    if ((uint64_t)stat.st_size > bytes_max) {
        *ret_why = "it is too large";
        return false;
    }
    char *bytes = arena_bytes(arena, (size_t)stat.st_size);
    *ret_bytes = str_of(bytes, (size_t)stat.st_size);
    return read_all(fd, bytes, ret_bytes->n);
}

bool sim_reader_file(struct arena *arena, str path, size_t bytes_max, str *ret_bytes,
                     const char **ret_why)
{
    int fd = open(arena_z(arena, path), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        *ret_why = errno == ENOENT ? "there is no such file" : "it cannot be opened";
        return false;
    }
    bool good = read_open(arena, fd, bytes_max, ret_bytes, ret_why);
    close(fd);
    return good;
}
