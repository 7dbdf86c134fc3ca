/*
 * A call as options of an easy handle. libcurl is kept from everything it would do of its
 * own: headers, redirects, cookies, decoding, the environment's proxies, signals.
 */
#include "base/mem.h"
#include "call/curl_call.h"
#include "http/tls.h"

enum { PROXY_PORT = 1080, BUFFER_BYTES = 64 * 1024 };

#define SET(ride, option, value)                                                         \
    ODD(curl_easy_setopt((ride)->easy, CURLOPT_##option, value) != CURLE_OK)

/* --- whose addresses --- */

static str take_part(struct arena *arena, CURLU *url, CURLUPart part, unsigned flags)
{
    char *text = NULL;
    str copy = STR_NONE;
    if (curl_url_get(url, part, &text, flags) == CURLUE_OK)
        copy = arena_str(arena, str_z(text));
    curl_free(text);
    return copy;
}

static bool read_proxy(const struct call *call, struct curl_peer *ret_peer)
{
    CURLU *url = curl_url();
    uint64_t port = PROXY_PORT;
    bool good = curl_url_set(url, CURLUPART_URL, arena_z(call->arena, call->egress_proxy),
                             CURLU_DEFAULT_SCHEME) == CURLUE_OK;
    str host = take_part(call->arena, url, CURLUPART_HOST, 0);
    str port_text = take_part(call->arena, url, CURLUPART_PORT, 0);
    curl_url_cleanup(url);
    if (host.n > 2 && host.p[0] == '[')
        host = str_of(host.p + 1, host.n - 2);
    good = good && host.n && host.n <= 255;
    if (!str_absent(port_text))
        good = good && str_to_u64(port_text, UINT16_MAX, &port);
    *ret_peer = (struct curl_peer){host, (uint16_t)port};
    return good;
}

bool curl_easy_peer(const struct call *call, struct curl_peer *ret_peer)
{
    *ret_peer = (struct curl_peer){call->url.host, call->url.port};
    return str_absent(call->egress_proxy) || read_proxy(call, ret_peer);
}

/* --- the request --- */

static void add_line(struct ride *ride, str line)
{
    struct curl_slist *lines =
        curl_slist_append(ride->lines, arena_z(ride->call->arena, line));
    CHECK(lines != NULL);
    ride->lines = lines;
}

/* "Name: value"; "Name;" is libcurl's way to send an empty value. */
static void add_header(struct ride *ride, const struct header *header)
{
    struct arena *arena = ride->call->arena;
    str with[] = {header->name, STR(": "), header->value};
    str without[] = {header->name, STR(";")};
    add_line(ride, header->value.n ? arena_join(arena, with, COUNT_OF(with))
                                   : arena_join(arena, without, COUNT_OF(without)));
}

static bool has_content(const struct call *call)
{
    bool by_nature = str_eq(call->method, STR("POST")) ||
                     str_eq(call->method, STR("PUT")) ||
                     str_eq(call->method, STR("PATCH"));
    return call->body_bytes != CALL_BODY_NONE || by_nature;
}

/*
 * The framing is said here, for the sake of what stands behind it: libcurl looks for an
 * `Expect` line of ours at the start of each entry, and would do its own waiting, and
 * send the request again after a 417.
 */
static void add_framing(struct ride *ride)
{
    const struct call *call = ride->call;
    str expect = call->expect_continue && call->body_bytes != CALL_BODY_NONE
                     ? STR("\r\nExpect: 100-continue")
                     : STR("");
    if (call->body_bytes == CALL_BODY_CHUNKED)
        add_line(ride, arena_printf(call->arena, "Transfer-Encoding: chunked" STR_F,
                                    STR_A(expect)));
    else if (has_content(call))
        add_line(ride, arena_printf(call->arena, "Content-Length: %lld" STR_F,
                                    (long long)call->body_bytes, STR_A(expect)));
    if (call->trailers_wanted) {
        add_line(ride, STR("TE: trailers"));
        add_line(ride, STR("Connection: TE"));
    }
}

static void plan_headers(struct ride *ride)
{
    const struct headers *headers = ride->call->headers;
    add_framing(ride);
    for (uint32_t i = 0; i < headers->n; i++)
        if (!call_frames(&headers->items[i]))
            add_header(ride, &headers->items[i]);
    if (!header_find(headers, HEADER_USER_AGENT))
        add_line(ride, STR("User-Agent:"));
    if (!header_find_name(headers, STR("Accept")))
        add_line(ride, STR("Accept:"));
    add_line(ride, STR("Expect:"));
    SET(ride, HTTPHEADER, ride->lines);
}

static void plan_request(struct ride *ride)
{
    struct call *call = ride->call;
    SET(ride, URL, arena_z(call->arena, url_format(call->arena, &call->url)));
    SET(ride, PATH_AS_IS, 1L);
    if (str_eq(call->method, STR("HEAD"))) {
        SET(ride, NOBODY, 1L);
    } else if (has_content(call)) {
        SET(ride, UPLOAD, 1L);
        SET(ride, INFILESIZE_LARGE, (curl_off_t)call->body_bytes);
    }
    SET(ride, CUSTOMREQUEST, arena_z(call->arena, call->method));
    plan_headers(ride);
}

/* --- the connection --- */

static CURLcode lend_trust(CURL *easy, void *context, void *arg)
{
    struct ride *ride = arg;
    (void)easy;
    tls_lend(ride->group->tls, context, &ride->group->ends);
    return CURLE_OK;
}

static int is_connected(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    (void)arg, (void)fd, (void)purpose;
    return CURL_SOCKOPT_ALREADY_CONNECTED;
}

static int close_socket(void *arg, curl_socket_t fd)
{
    curl_wire_close(arg, fd);
    return 0;
}

static void plan_proxy(struct ride *ride)
{
    const struct call *call = ride->call;
    SET(ride, NOPROXY, "");
    if (str_absent(call->egress_proxy)) {
        SET(ride, PROXY, "");
        return;
    }
    SET(ride, PROXY, arena_z(call->arena, call->egress_proxy));
    SET(ride, HEADEROPT, (long)CURLHEADER_SEPARATE); /* ours are not for the proxy */
    SET(ride, PROXYHEADER, ride->group->pool->curl->proxy_lines);
    SET(ride, SUPPRESS_CONNECT_HEADERS, 1L);
}

/* libcurl never connects, but does not ask for a socket before it has an address: one
 * that nobody has (RFC 5737), remembered for a while. */
static void plan_address(struct ride *ride)
{
    str text = arena_printf(ride->call->arena, "+" STR_F ":%u:192.0.2.1",
                            STR_A(ride->peer.host), ride->peer.port);
    ride->addresses = curl_slist_append(NULL, arena_z(ride->call->arena, text));
    CHECK(ride->addresses != NULL);
    SET(ride, RESOLVE, ride->addresses);
}

static void plan_connection(struct ride *ride)
{
    struct curl_pool *pool = ride->group->pool;
    SET(ride, SHARE, ride->group->share);
    if (!url_host_is_address(ride->peer.host))
        plan_address(ride);
    SET(ride, HTTP_VERSION,
        (long)(ride->call->h1_only ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS));
    SET(ride, PIPEWAIT, (long)(ride->call->url.tls && !ride->call->fresh));
    SET(ride, MAXAGE_CONN, (long)usec_ceil_s(pool->curl->transport.settings.idle));
    SET(ride, HAPPY_EYEBALLS_TIMEOUT_MS, 1L);
    SET(ride, OPENSOCKETFUNCTION, ride_on_socket);
    SET(ride, OPENSOCKETDATA, ride);
    SET(ride, SOCKOPTFUNCTION, is_connected);
    SET(ride, CLOSESOCKETFUNCTION, close_socket);
    SET(ride, CLOSESOCKETDATA, pool);
    SET(ride, CAINFO, NULL); /* the group's profile says who is trusted */
    SET(ride, CAPATH, NULL);
    SET(ride, SSL_CTX_FUNCTION, lend_trust);
    SET(ride, SSL_CTX_DATA, ride);
    plan_proxy(ride);
}

static void plan_manners(struct ride *ride)
{
    SET(ride, NOSIGNAL, 1L);
    SET(ride, QUICK_EXIT, 1L);
    SET(ride, PROTOCOLS_STR, "http,https");
    SET(ride, FOLLOWLOCATION, 0L);
    SET(ride, HTTP_CONTENT_DECODING, 0L);
    SET(ride, HTTP_TRANSFER_DECODING, 0L);
    SET(ride, BUFFERSIZE, (long)BUFFER_BYTES);
    SET(ride, UPLOAD_BUFFERSIZE, (long)BUFFER_BYTES);
    SET(ride, ERRORBUFFER, ride->why);
}

static void plan_callbacks(struct ride *ride)
{
    SET(ride, PRIVATE, ride);
    SET(ride, PREREQFUNCTION, ride_on_ready);
    SET(ride, PREREQDATA, ride);
    SET(ride, READFUNCTION, ride_on_read);
    SET(ride, READDATA, ride);
    SET(ride, HEADERFUNCTION, ride_on_header);
    SET(ride, HEADERDATA, ride);
    SET(ride, WRITEFUNCTION, ride_on_body);
    SET(ride, WRITEDATA, ride);
}

void curl_easy_plan(struct ride *ride)
{
    plan_request(ride);
    plan_connection(ride);
    plan_manners(ride);
    plan_callbacks(ride);
}
