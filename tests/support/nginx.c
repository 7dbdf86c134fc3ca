#include "tests/support/nginx.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "tests/support/certs.h"

enum { PATIENCE_MS = 10000, STEP_MS = 20, PATH_MAX_BYTES = 96 };

static const char *const programs[] = {"/usr/sbin/nginx", "/usr/bin/nginx",
                                       "/usr/local/sbin/nginx"};

struct nginx {
    char dir[32];
    uint16_t tls_port;
    uint16_t plain_port;
    pid_t pid;
};

static const char *find_program(void)
{
    for (size_t i = 0; i < COUNT_OF(programs); i++)
        if (access(programs[i], X_OK) == 0)
            return programs[i];
    return NULL;
}

bool nginx_exists(void)
{
    return find_program() != NULL;
}

static struct sockaddr_in address_of(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
    return at;
}

/* Free now; somebody could take it before nginx does. */
static uint16_t free_port(void)
{
    struct sockaddr_in at = address_of(0);
    socklen_t n = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(fd, (struct sockaddr *)&at, n) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&at, &n) == 0);
    close(fd);
    return ntohs(at.sin_port);
}

static void path_of(const struct nginx *nginx, const char *name, char *ret)
{
    snprintf(ret, PATH_MAX_BYTES, "%s/%s", nginx->dir, name);
}

static void write_config(const struct nginx *nginx, const char *locations)
{
    static const char *const temps[] = {"client_body", "proxy", "fastcgi", "uwsgi",
                                        "scgi"};
    char path[PATH_MAX_BYTES];
    path_of(nginx, "conf", path);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    fprintf(file,
            "daemon off; master_process off; pid %s/pid; error_log %s/log;\n"
            "events { worker_connections 2000; }\n"
            "http { access_log off; server_tokens off; default_type text/plain;\n"
            "client_max_body_size 0; root %s;\n",
            nginx->dir, nginx->dir, nginx->dir);
    for (size_t i = 0; i < COUNT_OF(temps); i++)
        fprintf(file, "%s_temp_path %s/temp;\n", temps[i], nginx->dir);
    fprintf(file,
            "server { listen 127.0.0.1:%u ssl http2; listen 127.0.0.1:%u;\n"
            "ssl_certificate %s; ssl_certificate_key %s;\n%s } }\n",
            nginx->tls_port, nginx->plain_port, certs_path("good.pem"),
            certs_path("good.key"), locations);
    CHECK(fclose(file) == 0);
}

static bool accepts(uint16_t port)
{
    struct sockaddr_in at = address_of(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
    close(fd);
    return good;
}

static bool becomes_ready(const struct nginx *nginx)
{
    for (int ms = 0; ms < PATIENCE_MS; ms += STEP_MS) {
        if (accepts(nginx->tls_port) && accepts(nginx->plain_port))
            return true;
        if (waitpid(nginx->pid, NULL, WNOHANG) == nginx->pid)
            return false;
        usleep(STEP_MS * 1000);
    }
    return false;
}

static void run_program(const struct nginx *nginx)
{
    char path[PATH_MAX_BYTES];
    sigset_t none;
    path_of(nginx, "conf", path);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execl(find_program(), "nginx", "-p", nginx->dir, "-c", path, (char *)NULL);
    _exit(127);
}

struct nginx *nginx_start(const char *locations)
{
    struct nginx *nginx = mem_zalloc(sizeof(*nginx));
    snprintf(nginx->dir, sizeof(nginx->dir), "/tmp/bw-nginx-XXXXXX");
    CHECK(mkdtemp(nginx->dir) != NULL);
    nginx->tls_port = free_port();
    nginx->plain_port = free_port();
    write_config(nginx, locations);
    nginx->pid = fork();
    if (nginx->pid == 0)
        run_program(nginx);
    if (nginx->pid < 0 || !becomes_ready(nginx))
        nginx_stop(&nginx);
    return nginx;
}

static void remove_dir(const char *dir)
{
    char command[PATH_MAX_BYTES];
    snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    if (system(command) != 0)
        fprintf(stderr, "%s stays\n", dir);
}

void nginx_stop(struct nginx **nginx)
{
    struct nginx *it = *nginx;
    if (!it)
        return;
    if (it->pid > 0) {
        kill(it->pid, SIGKILL);
        waitpid(it->pid, NULL, 0);
    }
    remove_dir(it->dir);
    mem_free(it);
    *nginx = NULL;
}

uint16_t nginx_tls_port(const struct nginx *nginx)
{
    return nginx->tls_port;
}

uint16_t nginx_plain_port(const struct nginx *nginx)
{
    return nginx->plain_port;
}

void nginx_put_file(struct nginx *nginx, const char *name, size_t n)
{
    char path[PATH_MAX_BYTES];
    path_of(nginx, name, path);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    for (size_t i = 0; i < n; i++)
        fputc('x', file);
    CHECK(fclose(file) == 0);
}
