/*
 * The ways in which vendors page their lists: X(name, what it does). Each is one file,
 * page_<name>.c, that defines `const struct page_ops page_<name>`.
 */
X(cursor_in_body, "the body tells a cursor, which goes into the next request's query")
X(cursor_sent_in_request_body, "the same, and the cursor goes into the request's body")
X(url_in_body_absolute, "the body has the whole URL of the next page")
X(url_in_body_relative, "the body has that URL without its host, or only below the base URL")
X(link_header, "a Link header has it (RFC 8288)")
X(next_page_header, "a header tells the number, or the cursor, of the next page")
X(page_number, "pages are counted")
X(offset_limit, "records are counted")
X(last_item_id, "the next page begins behind the last record's id")
X(query_language_offset, "records are counted, in a clause of the query's own language")
X(graphql_pageinfo, "a connection's pageInfo tells a cursor, which goes into a variable (GraphQL)")
X(delta_or_sync_token,
  "pages of changes, by cursor or URL; the last one tells where the next walk begins")
X(none, "one answer has all of it")
