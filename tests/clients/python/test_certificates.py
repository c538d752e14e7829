"""Keys and certificates of ours, through the official SDK: made by Kernia, or brought by the customer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from workos import BadRequestError, ConflictError, NotFoundError, UnprocessableEntityError, WorkOSClient
from workos.organizations.models import Organization
from workos.sso import CreateProtocolOptionsSAML
from workos.sso.models import Connection, CreateConnectionKeyPair, CreateConnectionSAMLOptions

from identity_providers import self_signed, write_key_pair
from kernia import Kernia

NOBODY = "conn_01JD0000000000000000000000"


def pair(
    key: CertificateIssuerPrivateKeyTypes,
    name: str = "ours",
    form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8,
) -> CreateConnectionKeyPair:
    return CreateConnectionKeyPair(
        key=key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode(),
        cert=self_signed(name, key).public_bytes(serialization.Encoding.PEM).decode(),
    )


def rsa_key(size: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=size)


@pytest.fixture
def connect(workos: WorkOSClient, organization: Organization, tmp_path: Path) -> Callable[..., Connection]:
    certificate = write_key_pair(tmp_path, "idp")[1].read_text()

    def made(**more: object) -> Connection:
        options = CreateConnectionSAMLOptions(
            idp_entity_id="https://idp.acme.test/saml",
            idp_sso_url="https://idp.acme.test/sso",
            idp_signing_certs=[certificate],
            **more,  # type: ignore[arg-type]
        )
        return workos.sso.create_connection(
            organization_id=organization.id, protocol_options=CreateProtocolOptionsSAML(options)
        )

    return made


def test_encryption_keys_are_made_listed_and_deleted(
    workos: WorkOSClient, connect: Callable[..., Connection]
) -> None:
    sso, connection = workos.sso, connect().id
    assert sso.list_connection_saml_sp_encryption_certs(connection).data == []
    first, second = (sso.create_connection_saml_sp_encryption_cert(connection) for _ in range(2))
    assert first.object == "saml_sp_encryption_certificate" and first.id != second.id
    assert first.value != second.value and "PRIVATE" not in first.value
    read = x509.load_pem_x509_certificate(first.value.encode())
    key = read.public_key()
    assert isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048, "it opens RSA-OAEP"
    assert first.not_before and first.not_after and first.not_before < first.not_after
    assert sso.list_connection_saml_sp_encryption_certs(connection).data == [first, second]
    sso.delete_connection_saml_sp_encryption_cert(connection, first.id)
    assert sso.list_connection_saml_sp_encryption_certs(connection).data == [second]
    with pytest.raises(NotFoundError):
        sso.delete_connection_saml_sp_encryption_cert(connection, first.id)


def test_one_signing_key_at_a_time(workos: WorkOSClient, connect: Callable[..., Connection]) -> None:
    sso, connection = workos.sso, connect().id
    with pytest.raises(NotFoundError):
        sso.list_connection_saml_sp_signing_cert(connection)
    made = sso.create_connection_saml_sp_signing_cert(connection)
    assert made.object == "saml_sp_signing_certificate" and made.not_before and made.not_after
    assert sso.list_connection_saml_sp_signing_cert(connection) == made
    with pytest.raises(ConflictError):
        sso.create_connection_saml_sp_signing_cert(connection)
    other = connect().id
    with pytest.raises(NotFoundError):
        sso.delete_connection_saml_sp_signing_cert(other, made.id)
    sso.delete_connection_saml_sp_signing_cert(connection, made.id)
    with pytest.raises(NotFoundError):
        sso.list_connection_saml_sp_signing_cert(connection)
    assert sso.create_connection_saml_sp_signing_cert(connection).value != made.value


def test_keys_that_the_customer_brings(
    workos: WorkOSClient, connect: Callable[..., Connection], kernia: Kernia
) -> None:
    signing = pair(rsa_key(), "signing", serialization.PrivateFormat.TraditionalOpenSSL)
    encryption = [pair(rsa_key(), "one"), pair(rsa_key(3072), "two")]
    connection = connect(sp_signing_key_pair=signing, sp_encryption_key_pairs=encryption).id
    assert workos.sso.list_connection_saml_sp_signing_cert(connection).value.strip() == signing.cert.strip()
    listed = workos.sso.list_connection_saml_sp_encryption_certs(connection).data
    assert {one.value.strip() for one in listed} == {one.cert.strip() for one in encryption}
    for private in (signing.key, *(one.key for one in encryption)):
        kernia.secrets.add(private.splitlines()[2])


@pytest.mark.parametrize(
    "bring",
    [
        lambda: {"sp_signing_key_pair": CreateConnectionKeyPair(pair(rsa_key()).key, pair(rsa_key()).cert)},
        lambda: {"sp_signing_key_pair": pair(rsa_key(1024))},
        lambda: {"sp_signing_key_pair": CreateConnectionKeyPair("not a key", pair(rsa_key()).cert)},
        lambda: {"sp_signing_key_pair": CreateConnectionKeyPair(pair(rsa_key()).key, "not a certificate")},
        lambda: {"sp_encryption_key_pairs": [pair(ec.generate_private_key(ec.SECP256R1()))]},
        lambda: {"sp_encryption_key_pairs": [pair(rsa_key(1024))]},
    ],
    ids=["of two", "weak", "no key", "no certificate", "cannot decrypt", "weak to decrypt"],
)
def test_keys_that_cannot_work(
    workos: WorkOSClient,
    organization: Organization,
    connect: Callable[..., Connection],
    bring: Callable[[], dict[str, object]],
) -> None:
    with pytest.raises((BadRequestError, UnprocessableEntityError)) as refused:
        connect(**bring())
    assert refused.value.message
    assert "PRIVATE" not in refused.value.message
    assert workos.sso.list_connections(organization_id=organization.id).data == []


def test_a_private_key_instead_of_a_certificate(
    workos: WorkOSClient, connect: Callable[..., Connection], kernia: Kernia
) -> None:
    connection = connect().id
    key = pair(rsa_key()).key
    kernia.secrets.add(key.splitlines()[2])
    with pytest.raises((BadRequestError, UnprocessableEntityError)) as refused:
        workos.sso.create_connection_saml_idp_signing_cert(connection, value=key)
    assert key.splitlines()[2] not in str(refused.value)
    assert len(workos.sso.list_connection_saml_idp_signing_certs(connection).data) == 1


def test_a_connection_that_does_not_exist(workos: WorkOSClient) -> None:
    sso = workos.sso
    for call in (
        lambda: sso.list_connection_saml_sp_encryption_certs(NOBODY),
        lambda: sso.create_connection_saml_sp_encryption_cert(NOBODY),
        lambda: sso.delete_connection_saml_sp_encryption_cert(NOBODY, "cert_1"),
        lambda: sso.list_connection_saml_sp_signing_cert(NOBODY),
        lambda: sso.create_connection_saml_sp_signing_cert(NOBODY),
        lambda: sso.delete_connection_saml_sp_signing_cert(NOBODY, "cert_1"),
        lambda: sso.list_connection_saml_idp_signing_certs(NOBODY),
    ):
        with pytest.raises(NotFoundError):
            call()
