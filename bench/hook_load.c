/*
 * Sends signed webhooks of 1 KB, each with an id of its own, over keep-alive connections,
 * and measures what comes back.
 *
 *   hook_load PORT PATH SECRET CONNECTIONS SECONDS [RATE]
 *
 * Without a rate each connection has one request under way. With one they are sent by the
 * clock, and a latency counts from when the request was due (open loop). Prints
 * "rate", "p50_us", "p99_us", "p999_us", "failed" (answers other than 200).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BODY = 1024, REQUEST = 2048, CONNECTIONS_MAX = 1024, TIMES_MAX = 1 << 24 };

struct sender {
    int fd;
    double due; /* of the request under way; 0: none is */
    char in[4096];
    size_t n;
};

static struct sender senders[CONNECTIONS_MAX];
static int free_list[CONNECTIONS_MAX], free_n;
static float *times;
static size_t time_n, failed;
static const char *path, *secret;
static unsigned long long sequence;

static double clock_now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static size_t make_request(char *ret)
{
    static const char hex[] = "0123456789abcdef";
    char body[BODY + 1], signature[65] = {0};
    unsigned char digest[32];
    int n = snprintf(body, sizeof(body),
                     "{\"id\":\"evt_%d_%016llx\",\"type\":\"contact.updated\","
                     "\"created\":1763800000,\"data\":\"",
                     (int)getpid(), sequence++);
    memset(body + n, 'x', (size_t)(BODY - n - 2));
    memcpy(body + BODY - 2, "\"}", 3);
    HMAC(EVP_sha256(), secret, (int)strlen(secret), (unsigned char *)body, BODY, digest,
         NULL);
    for (int i = 0; i < 32; i++) {
        signature[2 * i] = hex[digest[i] >> 4];
        signature[2 * i + 1] = hex[digest[i] & 15];
    }
    return (size_t)snprintf(
        ret, REQUEST,
        "POST %s HTTP/1.1\r\nHost: hooks.test\r\nX-Sig: %s\r\n"
        "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
        path, signature, BODY, body);
}

static void send_one(int i, double due)
{
    char request[REQUEST];
    size_t n = make_request(request);
    senders[i].due = due;
    if (write(senders[i].fd, request, n) != (ssize_t)n)
        die("write");
}

/* Whether the answer is whole: its head, and as much as Content-Length says. */
static bool is_whole(struct sender *sender)
{
    sender->in[sender->n] = 0;
    char *end = strstr(sender->in, "\r\n\r\n");
    if (!end)
        return false;
    char *length = strcasestr(sender->in, "content-length:");
    size_t body = length && length < end ? strtoul(length + 15, NULL, 10) : 0;
    return sender->n >= (size_t)(end - sender->in) + 4 + body;
}

static void on_readable(int i)
{
    struct sender *sender = &senders[i];
    ssize_t n =
        read(sender->fd, sender->in + sender->n, sizeof(sender->in) - 1 - sender->n);
    if (n <= 0)
        die("read");
    sender->n += (size_t)n;
    if (!is_whole(sender))
        return;
    failed += strncmp(sender->in + 9, "200", 3) != 0;
    if (time_n < TIMES_MAX)
        times[time_n++] = (float)((clock_now() - sender->due) * 1e6);
    sender->n = 0;
    sender->due = 0;
    free_list[free_n++] = i;
}

static void open_all(int port, int n, int ep)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < n; i++) {
        int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
            die("connect");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        senders[i].fd = fd;
        free_list[free_n++] = i;
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event);
    }
}

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double at(double share)
{
    return time_n ? (double)times[(size_t)((double)(time_n - 1) * share)] : 0;
}

int main(int argc, char **argv)
{
    if (argc < 6)
        return 2;
    int ep = epoll_create1(0), n = atoi(argv[4]);
    double seconds = atof(argv[5]), rate = argc > 6 ? atof(argv[6]) : 0;
    path = argv[2];
    secret = argv[3];
    times = malloc(TIMES_MAX * sizeof(*times));
    if (n > CONNECTIONS_MAX || !times)
        return 2;
    open_all(atoi(argv[1]), n, ep);
    double began = clock_now(), end = began + seconds, next = began;
    for (double now = began; now < end; now = clock_now()) {
        struct epoll_event events[256];
        while (free_n && (rate == 0 || next <= now)) {
            send_one(free_list[--free_n], rate ? next : clock_now());
            next += rate ? 1 / rate : 0;
        }
        int got = epoll_wait(ep, events, 256, rate ? 0 : 10);
        for (int i = 0; i < got; i++)
            on_readable((int)events[i].data.u32);
        if (rate && got == 0 && next > now)
            usleep(50);
    }
    double took = clock_now() - began;
    qsort(times, time_n, sizeof(*times), by_size);
    printf("rate %.0f\np50_us %.0f\np99_us %.0f\np999_us %.0f\nfailed %zu\n",
           (double)time_n / took, at(0.5), at(0.99), at(0.999), failed);
    return 0;
}
