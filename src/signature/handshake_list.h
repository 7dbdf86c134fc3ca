/*
 * What a vendor wants to have answered before it sends events, or beside them: X(name,
 * what is answered).
 */
X(echo, "a value of the request, as text")
X(echo_header, "a header of the request, in the same header")
X(probe, "nothing but the status")
