"""The page that asks where somebody signs in, and the one on which they choose."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, expect

from shapes import DESK, SHAPES
from visit import Visit, has_focus, visit

NOBODY = "nobody@solo.test"
NAMES = ("Northwind Berlin", "Northwind Headquarters, with a name that is longer than it has to be", "Northwind")


def calls(demo: dict[str, Any], method: str, path: str, body: object = None) -> Any:
    """The API, as an application uses it."""
    request = urllib.request.Request(
        demo["base_url"] + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"authorization": f"Bearer {demo['api_key']}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def connects(demo: dict[str, Any], domain: str, kinds: dict[str, str]) -> str:
    """A customer who owns the domain, with connections by these names to the demo's own provider."""
    known = calls(demo, "GET", f"/connections/{demo['saml_connection_id']}")
    certificates = calls(demo, "GET", f"/connections/{known['id']}/saml_idp_signing_certs")["data"]
    options = {name: known["saml_options"][name] for name in ("idp_entity_id", "idp_sso_url")}
    options["idp_signing_certs"] = [certificate["value"] for certificate in certificates]
    body: dict[str, Any] = {"name": domain, "domain_data": [{"domain": domain, "state": "verified"}]}
    made = calls(demo, "POST", "/organizations", body | {"allow_profiles_outside_organization": True})
    for name, kind in kinds.items():
        body = {"organization_id": made["id"], "name": name, "connection_type": kind, "saml_options": options}
        calls(demo, "POST", "/connections", body)
    return made["id"]


@pytest.fixture(scope="session")
def northwind(demo: dict[str, Any]) -> str:
    """A customer with several connections."""
    kinds = zip(NAMES, ("OktaSAML", "AzureSAML", "GenericSAML"), strict=True)
    return connects(demo, "northwind.test", dict(kinds))


@pytest.fixture(scope="session", autouse=True)
def solo(demo: dict[str, Any]) -> str:
    """A customer with one, whatever the demo's own company has, and who signed in there before."""
    return connects(demo, "solo.test", {"Solo": "GenericSAML"})


def asks(demo: dict[str, Any], **more: str) -> str:
    usual = {"client_id": demo["client_id"], "redirect_uri": demo["redirect_uri"], "response_type": "code"}
    return f"/sso/authorize?{urlencode(usual | {'state': 'mine'} | more)}"


def field(seen: Visit) -> Locator:
    return seen.page.get_by_label("Work email")


def choices(seen: Visit) -> Locator:
    return seen.page.locator("[name=chosen]")


def arrives(seen: Visit) -> dict[str, str]:
    """At the application, which knows nothing of a sign-in that it did not begin."""
    seen.page.wait_for_url(f"{seen.demo['redirect_uri']}?*")
    return {name: values[0] for name, values in parse_qs(urlsplit(seen.page.url).query).items()}


def is_at_the_provider(seen: Visit, scripted: bool = True) -> None:
    if not scripted:
        seen.presses_on()
    seen.page.locator("[name=password]").wait_for()
    assert "/demo/idp/" in seen.page.url


@pytest.mark.parametrize("shape", SHAPES)
def test_an_address_is_typed(chromium: Browser, demo: dict[str, Any], pictures: Path, shape: str) -> None:
    """Without a mouse; the unknown domain is told at the field, and what was typed stays."""
    with visit(chromium, demo, pictures, f"login-{shape}", **SHAPES[shape]) as seen:
        seen.expected = ("Failed to load resource",)
        seen.opens(asks(demo, provider="authkit"))
        assert seen.page.url.startswith(f"{demo['base_url']}/login?")
        assert has_focus(field(seen)), "one can type at once"
        seen.looks_right("1-asks")
        seen.page.keyboard.type("eve@a-domain-that-nobody-has-proved.example")
        seen.page.keyboard.press("Enter")
        told = seen.page.get_by_role("alert")
        expect(told).to_contain_text("No company sign-in is set up for a-domain-that-nobody-has-proved.example")
        assert field(seen).get_attribute("aria-describedby") == told.get_attribute("id")
        assert field(seen).get_attribute("aria-invalid") == "true"
        expect(field(seen)).to_have_value("eve@a-domain-that-nobody-has-proved.example")
        seen.looks_right("2-unknown")
        field(seen).fill(NOBODY)
        seen.page.keyboard.press("Enter")
        is_at_the_provider(seen, scripted="no-script" not in shape)
        assert seen.page.locator("[name=email]").input_value() == NOBODY, "the provider is told whom to expect"
        seen.opens(asks(demo))
        again = seen.page.get_by_role("button", name=f"Continue as {NOBODY}")
        assert has_focus(again), "one key and one is through"
        seen.looks_right("3-remembered")
        seen.tabs_to(lambda: seen.page.get_by_role("link", name="Use another address"))
        seen.page.keyboard.press("Enter")
        expect(field(seen)).to_be_focused()
        expect(field(seen)).to_have_value("")
        seen.opens(asks(demo))
        expect(field(seen)).to_be_visible()


