"""What we send to providers, read by parsers that others wrote: our metadata, and requests with their
signatures. pysaml2 plays the provider here; `xmlsec1` and OpenSSL verify once more, on their own.
"""

from __future__ import annotations

import base64
import subprocess
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.attribute_converter import ac_factory
from saml2.config import IdPConfig
from saml2.md import EntityDescriptor, entity_descriptor_from_string
from saml2.mdstore import InMemoryMetaData
from saml2.request import AuthnRequest
from saml2.response import IncorrectlySigned
from saml2.samlp import authn_request_from_string
from saml2.server import Server
from workos import WorkOSClient
from workos.organizations.models import Organization
from workos.sso.models import Connection

from browser import Browser
from identity_providers import self_signed, write_key_pair
from kernia import REDIRECT_URI, Kernia

IDP = "https://idp.foreign.test/saml"
SSO_URL = "https://idp.foreign.test/sso?tenant=1&x=%20y"
EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"


@dataclass
class Foreign:
    """A connection to a provider that is pysaml2's server, without a network between."""

    workos: WorkOSClient
    kernia: Kernia
    connection: Connection
    folder: Path

    def sets(self, **saml_options: object) -> None:
        path = ("connections", self.connection.id)
        self.workos.request("patch", path, body={"saml_options": saml_options})

    def begins(self, **more: str) -> str:
        return self.workos.sso.get_authorization_url(
            connection=self.connection.id, redirect_uri=REDIRECT_URI, state="s & t", **more
        )

    def redirect(self, **more: str) -> tuple[str, dict[str, str]]:
        """Where a request leaves to, and its query."""
        location = httpx2.get(self.begins(**more)).headers["location"]
        return location, {key: values[0] for key, values in parse_qs(urlsplit(location).query).items()}

    def form(self) -> dict[str, str]:
        """The same as a form that posts itself."""
        page = Browser(REDIRECT_URI).get(self.begins())
        form = page.form("SAMLRequest")
        assert (form.action, form.method) == (SSO_URL, "post")
        return {name: value for name, value in form.fields.items() if name in ("SAMLRequest", "RelayState")}

    def document(self) -> str:
        """Our metadata for this connection."""
        _, query = self.redirect()
        request = zlib.decompress(base64.b64decode(query["SAMLRequest"]), wbits=-15).decode()
        acs = request.split('AssertionConsumerServiceURL="')[1].split('"')[0]
        answer = httpx2.get(acs.replace("/sso/saml/acs/", "/sso/saml/metadata/"))
        assert answer.headers["content-type"].startswith("application/samlmetadata+xml")
        return answer.text

    def provider(self) -> Server:
        """pysaml2, which got our metadata and takes signed requests alone."""
        (self.folder / "us.xml").write_text(self.document())
        key, certificate = self.folder / "idp.pem", self.folder / "idp.crt"
        endpoints = [(SSO_URL, BINDING_HTTP_REDIRECT), (SSO_URL, BINDING_HTTP_POST)]
        service = {
            "endpoints": {"single_sign_on_service": endpoints},
            "want_authn_requests_signed": True,
        }
        configuration = {
            "entityid": IDP,
            "key_file": str(key),
            "cert_file": str(certificate),
            "metadata": {"local": [str(self.folder / "us.xml")]},
            "service": {"idp": service},
        }
        return Server(config=IdPConfig().load(configuration))

    def signing_certificate(self) -> x509.Certificate:
        shown = self.workos.sso.list_connection_saml_sp_signing_cert(self.connection.id)
        return x509.load_pem_x509_certificate(shown.value.encode())


@pytest.fixture
def connect(
    workos: WorkOSClient, kernia: Kernia, organization: Organization, tmp_path: Path
) -> Callable[..., Foreign]:
    def made(**more: object) -> Foreign:
        _, certificate = write_key_pair(tmp_path, "idp")
        options = {
            "idp_entity_id": IDP,
            "idp_sso_url": SSO_URL,
            "idp_signing_certs": [certificate.read_text()],
        }
        body = {"organization_id": organization.id, "saml_options": options | more}
        connection = workos.request("post", ("connections",), body=body, model=Connection)
        return Foreign(workos, kernia, connection, tmp_path)

    return made


