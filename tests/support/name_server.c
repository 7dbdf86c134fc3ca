/*
 * RFC 1035 §4.1: the question is sent back with the answers behind it, whose name is a
 * pointer to the question's.
 */
#include "tests/support/name_server.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/str.h"

enum { RECORDS_MAX = 16, KEPT_MAX = 16, HEAD_BYTES = 12, TYPE_A = 1 };

struct question {
    unsigned char bytes[512];
    size_t n; /* up to the end of the question */
    char name[256];
    unsigned type;
    struct sockaddr_in from;
};

struct name_server {
    const struct name_record *records;
    int fd;
    char at[32];
    pthread_t thread;
    pthread_mutex_t lock;
    bool going;
    unsigned asked[RECORDS_MAX];
    struct question kept[KEPT_MAX];
    unsigned kept_n;
};

static bool read_question(struct question *question, size_t n)
{
    size_t at = HEAD_BYTES;
    char *name = question->name;
    while (at < n && question->bytes[at]) {
        size_t label = question->bytes[at++];
        if (label > 63 || at + label >= n)
            return false;
        memcpy(name, question->bytes + at, label);
        name += label;
        *name++ = '.';
        at += label;
    }
    if (name == question->name || at + 5 > n)
        return false;
    name[-1] = 0;
    question->type = (unsigned)question->bytes[at + 1] << 8 | question->bytes[at + 2];
    question->n = at + 5;
    return true;
}

static void answer(struct name_server *server, struct question *question,
                   const struct name_record *record)
{
    unsigned char *bytes = question->bytes;
    size_t n = question->n;
    unsigned count = 0;
    str rest = record ? str_z(record->addresses) : STR_NONE;
    str item;
    while (question->type == TYPE_A && str_next(&rest, ' ', &item)) {
        static const unsigned char fixed[] = {0xc0, HEAD_BYTES, 0, TYPE_A, 0, 1,
                                              0,    0,          0, 60,     0, 4};
        char text[32];
        if (item.n == 0)
            continue;
        snprintf(text, sizeof(text), STR_F, STR_A(item));
        memcpy(bytes + n, fixed, sizeof(fixed));
        CHECK(inet_pton(AF_INET, text, bytes + n + sizeof(fixed)) == 1);
        n += sizeof(fixed) + 4;
        count++;
    }
    unsigned code = !record ? 3 : record->mood == NAME_FAILS ? 2 : 0;
    bytes[2] = 0x81;
    bytes[3] = (unsigned char)(0x80 | code);
    memset(bytes + 6, 0, 6);
    bytes[7] = (unsigned char)count;
    sendto(server->fd, bytes, n, 0, (struct sockaddr *)&question->from,
           sizeof(question->from));
}

static const struct name_record *find(struct name_server *server,
                                      const struct question *question)
{
    for (unsigned i = 0; server->records[i].name; i++)
        if (strcasecmp(server->records[i].name, question->name) == 0)
            return &server->records[i];
    return NULL;
}

static void take(struct name_server *server, struct question *question)
{
    const struct name_record *record = find(server, question);
    enum name_mood mood = record ? record->mood : NAME_ANSWERS;
    if (record && question->type == TYPE_A)
        server->asked[record - server->records]++;
    if (mood == NAME_SILENT)
        return;
    if (mood != NAME_WAITS || server->going)
        answer(server, question, record);
    else if (server->kept_n < KEPT_MAX)
        server->kept[server->kept_n++] = *question;
}

static void *serve(void *arg)
{
    struct name_server *server = arg;
    for (;;) {
        struct question question = {0};
        socklen_t from_n = sizeof(question.from);
        long n = recvfrom(server->fd, question.bytes, 256, 0,
                          (struct sockaddr *)&question.from, &from_n);
        if (n <= 0)
            return NULL; /* an empty datagram: name_server_stop */
        pthread_mutex_lock(&server->lock);
        if (read_question(&question, (size_t)n))
            take(server, &question);
        pthread_mutex_unlock(&server->lock);
    }
}

struct name_server *name_server_start(const struct name_record *records)
{
    struct name_server *server = mem_zalloc(sizeof(*server));
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t n = sizeof(at);
    server->records = records;
    pthread_mutex_init(&server->lock, NULL);
    inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
    server->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK(bind(server->fd, (struct sockaddr *)&at, n) == 0);
    CHECK(getsockname(server->fd, (struct sockaddr *)&at, &n) == 0);
    snprintf(server->at, sizeof(server->at), "127.0.0.1:%u", ntohs(at.sin_port));
    CHECK(pthread_create(&server->thread, NULL, serve, server) == 0);
    return server;
}

void name_server_stop(struct name_server **server)
{
    struct name_server *it = *server;
    struct sockaddr_in at;
    socklen_t n = sizeof(at);
    if (!it)
        return;
    getsockname(it->fd, (struct sockaddr *)&at, &n);
    sendto(it->fd, "", 0, 0, (struct sockaddr *)&at, n);
    pthread_join(it->thread, NULL);
    close(it->fd);
    pthread_mutex_destroy(&it->lock);
    mem_free(it);
    *server = NULL;
}

const char *name_server_at(const struct name_server *server)
{
    return server->at;
}

void name_server_go(struct name_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->going = true;
    for (unsigned i = 0; i < server->kept_n; i++)
        answer(server, &server->kept[i], find(server, &server->kept[i]));
    server->kept_n = 0;
    pthread_mutex_unlock(&server->lock);
}

unsigned name_server_asked(struct name_server *server, const char *name)
{
    unsigned asked = 0;
    pthread_mutex_lock(&server->lock);
    for (unsigned i = 0; server->records[i].name; i++)
        if (strcasecmp(server->records[i].name, name) == 0)
            asked = server->asked[i];
    pthread_mutex_unlock(&server->lock);
    return asked;
}
