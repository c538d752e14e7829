"""Keys of providers that roll over: by hand, by reading the metadata again, by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from application import Application
from calm import assert_calm
from identity_providers import ADA
from kernia import Kernia


@pytest.fixture
def rolling(application: Application) -> Iterator[Application]:
    """Somebody signed in with the first key."""
    application.signs_in(ADA)
    yield application
    application.idp.sign_with("first")


def pinned(application: Application) -> list[str]:
    listed = application.workos.sso.list_connection_saml_idp_signing_certs(application.connection.id)
    return [one.value.strip() for one in listed.data]


def fails(application: Application, kernia: Kernia) -> None:
    browser = application.browser()
    page = application.returns(browser, application.meets_the_provider(browser, ADA))
    incident = assert_calm(page, kernia)
    assert "signature_invalid" in (kernia.logged(incident) or "")


def refresh(application: Application, kernia: Kernia) -> dict[str, object]:
    return kernia.admin("post", f"connections/{application.connection.id}/metadata/refresh")


def test_by_reading_the_metadata_again(rolling: Application, kernia: Kernia) -> None:
    old = pinned(rolling)
    assert refresh(rolling, kernia)["outcome"] == "unchanged"
    new = rolling.idp.sign_with("second").strip()
    told = refresh(rolling, kernia)
    assert told["outcome"] == "changed" and len(told["certificates_added"]) == 1
    assert pinned(rolling) == [*old, new], "the old one stays for a while"
    rolling.signs_in(ADA)
    rolling.idp.sign_with("first")
    rolling.signs_in(ADA)


def test_a_failure_brings_the_next_reading_forward(rolling: Application, kernia: Kernia) -> None:
    """Ten minutes after the last one at the earliest, which no test waits for."""

    def metadata() -> tuple[timedelta, str]:
        told = kernia.admin("get", f"connections/{rolling.connection.id}/metadata")
        due, read = (datetime.fromisoformat(told[key]) for key in ("due_at", "fetched_at"))
        return due - read, told["url"]

    usual, url = metadata()
    assert usual > timedelta(hours=12) and url == rolling.idp.metadata_url
    rolling.idp.sign_with("second")
    fails(rolling, kernia)
    assert metadata() == (timedelta(minutes=10), url)


def test_by_hand(rolling: Application, kernia: Kernia) -> None:
    sso, connection = rolling.workos.sso, rolling.connection.id
    [old] = sso.list_connection_saml_idp_signing_certs(connection).data
    new = sso.create_connection_saml_idp_signing_cert(connection, value=rolling.idp.sign_with("second"))
    rolling.signs_in(ADA)
    rolling.idp.sign_with("first")
    rolling.signs_in(ADA)
    sso.delete_connection_saml_idp_signing_cert(connection, old.id)
    fails(rolling, kernia)
    assert new.value.strip() in pinned(rolling)
