"""A login form in front of idpyoidc, on Python's own web server.

Started as `idpyoidc_server.py FOLDER BASE_URL`, with a folder like the other one's.
"""

from __future__ import annotations

import datetime
import html
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import RLock
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

FOLDER, BASE = Path(sys.argv[1]), sys.argv[2]


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text())


class SkewedDatetime(datetime.datetime):
    """The clock of this process, off by as much as the settings say."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> SkewedDatetime:
        return super().now(tz) + datetime.timedelta(seconds=read("settings.json")["skew"])


# Before the libraries take it by its name.
datetime.datetime = SkewedDatetime  # type: ignore[misc]

from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: E402
from cryptojwt import KeyJar  # noqa: E402
from cryptojwt.jwk.rsa import RSAKey  # noqa: E402
from idpyoidc.message.oidc import AuthorizationRequest  # noqa: E402
from idpyoidc.server import Server  # noqa: E402
from idpyoidc.server.configure import OPConfiguration  # noqa: E402
from idpyoidc.server.user_authn.user import UserAuthnMethod  # noqa: E402

OIDC = "idpyoidc.server.oidc"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
SCOPES = {
    "openid": ["sub", "groups"],
    "profile": ["name", "given_name", "family_name"],
    "email": ["email", "email_verified"],
}


class LoginForm(UserAuthnMethod):
    """A person is who gave the password; a cookie of an earlier sign-in counts too."""

    def __call__(self, **_: object) -> str:
        raise NotImplementedError("the form is shown by the handler")


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

    def endpoint(path: str, name: str, **kwargs: object) -> dict[str, Any]:
        return {"path": path, "class": f"{OIDC}.{name}", "kwargs": kwargs}

    octets = [{"type": "OCT", "use": ["enc"], "kid": "enc"}, {"type": "OCT", "use": ["sig"], "kid": "sig"}]
    jwt = "idpyoidc.server.token.jwt_token.JWTToken"
    return OPConfiguration(
        {
            "issuer": BASE,
            "httpc_params": {"verify": False, "timeout": 4},
            "preference": {
                "subject_types_supported": ["public"],
                "response_types_supported": ["code"],
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
                    "session.Session",
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
                "token": {"class": jwt, "kwargs": {"lifetime": 3600}},
                "refresh": {"class": jwt, "kwargs": {"lifetime": 86400}},
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
