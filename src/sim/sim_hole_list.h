/*
 * What a template can ask for:
 *
 *   X(symbol, "name", kind)
 *
 * NUMBER takes +N and -N, and |number; DATE takes +N and -N in seconds; TEXT is text;
 * NAMED is text too, and is followed by a name: {{query.after}}; RAW is JSON as it is,
 * and NAMED_RAW the same with a pointer behind it.
 */
X(REQUEST_ID, "request.id", NUMBER)
X(REQUEST_METHOD, "request.method", TEXT)
X(REQUEST_PATH, "request.path", TEXT)
X(N, "n", NUMBER)
X(I, "i", NUMBER)
X(UUID, "uuid", TEXT)
X(NOW_EPOCH, "now_epoch", NUMBER)
X(NOW_EPOCH_MS, "now_epoch_ms", NUMBER)
X(NOW_HTTP_DATE, "now_http_date", DATE)
X(NOW_ISO, "now_iso", DATE)
X(HOST, "host", TEXT)
X(BASE, "base", TEXT)
X(PREFIX, "prefix", TEXT)
X(HEADER, "header.", NAMED)
X(QUERY, "query.", NAMED)
X(FORM, "form.", NAMED)
X(PATH, "path.", NAMED)
X(BODY, "body.", NAMED)
X(JSON, "json.", NAMED_RAW)
X(LIST_ITEMS, "list.items", RAW)
X(LIST_NEXT, "list.next", TEXT)
X(LIST_TOTAL, "list.total", NUMBER)
X(LIST_COUNT, "list.count", NUMBER)
X(LIST_SIZE, "list.size", NUMBER)
X(LIST_FIRST, "list.first", NUMBER)
X(LIST_PAGE, "list.page", NUMBER)
X(LIST_PAGES, "list.pages", NUMBER)
X(LIMIT_CALLS, "limit.calls", NUMBER)
X(LIMIT_USED, "limit.used", NUMBER)
X(LIMIT_REMAINING, "limit.remaining", NUMBER)
X(LIMIT_RESET_S, "limit.reset_s", NUMBER)
X(LIMIT_RESET_EPOCH, "limit.reset_epoch", NUMBER)
X(LIMIT_RESET_EPOCH_MS, "limit.reset_epoch_ms", NUMBER)
X(LIMIT_RESET_ISO, "limit.reset_iso", DATE)
X(OPEN, "open", TEXT)
