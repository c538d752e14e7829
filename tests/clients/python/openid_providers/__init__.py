"""OpenID providers that others wrote, each a process of its own that speaks HTTP.

All that they know lies in a folder, which they read again for each request.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import httpx2
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_pem_x509_certificate

from browser import Browser, Page
from identity_providers import EMPLOYEES, Employee, free_port, write_key_pair

NODE = Path(__file__).resolve().parents[2] / "node" / "openid_providers"


@dataclass
class Client:
    """An application that a provider knows."""

    client_id: str
    client_secret: str | None = None
    """None where it signs assertions."""


class OpenIdProvider:
    """A provider whose server is a script of ours around somebody's library."""

    name: ClassVar[str]
    command: ClassVar[list[str]]
    signs_in_secrets: ClassVar[str] = "+/= %:~"
    """Signs that a secret may have, and that a form and a header spell differently (RFC 6749 §2.3.1)."""

    takes_assertions_of_the_future: ClassVar[bool] = True
    """Whether one that was made 90 s ahead of its clock is good there."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.issuer = f"http://127.0.0.1:{free_port()}"
        self.discovery_endpoint = f"{self.issuer}/.well-known/openid-configuration"
        self.clients: list[dict[str, Any]] = []
        self.settings: dict[str, Any] = {"skew": 0, "claims_in": "id_token", "answers": {}}
        self._writes("employees.json", [asdict(who) for who in EMPLOYEES])
        self._writes("clients.json", self.clients)
        self.sets()
        self.signs_with("first")
        self.process = subprocess.Popen(
            [*self.command, str(folder), self.issuer],
            stdout=subprocess.DEVNULL,
            stderr=(folder / "log").open("w"),
            text=True,
        )
        self._serves()

    def sets(self, **changed: object) -> None:
        """`skew`, by how many seconds its clock is off; `claims_in`, `id_token` or `userinfo`."""
        self.settings |= changed
        self._writes("settings.json", self.settings)

    def answers(self, path: str, status: int, body: str, kind: str = "application/json") -> None:
        """From now on this path answers so, whoever asks."""
        self.sets(answers=self.settings["answers"] | {path: {"status": status, "body": body, "type": kind}})

    def is_itself(self) -> None:
        """Everything that a test has set is forgotten."""
        self.sets(skew=0, claims_in="id_token", answers={})

    def signs_with(self, key: str) -> None:
        """From now on it signs with the key of this name (made when it is new), and publishes no other."""
        if not (self.folder / f"{key}.pem").exists():
            write_key_pair(self.folder, key)
        (self.folder / "key").write_text(key)

    def takes(self, method: str, certificate: str = "") -> Client:
        """Take in an application that authenticates in this way and no other."""
        client = Client(f"client-{secrets.token_hex(4)}")
        known = {
            "client_id": client.client_id,
            "redirect_uris": ["https://unknown.test/for-now"],
            "post_logout_redirect_uris": ["https://unknown.test/for-now"],
            "token_endpoint_auth_method": method,
        }
        if certificate:
            known["jwks"] = {"keys": [public_jwk(certificate)]}
        else:
            client.client_secret = f"{secrets.token_urlsafe(24)}{self.signs_in_secrets}"
            known["client_secret"] = client.client_secret
        self.clients.append(known)
        self._writes("clients.json", self.clients)
        return client

    def sends_back(self, client: Client, to: str, signed_out: str) -> None:
        """From now on it sends the people of this application to these addresses, and to no others."""
        [known] = [one for one in self.clients if one["client_id"] == client.client_id]
        known |= {"redirect_uris": [to], "post_logout_redirect_uris": [signed_out]}
        self._writes("clients.json", self.clients)

    def signs_in(self, browser: Browser, page: Page, who: Employee) -> Page:
        """From the login page, if it shows one, to wherever the provider sends the browser."""
        if any("username" in form.fields for form in page.forms()):
            form = page.form("username")
            page = browser.submit(page, form, username=who.username, password=who.password)
        return page

    def signs_out(self, browser: Browser, page: Page) -> Page:
        """Through the page that asks whether this is meant, if there is one."""
        if any("logout" in form.fields for form in page.forms()):
            page = browser.submit(page, page.form("logout"))
        return page

    def cancels(self, browser: Browser, page: Page) -> Page:
        """The person thinks better of it."""
        return browser.submit(page, page.form("error"))

    def log(self) -> str:
        return (self.folder / "log").read_text()[-4000:]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)

    def _writes(self, name: str, what: object) -> None:
        # At once or not at all: the server may be reading.
        draft = self.folder / f"{name}.new"
        draft.write_text(json.dumps(what))
        draft.replace(self.folder / name)

    def _serves(self) -> None:
        for _ in range(200):
            try:
                if httpx2.get(self.discovery_endpoint, timeout=10).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.process.kill()
        raise RuntimeError(f"{self.name} did not start:\n{self.log()}")


class OidcProvider(OpenIdProvider):
    """`oidc-provider`, which is certified."""

    name = "oidc-provider"
    command = ["node", str(NODE / "oidc_provider.mjs")]


class IdPyOidc(OpenIdProvider):
    """idpyoidc, whose JOSE is its own. It does not decode what stands in a Basic header."""

    name = "idpyoidc"
    signs_in_secrets = "-_."
    takes_assertions_of_the_future = False
    command = [sys.executable, str(Path(__file__).with_name("idpyoidc_server.py"))]


def public_jwk(certificate: str) -> dict[str, str]:
    """The key of a certificate, named by its thumbprint (RFC 7638)."""
    key = load_pem_x509_certificate(certificate.encode()).public_key()
    assert isinstance(key, RSAPublicKey)
    numbers = key.public_numbers()

    def encoded(number: bytes) -> str:
        return base64.urlsafe_b64encode(number).rstrip(b"=").decode()

    members = {
        "e": encoded(numbers.e.to_bytes(3)),
        "kty": "RSA",
        "n": encoded(numbers.n.to_bytes((key.key_size + 7) // 8)),
    }
    named = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return members | {"kid": encoded(hashlib.sha256(named.encode()).digest()), "use": "sig", "alg": "RS256"}
