/*
 * What can be done with a resource of a unified model: X(symbol, name, kind). LISTS: many
 * records, filters may be asked for. READS: one record, nothing changes. WRITES: a record
 * of the caller's becomes one of the vendor's. ENDS: the record is gone. `fields` lists not
 * the records but what the vendor's own can have.
 */
X(LIST, "list", LISTS)
X(GET, "get", READS)
X(CREATE, "create", WRITES)
X(UPDATE, "update", WRITES)
X(DELETE, "delete", ENDS)
X(SEARCH, "search", LISTS)
X(FIELDS, "fields", LISTS)
