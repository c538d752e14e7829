"""`saml-idp`, a test provider for developers, as its command line starts it.

It knows one service provider, and has a page of settings that changes all of them while it runs.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from browser import Browser, Page

from . import Employee, IdentityProvider, write_key_pair

METADATA = "{urn:oasis:names:tc:SAML:2.0:metadata}"
DSIG = "{http://www.w3.org/2000/09/xmldsig#}"


class SamlIdp(IdentityProvider):
    """Assertion and message are signed, names are WorkOS's own, the entity ID is a URN."""

    name = "saml-idp"
    checks_requests = False
    groups = ["engineers", "R&D"]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.entity_id, self.metadata_url = "urn:example:idp", f"{self.base}/metadata"
        folder.mkdir(parents=True)
        key, certificate = write_key_pair(folder, "first")
        nobody = "http://127.0.0.1:9/nobody"
        command = ["node", str(Path(os.environ["KERNIA_NODE_MODULES"]) / "saml-idp" / "bin" / "run.js")]
        command += ["--host", "127.0.0.1", "--port", self.base.rsplit(":", 1)[1]]
        command += ["--key", str(key), "--cert", str(certificate)]
        command += ["--acsUrl", nobody, "--audience", nobody, "--sloUrl", nobody]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=(folder / "log").open("w"), stderr=subprocess.STDOUT, text=True
        )
        self.serves()
        # Its own default, AES-256 in CBC mode, is what its engine calls insecure.
        self.set(disallowEncryptionWithInsecureAlgorithm="false")

    def set(self, **changed: str) -> None:
        """Its page of settings."""
        answer = httpx2.post(f"{self.base}/settings", data=changed)
        assert answer.status_code == 302, answer.text

    def sign_with(self, key: str) -> str:
        if not (self.folder / f"{key}.crt").exists():
            write_key_pair(self.folder, key)
        certificate = (self.folder / f"{key}.crt").read_text()
        self.set(key=(self.folder / f"{key}.pem").read_text(), cert=certificate)
        return certificate

    def trust(self, service_provider_metadata: str, name: str) -> None:
        entity = ElementTree.fromstring(service_provider_metadata)
        entity_id = entity.attrib["entityID"]
        acs_url = entity.find(f".//{METADATA}AssertionConsumerService").attrib["Location"]
        self.set(
            audience=entity_id,
            serviceProviderId=entity_id,
            acsUrl=acs_url,
            recipient=acs_url,
            destination=acs_url,
        )
        if (logout := entity.find(f".//{METADATA}SingleLogoutService")) is not None:
            self.set(sloUrl=logout.attrib["Location"])
        for key in entity.iter(f"{METADATA}KeyDescriptor"):
            if key.attrib.get("use") != "signing":
                text = "".join(key.find(f".//{DSIG}X509Certificate").text.split())
                pem = f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"
                public = x509.load_pem_x509_certificate(pem.encode()).public_key()
                spki = serialization.PublicFormat.SubjectPublicKeyInfo
                self.set(
                    encryptionCert=pem,
                    encryptionPublicKey=public.public_bytes(serialization.Encoding.PEM, spki).decode(),
                )
                break

    def encrypts(self, on: bool) -> None:
        self.set(encryptAssertion=str(on).lower())

    def signs_in(self, browser: Browser, page: Page, who: Employee) -> Page:
        if any("userName" in form.fields for form in page.forms()):
            page = browser.submit(
                page,
                page.form("userName"),
                userName=who.email,
                email=who.email,
                firstName=who.first_name,
                lastName=who.last_name,
                displayName=f"{who.first_name} {who.last_name}",
                groups=",".join(self.groups),
            )
        page.form("SAMLResponse")
        return page

    def unsolicited_url(self, service_provider: str) -> str:
        return f"{self.base}/"

    def sign_out_url(self, service_provider: str) -> str:
        return f"{self.base}/signout"

    def logs(self) -> list[Path]:
        return [self.folder / "log"]