@pytest.mark.parametrize("shape", SHAPES)
def test_one_of_several_is_chosen(
    chromium: Browser, demo: dict[str, Any], northwind: str, pictures: Path, shape: str
) -> None:
    with visit(chromium, demo, pictures, f"choice-{shape}", **SHAPES[shape]) as seen:
        seen.opens(asks(demo, organization=northwind))
        expect(choices(seen)).to_have_count(3)
        for name, choice in zip(NAMES, choices(seen).all(), strict=True):
            assert name in choice.inner_text()
        assert "Okta" in choices(seen).nth(0).inner_text()
        assert has_focus(choices(seen).nth(0))
        seen.looks_right("1-choice")
        seen.tabs_to(lambda: choices(seen).nth(1))
        seen.page.keyboard.press("Enter")
        is_at_the_provider(seen, scripted="no-script" not in shape)
        seen.opens(asks(demo, organization=northwind))
        expect(choices(seen).nth(0)).to_contain_text(NAMES[1])
        expect(choices(seen).nth(0)).to_contain_text("last used")
        seen.looks_right("2-last-used")
        # The same choice for who comes by their address; there it may be another one.
        seen.opens(asks(demo))
        field(seen).fill("ada@northwind.test")
        seen.page.keyboard.press("Enter")
        expect(choices(seen).nth(0)).to_contain_text("last used")
        expect(seen.page.get_by_role("main")).to_contain_text("ada@northwind.test")
        seen.looks_right("3-by-address")
        seen.page.get_by_role("link", name="Use another address").click()
        expect(field(seen)).to_have_value("")


@pytest.mark.parametrize("shape", ["light", "no-script"])
def test_through_to_the_application(
    chromium: Browser, demo: dict[str, Any], pictures: Path, shape: str
) -> None:
    """The browser's policy lets the form's redirects through, to the provider and to the application."""
    who = demo["idp"]["users"][0]
    with visit(chromium, demo, pictures, f"login-through-{shape}", **SHAPES[shape]) as seen:
        seen.expected = ("Failed to load resource",)
        seen.opens(asks(demo))
        field(seen).fill(NOBODY)
        seen.page.get_by_role("button", name="Continue", exact=True).click()
        is_at_the_provider(seen, scripted=shape != "no-script")
        seen.fills_in(who["email"], who["password"])
        seen.page.get_by_role("button", name="Sign in", exact=True).click()
        if shape == "no-script":
            seen.presses_on()
        arrived = arrives(seen)
        assert arrived["state"] == "mine" and arrived["code"]


def test_who_changes_their_mind_goes_back(chromium: Browser, demo: dict[str, Any], pictures: Path) -> None:
    with visit(chromium, demo, pictures, "login-cancel", **DESK) as seen:
        seen.expected = ("Failed to load resource",)
        seen.opens(asks(demo))
        seen.tabs_to(lambda: seen.page.get_by_role("link", name=re.compile("^Cancel and go back")))
        seen.page.keyboard.press("Enter")
        arrived = arrives(seen)
        assert arrived["error"] == "access_denied" and arrived["state"] == "mine"
        seen.page.go_back()
        expect(field(seen)).to_be_visible()


def test_a_page_of_another_site_cannot_send_the_form(
    chromium: Browser, demo: dict[str, Any], pictures: Path
) -> None:
    with visit(chromium, demo, pictures, "login-elsewhere", **DESK) as seen:
        seen.expected = ("Failed to load resource",)
        seen.opens(asks(demo))
        fields = {
            hidden.get_attribute("name") or "": hidden.get_attribute("value") or ""
            for hidden in seen.page.locator("form [type=hidden]").all()
        }
        assert fields["token"]
        answer = seen.posts_from_elsewhere(f"{demo['base_url']}/login", fields | {"email": NOBODY})
        seen.is_calm("form from elsewhere", answer)
        seen.opens(asks(demo))
        expect(field(seen)).to_have_value("")


@pytest.mark.parametrize("shape", ["light", "dark", "phone", "no-script"])
def test_the_page_by_itself(chromium: Browser, demo: dict[str, Any], pictures: Path, shape: str) -> None:
    with visit(chromium, demo, pictures, f"error-{shape}", **SHAPES[shape]) as seen:
        seen.expected = ("Failed to load resource",)
        seen.is_calm("login by itself", seen.opens("/login"))
        told = seen.opens(asks(demo, redirect_uri="https://evil.test/").replace("/sso/authorize", "/login"))
        seen.is_calm("login for another address", told)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_stumbles(
    chromium: Browser, demo: dict[str, Any], northwind: str, pictures: Path, axe: str, scheme: str
) -> None:
    with visit(chromium, demo, pictures, f"axe-login-{scheme}", **DESK, color_scheme=scheme) as seen:
        seen.expected = ("Failed to load resource",)
        seen.opens(asks(demo))
        found = seen.stumbles(axe)
        field(seen).fill("eve@nobody.example")
        seen.page.keyboard.press("Enter")
        expect(seen.page.get_by_role("alert")).to_be_visible()
        found += seen.stumbles(axe)
        field(seen).fill("ada@northwind.test")
        seen.page.keyboard.press("Enter")
        expect(choices(seen)).to_have_count(3)
        found += seen.stumbles(axe)
        seen.opens(asks(demo))
        expect(seen.page.get_by_role("button", name="Continue as")).to_be_visible()
        found += seen.stumbles(axe)
        seen.opens("/login")
        found += seen.stumbles(axe)
        assert found == []
