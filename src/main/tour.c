/*
 * A request here is a socket, a text and an answer: the tour is a caller like any other
 * and uses nothing of the daemon it talks to.
 */
#include "main/tour.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/encode.h"
#include "http/parse.h"
#include "json/json_parse.h"
#include "loop/world.h"

#define VENDORS_SECRET "the secret of a simulated vendor"

enum { ANSWER_BYTES_MAX = 256 * 1024, OPEN_AFTER = 5, CALLS_ALLOWED = 12 };

struct asked {
    const char *verb;
    const char *path;
    const char *header; /* more header lines, "\r\n" between them; NULL = none */
    const char *body;   /* JSON; NULL = none */
    bool quiet;         /* not printed */
    bool direct;        /* to the simulator, with the vendor's own token */
    bool is_vendors;    /* a request of the vendor's, which has no key of ours */
};

struct answered {
    int status;
    struct headers headers;
    str body;
};

/* --- one request --- */

static bool send_all(int fd, str text)
{
    while (text.n) {
        ssize_t put = send(fd, text.p, text.n, MSG_NOSIGNAL);
        if (put <= 0)
            return false;
        text = str_from(text, (size_t)put);
    }
    return true;
}

static str exchange_text(struct tour *tour, uint16_t port, str request)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    char *bytes = arena_bytes(&tour->arena, ANSWER_BYTES_MAX);
    size_t n = 0;
    ssize_t got = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
        send_all(fd, request))
        while (n < ANSWER_BYTES_MAX &&
               (got = recv(fd, bytes + n, ANSWER_BYTES_MAX - n, 0)) > 0)
            n += (size_t)got;
    if (fd >= 0)
        close(fd);
    return str_of(bytes, n);
}

static bool read_answer(struct tour *tour, str text, struct answered *ret)
{
    struct head_scan scan = {0};
    struct message_head head;
    struct body_parser body;
    const char *why;
    size_t n;
    str chunk;
    if (parse_scan(&scan, text, &n, &why) != PARSE_DONE ||
        parse_head(PARSE_RESPONSE, &tour->arena, str_of(text.p, n), &head, &body, &why) !=
            PARSE_DONE)
        return false;
    text = str_from(text, n);
    *ret = (struct answered){.status = head.status, .headers = head.headers};
    ret->body = STR("");
    while (parse_body(&body, &text, &chunk) == BODY_CHUNK) {
        str parts[] = {ret->body, chunk};
        ret->body = arena_join(&tour->arena, parts, 2);
    }
    return true;
}

static void print_request(const struct tour *tour, const struct asked *asked)
{
    printf("\n    $ curl -i %s%s%s'http://127.0.0.1:%u%s'", asked->body ? "-X " : "",
           asked->body ? asked->verb : "", asked->body ? " " : "",
           asked->direct ? tour->sim_port : tour->port, asked->path);
    if (!asked->is_vendors)
        printf(" -H \"Authorization: Bearer %s\"",
               asked->direct ? "the-vendors-own-token" : "$KEY");
    str lines = asked->header ? str_z(asked->header) : STR(""), line;
    while (lines.n && str_next(&lines, '\n', &line)) {
        line.n -= str_ends(line, STR("\r"));
        printf(" -H '" STR_F "'", STR_A(line));
    }
    if (asked->body)
        printf(" -d '%s'", asked->body);
    printf("\n");
}

/* Headers that the tour speaks of; the rest of an answer is left out. */
static bool is_worth_showing(str name)
{
    static const char *const shown[] = {"Link",
                                        "Retry-After",
                                        "RateLimit",
                                        "RateLimit-Policy",
                                        "X-Upstream-Status",
                                        "X-Calls",
                                        "Server-Timing",
                                        "X-Data-Freshness",
                                        "Age",
                                        "Location",
                                        "X-Breakwater-Attempts",
                                        "X-Breakwater-Breaker"};
    for (size_t i = 0; i < COUNT_OF(shown); i++)
        if (str_eq_nocase(name, str_z(shown[i])))
            return true;
    return false;
}

