/*
 * The transports: X(name, what it is). Each is made by <name>_create (transport.h) and
 * passes the contract suite tests/contract/transport.
 */
X(h1, "HTTP/1.1 over our own client: exact about what was sent, cheap")
X(curl, "libcurl: HTTP/2, egress proxies")
