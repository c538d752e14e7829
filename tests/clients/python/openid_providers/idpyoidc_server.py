"""A login form in front of idpyoidc, on Python's own web server.

Started as `idpyoidc_server.py FOLDER BASE_URL`, with a folder like the other one's.
"""

from __future__ import annotations

import datetime
import html
import json
import sys
import time
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import RLock
from typing import Any
from urllib.parse import parse_qsl, urlsplit

FOLDER, BASE = Path(sys.argv[1]), sys.argv[2]


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text())


def skew() -> int:
    """By how many seconds the clock of this process is off."""
    return read("settings.json")["skew"]


class SkewedDatetime(datetime.datetime):
    """The same for those who ask for a date."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> SkewedDatetime:
        return super().now(tz) + datetime.timedelta(seconds=skew())


# Before the libraries take them by their names.
system_time = time.time
time.time = lambda: system_time() + skew()
datetime.datetime = SkewedDatetime  # type: ignore[misc]

from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: E402
from cryptojwt import KeyJar  # noqa: E402
from cryptojwt.jwk.rsa import RSAKey  # noqa: E402
from idpyoidc.message.oidc import AuthorizationRequest  # noqa: E402
from idpyoidc.server import Server  # noqa: E402
from idpyoidc.server.configure import OPConfiguration  # noqa: E402
from idpyoidc.server.exception import UnAuthorizedClient  # noqa: E402
from idpyoidc.server.oidc.session import Session  # noqa: E402
from idpyoidc.server.user_authn.user import UserAuthnMethod  # noqa: E402

OIDC = "idpyoidc.server.oidc"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
SCOPES = {
    "openid": ["sub", "groups"],
    "profile": ["name", "given_name", "family_name"],
    "email": ["email", "email_verified"],
}


LOGIN = """<form method="post" action="/login?{query}"><input name="username">
<input name="password" type="password"><button>Sign in</button></form>
<form method="post" action="/login?{query}"><input type="hidden" name="error" value="access_denied">
<button>Cancel</button></form>"""


class LoginForm(UserAuthnMethod):
    """A person is who gave the password; a cookie of an earlier sign-in counts too."""

    def __call__(self, query: str = "", **_: object) -> str:
        return LOGIN.format(query=html.escape(query))


class SignOut(Session):
    """It would trip over a client that names itself without a proof, as one does in a browser."""

    def client_authentication(self, *_: object, **__: object) -> dict[str, Any]:
        return {}


def people() -> dict[str, dict[str, Any]]:
    return {
        who["username"]: {
            "email": who["email"],
            "email_verified": True,
            "given_name": who["first_name"],
            "family_name": who["last_name"],
            "name": f"{who['first_name']} {who['last_name']}",
            "groups": ["engineers", "R&D <alpha>"],
        }
        for who in read("employees.json")
    }


def configuration() -> OPConfiguration:
    in_id_token = read("settings.json")["claims_in"] == "id_token"

    def endpoint(path: str, made: str | type, **kwargs: object) -> dict[str, Any]:
        return {"path": path, "class": f"{OIDC}.{made}" if isinstance(made, str) else made, "kwargs": kwargs}

    octets = [{"type": "OCT", "use": ["enc"], "kid": "enc"}, {"type": "OCT", "use": ["sig"], "kid": "sig"}]
    jwt = "idpyoidc.server.token.jwt_token.JWTToken"
    return OPConfiguration(
        {
            "issuer": BASE,
            "httpc_params": {"verify": False, "timeout": 4},
            "preference": {
                "subject_types_supported": ["public"],
                "response_types_supported": ["code"],
                "scopes_supported": [*SCOPES],
                "id_token_signing_alg_values_supported": ["RS256"],
            },
            "endpoint": {
                "provider_config": endpoint(
                    ".well-known/openid-configuration",
                    "provider_config.ProviderConfiguration",
                    client_authn_method=None,
                ),
                "authorization": endpoint(
                    "authorize",
                    "authorization.Authorization",
                    client_authn_method=None,
                    response_types_supported=["code"],
                    response_modes_supported=["query"],
                ),
                "token": endpoint("token", "token.Token", client_authn_method=METHODS),
                "userinfo": endpoint("userinfo", "userinfo.UserInfo"),
                "session": endpoint(
                    "logout",
                    SignOut,
                    client_authn_method=None,
                    logout_verify_url=f"{BASE}/logout/verify",
                    post_logout_uri_path="logged_out",
                    signing_alg="RS256",
                ),
            },
            "authentication": {"user": {"acr": PASSWORD, "class": LoginForm, "kwargs": {}}},
            "userinfo": {"class": "idpyoidc.server.user_info.UserInfo", "kwargs": {"db": people()}},
            "cookie_handler": {
                "class": "idpyoidc.server.cookie_handler.CookieHandler",
                "kwargs": {
                    "keys": {"key_defs": octets},
                    "flags": {"samesite": "Lax", "httponly": True},
                    "name": {"session": "op", "register": "op_rp", "session_management": "op_man"},
                },
            },
            "add_on": {
                "pkce": {"function": "idpyoidc.server.oauth2.add_on.pkce.add_support", "kwargs": {}}
            },
            "token_handler_args": {
                "key_conf": {"key_defs": octets},
                "code": {"lifetime": 600},
                "token": {"class": jwt, "kwargs": {"lifetime": 3600, "alg": "RS256"}},
                "refresh": {"class": jwt, "kwargs": {"lifetime": 86400, "alg": "RS256"}},
                "id_token": {
                    "class": "idpyoidc.server.token.id_token.IDToken",
                    "kwargs": {"add_claims_by_scope": in_id_token},
                },
            },
            "session_params": {
                "encrypter": {"kwargs": {"keys": {"key_defs": octets}}},
                "sub_func": {"public": {"class": "idpyoidc.server.session.manager.PublicID", "kwargs": {"salt": "s"}}},
            },
            "scopes_to_claims": SCOPES,
        }
    )


class Operator:
    """The provider, and what the folder says of it now."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.claims_in = ""
        self.key = ""

    def current(self) -> Server:
        """Its sessions live as long as it; keys and clients come and go."""
        claims_in = read("settings.json")["claims_in"]
        if claims_in != self.claims_in:
            self.server, self.claims_in, self.key = Server(configuration(), keyjar=KeyJar()), claims_in, ""
            self.server.context.provider_info["jwks_uri"] = f"{BASE}/jwks"
        self._takes_its_key()
        for client in read("clients.json"):
            self._takes_client(client)
        return self.server

    def _takes_its_key(self) -> None:
        name = (FOLDER / "key").read_text()
        if name == self.key:
            return
        private = load_pem_private_key((FOLDER / f"{name}.pem").read_bytes(), None)
        key = RSAKey(priv_key=private, kid=name, use="sig", alg="RS256")
        for owner in ("", BASE):
            self.server.keyjar.load_keys(owner, jwks={"keys": [key.serialize(private=True)]}, replace=True)
        self.key = name

    def _takes_client(self, client: dict[str, Any]) -> None:
        method = client["token_endpoint_auth_method"]
        known = self.server.context.cdb.get(client["client_id"])
        made = {
            "client_id": client["client_id"],
            "client_secret": client.get("client_secret", ""),
            "redirect_uris": [(uri, {}) for uri in client["redirect_uris"]],
            "post_logout_redirect_uri": [(uri, {}) for uri in client["post_logout_redirect_uris"]],
            "response_types_supported": ["code"],
            "token_endpoint_client_authn_method": [method],
            "allowed_scopes": [*SCOPES],
            "client_salt": "salted",
        }
        self.server.context.cdb[client["client_id"]] = made
        if known is None and "jwks" in client:
            self.server.keyjar.import_jwks(client["jwks"], client["client_id"])