@pytest.fixture
def signing(connect: Callable[..., Foreign]) -> Foreign:
    """Signing is asked for; a key to sign with is made at once."""
    return connect(sign_requests=True)


def read(document: str) -> tuple[EntityDescriptor, InMemoryMetaData]:
    """By pysaml2's two readers: the types of the schema, and what it looks things up in."""
    entity = entity_descriptor_from_string(document)
    assert entity is not None and entity.verify()
    known = InMemoryMetaData(ac_factory(), document)
    known.load()
    assert list(known.keys()) == [entity.entity_id]
    return entity, known


def text(pem: str) -> str:
    """The bare base64 of a certificate."""
    return "".join(line for line in pem.splitlines() if not line.startswith("-----"))


def test_metadata_without_keys(connect: Callable[..., Foreign]) -> None:
    entity, known = read(connect().document())
    [role] = entity.spsso_descriptor
    assert role.authn_requests_signed in (None, "false") and role.want_assertions_signed == "true"
    assert "urn:oasis:names:tc:SAML:2.0:protocol" in role.protocol_support_enumeration
    [acs] = role.assertion_consumer_service
    assert (acs.binding, acs.index, acs.is_default) == (BINDING_HTTP_POST, "0", "true")
    assert {one.text for one in role.name_id_format} == {EMAIL, PERSISTENT}
    assert known.certs(entity.entity_id, "spsso", "signing") == []
    assert known.certs(entity.entity_id, "spsso", "encryption") == []


def test_metadata_with_every_live_key(signing: Foreign) -> None:
    sso, connection = signing.workos.sso, signing.connection.id
    encryption = [sso.create_connection_saml_sp_encryption_cert(connection) for _ in range(2)]
    entity, known = read(signing.document())
    [role] = entity.spsso_descriptor
    assert role.authn_requests_signed == "true"
    shown = sso.list_connection_saml_sp_signing_cert(connection)
    signs = [text_of for _, text_of in known.certs(entity.entity_id, "spsso", "signing")]
    assert ["".join(one.split()) for one in signs] == [text(shown.value)]
    opens = [text_of for _, text_of in known.certs(entity.entity_id, "spsso", "encryption")]
    assert {"".join(one.split()) for one in opens} == {text(one.value) for one in encryption}
    methods = {
        method.algorithm
        for key in role.key_descriptor
        if key.use == "encryption"
        for method in key.encryption_method
    }
    assert any(method.endswith("-gcm") for method in methods), methods
    assert any("rsa-oaep" in method for method in methods), methods
    assert not any("cbc" in method or "rsa-1_5" in method for method in methods), methods


def test_metadata_with_addresses_that_the_customers_provider_knows(connect: Callable[..., Foreign]) -> None:
    theirs = {"acs_url": "https://sso.old.test/acs/7", "sp_entity_id": "urn:old:entity"}
    made = connect(**theirs)
    _, query = made.redirect()
    xml = zlib.decompress(base64.b64decode(query["SAMLRequest"]), wbits=-15).decode()
    assert 'AssertionConsumerServiceURL="https://sso.old.test/acs/7"' in xml and ">urn:old:entity<" in xml
    made.sets(acs_url=None, sp_entity_id=None)
    entity, _ = read(made.document())
    assert entity.entity_id.startswith(made.kernia.base_url)


def parse(server: Server, fields: dict[str, str], binding: str) -> AuthnRequest | None:
    return server.parse_authn_request(
        fields["SAMLRequest"],
        binding,
        relay_state=fields.get("RelayState"),
        sigalg=fields.get("SigAlg"),
        signature=fields.get("Signature"),
    )


