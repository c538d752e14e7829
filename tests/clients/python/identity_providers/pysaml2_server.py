"""A login form in front of pysaml2, on Python's own web server.

Started as `pysaml2_server.py FOLDER BASE_URL`. The folder holds the key pairs, the name of the one
in use (`key`), the settings and the metadata of the trusted service providers; all is read again for
each request.
"""

from __future__ import annotations

import html
import json
import sys
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import saml2.entity
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.authn_context import PASSWORDPROTECTEDTRANSPORT
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server
from saml2.sigver import pre_encryption_part
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from identity_providers import EMPLOYEES, Employee  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER, BASE = Path(sys.argv[1]), sys.argv[2]
BINDINGS = {"GET": BINDING_HTTP_REDIRECT, "POST": BINDING_HTTP_POST}

# It has no setting for the cipher, and its own is triple DES, which nobody should accept.
saml2.entity.pre_encryption_part = partial(
    pre_encryption_part, msg_enc="http://www.w3.org/2009/xmlenc11#aes256-gcm"
)


def settings() -> dict[str, bool]:
    return json.loads((FOLDER / "settings.json").read_text())


def configuration() -> IdPConfig:
    key = (FOLDER / "key").read_text()
    both = (BINDING_HTTP_REDIRECT, BINDING_HTTP_POST)
    return IdPConfig().load(
        {
            "entityid": f"{BASE}/idp",
            "key_file": str(FOLDER / f"{key}.pem"),
            "cert_file": str(FOLDER / f"{key}.crt"),
            "metadata": {"local": [str(path) for path in sorted((FOLDER / "trusted").glob("*.xml"))]},
            "service": {
                "idp": {
                    "endpoints": {
                        "single_sign_on_service": [(f"{BASE}/sso", binding) for binding in both],
                        "single_logout_service": [(f"{BASE}/logout", binding) for binding in both],
                    },
                    "sign_response": False,
                    "sign_assertion": True,
                    "want_authn_requests_signed": settings()["checks_requests"],
                    "policy": {"default": {"name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"}},
                }
            },
        }
    )


class Handler(BaseHTTPRequestHandler):
    """Metadata, a login form, the answer that posts itself on, and logout both ways."""

    # Who signed in last: one person at a time tests a logout.
    last_session: dict[str, str] = {}  # noqa: RUF012

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(address.query).items()}
        if address.path == "/metadata":
            document = entity_descriptor(configuration())
            self._answer(200, str(document), "application/samlmetadata+xml")
        elif address.path in ("/sso", "/tile"):
            self._answer(200, _login_form(address.path, query | {"method": "GET"}))
        elif address.path == "/logout":
            self._logout(query, "GET")
        else:
            self._answer(404, "not here")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0"))).decode()
        fields = {key: values[0] for key, values in parse_qs(body, keep_blank_values=True).items()}
        if self.path == "/logout":
            self._logout(fields, "POST")
            return
        if "username" not in fields:
            self._answer(200, _login_form(self.path, fields | {"method": "POST"}))
            return
        known = {(who.username, who.password): who for who in EMPLOYEES}
        who = known.get((fields.get("username", ""), fields.get("password", "")))
        if who is None:
            self._answer(403, "wrong name or password")
            return
        try:
            self._signed_in(who, fields)
        except Exception as refused:
            self._answer(400, f"refused: {html.escape(repr(refused))}")
            raise

    def _signed_in(self, who: Employee, fields: dict[str, str]) -> None:
        server = Server(config=configuration())
        server.sec.encrypt_assertion = partial(server.sec.encrypt_assertion, key_type="aes-256")
        if self.path == "/sso":
            asked = _read(server.parse_authn_request, fields, fields["method"])
            where = server.response_args(asked.message, bindings=[BINDING_HTTP_POST])
        else:
            acs = server.metadata.assertion_consumer_service(fields["to"], BINDING_HTTP_POST)
            where = {"in_response_to": None, "destination": acs[0]["location"], "sp_entity_id": fields["to"]}
        Handler.last_session = {"to": where["sp_entity_id"], "name": f"employee-{who.username}"}
        answer = server.create_authn_response(
            {"mail": who.email, "givenName": who.first_name, "sn": who.last_name, "uid": who.username},
            in_response_to=where["in_response_to"],
            destination=where["destination"],
            sp_entity_id=where["sp_entity_id"],
            name_id=NameID(format=NAMEID_FORMAT_PERSISTENT, text=f"employee-{who.username}"),
            authn={"class_ref": PASSWORDPROTECTEDTRANSPORT},
            sign_response=False,
            sign_assertion=True,
            encrypt_assertion=settings()["encrypts"],
            sign_alg=SIG_RSA_SHA256,
            digest_alg=DIGEST_SHA256,
        )
        page = server.apply_binding(
            BINDING_HTTP_POST, str(answer), where["destination"], fields.get("RelayState", ""), response=True
        )
        data = page["data"]
        self._answer(200, data if isinstance(data, str) else "".join(data))

    def _logout(self, fields: dict[str, str], method: str) -> None:
        """A logout that starts here, one that a service provider asks for, or the answer to ours."""
        server = Server(config=configuration())
        signed = {"sign": True, "sigalg": SIG_RSA_SHA256}
        if "SAMLResponse" in fields:
            answer = server.parse_logout_request_response(fields["SAMLResponse"], BINDINGS[method])
            self._answer(200, f"signed out: {answer.status_ok()}")
        elif "SAMLRequest" in fields:
            asked = _read(server.parse_logout_request, fields, method)
            answer = server.create_logout_response(asked.message, [BINDING_HTTP_REDIRECT])
            to = server.response_args(asked.message, [BINDING_HTTP_REDIRECT])["destination"]
            relay = fields.get("RelayState", "")
            self._redirect(server.apply_binding(BINDING_HTTP_REDIRECT, str(answer), to, relay, True, **signed))
        else:
            session = Handler.last_session
            services = server.metadata.single_logout_service(session["to"], BINDING_HTTP_REDIRECT, "spsso")
            to = services[0]["location"]
            name = NameID(format=NAMEID_FORMAT_PERSISTENT, text=session["name"])
            _, request = server.create_logout_request(to, session["to"], name_id=name)
            self._redirect(server.apply_binding(BINDING_HTTP_REDIRECT, str(request), to, "back", **signed))

    def _redirect(self, made: dict[str, object]) -> None:
        self.send_response(302)
        self.send_header("location", dict(made["headers"])["Location"])
        self.send_header("content-length", "0")
        self.end_headers()

    def _answer(self, status: int, text: str, kind: str = "text/html; charset=utf-8") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _read(parse: Callable[..., Any], fields: dict[str, str], method: str) -> Any:
    """A request as it came; over a redirect the signature stands beside it."""
    signature = {"sigalg": fields.get("SigAlg"), "signature": fields.get("Signature")}
    return parse(
        fields["SAMLRequest"], BINDINGS[method], relay_state=fields.get("RelayState"), **signature
    )


def _login_form(path: str, carried: dict[str, str]) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(key)}" value="{html.escape(value)}">'
        for key, value in carried.items()
    )
    return (
        f'<form method="post" action="{path}">{hidden}'
        '<input name="username"><input name="password" type="password"><button>Sign in</button></form>'
    )


if __name__ == "__main__":
    host, port = BASE.removeprefix("http://").split(":")
    web = ThreadingHTTPServer((host, int(port)), Handler)
    web.serve_forever()
