"""SimpleSAMLphp as an identity provider, on PHP's own web server, from a folder of its own."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import httpx2

from browser import Browser, Page

from . import EMPLOYEES, Employee, free_port, write_key_pair

HOME = Path(os.environ.get("KERNIA_SIMPLESAMLPHP", "/usr/share/simplesamlphp"))

CONFIG = """<?php
$sources = [['type' => 'flatfile']];
foreach (glob('@FOLDER@/trusted/*.xml') as $file) {
    $sources[] = ['type' => 'xml', 'file' => $file];
}
$config = [
    'baseurlpath' => '@BASE@/',
    'certdir' => '@FOLDER@/keys/',
    'loggingdir' => '@FOLDER@/log/',
    'datadir' => '@FOLDER@/data/',
    'tempdir' => '@FOLDER@/tmp/',
    'metadatadir' => '@FOLDER@/metadata/',
    'metadata.sources' => $sources,
    'secretsalt' => 'only-for-tests-0123456789abcdef',
    'auth.adminpassword' => 'only-for-tests',
    'technicalcontact_name' => 'Nobody',
    'technicalcontact_email' => 'nobody@acme.test',
    'timezone' => 'UTC',
    'logging.level' => 7,
    'logging.handler' => 'file',
    'logging.logfile' => 'simplesamlphp.log',
    'enable.saml20-idp' => true,
    'module.enable' => ['core' => true, 'saml' => true, 'exampleauth' => true],
    'session.cookie.secure' => false,
    'session.cookie.samesite' => 'Lax',
    'session.phpsession.savepath' => '@FOLDER@/tmp/',
    'language.cookie.secure' => false,
    'language.cookie.samesite' => 'Lax',
    'store.type' => 'phpsession',
    'production' => true,
];
"""

HOSTED = """<?php
$metadata['@ENTITY@'] = [
    'host' => '__DEFAULT__',
    'privatekey' => '@KEY@.pem',
    'certificate' => '@KEY@.crt',
    'auth' => 'employees',
    'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    'NameIDFormat' => 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
    'authproc' => [
        1 => ['class' => 'saml:AttributeNameID', 'attribute' => 'mail',
              'Format' => 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'],
        2 => ['class' => 'saml:PersistentNameID', 'attribute' => 'uid'],
    ],
];
"""


class SimpleSamlPhp:
    """One running SimpleSAMLphp that knows the employees."""

    name = "SimpleSAMLphp"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.base = f"http://127.0.0.1:{free_port()}"
        self.entity_id = f"{self.base}/idp"
        self.metadata_url = f"{self.base}/saml2/idp/metadata.php"
        for name in ("keys", "log", "data", "tmp", "metadata", "trusted", "config"):
            (folder / name).mkdir(parents=True)
        write_key_pair(folder / "keys", "first")
        (folder / "config" / "config.php").write_text(self._filled(CONFIG))
        (folder / "config" / "authsources.php").write_text(_authsources())
        self.sign_with("first")
        self.process = self._serve()

    def _filled(self, template: str) -> str:
        return (
            template.replace("@FOLDER@", str(self.folder))
            .replace("@BASE@", self.base)
            .replace("@ENTITY@", self.entity_id)
        )

    def sign_with(self, key: str) -> str:
        """From now on sign with this key pair (made when it is new); its certificate comes back."""
        if not (self.folder / "keys" / f"{key}.crt").exists():
            write_key_pair(self.folder / "keys", key)
        hosted = self._filled(HOSTED).replace("@KEY@", key)
        (self.folder / "metadata" / "saml20-idp-hosted.php").write_text(hosted)
        return (self.folder / "keys" / f"{key}.crt").read_text()

    def trust(self, service_provider_metadata: str, name: str) -> None:
        """Take in a service provider by its metadata document."""
        (self.folder / "trusted" / f"{name}.xml").write_text(service_provider_metadata)

    def _serve(self) -> subprocess.Popen[bytes]:
        # Without opcode cache, so that a rewritten key or trust is seen at once.
        process = subprocess.Popen(
            [
                "php",
                "-d",
                "opcache.enable=0",
                "-S",
                self.base.removeprefix("http://"),
                "-t",
                str(HOME / "www"),
            ],
            cwd=HOME / "www",
            env=os.environ | {"SIMPLESAMLPHP_CONFIG_DIR": str(self.folder / "config")},
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "log" / "php.log").open("w"),
        )
        for _ in range(100):
            try:
                if httpx2.get(self.metadata_url, timeout=10).status_code == 200:
                    return process
            except httpx2.TransportError:
                pass
            time.sleep(0.1)
        process.terminate()
        raise RuntimeError(f"SimpleSAMLphp did not start:\n{self.log()}")

    def signs_in(self, browser: Browser, page: Page, who: Employee) -> Page:
        """From the login page to the page with the form that carries the response."""
        if any("AuthState" in form.fields for form in page.forms()):
            form = page.form("AuthState")
            page = browser.submit(page, form, username=who.username, password=who.password)
        page.form("SAMLResponse")
        return page

    def unsolicited_url(self, service_provider: str) -> str:
        """Where an employee's tile would lead: a sign-in that nobody asked for."""
        return str(
            httpx2.URL(f"{self.base}/saml2/idp/SSOService.php").copy_merge_params(
                {"spentityid": service_provider}
            )
        )

    def log(self) -> str:
        return "\n".join(path.read_text()[-4000:] for path in (self.folder / "log").iterdir())

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)


def _authsources() -> str:
    people = "".join(
        f"        '{who.username}:{who.password}' => ['uid' => ['{who.username}'], 'mail' => ['{who.email}'],"
        f" 'givenName' => ['{who.first_name}'], 'sn' => ['{who.last_name}']],\n"
        for who in EMPLOYEES
    )
    return (
        "<?php\n$config = [\n    'admin' => ['core:AdminPassword'],\n"
        f"    'employees' => ['exampleauth:UserPass',\n{people}    ],\n];\n"
    )
