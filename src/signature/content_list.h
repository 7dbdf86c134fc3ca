/*
 * What of a request may stand in braces in signed content: X(symbol, name, what it is).
 * Beside these there is {header:NAME}.
 */
X(BODY, "body", "the body, to the byte")
X(METHOD, "method", "the method in capitals")
X(URL, "url", "the URL as the vendor calls it")
X(PATH, "path", "its path, escaped as it came")
X(QUERY_SORTED, "query_sorted",
  "the query as it came, its parameters sorted by name, without the signature's own")
X(QUERY_CANONICAL, "query_canonical",
  "the same, escaped anew; values of one name are joined by commas")
X(FORM_SORTED, "form_sorted",
  "names and values of a form, decoded, sorted, one behind the other; else nothing")
X(TIMESTAMP, "timestamp", "the text of the time of signing")
X(SECRET, "secret", "the shared secret, for plain digests")
