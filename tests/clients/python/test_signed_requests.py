"""Requests that we sign, at providers that refuse others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from application import Application
from identity_providers import ADA


@pytest.fixture
def signing(application: Application) -> Iterator[Application]:
    """We sign, with a key that is made for it; the provider knows it, and will have nothing without."""
    application.sets(sign_requests=True)
    application.is_trusted_anew()
    if application.idp.checks_requests:
        application.idp.wants_signed_requests(True)
    yield application
    if application.idp.checks_requests:
        application.idp.wants_signed_requests(False)


def is_turned_away(application: Application) -> None:
    """The provider checks what came, and gives no answer."""
    if application.idp.checks_requests:
        with pytest.raises(AssertionError, match="no form with"):
            application.meets_the_provider(application.browser(), ADA)


@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_the_provider_takes_what_we_signed_and_nothing_else(signing: Application, binding: str) -> None:
    signing.sets(idp_sso_binding=binding)
    page = signing.browser().get(signing.begins())
    assert page.url.startswith(signing.kernia.base_url) == (binding == "post"), "a form of ours, or no stop"
    assert signing.signs_in(ADA).profile.email == ADA.email
    signing.sets(sign_requests=False)
    is_turned_away(signing)


def test_a_new_key_of_ours_must_be_made_known(signing: Application) -> None:
    sso, connection = signing.workos.sso, signing.connection.id
    old = sso.list_connection_saml_sp_signing_cert(connection)
    sso.delete_connection_saml_sp_signing_cert(connection, old.id)
    new = sso.create_connection_saml_sp_signing_cert(connection)
    assert new.id != old.id and new.value != old.value
    is_turned_away(signing)
    signing.is_trusted_anew()
    assert signing.signs_in(ADA).profile.email == ADA.email
