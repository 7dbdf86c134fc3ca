/*
 * Where a delivery stands: X(symbol, "word", what it means).
 */
X(PENDING, "pending", "It waits for its first attempt or for the next one.")
X(DELIVERED, "delivered", "The endpoint has taken it: it answered 2xx.")
X(DEAD, "dead", "It is not tried any more by itself; `reason` says why.")
X(SUPERSEDED, "superseded",
  "A later event of the same record has taken its place before it was taken.")
