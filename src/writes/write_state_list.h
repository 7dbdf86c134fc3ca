/*
 * Where a write stands: X(symbol, "word", what it says). The words are those of the store
 * and of the API.
 */
X(SENDING, "sending", "An attempt at it is under way.")
X(QUEUED, "queued", "It waits for its next attempt, or for those before it.")
X(DELIVERED, "delivered", "The vendor has done it.")
X(DEAD, "dead", "It was not done, and will not be tried again by itself.")
X(NEEDS_DECISION, "needs_decision",
  "It may have been done, and the vendor would not know a repeat as one: somebody must "
  "look, and then retry or cancel it.")
X(CANCELLED, "cancelled", "Somebody has taken it back.")
