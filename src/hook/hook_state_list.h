/*
 * What becomes of an event that a vendor has told of: X(symbol, "word", what it means).
 */
X(QUEUED, "queued", "It waits to be made into events of ours, or to be tried again.")
X(UNMATCHED, "unmatched",
  "It is the vendor's, and no account that is known has what it names; it is bound when one "
  "connects.")
X(DONE, "done", "It was made into events, or there was nothing to tell of.")
X(DEAD, "dead",
  "It could not be made into events, and is not tried again by itself; `reason` says why.")
