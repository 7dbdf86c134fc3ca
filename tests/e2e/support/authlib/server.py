"""The child of ../authlib.mjs: an OAuth 2.0 authorization server made of Debian's Authlib.

It grants client credentials and JWT bearer assertions (RFC 7523), authenticates clients by
secret or assertion, and serves an API below /api. Its clients and settings come as JSON on
the command line; /_control is for the tests."""
import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Lock
from urllib.parse import parse_qsl

from authlib.jose import JsonWebKey
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request, grants
from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidGrantError
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion, JWTBearerGrant

SECRET_METHODS = ["client_secret_basic", "client_secret_post"]
LIFETIME_MAX = 3600  # of an assertion, as Google and DocuSign have it

settings = {"access_seconds": 60, "unknown": []}
clients, tokens, requests, calls, seen_ids = {}, {}, [], [], set()
lock = Lock()


class Client(ClientMixin):
    def __init__(self, metadata):
        self.metadata = metadata
        self.keys = {key["kid"]: key for key in metadata.get("keys", [])}

    def get_allowed_scope(self, scope):
        return scope

    def check_client_secret(self, secret):
        return secrets.compare_digest(secret.encode(), self.metadata["secret"].encode())

    def check_endpoint_auth_method(self, method, endpoint):
        return method in self.metadata.get("methods", [])

    def check_grant_type(self, grant_type):
        return grant_type in self.metadata["grants"]

    def key_for(self, header, refusal):
        """The key that signed; a header may not choose another algorithm for it."""
        key = self.keys.get(header.get("kid"))
        if not key or key["alg"] != header.get("alg"):
            raise refusal(description="no such key")
        return JsonWebKey.import_key(key)


def is_new(claims, jti):
    with lock:
        known = (claims["iss"], jti) in seen_ids
        seen_ids.add((claims["iss"], jti))
    return not known


class ClientCredentials(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = SECRET_METHODS + [JWTBearerClientAssertion.CLIENT_AUTH_METHOD]


class Assertion(JWTBearerGrant):
    def process_assertion_claims(self, assertion):
        claims = super().process_assertion_claims(assertion)
        if claims["exp"] - time.time() > LIFETIME_MAX:
            raise InvalidGrantError(description="the assertion lives too long")
        self.claimed_scope = claims.get("scope")
        return claims

    def resolve_public_key(self, headers, payload):
        client = clients.get(payload.get("iss"))
        if not client:
            raise InvalidGrantError(description="no such issuer")
        return client.key_for(headers, InvalidGrantError)

    def resolve_issuer_client(self, issuer):
        return clients[issuer]

    def authenticate_user(self, subject):
        return None if subject in settings["unknown"] else subject

    def has_granted_permission(self, client, user):
        return True

    def generate_token(self, **how):
        return super().generate_token(**{**how, "scope": how["scope"] or self.claimed_scope})


class ClientAssertion(JWTBearerClientAssertion):
    def validate_jti(self, claims, jti):
        return is_new(claims, jti)

    def resolve_client_public_key(self, client, headers):
        return client.key_for(headers, InvalidClientError)


class Server(AuthorizationServer):
    def query_client(self, client_id):
        return clients.get(client_id)

    def save_token(self, token, request):
        tokens[token["access_token"]] = {"account": request.user, "client": request.client.metadata["id"],
                                         "scope": token.get("scope"), "end": time.time() + token["expires_in"]}

    def create_oauth2_request(self, request):
        return request

    def send_signal(self, name, *args, **kwargs):
        pass

    def handle_response(self, status, body, headers):
        return status, body, dict(headers)


def authorization_server(token_url):
    server = Server()
    options = {name: {"essential": True} for name in ("iss", "exp")}
    Assertion.CLAIMS_OPTIONS = {**options, "aud": {"essential": True, "value": token_url},
                                "jti": {"validate": lambda claims, jti: jti is None or is_new(claims, jti)}}
    server.register_token_generator("default", BearerTokenGenerator(
        lambda **_: secrets.token_urlsafe(24), expires_generator=lambda *_: settings["access_seconds"]))
    server.register_client_auth_method(ClientAssertion.CLIENT_AUTH_METHOD, ClientAssertion(token_url))
    server.register_grant(ClientCredentials)
    server.register_grant(Assertion)
    return server


def expire(asked):
    tokens.clear()


control = {
    "set": settings.update,
    "expire": expire,
    "log": lambda asked: {"requests": requests, "calls": calls},
}


class Listener(ThreadingTCPServer):
    """Unlike Python's HTTPServer it asks no name service who it is."""
    daemon_threads = True
    request_queue_size = 128


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def answer(self, status, body, headers=None):
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def text(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()

    def serve(self):
        if self.path.startswith("/api"):
            self.serve_api()
        elif self.command == "POST" and self.path == "/token":
            self.serve_token()
        elif self.command == "POST" and self.path.startswith("/_control/"):
            self.answer(200, control[self.path.split("/")[2]](json.loads(self.text())) or {})
        else:
            self.answer(404, {"error": "not_found"})

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

    def serve_token(self):
        form = dict(parse_qsl(self.text(), keep_blank_values=True))
        request = OAuth2Request("POST", self.server.token_url, form, self.headers)
        status, body, headers = self.server.oauth.create_token_response(request)
        body = dict(body)
        requests.append({"path": "/token", "form": form, "authorization": self.headers.get("Authorization"),
                         "grant_type": form.get("grant_type"), "auth": request.auth_method,
                         "client": request.client and request.client.metadata["id"], "account": request.user,
                         "status": status, "error": body.get("error"), "granted": body.get("access_token")})
        self.answer(status, body, headers)

    def serve_api(self):
        self.text()
        scheme, _, value = (self.headers.get("Authorization") or "").partition(" ")
        token = tokens.get(value) if scheme.lower() == "bearer" else None
        living = token if token and token["end"] > time.time() else None
        calls.append({"method": self.command, "path": self.path, "token": value, "status": 200 if living else 401,
                      **({"account": living["account"], "client": living["client"]} if living else {})})
        if living:
            self.answer(200, {name: living[name] for name in ("account", "client", "scope")})
        else:
            self.answer(401, {"error": "invalid_token"}, {"WWW-Authenticate": 'Bearer realm="api", error="invalid_token"'})


for metadata in json.loads(sys.argv[1]):
    clients[metadata["id"]] = Client(metadata)
listener = Listener(("127.0.0.1", 0), Handler)
url = f"http://127.0.0.1:{listener.server_address[1]}"
listener.token_url = f"{url}/token"
listener.oauth = authorization_server(listener.token_url)
print(f"listening {url}", flush=True)
listener.serve_forever()
