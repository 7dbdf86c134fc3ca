/*
 * What can be done with a resource of a unified model: X(symbol, name, kind). LISTS: many
 * records, filters may be asked for. READS: one record, nothing changes. WRITES: a record
 * of the caller's becomes one of the vendor's. ENDS: the record is gone. `fields` lists not
 * the records but what the vendor's own can have. `create_many` makes several records with
 * one request, whose answer says of each what became of it.
 */
X(LIST, "list", LISTS)
X(GET, "get", READS)
X(CREATE, "create", WRITES)
X(UPDATE, "update", WRITES)
X(DELETE, "delete", ENDS)
X(SEARCH, "search", LISTS)
X(FIELDS, "fields", LISTS)
X(CREATE_MANY, "create_many", WRITES)
