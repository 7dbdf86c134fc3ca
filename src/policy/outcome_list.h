/*
 * What a vendor's answer, or its absence, means: X(symbol, "word", retry class, breaker).
 *
 *   retry   which row of the retry table applies (retry.h)
 *   breaker SUCCESS ends a row of failures, FAILURE prolongs it, NEUTRAL is not counted
 *
 * The words are the `class` of problem documents, log lines and metrics, and what an
 * integration's `errors.classes` may assign.
 */
X(OK, "ok", NONE, SUCCESS)
X(VALIDATION, "validation", FAIL_FAST, SUCCESS)
X(NOT_FOUND, "not_found", FAIL_FAST, SUCCESS)
X(CONFLICT, "conflict", FAIL_FAST, SUCCESS)
X(CLIENT, "client_error", FAIL_FAST, SUCCESS)
X(AUTH_REFRESH, "auth_refresh", UNAUTHORIZED, NEUTRAL)
X(AUTH_FAILED, "auth_failed", FAIL_FAST, NEUTRAL)
X(RECONNECT_REQUIRED, "reconnect_required", FAIL_FAST, NEUTRAL)
X(FORBIDDEN, "forbidden", FAIL_FAST, NEUTRAL)
X(RESYNC, "resync", FAIL_FAST, SUCCESS)
X(RATE_LIMITED, "rate_limited", RATE_LIMITED, NEUTRAL)
X(SERVER, "server_error", SERVER, FAILURE)
X(SERVER_REFUSAL, "server_refusal", FAIL_FAST, SUCCESS)
X(TIMEOUT, "timeout", TIMEOUT, FAILURE)
X(NETWORK, "network", NETWORK, FAILURE)
X(INVALID, "invalid_answer", NETWORK, FAILURE)
X(CANCELLED, "cancelled", FAIL_FAST, NEUTRAL)
X(LOCAL, "local", FAIL_FAST, NEUTRAL)
