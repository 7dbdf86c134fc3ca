/*
 * How a vendor says that a list is at its end: X(name, when it holds). A rule names those
 * that count; a walk ends when one of them holds.
 */
X(token_absent, "`next` is not in the answer")
X(token_null, "`next` is null")
X(token_empty, "`next` is an empty text")
X(header_absent, "the header that `next` names, or the Link of the relation, is not there")
X(more_false, "`more` is false, or not there")
X(done_true, "`done` is true")
X(total_reached, "as many records have come as `total` says")
X(last_page, "as many pages have come as `pages` says")
X(short_page, "the page has fewer records than were asked for")
X(empty_page, "the page has no record")
X(no_content, "the status is 204")