def test_a_signed_redirect(signing: Foreign) -> None:
    location, query = signing.redirect()
    assert location.startswith(SSO_URL + "&"), "the query that the provider's address has stays"
    server = signing.provider()
    asked = parse(server, query, BINDING_HTTP_REDIRECT)
    assert asked is not None and asked.message.issuer.text == read(signing.document())[0].entity_id
    assert asked.message.destination == SSO_URL
    where = server.response_args(asked.message, [BINDING_HTTP_POST])
    assert where["destination"].startswith(signing.kernia.base_url)

    octets = location[len(SSO_URL) + 1 :].split("&Signature=")[0].encode()
    assert [pair.split(b"=")[0] for pair in octets.split(b"&")] == [b"SAMLRequest", b"RelayState", b"SigAlg"]
    signature = base64.b64decode(query["Signature"])
    key = signing.signing_certificate().public_key()
    key.verify(signature, octets, padding.PKCS1v15(), hashes.SHA256())

    other = signing.redirect()[1]
    for name in ("RelayState", "SAMLRequest", "Signature"):
        with pytest.raises(IncorrectlySigned):
            parse(server, query | {name: other[name]}, BINDING_HTTP_REDIRECT)


def test_a_signed_form(signing: Foreign, tmp_path: Path) -> None:
    server = signing.provider()
    signing.sets(idp_sso_binding="post")
    fields = signing.form()
    asked = parse(server, fields, BINDING_HTTP_POST)
    assert asked is not None and asked.message.destination == SSO_URL
    xml = base64.b64decode(fields["SAMLRequest"])
    assert verified_by_xmlsec1(tmp_path, xml, signing.signing_certificate())
    changed = xml.replace(b"https://idp.foreign.test/", b"https://idp.foreign.tess/", 1)
    assert changed != xml and not verified_by_xmlsec1(tmp_path, changed, signing.signing_certificate())


def verified_by_xmlsec1(folder: Path, xml: bytes, certificate: x509.Certificate) -> bool:
    """A second opinion on an enveloped signature."""
    (folder / "request.xml").write_bytes(xml)
    (folder / "ours.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    request = "urn:oasis:names:tc:SAML:2.0:protocol:AuthnRequest"
    command = ["xmlsec1", "--verify", "--pubkey-cert-pem", str(folder / "ours.pem"), "--id-attr:ID", request]
    return subprocess.run([*command, str(folder / "request.xml")], capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("curve", "digest"),
    [(ec.SECP256R1(), hashes.SHA256()), (ec.SECP384R1(), hashes.SHA384())],
    ids=["P-256", "P-384"],
)
def test_signed_by_an_elliptic_key_of_theirs(
    connect: Callable[..., Foreign], tmp_path: Path, curve: ec.EllipticCurve, digest: hashes.HashAlgorithm
) -> None:
    key = ec.generate_private_key(curve)
    certificate = self_signed("ours", key)
    pair = {
        "key": key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
        "cert": certificate.public_bytes(serialization.Encoding.PEM).decode(),
    }
    made = connect(sign_requests=True, sp_signing_key_pair=pair)
    assert made.signing_certificate() == certificate
    location, query = made.redirect()
    assert query["SigAlg"] == f"http://www.w3.org/2001/04/xmldsig-more#ecdsa-{digest.name}"
    octets = location[len(SSO_URL) + 1 :].split("&Signature=")[0].encode()
    raw = base64.b64decode(query["Signature"])
    half = len(raw) // 2
    der = encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))
    key.public_key().verify(der, octets, ec.ECDSA(digest))
    made.sets(idp_sso_binding="post")
    assert verified_by_xmlsec1(tmp_path, base64.b64decode(made.form()["SAMLRequest"]), certificate)


def test_what_a_request_asks_for(connect: Callable[..., Foreign]) -> None:
    made = connect(name_id_format=EMAIL)
    _, query = made.redirect(prompt="login")
    xml = zlib.decompress(base64.b64decode(query["SAMLRequest"]), wbits=-15).decode()
    request = authn_request_from_string(xml)
    assert request.verify()
    assert request.version == "2.0" and request.force_authn == "true"
    assert request.id.startswith("_") and len(request.id) == 33
    assert request.protocol_binding == BINDING_HTTP_POST and request.destination == SSO_URL
    assert (request.name_id_policy.format, request.name_id_policy.allow_create) == (EMAIL, "true")
    assert request.requested_authn_context is None and request.subject is None
    assert len(query["RelayState"].encode()) <= 80
    made.sets(name_id_format=None)
    _, query = made.redirect()
    xml = zlib.decompress(base64.b64decode(query["SAMLRequest"]), wbits=-15).decode()
    request = authn_request_from_string(xml)
    assert request.force_authn in (None, "false") and request.name_id_policy is None