static void print_answer(const struct answered *answered)
{
    printf("    HTTP %d\n", answered->status);
    for (uint32_t i = 0; i < answered->headers.n; i++) {
        const struct header *header = &answered->headers.items[i];
        if (is_worth_showing(header->name))
            printf("    " STR_F ": " STR_F "\n", STR_A(header->name),
                   STR_A(header->value));
    }
    size_t shown = answered->body.n < 300 ? answered->body.n : 300;
    if (shown)
        printf("    %.*s%s\n", (int)shown, answered->body.p,
               shown < answered->body.n ? " …" : "");
}

static struct answered ask(struct tour *tour, const struct asked *asked)
{
    struct answered answered = {0};
    if (tour->broken_off)
        return answered;
    size_t n = asked->body ? strlen(asked->body) : 0;
    str token = asked->direct ? STR("the-vendors-own-token") : tour->key;
    str key = asked->is_vendors
                  ? STR("")
                  : arena_printf(&tour->arena, "Authorization: Bearer " STR_F "\r\n",
                                 STR_A(token));
    str request =
        arena_printf(&tour->arena,
                     "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n" STR_F
                     "Connection: close\r\n%s%sContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\n\r\n%s",
                     asked->verb, asked->path, tour->port, STR_A(key),
                     asked->header ? asked->header : "", asked->header ? "\r\n" : "", n,
                     asked->body ? asked->body : "");
    bool shown = !asked->quiet && !tour->silent;
    if (shown)
        print_request(tour, asked);
    str text = exchange_text(tour, asked->direct ? tour->sim_port : tour->port, request);
    tour->broken_off = !read_answer(tour, text, &answered);
    if (shown && !tour->broken_off)
        print_answer(&answered);
    fflush(stdout);
    return answered;
}

/* --- telling --- */

static void expect(struct tour *tour, bool as_told, const char *what)
{
    if (as_told || tour->disappointed || tour->broken_off)
        return;
    tour->disappointed = what;
    if (!tour->silent)
        printf("\n    ! this did not go as told: %s\n", what);
}

static void title(const struct tour *tour, int number, const char *text)
{
    if (tour->silent)
        return;
    printf("\n──── %d. %s\n\n", number, text);
}

static void say(const struct tour *tour, const char *text)
{
    if (tour->silent)
        return;
    printf("%s%s\n", text[0] ? "  " : "", text);
}

static str header_of(const struct answered *answered, const char *name)
{
    return header_value_name(&answered->headers, str_z(name));
}

static bool code_is(struct tour *tour, const struct answered *answered, str code)
{
    struct json body;
    return json_parse(&tour->arena, answered->body, NULL, &body, NULL) &&
           str_eq(json_member_text(&body, STR("code")), code);
}

/* --- the steps --- */

static void show_call(struct tour *tour)
{
    title(tour, 1, "A call");
    say(tour,
        "Your code knows an account (acme) and a Breakwater key. The vendor's token is");
    say(tour, "stored in Breakwater; it is put in on the way out, and nobody sees it.");
    struct answered answered =
        ask(tour, &(struct asked){.verb = "GET", .path = "/proxy/acme/contacts?limit=2"});
    expect(tour, answered.status == 200, "the call should be answered 200");
    say(tour, "");
    say(tour,
        "The body is the vendor's, untouched. Link pointed to the vendor; now it leads");
    say(tour,
        "through the proxy, so an SDK that follows pages stays inside. The vendor counts "
        "in");
    say(tour, "a header of its own (X-Calls: 1/12); RateLimit says the same as everybody "
              "else.");
    expect(tour,
           str_find_str(header_of(&answered, "Link"), STR("/proxy/acme/")) <
               header_of(&answered, "Link").n,
           "Link should lead through the proxy");
}

