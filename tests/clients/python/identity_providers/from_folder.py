"""Identity providers whose server is a script of ours around a library: all they know lies in a folder."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar

import httpx2

from browser import Browser, Page

from . import EMPLOYEES, Employee, IdentityProvider, write_key_pair

NODE = Path(__file__).resolve().parents[2] / "node" / "identity_providers"


class FromFolder(IdentityProvider):
    """The folder: key pairs, the name of the one in use, settings, employees, and whom it trusts."""

    command: ClassVar[list[str]]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.entity_id, self.metadata_url = f"{self.base}/idp", f"{self.base}/metadata"
        (folder / "trusted").mkdir(parents=True)
        (folder / "employees.json").write_text(json.dumps([asdict(who) for who in EMPLOYEES]))
        self.settings = {"encrypts": False, "checks_requests": False}
        self.set()
        self.sign_with("first")
        self.process = subprocess.Popen(
            [*self.command, str(folder), self.base],
            stdout=subprocess.DEVNULL,
            stderr=(folder / "log").open("w"),
            text=True,
        )
        self.serves()

    def set(self, **changed: bool) -> None:
        self.settings |= changed
        (self.folder / "settings.json").write_text(json.dumps(self.settings))

    def sign_with(self, key: str) -> str:
        if not (self.folder / f"{key}.crt").exists():
            write_key_pair(self.folder, key)
        (self.folder / "key").write_text(key)
        return (self.folder / f"{key}.crt").read_text()

    def trust(self, service_provider_metadata: str, name: str) -> None:
        (self.folder / "trusted" / f"{name}.xml").write_text(service_provider_metadata)

    def encrypts(self, on: bool) -> None:
        self.set(encrypts=on)

    def wants_signed_requests(self, on: bool) -> None:
        self.set(checks_requests=on)

    def signs_in(self, browser: Browser, page: Page, who: Employee) -> Page:
        if any("username" in form.fields for form in page.forms()):
            form = page.form("username")
            page = browser.submit(page, form, username=who.username, password=who.password)
        page.form("SAMLResponse")
        return page

    def unsolicited_url(self, service_provider: str) -> str:
        return str(httpx2.URL(f"{self.base}/tile").copy_merge_params({"to": service_provider}))

    def sign_out_url(self, service_provider: str) -> str:
        return str(httpx2.URL(f"{self.base}/logout").copy_merge_params({"to": service_provider}))

    def logs(self) -> list[Path]:
        return [self.folder / "log"]


class PySaml2(FromFolder):
    """pysaml2: the assertion is signed, names are OIDs, the NameID is persistent."""

    name = "pysaml2"
    command = [sys.executable, str(Path(__file__).with_name("pysaml2_server.py"))]


class Samlp(FromFolder):
    """Auth0's `samlp`: the assertion is signed, names are Microsoft's, the NameID is of no format."""

    name = "samlp"
    command = ["node", str(NODE / "samlp.mjs")]


class Samlify(FromFolder):
    """`samlify`: assertion and message are signed, names are short, groups are several values."""

    name = "samlify"
    groups = ["engineers", "R&D <alpha>"]
    command = ["node", str(NODE / "samlify.mjs")]
