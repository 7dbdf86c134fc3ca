#include "house.h"
#include "house_hooks.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "api/api_call.h"
#include "base/crypto.h"
#include "json/pointer.h"
#include "keeper/keeper.h"
#include "loop/world.h"
#include "api/api_leavers.h"
#include "shape_check.h"

#define MASTER_KEYS                                                                      \
    "k2 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh4=\n"                                  \
    "k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"

enum { ROUTES_MAX = 200 };

static bool answered[ROUTES_MAX];
static bool refused[ROUTES_MAX];

/* --- the house --- */

static void on_request(struct inbound *in)
{
    struct house *house = inbound_listener_arg(in);
    api_request(&house->api, in);
}

static void count_line(void *arg, str line)
{
    (void)line;
    atomic_fetch_add(&((struct house *)arg)->lines, 1);
}

static usec tell_wall(void *arg)
{
    (void)arg;
    return world_wall(world_real());
}

static bool reload_keys(void *arg, struct arena *arena, str *ret_why)
{
    struct house *house = arg;
    if (house->reload_fails) {
        *ret_why = STR("The key file is gone.");
        return false;
    }
    return keyring_reload(house->keyring, house->key_text, arena, ret_why);
}

struct opening {
    struct house *house;
    int fd;
};

static void open_listener(void *arg)
{
    struct opening *opening = arg;
    struct house *house = opening->house;
    catalog_join(house->catalog, &house->loop.worker);
    keeper_join(house->keeper, &house->loop.worker);
    writes_join(house->writes, &house->loop.worker);
    transport_join(house->posts, &house->loop.worker);
    deliver_join(house->deliver, &house->loop.worker);
    leavers_join(house->api.leavers, &house->loop.worker);
    listener_open(&house->listener, &house->server, &house->loop.worker, opening->fd);
}

static void open_state(struct house *house)
{
    str why = STR("");
    struct arena *arena = &house->arena;
    house->store = store_open(str_z(house->kind), str_z(house->data), arena, &why);
    if (!house->store)
        fail_msg("store: " STR_F, STR_A(why));
    house->key_text = STR(MASTER_KEYS);
    house->keyring = keyring_create(house->key_text, arena, &why);
    assert_non_null(house->keyring);
    house->directory =
        directory_open(house->store, house->keyring, world_real(), arena, &why);
    if (!house->directory)
        fail_msg("directory: " STR_F, STR_A(why));
    house->catalog = catalog_open(house->store, str_z(house->folder), world_real(),
                                  &house->log, arena, &why);
    if (!house->catalog)
        fail_msg("catalog: " STR_F, STR_A(why));
}

/* --- token endpoints --- */

struct own_server {
    struct post post;
    struct token_fetch *fetch; /* NULL: it was abandoned */
    const char *text;
};

static void on_answered(struct post *post)
{
    struct own_server *endpoint = CONTAINER_OF(post, struct own_server, post);
    struct token_fetch *fetch = endpoint->fetch;
    const char *text = endpoint->text;
    mem_free(endpoint);
    if (!fetch)
        return;
    struct headers *headers = arena_alloc(fetch->arena, sizeof(*headers));
    headers_init(headers, fetch->arena, 1);
    fetch->work = NULL;
    fetch->answer = (struct answer){
        .status = text[2] == 'e' ? 400 : 200, .headers = headers, .text = str_z(text)};
    fetch->done(fetch);
}

/* An answer whose first member begins with an e is an error. */
static void answer_fetch(void *arg, struct token_fetch *fetch)
{
    struct house *house = arg;
    const char *text = atomic_load(&house->token_answer);
    if (!text)
        return;
    struct own_server *endpoint = mem_zalloc(sizeof(*endpoint));
    endpoint->fetch = fetch;
    endpoint->text = text;
    fetch->work = endpoint;
    worker_defer(fetch->worker, &endpoint->post, on_answered);
}

static void abandon_fetch(struct token_fetch *fetch)
{
    struct own_server *endpoint = fetch->work;
    if (endpoint)
        endpoint->fetch = NULL;
}

static const struct keeper_ops keeper_ops = {answer_fetch, abandon_fetch};

static void open_keeper(struct house *house)
{
    struct keeper_config config = {.directory = house->directory,
                                   .catalog = house->catalog,
                                   .world = world_real(),
                                   .log = &house->log,
                                   .ops = &keeper_ops,
                                   .ops_arg = house,
                                   .workers = 1};
    house->keeper = keeper_open(&config);
}

