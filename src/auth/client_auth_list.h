/*
 * How an app tells a token endpoint who it is: X(kind, what it does).
 */
X(basic, "Authorization: Basic, both halves escaped as in forms (RFC 6749 2.3.1)")
X(basic_raw, "Authorization: Basic, both halves as they are")
X(body, "client id and secret as parameters")
X(none, "the client id as a parameter: an app without a secret")
X(header, "base64 of id:secret behind another word, or in another header")
X(tls_client_auth, "the client id as a parameter, and a client certificate (RFC 8705)")
X(assertion, "a signed JSON Web Token (RFC 7523)")
