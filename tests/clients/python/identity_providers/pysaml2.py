"""pysaml2 as an identity provider: the handle that the tests hold. The server is `pysaml2_server.py`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx2

from browser import Browser, Page

from . import Employee, free_port, write_key_pair


class PySaml2:
    """One running pysaml2 that knows the employees."""

    name = "pysaml2"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.base = f"http://127.0.0.1:{free_port()}"
        self.entity_id = f"{self.base}/idp"
        self.metadata_url = f"{self.base}/metadata"
        (folder / "trusted").mkdir(parents=True)
        write_key_pair(folder, "first")
        self.sign_with("first")
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("pysaml2_server.py")), str(folder), self.base],
            stdout=subprocess.PIPE,
            stderr=(folder / "pysaml2.log").open("w"),
            text=True,
        )
        assert self.process.stdout is not None
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"pysaml2 did not start:\n{self.log()}")

    def sign_with(self, key: str) -> str:
        """From now on sign with this key pair (made when it is new); its certificate comes back."""
        if not (self.folder / f"{key}.crt").exists():
            write_key_pair(self.folder, key)
        (self.folder / "key").write_text(key)
        return (self.folder / f"{key}.crt").read_text()

    def trust(self, service_provider_metadata: str, name: str) -> None:
        """Take in a service provider by its metadata document."""
        (self.folder / "trusted" / f"{name}.xml").write_text(service_provider_metadata)

    def signs_in(self, browser: Browser, page: Page, who: Employee) -> Page:
        """From the login page to the page with the form that carries the response."""
        if any("username" in form.fields for form in page.forms()):
            form = page.form("username")
            page = browser.submit(page, form, username=who.username, password=who.password)
        page.form("SAMLResponse")
        return page

    def unsolicited_url(self, service_provider: str) -> str:
        """Where an employee's tile would lead: a sign-in that nobody asked for."""
        return str(httpx2.URL(f"{self.base}/tile").copy_merge_params({"to": service_provider}))

    def log(self) -> str:
        return (self.folder / "pysaml2.log").read_text()[-4000:]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)