/* Whose transport reaches this machine alone. */
static void open_deliver(struct house *house)
{
    str why;
    assert_true(guard_init(&house->guard, STR("127.0.0.0/8"), true, &house->arena, &why));
    house->posts = h1_create(&(struct transport_settings){
        .workers = 1, .guard = {.allows = guard_allows, .arg = &house->guard}});
    struct deliver_config config = {.store = house->store,
                                    .keyring = house->keyring,
                                    .directory = house->directory,
                                    .payloads = house->payloads,
                                    .transport = house->posts,
                                    .world = world_real(),
                                    .log = &house->log,
                                    .workers = 1};
    house->deliver = deliver_open(&config, &why);
    if (!house->deliver)
        fail_msg("deliver: " STR_F, STR_A(why));
}

static void open_writes(struct house *house)
{
    str why = STR("");
    struct writes_config config = {.store = house->store,
                                   .keyring = house->keyring,
                                   .directory = house->directory,
                                   .catalog = house->catalog,
                                   .exchange = &house->gate.exchange,
                                   .world = world_real(),
                                   .log = &house->log,
                                   .workers = 1};
    house->writes = writes_open(&config, &why);
    if (!house->writes)
        fail_msg("writes: " STR_F, STR_A(why));
}

static void make_admin(struct house *house)
{
    struct change change = {.kind = CHANGE_KEY_CREATE,
                            .directory = house->directory,
                            .arena = &house->arena,
                            .name = STR("admin"),
                            .permissions = PERMISSION_ALL,
                            .expires = USEC_NEVER};
    directory_change_now(&change);
    assert_int_equal(change.err, ERR_NONE);
    house->key = house->admin = arena_z(&house->arena, change.new_key_text);
}

static void open_api(struct house *house)
{
    str why = STR("");
    struct opening opening = {.house = house};
    house->connect = (struct connect){.directory = house->directory,
                                      .catalog = house->catalog,
                                      .store = house->store,
                                      .log = &house->log,
                                      .workers = 1,
                                      .ops = &keeper_ops,
                                      .ops_arg = house};
    connect_open(&house->connect);
    house->api = (struct api){.directory = house->directory,
                              .connect = &house->connect,
                              .catalog = house->catalog,
                              .keyring = house->keyring,
                              .store = house->store,
                              .boards = &house->boards,
                              .keeper = house->keeper,
                              .writes = house->writes,
                              .hooks = house->hooks,
                              .deliver = house->deliver,
                              .guard = &house->guard,
                              .gate = &house->gate,
                              .log = &house->log,
                              .cursor_key = {1, 2, 3},
                              .reload_keys = reload_keys,
                              .reload_arg = house};
    house->cache = cache_open(&(struct cache_settings){
        .bytes_max = 1 << 20, .environment_bytes_max = 1 << 20, .world = world_real()});
    house->gate.exchange.cache = house->cache;
    api_open(&house->api);
    server_init(&house->server);
    house->listener.on_request = on_request;
    house->listener.arg = house;
    assert_true(server_bind(&house->arena, STR("127.0.0.1:0"), 1, &opening.fd,
                            &house->port, &why));
    live_loop_do(&house->loop, open_listener, &opening);
}

static int setup(void **state, const char *kind)
{
    struct house *house = mem_zalloc(sizeof(*house));
    crypto_start();
    house->fd = -1;
    house->kind = kind;
    arena_init(&house->arena, 1 << 16, (size_t)4 << 30);
    strcpy(house->folder, "/tmp/breakwater-api-XXXXXX");
    strcpy(house->data, "/tmp/breakwater-api-XXXXXX");
    assert_non_null(mkdtemp(house->folder));
    assert_non_null(mkdtemp(house->data));
    house->log = (struct log){.sink = count_line, .wall = tell_wall, .arg = house};
    boards_open(&house->boards);
    live_loop_start(&house->loop, 0);
    open_state(house);
    open_keeper(house);
    open_writes(house);
    house_open_hooks(house);
    open_deliver(house);
    make_admin(house);
    open_api(house);
    *state = house;
    return 0;
}

int house_setup(void **state)
{
    return setup(state, "mem");
}

int house_setup_durable(void **state)
{
    return setup(state, "sqlite");
}

static void close_listener(void *arg)
{
    listener_close(&((struct house *)arg)->listener);
}

