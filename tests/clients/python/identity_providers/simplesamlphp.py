"""SimpleSAMLphp as an identity provider, on PHP's own web server, from a folder of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import httpx2

from browser import Browser, Page

from . import EMPLOYEES, Employee, IdentityProvider, write_key_pair

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
    'SingleSignOnServiceBinding' => ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect',
        'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'],
    'assertion.encryption' => @ENCRYPTS@,
    'sign.logout' => true,
    'validate.logout' => true,
    'NameIDFormat' => 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
    'authproc' => [
        1 => ['class' => 'saml:AttributeNameID', 'attribute' => 'mail',
              'Format' => 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'],
        2 => ['class' => 'saml:PersistentNameID', 'attribute' => 'uid'],
    ],
];
"""


class SimpleSamlPhp(IdentityProvider):
    """Assertion and message are signed, names are LDAP's, the NameID is the email address.

    A service provider whose metadata says that it signs its requests is held to it.
    """

    name = "SimpleSAMLphp"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.entity_id = f"{self.base}/idp"
        self.metadata_url = f"{self.base}/saml2/idp/metadata.php"
        for name in ("keys", "log", "data", "tmp", "metadata", "trusted", "config"):
            (folder / name).mkdir(parents=True)
        (folder / "config" / "config.php").write_text(self._filled(CONFIG))
        (folder / "config" / "authsources.php").write_text(_authsources())
        self.key, self.encrypting = "first", False
        self.sign_with("first")
        # Without opcode cache, so that a rewritten key or trust is seen at once.
        command = ["php", "-d", "opcache.enable=0", "-S", self.base.removeprefix("http://")]
        self.process = subprocess.Popen(
            [*command, "-t", str(HOME / "www")],
            cwd=HOME / "www",
            env=os.environ | {"SIMPLESAMLPHP_CONFIG_DIR": str(folder / "config")},
            stdout=subprocess.DEVNULL,
            stderr=(folder / "log" / "php.log").open("w"),
            text=True,
        )
        self.serves()

    def _filled(self, template: str) -> str:
        return (
            template.replace("@FOLDER@", str(self.folder))
            .replace("@BASE@", self.base)
            .replace("@ENTITY@", self.entity_id)
        )

    def _host(self) -> None:
        hosted = self._filled(HOSTED).replace("@KEY@", self.key)
        hosted = hosted.replace("@ENCRYPTS@", str(self.encrypting).lower())
        (self.folder / "metadata" / "saml20-idp-hosted.php").write_text(hosted)

    def sign_with(self, key: str) -> str:
        if not (self.folder / "keys" / f"{key}.crt").exists():
            write_key_pair(self.folder / "keys", key)
        self.key = key
        self._host()
        return (self.folder / "keys" / f"{key}.crt").read_text()

    def encrypts(self, on: bool) -> None:
        self.encrypting = on
        self._host()

    def wants_signed_requests(self, on: bool) -> None:
        pass

    def trust(self, service_provider_metadata: str, name: str) -> None:
        (self.folder / "trusted" / f"{name}.xml").write_text(service_provider_metadata)

    def signs_in(self, browser: Browser, page: Page, who: Employee) -> Page:
        if any("AuthState" in form.fields for form in page.forms()):
            form = page.form("AuthState")
            page = browser.submit(page, form, username=who.username, password=who.password)
        page.form("SAMLResponse")
        return page

    def unsolicited_url(self, service_provider: str) -> str:
        return self._url("SSOService", spentityid=service_provider)

    def sign_out_url(self, service_provider: str) -> str:
        return self._url("SingleLogoutService", ReturnTo=self.metadata_url)

    def _url(self, service: str, **query: str) -> str:
        return str(httpx2.URL(f"{self.base}/saml2/idp/{service}.php").copy_merge_params(query))

    def logs(self) -> list[Path]:
        return list((self.folder / "log").iterdir())


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
