/*
 * What an override of an environment or an account may say (SPEC 1.4): X(path, rule,
 * doc). In a path `*` is a name that the document must have there, `+` any name. All that
 * no row leads to belongs to the platform.
 *
 *   SET    merged over the document
 *   MOST   the same, and what comes of it may not exceed the platform's
 * (override_limits.c) LEAST  the same, and may not fall below it LAYER  an expression:
 * its output is merged (mapping_layer.c)
 */

X("headers/+", SET, "A header of every request, but none that carries credentials.")
X("rewrite", SET, "Links in answers that must stay inside the proxy.")
X("pagination/size/max", MOST, "The most records that are asked for at a time.")
X("resilience/timeouts/connect", MOST, "Name, TCP and TLS together.")
X("resilience/timeouts/first_byte", MOST, "Until the answer begins.")
X("resilience/timeouts/idle", MOST, "Between two pieces of an answer.")
X("resilience/timeouts/total", MOST, "All attempts, and the waits between them.")
X("resilience/retry/+/retries", MOST, "How often it is tried again.")
X("resilience/retry/+/base", LEAST, "The first wait.")
X("resilience/retry/+/max", LEAST, "The longest wait.")
X("resilience/account_concurrency", MOST, "Calls at once for the account.")

X("cache/fresh", MOST, "How long an answer stands in for the vendor's.")
X("cache/stale", MOST, "How long it stands in while the vendor cannot answer.")
X("cache/hold_off", LEAST, "How long the vendor is not asked after a failure.")

X("resources/*/cache/fresh", MOST, "The same for one resource, and for one method.")
X("resources/*/cache/stale", MOST, "")
X("resources/*/cache/hold_off", LEAST, "")
X("resources/*/methods/*/cache/fresh", MOST, "")
X("resources/*/methods/*/cache/stale", MOST, "")
X("resources/*/methods/*/cache/hold_off", LEAST, "")

X("resources/*/methods/*/rewrite", SET, "The same for one method; so are the next ones.")
X("resources/*/methods/*/pagination/size/max", MOST, "")
X("resources/*/methods/*/resilience/timeouts/connect", MOST, "")
X("resources/*/methods/*/resilience/timeouts/first_byte", MOST, "")
X("resources/*/methods/*/resilience/timeouts/idle", MOST, "")
X("resources/*/methods/*/resilience/timeouts/total", MOST, "")
X("resources/*/methods/*/resilience/retry/+/retries", MOST, "")
X("resources/*/methods/*/resilience/retry/+/base", LEAST, "")
X("resources/*/methods/*/resilience/retry/+/max", LEAST, "")

X("events/late", SET, "What becomes of events that come late: drop, mark or pass them.")
X("events/original", SET, "Whether events bring the vendor's record as well.")

X("unified/*/*/response", LAYER, "Adds to a record, for each operation.")
X("unified/*/*/request/query", LAYER, "Adds to the query of list and get.")
X("unified/*/*/request/body", LAYER, "Adds to the body of create and update.")
X("unified/*/*/request/encoding", SET, "How bodies are written.")
X("unified/*/*/*/response", LAYER, "Adds to a record, for one operation.")
X("unified/*/*/*/request/path", LAYER, "Adds to the names in the path.")
X("unified/*/*/*/request/query", LAYER, "Adds to the query.")
X("unified/*/*/*/request/body", LAYER, "Adds to the body.")
X("unified/*/*/*/method", SET, "RESOURCE.METHOD of the document.")
X("unified/*/*/*/record", SET, "Where the record stands in the answer.")
X("unified/*/*/*/filters", SET, "The model's filters that it takes.")
X("unified/*/*/*/required", SET, "Those that it cannot do without.")
X("unified/*/*/*/first", SET, "The record is fetched before it is changed.")
X("unified/*/*/*/then", SET, "The record is fetched after it was changed.")