static void show_throttle(struct tour *tour)
{
    struct asked call = {.verb = "GET", .path = "/proxy/acme/contacts/c1", .quiet = true};
    struct answered answered = {0};
    title(tour, 2, "Too many calls");
    say(tour,
        "Twelve calls in six seconds is all this vendor allows. It does not say 429. "
        "Asked");
    say(tour, "directly, with its own token, it says this:");
    for (int i = 0; i < CALLS_ALLOWED; i++)
        ask(tour, &call);
    ask(tour,
        &(struct asked){.verb = "GET", .path = "/demo/contacts/c1", .direct = true});
    say(tour, "");
    say(tour,
        "Through Breakwater the same refusal is what your code expects of any vendor:");
    call.quiet = false;
    answered = ask(tour, &call);
    expect(tour, answered.status == 429, "a throttle should be 429");
    expect(tour, header_of(&answered, "Retry-After").n > 0,
           "a throttle should say how long to wait");
    say(tour, "");
    say(tour,
        "Whoever would rather wait than be told says how long, and gets his answer:");
    call.header = "X-Breakwater-Wait-On-Limit: 10s";
    answered = ask(tour, &call);
    expect(tour, answered.status == 200, "the waiting call should be answered 200");
    say(tour, "");
    say(tour, "Server-Timing has the wait under `queue`.");
}

static void inject_outage(struct tour *tour)
{
    struct answered answered = ask(
        tour,
        &(struct asked){.verb = "POST",
                        .path = "/_sim/faults",
                        .body = "{\"path\":\"/demo/\",\"duration\":\"60s\",\"fault\":"
                                "{\"status\":503,\"body\":{\"error\":{\"code\":\"DOWN\","
                                "\"message\":\"We will be back soon\"}}}}",
                        .direct = true});
    expect(tour, answered.status < 300, "the fault should be injected");
}

static void show_outage(struct tour *tour)
{
    struct asked call = {.verb = "GET",
                         .path = "/proxy/acme/contacts?limit=1",
                         .header = "X-Breakwater-Retry: never"};
    struct answered answered = {0};
    title(tour, 3, "An outage");
    say(tour, "The simulated vendor goes down. (A fault, injected into the simulator.)");
    inject_outage(tour);
    say(tour, "");
    say(tour,
        "Reads are tried again by themselves; these ask for a single attempt, so that "
        "the");
    say(tour, "tour does not take a minute. The first one, and then four more:");
    answered = ask(tour, &call);
    expect(tour, answered.status == 503, "the vendor's 503 should come through");
    call.quiet = true;
    for (int i = 1; i < OPEN_AFTER; i++)
        ask(tour, &call);
    say(tour, "");
    say(tour,
        "Five failures in a row: the breaker opens. The next call is not sent at all:");
    call.quiet = false;
    answered = ask(tour, &call);
    expect(tour, answered.status == 503 && code_is(tour, &answered, STR("breaker_open")),
           "the breaker should be open");
    say(tour, "");
    say(tour,
        "A problem document (RFC 9457): a stable code, what the vendor said last, and "
        "in");
    say(tour, "Retry-After when the next trial is due.");
}

static void show_meanwhile(struct tour *tour)
{
    title(tour, 4, "Meanwhile");
    say(tour, "Whoever reads what was read before gets it again, and is told how old it "
              "is:");
    struct answered read =
        ask(tour, &(struct asked){.verb = "GET", .path = "/proxy/acme/contacts/c1"});
    expect(tour, str_eq(header_of(&read, "X-Data-Freshness"), STR("stale")),
           "the read should be answered from the cache");
    say(tour, "");
    say(tour, "A write is kept, if that is asked for. 202 means: it is on disk.");
    struct answered write = ask(tour, &(struct asked){.verb = "POST",
                                                      .path = "/proxy/acme/contacts",
                                                      .header = "X-Breakwater-Queue: "
                                                                "on-failure",
                                                      .body = "{\"email\":"
                                                              "\"ada@example.com\"}"});
    expect(tour, write.status == 202, "the write should be accepted");
    tour->write = arena_str(&tour->arena, header_of(&write, "Location"));
}

