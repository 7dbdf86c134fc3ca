/*
 * The auth schemes: X(name, what it does). Each is one file, auth_<name>.c, that defines
 * `const struct auth_ops auth_<name>`.
 */
X(none, "no credential is sent")
X(bearer, "Authorization: Bearer TOKEN, or another word before the token")
X(basic, "Authorization: Basic, user name and password")
X(header, "the key in a header of any name, with a prefix if need be")
X(query, "the key in a query parameter")
X(oauth1, "each request signed as OAuth 1.0a has it")
X(wsse, "a UsernameToken in a header, its password digested anew for each request")
