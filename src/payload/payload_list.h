/*
 * Where payloads can live: X(name, what it is). Each is one file, payload_<name>.c, that
 * defines `const struct payload_ops payload_<name>` (payload_ops.h).
 */
X(journal, "Local: up to 256 KiB in the journal, larger ones in files beside it")
