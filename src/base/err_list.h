/*
 * Every way in which Breakwater fails toward a user, one row each:
 *
 *   X(symbol, code, HTTP status, retry, title, mend)
 *
 * `code` is the stable word of the problem document, of the log and of the metric label;
 * its page is docs/reference/errors.md#code. `retry` says what the caller may do:
 * NEVER = the same request fails again, LATER = it may succeed after a while,
 * CHECK = look at what happened before repeating. `title` is fixed text (RFC 9457
 * §3.1.4); `mend` tells the reader what to do about it.
 *
 * Each row is provoked by a test (tools/tidy checks that the code occurs in one).
 */

/* The caller's request as bytes */
X(REQUEST_MALFORMED, "request_malformed", 400, NEVER, "The request is not valid HTTP",
  "Send requests as RFC 9112 describes them; `detail` names what was wrong.")
X(REQUEST_TIMEOUT, "request_timeout", 408, LATER, "The request did not arrive in time",
  "Send the whole head within 10 s, and the body without pauses of more than 30 s.")
X(URI_TOO_LONG, "uri_too_long", 414, NEVER, "The request target is too long",
  "Keep the target under 16 KiB; put long filters into the body where the vendor can.")
X(HEADERS_TOO_LARGE, "headers_too_large", 431, NEVER, "The request headers are too large",
  "Keep all headers together under 64 KiB and under 250 lines.")
X(BODY_TOO_LARGE, "body_too_large", 413, NEVER, "The request body is too large",
  "Send less; the limit stands in `detail`.")
X(EXPECTATION_FAILED, "expectation_failed", 417, NEVER, "The expectation cannot be met",
  "Only `Expect: 100-continue` is known.")
X(HEADER_INVALID, "header_invalid", 400, NEVER,
  "A header of Breakwater has a wrong value",
  "See the table of X-Breakwater headers; `detail` names the header and its form.")

/* Who asks, and for what */
X(KEY_MISSING, "key_missing", 401, NEVER, "No API key was sent",
  "Send a Breakwater key: `Authorization: Bearer bw_…`, or in the place of the vendor's "
  "own credential.")
X(KEY_UNKNOWN, "key_unknown", 401, NEVER, "This API key is not known",
  "The key was mistyped, deleted, or belongs to another Breakwater.")
X(KEY_EXPIRED, "key_expired", 401, NEVER, "This API key has expired",
  "Make a new key and switch to it.")
X(KEY_FORBIDDEN, "key_forbidden", 403, NEVER, "This API key may not do that",
  "Use a key with the permission that `detail` names, for this environment.")
X(ROUTE_UNKNOWN, "route_unknown", 404, NEVER, "There is nothing at this path",
  "Compare the path with the reference; the proxy starts at /proxy/{account}/.")
X(METHOD_NOT_ALLOWED, "method_not_allowed", 405, NEVER, "This path has no such method",
  "The `Allow` header lists the methods of this path.")
X(ACCOUNT_UNKNOWN, "account_unknown", 404, NEVER, "This account is not known",
  "Check the id or external id; a key sees the accounts of its own environments only.")
X(ACCOUNT_AMBIGUOUS, "account_ambiguous", 409, NEVER,
  "This external id belongs to several accounts",
  "The key covers several environments, or one environment has this external id with "
  "several integrations. Use the account's own id.")
X(ACCOUNT_NOT_CONNECTED, "account_not_connected", 409, NEVER,
  "This account has no credentials yet",
  "Connect it: `breakwater connect ID` makes a link. Or store credentials: `breakwater "
  "accounts credentials ID`.")
X(ACCOUNT_DISABLED, "account_disabled", 403, NEVER, "This account is switched off",
  "Switch it on again: `breakwater accounts enable ID`.")
X(ACCOUNT_NEEDS_REAUTH, "account_needs_reauth", 409, NEVER,
  "This account must be connected again",
  "Its credentials no longer work at the vendor; let its owner reconnect: `breakwater "
  "connect ID` makes a link.")
X(ACCOUNT_DELETED, "account_deleted", 410, NEVER, "This account is being deleted",
  "Remove it from your own records.")
X(INTEGRATION_UNKNOWN, "integration_unknown", 404, NEVER,
  "There is no integration of this name",
  "Load its document: put it into the integrations folder, or PUT /v1/integrations/NAME.")