/* What was accepted has come to the vendor, once. */
static void show_delivery(struct tour *tour)
{
    struct asked look = {.verb = "GET", .path = "/", .quiet = true};
    struct answered answered = {0};
    look.path = arena_z(&tour->arena, tour->write);
    say(tour, "");
    say(tour, "What was kept is sent as soon as the breaker allows it:");
    for (int i = 0; i < 150 && !tour->broken_off; i++) {
        struct json body;
        answered = ask(tour, &look);
        if (json_parse(&tour->arena, answered.body, NULL, &body, NULL) &&
            str_eq(json_member_text(&body, STR("state")), STR("delivered")))
            break;
        usleep(100 * 1000);
    }
    look.quiet = false;
    answered = ask(tour, &look);
    expect(tour,
           str_find_str(answered.body, STR("\"state\":\"delivered\"")) < answered.body.n,
           "the write should be delivered");
    answered = ask(tour, &(struct asked){.verb = "GET",
                                         .path = "/_sim/writes?path=%2Fdemo%2F",
                                         .direct = true,
                                         .quiet = true});
    expect(tour, str_find_str(answered.body, STR("\"executed\":1,")) < answered.body.n,
           "the vendor should have the write, once");
    say(tour, "");
    say(tour, "The vendor has it once, however often it was tried: a key goes along "
              "from the first");
    say(tour, "attempt on.");
}

static void show_recovery(struct tour *tour)
{
    struct asked call = {.verb = "GET", .path = "/proxy/acme/contacts?limit=1"};
    struct answered answered = {0};
    title(tour, 5, "Back again");
    say(tour,
        "The vendor recovers. After its time (3 s here, 30 s by default) the breaker "
        "lets");
    say(tour, "trial calls through; two good ones close it.");
    ask(tour,
        &(struct asked){
            .verb = "DELETE", .path = "/_sim/faults", .direct = true, .quiet = true});
    call.quiet = true;
    for (int i = 0; i < 100 && !tour->broken_off; i++) {
        usleep(100 * 1000);
        answered = ask(tour, &call);
        if (answered.status == 200)
            break;
    }
    ask(tour, &call);
    call.quiet = false;
    answered = ask(tour, &call);
    expect(tour, answered.status == 200, "calls should go through again");
    expect(tour, str_eq(header_of(&answered, "X-Breakwater-Breaker"), STR("closed")),
           "the breaker should be closed");
    show_delivery(tour);
}

static void show_one_shape(struct tour *tour)
{
    title(tour, 6, "One shape");
    say(tour, "The document says how this vendor's contacts become everybody's. Code "
              "that asks");
    say(tour, "like this works with every other vendor of the same kind:");
    struct answered answered =
        ask(tour, &(struct asked){.verb = "GET",
                                  .path = "/unified/crm/contacts?account=acme&limit=2"});
    expect(tour, answered.status == 200, "the unified list should be answered 200");
    expect(tour, str_find_str(answered.body, STR("\"next_cursor\":\"")) < answered.body.n,
           "there should be a further page");
    say(tour, "");
    say(tour,
        "next_cursor leads to the next page, however the vendor pages; all=true streams");
    say(tour, "the whole list, a line a record.");
}

/* --- a webhook --- */

/* "id" of the first of a list. */
static const char *first_id(struct tour *tour, const char *path)
{
    struct answered answered =
        ask(tour, &(struct asked){.verb = "GET", .path = path, .quiet = true});
    struct json body;
    if (!json_parse(&tour->arena, answered.body, NULL, &body, NULL))
        return "";
    const struct json *items = json_member(&body, STR("items"));
    const struct json *first = items && items->n ? &items->u.items[0] : NULL;
    return first ? arena_z(&tour->arena, json_member_text(first, STR("id"))) : "";
}

/* The headers of Standard Webhooks, which this vendor signs by. */
static const char *sign(struct tour *tour, str id, str body)
{
    uint8_t mac[CRYPTO_SHA256_BYTES];
    usec now = world_wall(world_real()) / USEC_S;
    str content = arena_printf(&tour->arena, STR_F ".%lld." STR_F, STR_A(id),
                               (long long)now, STR_A(body));
    crypto_hmac_sha256(STR(VENDORS_SECRET), content, mac);
    str signature = encode_base64(&tour->arena, str_of((char *)mac, sizeof(mac)));
    return arena_z(&tour->arena,
                   arena_printf(&tour->arena,
                                "webhook-id: " STR_F "\r\nwebhook-timestamp: %lld\r\n"
                                "webhook-signature: v1," STR_F,
                                STR_A(id), (long long)now, STR_A(signature)));
}

