"""Assertions that the provider encrypts to a key of ours, as each provider does it."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from application import Application
from browser import Browser, Page
from calm import assert_calm
from identity_providers import ADA
from kernia import Kernia


@pytest.fixture
def encrypted(application: Application) -> Iterator[Application]:
    """The provider got our metadata with a key in it, and uses it."""
    application.workos.sso.create_connection_saml_sp_encryption_cert(application.connection.id)
    application.is_trusted_anew()
    application.idp.encrypts(True)
    yield application
    application.idp.encrypts(False)


def arrives_encrypted(application: Application, browser: Browser) -> Page:
    page = application.meets_the_provider(browser, ADA)
    response = base64.b64decode(page.form("SAMLResponse").fields["SAMLResponse"]).decode()
    assert "EncryptedAssertion" in response and "Byron" not in response
    return page


def test_an_employee_signs_in(encrypted: Application) -> None:
    browser = encrypted.browser()
    arrived = encrypted.arrived(encrypted.returns(browser, arrives_encrypted(encrypted, browser)))
    profile = encrypted.workos.sso.get_profile_and_token(code=arrived["code"]).profile
    assert (profile.email, profile.last_name) == (ADA.email, "Byron")


def test_every_live_key_opens(encrypted: Application, kernia: Kernia) -> None:
    sso, connection = encrypted.workos.sso, encrypted.connection.id
    [old] = sso.list_connection_saml_sp_encryption_certs(connection).data
    new = sso.create_connection_saml_sp_encryption_cert(connection)
    assert encrypted.signs_in(ADA).profile.email == ADA.email, "the provider still uses the old one"
    sso.delete_connection_saml_sp_encryption_cert(connection, old.id)
    browser = encrypted.browser()
    incident = assert_calm(encrypted.returns(browser, arrives_encrypted(encrypted, browser)), kernia)
    assert "decryption_failed" in (kernia.logged(incident) or "")
    encrypted.is_trusted_anew()
    assert encrypted.signs_in(ADA).profile.email == ADA.email
    assert [one.id for one in sso.list_connection_saml_sp_encryption_certs(connection).data] == [new.id]


def test_a_broken_ciphertext(encrypted: Application, kernia: Kernia) -> None:
    browser = encrypted.browser()
    form = arrives_encrypted(encrypted, browser).form("SAMLResponse")
    head, tail = base64.b64decode(form.fields["SAMLResponse"]).decode().rsplit("CipherValue>", 2)[:2]
    broken = f"{head}CipherValue>{tail[:-200]}AAAA{tail[-196:]}"
    response = base64.b64decode(form.fields["SAMLResponse"]).decode().replace(
        f"{head}CipherValue>{tail}", broken
    )
    sent = base64.b64encode(response.encode()).decode()
    assert sent != form.fields["SAMLResponse"]
    assert_calm(browser.post(form.action, form.fields | {"SAMLResponse": sent}), kernia)
