"""Single logout, both ways, with what each provider makes of our messages (saml.md, part 6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

import pytest
from workos import AuthenticationError
from workos.sso.models import SSOTokenResponse

from application import Application
from browser import Browser, Page
from calm import assert_calm
from identity_providers import ADA, GRACE
from kernia import Kernia


@dataclass
class SignedIn:
    """Somebody who is signed in, in a browser."""

    application: Application
    browser: Browser
    token: SSOTokenResponse

    def is_in(self) -> bool:
        """Whether what the application was given is still good."""
        try:
            self.application.workos.sso.get_profile(access_token=self.token.access_token)
        except AuthenticationError:
            return False
        return True

    def goes_to(self, url: str) -> Page:
        """There, and on through every form that posts itself."""
        page = self.browser.get(url)
        for _ in range(10):
            carried = [form for form in page.forms() if {"SAMLRequest", "SAMLResponse"} & form.fields.keys()]
            if not carried:
                return page
            page = self.browser.submit(page, carried[0])
        raise AssertionError(f"no end of forms, the last at {page.url}")


@pytest.fixture
def ada(application: Application) -> Iterator[SignedIn]:
    """Ada, signed in through a provider that holds every message of ours to our key."""
    application.sets(sign_requests=True)
    application.is_trusted_anew()
    assert "SingleLogoutService" in application.service_provider.metadata
    if application.idp.checks_requests:
        application.idp.wants_signed_requests(True)
    browser = application.browser()
    yield SignedIn(application, browser, application.signs_in(ADA, browser))
    if application.idp.checks_requests:
        application.idp.wants_signed_requests(False)


def test_an_application_signs_somebody_out(ada: SignedIn, kernia: Kernia) -> None:
    assert ada.is_in()
    given = ada.application.workos.sso.authorize_logout(profile_id=ada.token.profile.id)
    assert given.logout_token in given.logout_url and given.logout_url.startswith(kernia.base_url)
    assert not ada.is_in(), "what the application was given ends at once"
    page = ada.goes_to(given.logout_url)
    assert page.status == 200 and page.url.startswith(kernia.base_url), page.text[:2000]
    assert "You can close this page" in page.text, "the provider said yes"
    assert_calm(ada.goes_to(given.logout_url), kernia)
    assert ada.application.signs_in(GRACE, ada.browser).profile.email == GRACE.email


def test_the_provider_signs_somebody_out(ada: SignedIn) -> None:
    assert ada.is_in()
    page = ada.goes_to(ada.application.idp.sign_out_url(ada.application.service_provider.entity_id))
    assert page.url.startswith(ada.application.idp.base), f"{page.url}:\n{page.text[:2000]}"
    assert page.status == 200, page.text[:2000]
    assert not ada.is_in()


def test_a_logout_that_the_provider_did_not_sign(ada: SignedIn, kernia: Kernia) -> None:
    """Whether by redirect or by form; and a good one is good once."""
    url = ada.application.idp.sign_out_url(ada.application.service_provider.entity_id)
    answer = ada.browser.http.get(url)
    while answer.is_redirect and not answer.headers["location"].startswith(kernia.base_url):
        answer = ada.browser.http.get(urljoin(str(answer.url), answer.headers["location"]))
    if answer.is_redirect:
        genuine = answer.headers["location"]
        unsigned = genuine.split("&SigAlg=")[0].split("&Signature=")[0]
        changed = genuine.replace("SAMLRequest=", "SAMLRequest=", 1)[:-8] + "AAAAAAA%3D"
        for wrong in (unsigned, changed):
            assert_calm(ada.browser.get(wrong), kernia)
            assert ada.is_in()
        ada.browser.get(genuine)
        assert not ada.is_in()
        assert_calm(ada.browser.get(genuine), kernia)
    else:
        form = Page(url, 200, answer.text, answer.headers).form("SAMLRequest")
        other = SignedIn(ada.application, ada.application.browser(), ada.token)
        wrong = form.fields | {"SAMLRequest": form.fields["SAMLRequest"][:-40] + "A" * 36 + "PT0="}
        assert_calm(other.browser.post(form.action, wrong), kernia)
        assert ada.is_in()
        ada.browser.post(form.action, form.fields)
        assert not ada.is_in()
        assert_calm(ada.browser.post(form.action, form.fields), kernia)


def test_without_single_logout_there_is_nothing_to_leave(ada: SignedIn) -> None:
    ada.application.sets(idp_slo_url=None)
    ada.application.is_trusted_anew()
    assert "SingleLogoutService" not in ada.application.service_provider.metadata
    with pytest.raises(Exception, match="[Ll]ogout is not set up") as refused:
        ada.application.workos.sso.authorize_logout(profile_id=ada.token.profile.id)
    assert refused.value.error == "connection_invalid"