static void agree_on_webhooks(struct tour *tour, const char *account)
{
    str secret = encode_base64(&tour->arena, STR(VENDORS_SECRET));
    const char *environment = first_id(tour, "/v1/environments");
    struct asked keep = {.verb = "PUT"};
    struct asked make = {.verb = "POST", .path = "/v1/endpoints"};
    keep.path =
        arena_z(&tour->arena,
                arena_printf(&tour->arena, "/v1/accounts/%s/webhook-secrets", account));
    keep.body = arena_z(
        &tour->arena,
        arena_printf(&tour->arena, "{\"secrets\":[\"whsec_" STR_F "\"]}", STR_A(secret)));
    make.body = arena_z(&tour->arena,
                        arena_printf(&tour->arena,
                                     "{\"environment\":\"%s\",\"types\":[\"record.*\"],"
                                     "\"url\":\"http://127.0.0.1:%u/_sim/sink\"}",
                                     environment, tour->sim_port));
    expect(tour, ask(tour, &keep).status < 300, "the secret should be kept");
    expect(tour, ask(tour, &make).status == 201, "the endpoint should be made");
}

/* What the product got, as the simulator that stands in for it has seen it. */
static void show_posted(struct tour *tour)
{
    struct asked look = {.verb = "GET",
                         .path = "/_sim/requests?limit=1&path=%2F_sim%2Fsink",
                         .direct = true,
                         .quiet = true};
    struct answered answered = {0};
    const struct json *requests = NULL;
    struct json body;
    for (int i = 0; i < 100 && !tour->broken_off && !(requests && requests->n); i++) {
        usleep(50 * 1000);
        answered = ask(tour, &look);
        requests = json_parse(&tour->arena, answered.body, NULL, &body, NULL)
                       ? json_member(&body, STR("requests"))
                       : NULL;
    }
    bool came = requests && requests->n;
    str posted = came ? json_member_text(&requests->u.items[0], STR("body")) : STR("");
    expect(tour, str_find_str(posted, STR("\"type\":\"record.created\"")) < posted.n,
           "the product should get a record.created");
    if (!tour->silent && came)
        printf("    POST /_sim/sink\n    " STR_F "\n", STR_A(posted));
}

static void show_webhook(struct tour *tour)
{
    static const char body[] =
        "{\"type\":\"contact.created\",\"timestamp\":\"2026-01-01T00:00:00Z\","
        "\"data\":{\"id\":\"c42\",\"name\":\"Ada Lovelace\","
        "\"email\":\"ada@example.com\"}}";
    title(tour, 7, "The other way");
    say(tour,
        "Vendors tell of changes by webhooks. Breakwater is told the vendor's secret, "
        "and where");
    say(tour, "your product wants to hear of records:");
    const char *account = first_id(tour, "/v1/accounts");
    agree_on_webhooks(tour, account);
    say(tour, "");
    say(tour, "The vendor calls. 200 means: the signature is right, and it is on disk.");
    struct asked call = {
        .verb = "POST", .body = body, .header = sign(tour, STR("msg_1"), str_z(body))};
    call.is_vendors = true;
    call.path =
        arena_z(&tour->arena, arena_printf(&tour->arena, "/hooks/demo/%s", account));
    struct answered answered = ask(tour, &call);
    expect(tour, answered.status == 200, "the webhook should be taken");
    say(tour, "");
    say(tour, "Your product gets the record in its own shape, once, signed by Standard "
              "Webhooks:");
    show_posted(tour);
    say(tour, "");
    say(tour, "The same again is known by its id; a byte changed, and it is refused:");
    call.body = "{}";
    answered = ask(tour, &call);
    expect(tour,
           answered.status == 401 && code_is(tour, &answered, STR("webhook_rejected")),
           "a forged webhook should be refused");
}

void tour_run(struct tour *tour)
{
    static void (*const steps[])(struct tour *) = {
        show_call,     show_throttle,  show_outage, show_meanwhile,
        show_recovery, show_one_shape, show_webhook};
    arena_init(&tour->arena, 64 * 1024, 256 << 20);
    for (size_t i = 0; i < COUNT_OF(steps) && !tour->broken_off; i++)
        steps[i](tour);
    if (!tour->silent)
        printf("\n────\n");
    fflush(stdout);
}
