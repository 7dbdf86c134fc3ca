/*
 * What an account or an app has that may have an end which is known before it comes:
 * X(symbol, "name"). The names stand in the store, in events and in the API; those of an
 * app's are the names of its secrets.
 */
X(CREDENTIALS, "credentials")
X(CERTIFICATE, "certificate")
X(CLIENT_SECRET, "client_secret")
X(CLIENT_SECRET_NEXT, "client_secret_next")
X(PRIVATE_KEY, "private_key")