X(HOST_FORBIDDEN, "host_forbidden", 403, NEVER,
  "This integration may not talk to that host",
  "Credentials go only to hosts that the integration lists under `hosts`.")
X(PATH_FORBIDDEN, "path_forbidden", 403, NEVER,
  "This path leads above the integration's base URL",
  "Remove the `..` segments, escaped ones too; a path elsewhere on an allowed host is "
  "called as /~HOST/PATH.")
X(CREDENTIAL_UNUSABLE, "credential_unusable", 500, NEVER,
  "The stored credentials cannot be used",
  "They do not fit the integration's auth block, or the master key that sealed them is "
  "gone; `detail` says which.")
X(TOKEN_UNAVAILABLE, "token_unavailable", 503, LATER,
  "The account's token has expired and cannot be renewed at present",
  "The vendor's token endpoint fails or refuses; `detail` has its last words, "
  "`Retry-After` when it is tried again.")

/* Connecting accounts */
X(SESSION_UNKNOWN, "session_unknown", 410, NEVER, "This link is no longer good",
  "Links to connect an account work once and for a limited time. Ask for a new one.")
X(SESSION_OTHER_BROWSER, "session_other_browser", 403, NEVER,
  "This was begun in another browser",
  "Open the link again, and stay in one browser until it is done.")
X(SESSION_STEP_USED, "session_step_used", 409, NEVER, "This step was done already",
  "What the vendor sends back is taken once, and only from the window in which the link "
  "was opened last. Open the link again.")
X(CONNECT_REFUSED, "connect_refused", 422, NEVER, "The vendor did not connect the account",
  "`detail` has the vendor's own words. Begin again, or look at the app's settings there.")
X(IDENTITY_CHANGED, "identity_changed", 409, NEVER,
  "This is another login at the vendor than before",
  "Use the same login as before, or make the session with `force`.")

/* Limits, the vendor's and our own */
X(RATE_LIMITED, "rate_limited", 429, LATER, "The vendor limits this account's rate",
  "Wait as `Retry-After` says, or ask the gateway to wait: X-Breakwater-Wait-On-Limit.")
X(RATE_LIMITED_LOCAL, "rate_limited_local", 429, LATER,
  "Refused here: the vendor asked to wait",
  "The call was not sent, because it asked to be refused while the vendor's limit lasts.")
X(CONCURRENCY_LIMIT, "concurrency_limit", 429, LATER,
  "Too many calls are under way at once",
  "`detail` names the limit (account, environment, integration or host) and its size.")
X(OVERLOADED, "overloaded", 503, LATER, "Breakwater has no room for this request",
  "Too many connections or bodies at once; raise the settings that `detail` names.")

/* The vendor */
X(BREAKER_OPEN, "breaker_open", 503, LATER, "The vendor is failing; calls are held back",
  "Nothing was sent. `Retry-After` says when the next trial is due, `vendor` what the "
  "vendor answered last.")
X(UPSTREAM_DNS, "upstream_dns", 502, LATER, "The vendor's name does not resolve",
  "Check `hosts` and `base_url` of the integration, and this machine's resolver.")
X(UPSTREAM_CONNECT, "upstream_connect", 502, LATER, "The vendor cannot be reached",
  "No connection could be made; nothing was sent.")
X(UPSTREAM_TLS, "upstream_tls", 502, LATER, "The vendor's TLS cannot be trusted",
  "The handshake failed or the certificate does not verify; `detail` has the reason. "
  "For a private CA set `upstream_ca`.")
X(CERTIFICATE_REFUSED, "certificate_refused", 502, NEVER,
  "The vendor refused the client certificate",
  "`detail` says why. Store the certificate and key that the vendor has registered, or, "
  "where none was shown, give the integration's auth block a `tls` member.")
X(UPSTREAM_RESET, "upstream_reset", 502, LATER, "The vendor broke off",
  "The connection ended before a whole answer had come.")
X(UPSTREAM_INVALID, "upstream_invalid", 502, LATER,
  "The vendor's answer is not valid HTTP", "`detail` names what was wrong with it.")
X(UPSTREAM_TIMEOUT, "upstream_timeout", 504, LATER, "The vendor did not answer in time",
  "`detail` names the phase (connect, first byte, idle, total) and its limit.")
