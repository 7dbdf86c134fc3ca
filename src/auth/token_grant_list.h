/*
 * How an account comes to its token: X(name, what it does).
 */
X(authorization_code, "a person consents in a browser; then the refresh token renews it")
X(client_credentials, "the app's, or the account's own, client id and secret")
X(jwt_bearer, "a JSON Web Token that is signed for each exchange (RFC 7523)")
X(login, "a request of any form, with the account's credentials in it")
