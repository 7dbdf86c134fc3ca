/*
 * The stores: X(name, what it is). Each is one file, store_<name>.c, that defines
 * `const struct store_ops store_<name>` (store_ops.h).
 */
X(sqlite, "SQLite in the data directory, write-ahead log, one writer and several readers")
X(mem, "SQLite in memory: for tests and tools; gone with the process")