X(DEADLINE_EXCEEDED, "deadline_exceeded", 504, LATER, "Your own deadline has passed",
  "X-Breakwater-Deadline-Ms was shorter than the call took.")
X(OUTCOME_UNKNOWN, "outcome_unknown", 504, CHECK,
  "It is not known whether the vendor did this",
  "The request was sent and no answer came. Look at the vendor before repeating it.")
X(LANE_BUSY, "lane_busy", 409, LATER, "Writes before this one are still queued",
  "Let it wait behind them with `X-Breakwater-Queue: on-failure`, or send it when they are "
  "done.")
X(KEY_REUSED, "idempotency_key_reused", 422, NEVER,
  "This idempotency key belongs to another request",
  "A key stands for one request; the first had another query or body. Use a new key.")
X(KEY_IN_FLIGHT, "idempotency_in_flight", 409, LATER,
  "The first request with this idempotency key is under way",
  "Ask again when it has been answered; then this gets the same answer.")
X(ANSWER_NOT_KEPT, "answer_not_kept", 409, NEVER,
  "The first answer to this idempotency key was too large to be kept",
  "The write was done; read the record to see it.")
X(WRITE_DEAD, "write_dead", 409, NEVER, "This write was given up",
  "`write` leads to what is known of it; it can be retried there, or sent with a new key.")
X(VENDOR_ERROR, "vendor_error", 502, NEVER, "The vendor refused this request",
  "`vendor` has the vendor's own status, code, message and request id.")

/* The unified API */
X(MODEL_UNKNOWN, "model_unknown", 404, NEVER, "There is no such unified resource",
  "docs/models.md lists the categories and their resources.")
X(OPERATION_UNSUPPORTED, "operation_unsupported", 501, NEVER,
  "This integration cannot do that with this resource",
  "`detail` names what it can. Or call the vendor's own API through the proxy.")
X(RECORD_INVALID, "record_invalid", 422, NEVER, "The record cannot be written as it is",
  "`detail` names the member and what it takes, and so do `faults`; nothing was changed at "
  "the vendor.")
X(MAPPING_FAILED, "mapping_failed", 502, NEVER,
  "The integration's mapping does not fit what the vendor has",
  "`detail` has the mapping's fault. The vendor's own record can be had through the proxy.")
X(PAGES_UNKNOWN, "pages_unknown", 501, NEVER,
  "It is not known how the vendor pages this list",
  "The integration's document has no `pagination` block for this method.")

/* The admin API */
X(BODY_INVALID, "body_invalid", 422, NEVER, "The request body is not as it must be",
  "`faults` lists each fault with its JSON pointer and how to mend it.")
X(DOCUMENT_INVALID, "document_invalid", 422, NEVER, "The integration document has faults",
  "`faults` lists each fault with its JSON pointer and how to mend it. The version in "
  "use stays in use.")
X(OVERRIDE_INVALID, "override_invalid", 422, NEVER, "The override has faults",
  "`faults` lists each fault with its JSON pointer and how to mend it. The override in use "
  "stays in use.")
X(OVERRIDE_BROKEN, "override_broken", 503, LATER,
  "The account's override does not fit its integration",
  "`breakwater overrides list --broken` lists its faults. Put one that fits, or remove "
  "it.")
X(FOLDER_UNREADABLE, "folder_unreadable", 503, LATER,
  "The folder of integration documents cannot be read",
  "`detail` names the folder and what the system said. The documents in use stay in use.")
X(QUERY_INVALID, "query_invalid", 400, NEVER, "A query parameter has a wrong value",
  "`detail` names the parameter and what it takes.")
X(OBJECT_UNKNOWN, "object_unknown", 404, NEVER, "There is no such object",
  "Check the id; a key sees the objects of its own stage and environments only.")
X(OBJECT_EXISTS, "object_exists", 409, NEVER, "Such an object exists already",
  "`detail` names the member that must be unique.")
X(OBJECT_IN_USE, "object_in_use", 409, NEVER, "This object is still in use",
  "`detail` names what uses it; remove that first.")
X(STATE_CONFLICT, "state_conflict", 409, NEVER, "The object's state does not allow that",
  "`detail` names the state and the states from which it can be done.")
X(ADDRESS_REFUSED, "address_refused", 422, NEVER,
  "An endpoint may not be at this address",
  "Endpoints live at public addresses, by https. Where they are inside, allow their ranges "
  "with the setting `endpoint_ranges`, and plain http with `endpoint_http`.")