static bool is_quiet(void *arg)
{
    struct house *house = arg;
    return atomic_load(&house->server.connections) == 0;
}

static void stop_writes(void *arg)
{
    struct house *house = arg;
    leavers_drain(house->api.leavers);
    connect_stop(&house->connect, &house->loop.worker);
    writes_drain(house->writes, &house->loop.worker);
    writes_stop(house->writes, &house->loop.worker);
    deliver_drain(house->deliver, &house->loop.worker);
    deliver_stop(house->deliver, &house->loop.worker);
}

struct asking {
    struct house *house;
    bool busy;
};

static void ask_busy(void *arg)
{
    struct asking *asking = arg;
    struct worker *worker = &asking->house->loop.worker;
    asking->busy = writes_busy(asking->house->writes, worker) > 0 ||
                   deliver_busy(asking->house->deliver, worker) > 0 ||
                   leavers_busy(asking->house->api.leavers);
}

/* What was under way is stored. */
static void end_writes(struct house *house)
{
    struct asking asking = {.house = house};
    live_loop_do(&house->loop, stop_writes, house);
    do
        live_loop_do(&house->loop, ask_busy, &asking);
    while (asking.busy);
}

static void leave(void *arg)
{
    struct house *house = arg;
    deliver_leave(house->deliver, &house->loop.worker);
    transport_leave(house->posts, &house->loop.worker);
    writes_leave(house->writes, &house->loop.worker);
    keeper_leave(house->keeper, &house->loop.worker);
    catalog_leave(house->catalog, &house->loop.worker);
}

static void nothing(void *arg)
{
    (void)arg;
}

int house_teardown(void **state)
{
    struct house *house = *state;
    if (house->fd >= 0)
        close(house->fd);
    live_loop_do(&house->loop, close_listener, house);
    while (!is_quiet(house))
        live_loop_do(&house->loop, nothing, NULL);
    end_writes(house);
    live_loop_do(&house->loop, leave, house);
    writes_close(&house->writes);
    deliver_close(&house->deliver);
    transport_destroy(&house->posts);
    house_close_hooks(house);
    keeper_close(&house->keeper);
    catalog_close(&house->catalog);
    live_loop_stop(&house->loop);
    api_close(&house->api);
    cache_close(&house->cache);
    connect_close(&house->connect);
    directory_close(&house->directory);
    store_close(&house->store);
    keyring_destroy(&house->keyring);
    boards_close(&house->boards);
    assert_int_equal(system(format(house, "rm -rf %s %s", house->folder, house->data)),
                     0);
    arena_fini(&house->arena);
    mem_free(house);
    return 0;
}

const char *format(struct house *house, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    str text = arena_vprintf(&house->arena, fmt, args);
    va_end(args);
    return arena_z(&house->arena, text);
}

/* --- the wire --- */

int house_connect(struct house *house)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(house->port)};
    struct timeval limit = {.tv_sec = 30};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

void house_say(int fd, str bytes)
{
    while (bytes.n) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* the other side says the rest */
        bytes = str_from(bytes, (size_t)n);
    }
}

str house_hear(struct house *house, int fd)
{
    struct buf buf;
    char piece[65536];
    ssize_t n;
    buf_init(&buf, (size_t)1 << 28);
    while ((n = recv(fd, piece, sizeof(piece), 0)) > 0)
        buf_put(&buf, piece, (size_t)n);
    str all = arena_str(&house->arena, buf.n ? buf_peek(&buf) : STR(""));
    buf_fini(&buf);
    return all;
}

static bool receive(int fd, struct buf *buf)
{
    char piece[65536];
    ssize_t n = recv(fd, piece, sizeof(piece), 0);
    if (n > 0)
        buf_put(buf, piece, (size_t)n);
    return n > 0;
}

str header_of(struct heard heard, const char *name)
{
    str rest = heard.head;
    str line;
    while (str_next(&rest, '\n', &line)) {
        size_t colon = str_find(line, ':');
        if (colon < line.n && str_eq_nocase(str_of(line.p, colon), str_z(name))) {
            str value = str_trim(str_from(line, colon + 1));
            return str_ends(value, STR("\r")) ? str_of(value.p, value.n - 1) : value;
        }
    }
    return STR_NONE;
}