OPERATOR = Operator()


class Handler(BaseHTTPRequestHandler):
    """What is spoken over HTTP: each endpoint parses, processes and answers by itself."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        self._routes(address.path, address.query, "")

    def do_POST(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        self._routes(address.path, address.query, body)

    def _routes(self, path: str, query: str, body: str) -> None:
        instead = read("settings.json")["answers"].get(path)
        if instead:
            return self._answer(instead["status"], instead["body"], instead["type"])
        with OPERATOR.lock:
            server = OPERATOR.current()
            try:
                if path == "/login":
                    return self._login(server, query, dict(parse_qsl(body)))
                if path == "/logout/verify":
                    return self._signed_out(server, dict(parse_qsl(query))["sjwt"])
                if path == "/jwks":
                    return self._answer(200, json.dumps(server.keyjar.export_jwks(issuer_id=BASE)))
                for endpoint in server.endpoint.values():
                    if path == f"/{endpoint.endpoint_path}":
                        return self._endpoint(endpoint, body or query)
                return self._answer(404, "no such page", "text/plain")
            except Exception as error:  # noqa: BLE001
                print(repr(error), file=sys.stderr, flush=True)
                return self._answer(400, f"refused: {html.escape(str(error))}", "text/html")

    def _endpoint(self, endpoint: Any, sent: str) -> None:
        http_info = {"headers": dict(self.headers), "url": f"{BASE}{self.path}", "cookie": self._cookies()}
        try:
            request = endpoint.parse_request(
                dict(parse_qsl(sent)) if endpoint.name == "session" else sent, http_info=http_info
            )
        except UnAuthorizedClient:
            return self._answer(401, json.dumps({"error": "invalid_client"}))
        if "error" in request:
            return self._answer(400, request.to_json())
        told = endpoint.process_request(request, http_info=http_info)
        if "redirect_location" in told:
            return self._redirect(told["redirect_location"])
        if "http_response" in told:
            return self._answer(200, told["http_response"], "text/html")
        if "error" in told:
            return self._answer(400, told.to_json())
        self._responds(endpoint, request, told)

    def _responds(self, endpoint: Any, request: Any, told: Any) -> None:
        made = endpoint.do_response(request=request, **told)
        cookies = made.get("cookie", [])
        if endpoint.response_placement == "url":
            return self._redirect(made["response"], cookies)
        kind = dict(made["http_headers"]).get("Content-type", "application/json")
        self._answer(200, made["response"], kind, cookies)

    def _login(self, server: Server, query: str, form: dict[str, str]) -> None:
        endpoint = server.endpoint["authorization"]
        request = AuthorizationRequest().from_urlencoded(query)
        if "error" in form:
            told = endpoint.authentication_error_response(request, form["error"], "the person went away")
            return self._redirect(told.request(request["redirect_uri"]))
        who = next((one for one in read("employees.json") if one["username"] == form.get("username")), None)
        if who is None or who["password"] != form.get("password"):
            raise ValueError("the password is wrong")
        method = server.context.authn_broker.pick(PASSWORD)[0]["method"]
        session = endpoint.create_session(request, who["username"], PASSWORD, 0, method)
        self._responds(endpoint, request, endpoint.authz_part2(request=request, session_id=session))

    def _signed_out(self, server: Server, token: str) -> None:
        endpoint = server.endpoint["session"]
        told = endpoint.unpack_signed_jwt(token)
        endpoint.do_verified_logout(told["sid"])
        self._redirect(told["redirect_uri"], endpoint.kill_cookies())

    def _cookies(self) -> list[dict[str, str]]:
        sent = SimpleCookie(self.headers.get("cookie", ""))
        return [{"name": name, "value": morsel.value} for name, morsel in sent.items()]

    def _redirect(self, location: str, cookies: list[dict[str, Any]] | None = None) -> None:
        self.send_response(302)
        self.send_header("location", location)
        self._sets(cookies or [])
        self.send_header("content-length", "0")
        self.end_headers()

    def _answer(
        self,
        status: int,
        body: str,
        kind: str = "application/json",
        cookies: list[dict[str, Any]] | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self._sets(cookies or [])
        self.send_header("content-length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def _sets(self, cookies: list[dict[str, Any]]) -> None:
        for cookie in cookies:
            self.send_header("set-cookie", f"{cookie['name']}={cookie['value']}; Path=/; HttpOnly; SameSite=Lax")


if __name__ == "__main__":
    where = urlsplit(BASE)
    ThreadingHTTPServer((str(where.hostname), where.port or 0), Handler).serve_forever()