X(CURSOR_INVALID, "cursor_invalid", 400, NEVER, "This cursor is not one of ours",
  "Use `next_cursor` of the page before, unchanged, with the same query.")

/* Lists, page by page */
X(CURSOR_STALE, "cursor_stale", 410, NEVER,
  "The list's description has changed since this cursor was made",
  "Begin the list again, without a cursor.")
X(CURSOR_EXPIRED, "cursor_expired", 410, NEVER, "The vendor no longer takes this cursor",
  "Begin the list again, without a cursor; next time ask for the pages sooner.")
X(WINDOW_CAPPED, "window_capped", 422, NEVER, "The vendor shows no more of this list",
  "Narrow the list by a filter, or split it into ranges; `detail` has the vendor's limit.")
X(PAGE_INVALID, "page_invalid", 502, NEVER,
  "The vendor's page is not as its integration describes it",
  "Compare the `pagination` block with an answer; `detail` says what is missing.")
X(PAGE_LOOP, "page_loop", 502, NEVER, "The vendor's pages go in a circle",
  "The walk was ended. Compare the `pagination` block with an answer; if it is right, "
  "tell the vendor.")
X(PAGE_LINK_FORBIDDEN, "page_link_forbidden", 502, NEVER,
  "The vendor's link to the next page leads where its integration may not go",
  "Nothing was sent there. If the host is the vendor's own, list it under `hosts`.")

/* Our own trouble */
X(STORE_UNAVAILABLE, "store_unavailable", 503, LATER, "The store cannot be reached",
  "Nothing was changed. See the runbook for the store.")
X(STORE_FULL, "store_full", 503, LATER, "The disk under the store is full",
  "Nothing was changed. Free space, or move the data directory.")
X(DISK_RESERVED, "disk_reserved", 503, LATER, "The disk has only its reserve left",
  "Nothing was queued. What is left is for credentials and for writes that are about to "
  "leave: free space, or move the data directory.")
X(QUEUE_QUOTA, "queue_quota", 503, LATER,
  "The environment's queued writes take all the room that they may",
  "Nothing was queued. It goes on as vendors take what waits; cancel what is not wanted, "
  "or raise `queue_environment_bytes_max`.")
X(JOURNAL_FULL, "journal_full", 503, LATER, "The disk under the journal is full",
  "Nothing was kept. Free space, or raise the journal's limit; it goes on by itself. See "
  "the runbook for the journal.")
X(JOURNAL_UNAVAILABLE, "journal_unavailable", 503, LATER, "The journal cannot be written",
  "The disk under it failed; nothing was promised. See the runbook for the journal.")
X(JOURNAL_BUSY, "journal_busy", 503, LATER, "Too much waits for the journal",
  "The disk is slower than what comes in. Send it again after a while.")
X(HOOK_UNKNOWN, "webhook_unknown", 404, NEVER, "Nothing receives webhooks at this URL",
  "The URL is /hooks/INTEGRATION, or /hooks/INTEGRATION/ID with the id of an account or an "
  "app of it; its document needs a `webhooks` block.")
X(HOOK_QUOTA, "webhook_quota", 503, LATER, "The environment keeps as many webhooks as it may",
  "Look at what is queued or dead (`breakwater hooks list`), or raise "
  "hook_environment_bytes_max; what ended goes after 7 days.")
X(HOOK_KEYS, "webhook_keys_unavailable", 503, LATER, "The vendor's public keys are not known here",
  "They are being fetched from the URL in its document: send it again. If this lasts, the "
  "log says under `key_set` why they cannot be.")
X(HOOK_REJECTED, "webhook_rejected", 401, NEVER, "This request is not proved to be the vendor's",
  "`reason` says why; `breakwater rejected-hooks list` has what was sent. Usually the "
  "vendor's secret has changed.")
X(PAYLOAD_EXPIRED, "payload_expired", 410, NEVER, "This payload is no longer kept",
  "It was kept for as long as its settings say, or never was.")
X(PAYLOAD_DAMAGED, "payload_damaged", 500, NEVER, "The stored payload cannot be read",
  "What stands in its place is not what was stored. See the runbook for the journal.")
X(INTERNAL, "internal", 500, CHECK, "Breakwater has a bug",
  "Please report the request id and the log line that carries it.")
