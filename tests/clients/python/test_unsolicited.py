"""An employee begins at the provider, by a tile: each policy, at each provider (saml.md, rule 23)."""

from __future__ import annotations

import base64

import pytest
from workos import WorkOSClient

from application import Application
from browser import Browser, Page
from calm import assert_calm
from identity_providers import ADA, GRACE, Employee
from kernia import REDIRECT_URI, Kernia


def tile(application: Application, browser: Browser, who: Employee = ADA) -> Page:
    """From the tile to the page with a response that nobody asked for."""
    page = browser.get(application.idp.unsolicited_url(application.service_provider.entity_id))
    page = application.idp.signs_in(browser, page, who)
    response = base64.b64decode(page.form("SAMLResponse").fields["SAMLResponse"]).decode()
    assert "InResponseTo" not in response
    return page


def profile_email(application: Application, page: Page) -> str:
    arrived = application.arrived(page)
    assert "state" not in arrived, "nobody gave one"
    return application.workos.sso.get_profile_and_token(code=arrived["code"]).profile.email


def test_by_default_it_is_not_believed_and_asked_again(application: Application) -> None:
    browser = application.browser()
    page = application.returns(browser, tile(application, browser, GRACE))
    assert page.url.startswith(application.idp.base), "a request of ours goes out at once"
    # Whoever signs in now is signed in, whatever the first answer said.
    page = application.idp.signs_in(browser, page, GRACE)
    response = base64.b64decode(page.form("SAMLResponse").fields["SAMLResponse"]).decode()
    assert "InResponseTo" in response
    assert profile_email(application, application.returns(browser, page)) == GRACE.email


def test_refused(application: Application) -> None:
    application.sets(idp_initiated="refuse")
    browser = application.browser()
    arrived = application.arrived(application.returns(browser, tile(application, browser)))
    assert arrived["error"] == "idp_initiated_sso_disabled" and arrived["error_description"]
    assert arrived["connection_id"] == application.connection.id
    assert arrived["organization_id"] == application.connection.organization_id
    assert "state" not in arrived and "code" not in arrived
    assert application.workos.sso.get_connection(application.connection.id).state != "active"


def test_accepted_once_the_person_says_yes(application: Application, kernia: Kernia) -> None:
    application.sets(idp_initiated="accept")
    browser = application.browser()
    asked = application.returns(browser, tile(application, browser))
    assert asked.status == 200 and asked.url.startswith(kernia.base_url)
    assert ADA.email in asked.text
    page = browser.submit(asked, asked.form("token"), answer="yes")
    assert profile_email(application, page) == ADA.email
    again = application.returns(browser, tile(application, browser))
    assert profile_email(application, again) == ADA.email, "a yes is remembered"
    elsewhere = application.browser()
    page = application.returns(elsewhere, tile(application, elsewhere))
    assert page.status == 200 and ADA.email in page.text, "but not in another browser"


def test_the_person_says_no(application: Application) -> None:
    application.sets(idp_initiated="accept")
    browser = application.browser()
    asked = application.returns(browser, tile(application, browser))
    arrived = application.arrived(browser.submit(asked, asked.form("token"), answer="no"))
    assert arrived["error"] == "signin_consent_denied" and "code" not in arrived


def test_an_accepted_one_is_good_once(application: Application, kernia: Kernia) -> None:
    application.sets(idp_initiated="accept")
    browser = application.browser()
    page = tile(application, browser)
    assert application.returns(browser, page).status == 200
    incident = assert_calm(application.returns(browser, page), kernia)
    assert "replay" in (kernia.logged(incident) or "")


def test_one_that_names_a_request_is_judged_by_it(application: Application, kernia: Kernia) -> None:
    application.sets(idp_initiated="accept")
    page = application.meets_the_provider(application.browser(), ADA)
    incident = assert_calm(application.returns(application.browser(), page), kernia)
    assert "in_response_to" in (kernia.logged(incident) or "")


@pytest.mark.parametrize("policy", ["restart", "accept"])
def test_the_relay_state_chooses_among_listed_addresses(
    application: Application, workos: WorkOSClient, policy: str
) -> None:
    listed = f"{REDIRECT_URI}/of-the-tile"
    uri = workos.user_management.create_redirect_uri(uri=listed)
    application.sets(idp_initiated=policy)
    try:
        for asked, gets in ((listed, listed), ("https://evil.test/", REDIRECT_URI)):
            browser = application.browser()
            page = tile(application, browser)
            form = page.form("SAMLResponse")
            form.fields["RelayState"] = f"redirect_uri={asked}"
            page = browser.submit(page, form)
            if any("SAMLResponse" in form.fields for form in page.forms()):
                page = browser.submit(page, page.form("SAMLResponse"))
            if policy == "accept":
                page = browser.submit(page, page.form("token"), answer="yes")
            else:
                page = application.returns(browser, application.idp.signs_in(browser, page, ADA))
            assert "code" in application.arrived(page)
            assert page.url.split("?")[0] == gets
    finally:
        workos.user_management.delete_redirect_uris(uri.id)


def test_a_name_of_ours_that_the_provider_still_uses(application: Application, kernia: Kernia) -> None:
    old = application.service_provider.entity_id
    application.sets(idp_initiated="accept", sp_entity_id="urn:new:name", sp_entity_id_aliases=[old])
    browser = application.browser()
    asked = application.returns(browser, tile(application, browser))
    page = browser.submit(asked, asked.form("token"), answer="yes")
    assert profile_email(application, page) == ADA.email
    application.sets(sp_entity_id_aliases=[])
    incident = assert_calm(application.returns(browser, tile(application, browser)), kernia)
    assert "audience" in (kernia.logged(incident) or "")
