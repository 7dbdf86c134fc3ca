#include "main/master_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory/keyring.h"

enum { KEYS_BYTES_MAX = 64 * 1024 };

static bool read_stream(FILE *stream, struct arena *arena, str *ret_text)
{
    char *bytes = arena_bytes(arena, KEYS_BYTES_MAX);
    size_t n = fread(bytes, 1, KEYS_BYTES_MAX, stream);
    *ret_text = str_of(bytes, n);
    return n < KEYS_BYTES_MAX && !ferror(stream);
}

static bool read_command(const struct settings *settings, struct arena *arena,
                         str *ret_text, str *ret_why)
{
    FILE *stream = popen(arena_z(arena, settings->master_keys_command), "re");
    bool good = stream && read_stream(stream, arena, ret_text);
    if (stream && pclose(stream) != 0)
        good = false;
    if (!good)
        *ret_why = STR("the command of master_keys_command failed");
    return good;
}

str master_keys_file(const struct settings *settings, struct arena *arena)
{
    if (getenv("BREAKWATER_MASTER_KEYS") || settings->master_keys_command.n)
        return STR_NONE;
    if (settings->master_keys_file.n)
        return settings->master_keys_file;
    str parts[] = {settings->data, STR("/key")};
    return arena_join(arena, parts, 2);
}

static bool make_file(const char *path, struct arena *arena, str *ret_text, str *ret_why)
{
    str line = keyring_new_line(arena);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, line.p, line.n) == (ssize_t)line.n && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    *ret_text = line;
    if (!good)
        *ret_why = arena_printf(arena, "the key file %s cannot be made: %s", path,
                                strerror(errno));
    return good;
}

static bool read_file(const char *path, struct arena *arena, str *ret_text, str *ret_why)
{
    struct stat info;
    FILE *stream = fopen(path, "re");
    bool good = stream && fstat(fileno(stream), &info) == 0;
    if (good && (info.st_mode & 077)) {
        *ret_why = arena_printf(arena,
                                "the key file %s can be read by others; set its mode to "
                                "0600",
                                path);
        fclose(stream);
        return false;
    }
    good = good && read_stream(stream, arena, ret_text);
    if (!good)
        *ret_why = arena_printf(arena, "the key file %s cannot be read: %s", path,
                                strerror(errno));
    if (stream)
        fclose(stream);
    return good;
}

bool master_keys_read(const struct settings *settings, bool fresh, struct arena *arena,
                      str *ret_text, bool *ret_made, str *ret_why)
{
    const char *variable = getenv("BREAKWATER_MASTER_KEYS");
    *ret_made = false;
    if (variable) {
        *ret_text = str_z(variable);
        return true;
    }
    if (settings->master_keys_command.n)
        return read_command(settings, arena, ret_text, ret_why);
    const char *path = arena_z(arena, master_keys_file(settings, arena));
    if (access(path, F_OK) == 0)
        return read_file(path, arena, ret_text, ret_why);
    if (!fresh) {
        *ret_why =
            arena_printf(arena,
                         "the key file %s is missing, and the store was made under a key "
                         "in it; put the file back",
                         path);
        return false;
    }
    *ret_made = true;
    return make_file(path, arena, ret_text, ret_why);
}
