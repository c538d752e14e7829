"""SAML identity providers that others wrote, each a process of its own that speaks HTTP."""

from __future__ import annotations

import datetime
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import httpx2

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import NameOID

from browser import Browser, Page


@dataclass(frozen=True)
class Employee:
    """A person whom an identity provider knows."""

    username: str
    password: str
    email: str
    first_name: str
    last_name: str


ADA = Employee("ada", "correct horse", "ada@acme.test", "Ada", "Byron")
GRACE = Employee("grace", "battery staple", "grace@acme.test", "Grace", "Hopper")
EMPLOYEES = (ADA, GRACE)


class IdentityProvider:
    """What the tests ask of each identity provider; how a product does it is a subclass."""

    name: ClassVar[str]
    checks_requests: ClassVar[bool] = True
    """Whether it refuses a request that is not signed, or not by us, when told to."""
    groups: ClassVar[list[str]] = []
    """What it says of everybody's groups."""
    entity_id: str
    metadata_url: str
    process: subprocess.Popen[str]

    def __init__(self, folder: Path) -> None:
        """Start it, from a folder of its own."""
        self.folder = folder
        self.base = f"http://127.0.0.1:{free_port()}"

    def trust(self, service_provider_metadata: str, name: str) -> None:
        """Take in a service provider by its metadata document; again under the same name replaces it."""
        raise NotImplementedError

    def sign_with(self, key: str) -> str:
        """From now on sign with this key pair (made when it is new); its certificate comes back."""
        raise NotImplementedError

    def encrypts(self, on: bool) -> None:
        """From now on encrypt assertions to the key that the service provider publishes, or no longer."""
        raise NotImplementedError

    def wants_signed_requests(self, on: bool) -> None:
        """From now on answer requests only when the service provider signed them, or any again."""
        raise NotImplementedError

    def signs_in(self, browser: Browser, page: Page, who: Employee) -> Page:
        """From the login page to the page with the form that carries the response."""
        raise NotImplementedError

    def unsolicited_url(self, service_provider: str) -> str:
        """Where an employee's tile leads: a sign-in that nobody asked for."""
        raise NotImplementedError

    def sign_out_url(self, service_provider: str) -> str:
        """Where an employee signs out at the provider, which then tells the service providers."""
        raise NotImplementedError

    def logs(self) -> list[Path]:
        """What it wrote down."""
        raise NotImplementedError

    def log(self) -> str:
        return "\n".join(path.read_text()[-4000:] for path in self.logs())

    def serves(self) -> None:
        """Wait until it answers."""
        for _ in range(200):
            try:
                if httpx2.get(self.metadata_url, timeout=10).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.process.kill()
        raise RuntimeError(f"{self.name} did not start:\n{self.log()}")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def self_signed(name: str, key: CertificateIssuerPrivateKeyTypes) -> x509.Certificate:
    """A certificate for a key, by itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365))
        .sign(key, hashes.SHA256())
    )


def write_key_pair(folder: Path, name: str) -> tuple[Path, Path]:
    """An RSA key and a self-signed certificate for it, as `name.pem` and `name.crt`."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    key_path, certificate_path = folder / f"{name}.pem", folder / f"{name}.crt"
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    certificate_path.write_bytes(self_signed(name, key).public_bytes(serialization.Encoding.PEM))
    return key_path, certificate_path