static struct heard hear_answer(struct house *house, int fd, bool bodiless)
{
    struct buf buf;
    struct heard heard = {0};
    uint64_t length = 0;
    buf_init(&buf, (size_t)1 << 28);
    size_t end;
    while ((end = str_find_str(buf_peek(&buf), STR("\r\n\r\n"))) == buf.n)
        if (!receive(fd, &buf))
            fail_msg("no whole head: \"" STR_F "\"", STR_A(buf_peek(&buf)));
    heard.head = arena_str(&house->arena, str_of(buf.p, end + 4));
    assert_true(str_starts(heard.head, STR("HTTP/1.1 ")));
    heard.status = (heard.head.p[9] - '0') * 100 + (heard.head.p[10] - '0') * 10 +
                   (heard.head.p[11] - '0');
    if (heard.status != 204 && !bodiless)
        assert_true(str_to_u64(header_of(heard, "Content-Length"), UINT32_MAX, &length));
    while (buf.n < end + 4 + length)
        if (!receive(fd, &buf))
            fail_msg("the body is cut");
    assert_int_equal(buf.n, end + 4 + length);
    heard.body = arena_str(&house->arena, str_of(buf.p + end + 4, length));
    buf_fini(&buf);
    if (length)
        heard.json = given_json(&house->arena, heard.body);
    return heard;
}

/* --- what an answer must be --- */

static const struct api_route *route_of(struct house *house, const char *verb, str path)
{
    struct path_match match;
    path = str_of(path.p, str_find(path, '?'));
    bool found =
        path_set_match(house->api.routes, str_z(verb), path, &match) == PATH_FOUND;
    return found ? match.target : NULL;
}

static void check_problem(struct heard heard)
{
    static const char *const members[] = {"type", "title", "code",
                                          "mend", "retry", "request_id"};
    given_same("type", header_of(heard, "Content-Type"), "application/problem+json");
    assert_int_equal(number_at(heard, "/status"), heard.status);
    for (size_t i = 0; i < COUNT_OF(members); i++)
        if (str_absent(json_member_text(heard.json, str_z(members[i]))))
            fail_msg("a problem without %s: " STR_F, members[i], STR_A(heard.body));
}

static void check_answer(struct house *house, const char *verb, str path,
                         struct heard heard)
{
    str why = STR("");
    const struct api_route *route = route_of(house, verb, path);
    str request_id = header_of(heard, "X-Request-Id");
    assert_true(str_starts(request_id, STR("req_")) && request_id.n == 26);
    if (heard.status >= 400)
        check_problem(heard);
    if (!route)
        return;
    size_t i = (size_t)(route - api_routes);
    if (heard.status < 400)
        answered[i] = true;
    else if (heard.status == 401 || heard.status == 403)
        refused[i] = true;
    if (heard.status >= 400)
        return;
    bool later = route->handler->later && heard.status == 202;
    const struct shape *shape = later ? route->handler->later : route->handler->answer;
    assert_int_equal(heard.status, later ? 202 : route->handler->status);
    if (shape && heard.json && !shape_check(shape, heard.json, &house->arena, &why))
        fail_msg("%s %s: " STR_F " in " STR_F, route->verb, route->pattern, STR_A(why),
                 STR_A(heard.body));
}

static bool was(const bool *seen, const char *name)
{
    for (size_t i = 0; i < api_route_n; i++)
        if (strcmp(api_routes[i].name, name) == 0)
            return seen[i];
    return false;
}

bool house_was_answered(const char *route_name)
{
    return was(answered, route_name);
}

bool house_was_refused(const char *route_name)
{
    return was(refused, route_name);
}

/* --- asking --- */

struct heard ask_raw(struct house *house, const char *verb, str path, str body)
{
    struct buf out;
    if (house->fd < 0)
        house->fd = house_connect(house);
    buf_init(&out, (size_t)1 << 26);
    buf_printf(&out, "%s " STR_F " HTTP/1.1\r\nHost: h\r\n", verb, STR_A(path));
    if (house->key)
        buf_printf(&out, "Authorization: Bearer %s\r\n", house->key);
    if (!str_absent(body))
        buf_printf(&out, "Content-Length: %zu\r\n", body.n);
    buf_str(&out, STR("\r\n"));
    buf_str(&out, body);
    house_say(house->fd, buf_peek(&out));
    buf_fini(&out);
    struct heard heard = hear_answer(house, house->fd, strcmp(verb, "HEAD") == 0);
    if (!str_absent(header_of(heard, "Connection"))) {
        close(house->fd);
        house->fd = -1;
    }
    check_answer(house, verb, path, heard);
    return heard;
}

