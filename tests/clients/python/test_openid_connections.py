"""Employees sign in through OpenID providers that others wrote.

Each story runs against each provider: an application with the official SDK, a browser without
JavaScript, and a real server between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from workos import AuthenticationError, WorkOSClient

from calm import assert_calm
from identity_providers import ADA, GRACE
from kernia import Kernia
from openid_application import METHODS, OpenIdApplication
from openid_providers import IdPyOidc, OidcProvider, OpenIdProvider

GROUPS = ["engineers", "R&D <alpha>"]


@pytest.fixture(scope="module", params=[OidcProvider, IdPyOidc], ids=lambda kind: kind.name)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OpenIdProvider]:
    provider = request.param(tmp_path_factory.mktemp(request.param.name) / "op")
    yield provider
    provider.stop()


@pytest.fixture
def provider(running: OpenIdProvider) -> Iterator[OpenIdProvider]:
    yield running
    running.is_itself()


Connected = Callable[[str], OpenIdApplication]


@pytest.fixture
def connected(
    kernia: Kernia,
    workos: WorkOSClient,
    provider: OpenIdProvider,
    fresh: Callable[[str], str],
    tmp_path: Path,
) -> Connected:
    """An application with one customer, whose connection authenticates in this way."""

    def connected(method: str = "client_secret_basic") -> OpenIdApplication:
        made = OpenIdApplication(kernia, workos, provider, method, tmp_path)
        made.takes_on_a_customer(fresh("Acme"))
        return made

    return connected


@pytest.mark.parametrize("method", METHODS)
def test_an_employee_signs_in(connected: Connected, method: str) -> None:
    application = connected(method)
    profile = application.signs_in(ADA).profile
    assert profile.connection_id == application.connection.id
    assert profile.organization_id == application.connection.organization_id
    assert profile.connection_type == application.connection.connection_type == "GenericOIDC"
    assert (profile.email, profile.first_name, profile.last_name) == ("ada@acme.test", "Ada", "Byron")
    assert profile.groups == GROUPS
    assert profile.idp_id == profile.raw_attributes["sub"]
    assert profile.raw_attributes["name"] == "Ada Byron"
    assert application.workos.sso.get_connection(application.connection.id).state == "active"
    [trace] = application.traces()
    assert (trace["outcome"], trace["failure"]) == ("succeeded", None)
    assert trace["response"]["issuer"] == application.provider.issuer and trace["response"]["verified"]


def test_what_we_ask_for(connected: Connected) -> None:
    asked = connected().asked
    assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
    assert "openid" in asked["scope"].split() and "email" in asked["scope"].split()
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 26
    assert "client_secret" not in asked


def test_a_person_keeps_the_profile_id(connected: Connected) -> None:
    application = connected()
    first, other, again = (application.signs_in(who).profile for who in (ADA, GRACE, ADA))
    assert first.id == again.id and first.idp_id == again.idp_id
    assert other.id != first.id and other.email == "grace@acme.test"


def test_a_second_sign_in_asks_for_no_password(connected: Connected) -> None:
    application = connected()
    browser = application.browser()
    first = application.signs_in(ADA, browser).profile
    arrived = application.arrived(browser.get(application.begins()))
    assert application.workos.sso.get_profile_and_token(code=arrived["code"]).profile.id == first.id


@pytest.mark.parametrize("method", METHODS)
def test_claims_of_the_userinfo_endpoint(connected: Connected, provider: OpenIdProvider, method: str) -> None:
    provider.sets(claims_in="userinfo")
    application = connected(method)
    application.sets(fetch_user_info=True)
    profile = application.signs_in(ADA).profile
    assert (profile.email, profile.first_name) == ("ada@acme.test", "Ada")
    assert profile.groups == GROUPS


@pytest.mark.parametrize("method", METHODS)
def test_a_new_key_is_taken_at_once(connected: Connected, provider: OpenIdProvider, method: str) -> None:
    application = connected(method)
    before = application.signs_in(ADA).profile
    provider.signs_with("second")
    try:
        assert application.signs_in(ADA).profile.id == before.id
    finally:
        provider.signs_with("first")


@pytest.mark.parametrize("skew", [90, -90], ids=["ahead", "behind"])
@pytest.mark.parametrize("method", METHODS)
def test_a_clock_that_is_off(
    connected: Connected, provider: OpenIdProvider, method: str, skew: int
) -> None:
    application = connected(method)
    provider.sets(skew=skew)
    if skew < 0 and method == "private_key_jwt" and not provider.takes_assertions_of_the_future:
        assert application.fails(ADA)["failure"]["code"] == "client_refused"
        return
    assert application.signs_in(ADA).profile.email == ADA.email


@pytest.mark.parametrize("skew", [200, -500], ids=["ahead", "behind"])
def test_a_clock_that_is_too_far_off(
    connected: Connected, kernia: Kernia, provider: OpenIdProvider, skew: int
) -> None:
    application = connected()
    provider.sets(skew=skew)
    browser = application.browser()
    incident = assert_calm(application.meets_the_provider(browser, ADA), kernia)
    [trace] = application.traces()
    assert (trace["outcome"], trace["incident_id"]) == ("failed", incident)
    assert trace["failure"]["code"] == ("issued_in_future" if skew > 0 else "expired")


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_wrong_secret(connected: Connected, method: str) -> None:
    application = connected(method)
    application.sets(client_secret="certainly-another-one")
    trace = application.fails(ADA)
    failure = trace["failure"]
    assert failure["code"] == "client_refused"
    assert failure["got"].startswith("invalid_client") and failure["reason"] and failure["fix"]
    assert not trace["response"] or not trace["response"]["verified"]
    assert application.workos.sso.get_connection(application.connection.id).state != "active"
    application.sets(client_secret=application.client.client_secret)
    assert application.signs_in(ADA).profile.email == ADA.email


def test_another_way_to_authenticate_than_the_provider_wants(connected: Connected) -> None:
    application = connected("client_secret_basic")
    application.sets(token_authentication_method="private_key_jwt", client_secret=None)
    assert application.fails(ADA)["failure"]["code"] == "client_refused"


def test_a_token_endpoint_that_answers_with_a_page(connected: Connected, provider: OpenIdProvider) -> None:
    application = connected()
    provider.answers("/token", 200, "<!doctype html><title>Maintenance</title>", "text/html")
    assert application.fails(ADA)["failure"]["code"] == "token_html"


def test_a_person_who_goes_away(connected: Connected, provider: OpenIdProvider) -> None:
    application = connected()
    browser = application.browser()
    page = provider.cancels(browser, browser.get(application.begins()))
    failure = application.failed(page, "access_denied")["failure"]
    assert failure["code"] == "provider_refused" and failure["got"].startswith("access_denied")


def test_an_application_signs_somebody_out(connected: Connected, kernia: Kernia, provider: OpenIdProvider) -> None:
    application = connected()
    browser = application.browser()
    token = application.signs_in(ADA, browser)
    given = application.workos.sso.authorize_logout(profile_id=token.profile.id)
    with pytest.raises(AuthenticationError):
        application.workos.sso.get_profile(access_token=token.access_token)
    page = provider.signs_out(browser, browser.get(given.logout_url))
    assert page.status == 200 and page.url.startswith(f"{kernia.base_url}/sso/signed-out"), page.text[:2000]
    page = browser.get(application.begins())
    assert any("username" in form.fields for form in page.forms()), "the provider asks again who it is"
    assert_calm(browser.get(given.logout_url), kernia)
