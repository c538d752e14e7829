"""A login form in front of pysaml2, on Python's own web server.

Started as `pysaml2_server.py FOLDER BASE_URL`. The folder holds the key pairs, the name of the one
in use (`key`) and the metadata of the trusted service providers; all is read again for each request.
"""

from __future__ import annotations

import html
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.authn_context import PASSWORDPROTECTEDTRANSPORT
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from identity_providers import EMPLOYEES  # noqa: E402

FOLDER, BASE = Path(sys.argv[1]), sys.argv[2]


def configuration() -> IdPConfig:
    key = (FOLDER / "key").read_text()
    return IdPConfig().load(
        {
            "entityid": f"{BASE}/idp",
            "key_file": str(FOLDER / f"{key}.pem"),
            "cert_file": str(FOLDER / f"{key}.crt"),
            "metadata": {"local": [str(path) for path in sorted((FOLDER / "trusted").glob("*.xml"))]},
            "service": {
                "idp": {
                    "endpoints": {"single_sign_on_service": [(f"{BASE}/sso", BINDING_HTTP_REDIRECT)]},
                    "sign_response": False,
                    "sign_assertion": True,
                    "policy": {"default": {"name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"}},
                }
            },
        }
    )


class Handler(BaseHTTPRequestHandler):
    """The three pages: metadata, the login form, and the answer that posts itself on."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(address.query).items()}
        if address.path == "/metadata":
            document = entity_descriptor(configuration())
            self._answer(200, str(document), "application/samlmetadata+xml")
        elif address.path in ("/sso", "/tile"):
            self._answer(200, _login_form(address.path, query))
        else:
            self._answer(404, "not here")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0"))).decode()
        fields = {key: values[0] for key, values in parse_qs(body, keep_blank_values=True).items()}
        known = {(who.username, who.password): who for who in EMPLOYEES}
        who = known.get((fields.get("username", ""), fields.get("password", "")))
        if who is None:
            self._answer(403, "wrong name or password")
            return
        server = Server(config=configuration())
        if self.path == "/sso":
            asked = server.parse_authn_request(fields["SAMLRequest"], BINDING_HTTP_REDIRECT).message
            where = server.response_args(asked, bindings=[BINDING_HTTP_POST])
        else:
            acs = server.metadata.assertion_consumer_service(fields["to"], BINDING_HTTP_POST)
            where = {"in_response_to": None, "destination": acs[0]["location"], "sp_entity_id": fields["to"]}
        answer = server.create_authn_response(
            {"mail": who.email, "givenName": who.first_name, "sn": who.last_name, "uid": who.username},
            in_response_to=where["in_response_to"],
            destination=where["destination"],
            sp_entity_id=where["sp_entity_id"],
            name_id=NameID(format=NAMEID_FORMAT_PERSISTENT, text=f"employee-{who.username}"),
            authn={"class_ref": PASSWORDPROTECTEDTRANSPORT},
            sign_response=False,
            sign_assertion=True,
            sign_alg=SIG_RSA_SHA256,
            digest_alg=DIGEST_SHA256,
        )
        page = server.apply_binding(
            BINDING_HTTP_POST, str(answer), where["destination"], fields.get("RelayState", ""), response=True
        )
        data = page["data"]
        self._answer(200, data if isinstance(data, str) else "".join(data))

    def _answer(self, status: int, text: str, kind: str = "text/html; charset=utf-8") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


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
    print("ready", flush=True)
    web.serve_forever()