struct heard ask(struct house *house, const char *verb, const char *body, const char *fmt,
                 ...)
{
    va_list args;
    va_start(args, fmt);
    str path = arena_vprintf(&house->arena, fmt, args);
    va_end(args);
    if (!body)
        return ask_raw(house, verb, path, STR_NONE);
    return ask_raw(house, verb, path, given_quotes(&house->arena, body));
}

void check_status(struct heard heard, int status, const char *file, int line)
{
    if (heard.status == status)
        return;
    print_error("status %d, not %d: " STR_F "\n", heard.status, status,
                STR_A(heard.body));
    _fail(file, line);
}

void check_refused(struct heard heard, int status, const char *code, const char *file,
                   int line)
{
    check_status(heard, status, file, line);
    str found = json_member_text(heard.json, STR("code"));
    if (!str_absent(found) && str_eq(found, str_z(code)))
        return;
    print_error("code " STR_F ", not %s: " STR_F "\n", STR_A(found), code,
                STR_A(heard.body));
    _fail(file, line);
}

static const struct json *find(struct heard heard, const char *text)
{
    struct arena scratch;
    struct pointer pointer;
    const struct json *found = NULL;
    arena_init(&scratch, 1024, 1 << 20);
    if (heard.json && pointer_parse(&scratch, str_z(text), POINTER_RFC6901, &pointer))
        found = pointer_find(&pointer, heard.json);
    arena_fini(&scratch);
    return found;
}

const struct json *at(struct heard heard, const char *pointer)
{
    const struct json *found = find(heard, pointer);
    if (!found)
        fail_msg("nothing at %s in " STR_F, pointer, STR_A(heard.body));
    return found;
}

const char *text_at(struct house *house, struct heard heard, const char *pointer)
{
    const struct json *found = at(heard, pointer);
    if (!json_is(found, JSON_STRING))
        fail_msg("no text at %s in " STR_F, pointer, STR_A(heard.body));
    return arena_z(&house->arena, json_text(found));
}

double number_at(struct heard heard, const char *pointer)
{
    return json_number(at(heard, pointer));
}

bool is_null_at(struct heard heard, const char *pointer)
{
    return json_is(at(heard, pointer), JSON_NULL);
}

bool has_at(struct heard heard, const char *pointer)
{
    return find(heard, pointer) != NULL;
}

uint32_t count_at(struct heard heard, const char *pointer)
{
    return at(heard, pointer)->n;
}

void assert_says(struct heard heard, const char *part)
{
    if (str_find_str(heard.body, str_z(part)) == heard.body.n)
        fail_msg(STR_F " does not say \"%s\"", STR_A(heard.body), part);
}

/* --- objects --- */

static const char *id_of(struct house *house, struct heard heard)
{
    assert_status(heard, 201);
    return text_at(house, heard, "/id");
}

const char *make_stage(struct house *house, const char *name)
{
    const char *body = format(house, "{'name':'%s','kind':'sandbox'}", name);
    return id_of(house, post(house, body, "/v1/stages"));
}

const char *make_environment(struct house *house, const char *stage, const char *name)
{
    const char *body = format(house, "{'stage':'%s','name':'%s'}", stage, name);
    return id_of(house, post(house, body, "/v1/environments"));
}

const char *make_account(struct house *house, const char *environment,
                         const char *external_id)
{
    const char *body = format(house,
                              "{'environment':'%s','integration':'acme','external_id':"
                              "'%s','context':{'subdomain':'one'},"
                              "'credentials':{'token':'t0p-s3cret'}}",
                              environment, external_id);
    return id_of(house, post(house, body, "/v1/accounts"));
}

const char *make_key(struct house *house, const char *permissions, const char *reach)
{
    const char *body = format(house, "{'label':'a key','permissions':%s%s%s}",
                              permissions, reach ? "," : "", reach ? reach : "");
    struct heard heard = post(house, body, "/v1/keys");
    assert_status(heard, 201);
    return text_at(house, heard, "/key");
}

const char acme_document[] =
    "{'name':'acme','label':'Acme','version':'1','hosts':['*.acme.test'],"
    "'base_url':'https://{subdomain}.acme.test','auth':'bearer',"
    "'resources':{'things':{'methods':{"
    "'list':{'verb':'GET','path':'/things','group':'search'},"
    "'create':{'verb':'POST','path':'/things'}}}}}";

void make_acme(struct house *house)
{
    assert_status(put(house, acme_document, "/v1/integrations/acme"), 200);
}
