"""Who is sent where, by the addresses that the SDK builds; and our page for those of whom nobody says."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from browser import Browser, Page
from kernia import REDIRECT_URI
from test_demo import Demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = Demo(tmp_path_factory.mktemp("discovery") / "demo", "--port", "0")
    # Somebody has signed in by SAML, so that the company's other connection is no choice beside it.
    browser = Browser(stop_at=REDIRECT_URI)
    page = goes(running, browser, connection=running.says["saml_connection_id"], login_hint=employee(running))
    arrives(running, browser, page)
    yield running
    assert running.ends(signal.SIGTERM)[0] == 0


def employee(demo: Demo) -> str:
    return demo.says["idp"]["users"][0]["email"]


def goes(demo: Demo, browser: Browser, **selected: str) -> Page:
    return browser.get(demo.workos.sso.get_authorization_url(redirect_uri=REDIRECT_URI, state="s", **selected))


def arrives(demo: Demo, browser: Browser, page: Page) -> str:
    """On through the provider, the first one where there is a choice; whose profile the application gets."""
    while page.status == 200:
        choice = any("chosen" in form.fields for form in page.forms())
        page = browser.submit(page, page.form("chosen" if choice else "SAMLResponse"))
    assert page.query()["state"] == "s"
    profile = demo.workos.sso.get_profile_and_token(code=page.query()["code"]).profile
    assert profile.connection_id == demo.says["saml_connection_id"]
    return profile.email


@pytest.mark.parametrize("selected", ["connection", "organization", "domain", "domain_hint", "provider", ""])
def test_every_selector_leads_to_the_company(demo: Demo, selected: str) -> None:
    said = {
        "connection": demo.says["saml_connection_id"],
        "organization": demo.says["organization_id"],
        "domain": demo.says["domain"],
        "domain_hint": demo.says["domain"],
        "provider": "authkit",
    }
    selector = {selected: said[selected]} if selected else {}
    browser = Browser(stop_at=REDIRECT_URI)
    page = goes(demo, browser, login_hint=employee(demo), **selector)
    assert arrives(demo, browser, page) == employee(demo)


def test_our_page_asks_where_nobody_says(demo: Demo) -> None:
    browser = Browser(stop_at=REDIRECT_URI)
    page = goes(demo, browser, provider="authkit", login_hint="eve@nobody.example")
    assert page.form("email").fields["email"] == "eve@nobody.example"
    page = browser.submit(page, page.form("email"))
    assert page.status == 400 and "No company sign-in is set up for nobody.example" in page.text
    page = browser.submit(page, page.form("email"), email=employee(demo))
    assert arrives(demo, browser, page) == employee(demo)


@pytest.mark.parametrize("provider", ["GoogleOAuth", "MicrosoftOAuth", "GitHubOAuth", "AppleOAuth", "SlackOAuth"])
def test_a_provider_that_is_not_set_up_is_told(demo: Demo, provider: str) -> None:
    page = goes(demo, Browser(stop_at=REDIRECT_URI), provider=provider)
    assert page.query()["error"] == "connection_strategy_invalid" and page.query()["state"] == "s"
