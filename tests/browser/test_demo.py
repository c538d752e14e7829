"""An employee walks the demo from the sample application's button to the signed-in page."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser

from shapes import DESK, SHAPES
from visit import Visit, visit

@pytest.mark.parametrize("shape", SHAPES)
def test_an_employee_signs_in(chromium: Browser, demo: dict[str, Any], pictures: Path, shape: str) -> None:
    with visit(chromium, demo, pictures, shape, **SHAPES[shape]) as seen:
        seen.signs_in(demo["idp"]["users"][0], scripted="no-script" not in shape)


@pytest.mark.parametrize("shape", ["light", "dark", "phone", "no-script"])
def test_an_employee_signs_in_by_openid_connect(
    chromium: Browser, demo: dict[str, Any], pictures: Path, shape: str
) -> None:
    with visit(chromium, demo, pictures, f"openid-{shape}", **SHAPES[shape]) as seen:
        seen.signs_in_by_openid(demo["idp"]["users"][1])


def test_with_the_keyboard_alone(chromium: Browser, demo: dict[str, Any], pictures: Path) -> None:
    who = demo["idp"]["users"][1]
    with visit(chromium, demo, pictures, "keyboard", **DESK) as seen:
        seen.opens("/demo")
        seen.tabs_to(lambda: seen.button())
        seen.looks_right("1-focus")
        seen.page.keyboard.press("Enter")
        seen.page.locator("[name=email]").wait_for()
        for field in ("email", "password"):
            seen.tabs_to(lambda field=field: seen.page.locator(f"[name={field}]"), at_most=6)
            seen.page.keyboard.press("Control+A")
            seen.page.keyboard.type(who[field])
        seen.looks_right("2-filled")
        seen.page.keyboard.press("Enter")
        seen.is_signed_in(who)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_stumbles(
    chromium: Browser, demo: dict[str, Any], pictures: Path, axe: str, scheme: str
) -> None:
    who = demo["idp"]["users"][0]
    with visit(chromium, demo, pictures, f"axe-{scheme}", **DESK, color_scheme=scheme) as seen:
        seen.opens("/demo")
        found = seen.stumbles(axe)
        seen.button().click()
        seen.page.locator("[name=password]").wait_for()
        found += seen.stumbles(axe)
        seen.fills_in(who["email"], "wrong")
        seen.expected = ("Failed to load resource",)
        seen.page.get_by_role("button", name="Sign in", exact=True).click()
        seen.page.wait_for_load_state()
        found += seen.stumbles(axe)
        seen.fills_in(who["email"], who["password"])
        seen.page.get_by_role("button", name="Sign in", exact=True).click()
        seen.is_signed_in(who)
        found += seen.stumbles(axe)
        seen.opens(
            "/sso/authorize?client_id=client_nobody&response_type=code&redirect_uri=http://127.0.0.1:9/"
        )
        found += seen.stumbles(axe)
        assert found == []


def test_the_first_page_is_light(chromium: Browser, demo: dict[str, Any], pictures: Path) -> None:
    with visit(chromium, demo, pictures, "weight", **DESK) as seen:
        sizes: dict[str, int] = {}
        seen.page.on("response", lambda response: sizes.update({response.url: len(response.body())}))
        seen.opens("/demo")
        seen.page.wait_for_load_state("networkidle")
        assert sum(sizes.values()) <= 60 * 1024, sizes


def errors(seen: Visit, expected: str = "Failed to load resource") -> Visit:
    """An error page's own status is no complaint."""
    seen.expected = (expected,)
    return seen


@pytest.mark.parametrize("shape", ["light", "dark", "phone"])
def test_a_wrong_password(chromium: Browser, demo: dict[str, Any], pictures: Path, shape: str) -> None:
    who = demo["idp"]["users"][0]
    with visit(chromium, demo, pictures, f"wrong-password-{shape}", **SHAPES[shape]) as seen:
        errors(seen).opens("/demo")
        seen.button().click()
        seen.fills_in(who["email"], "not the password")
        seen.page.get_by_role("button", name="Sign in", exact=True).click()
        seen.page.locator("[name=password]").wait_for()
        seen.is_calm("error")
        assert seen.page.locator("[name=email]").input_value() == who["email"], "what was typed stays"
        assert seen.page.locator("[name=password]").input_value() == ""
        assert "not the password" not in seen.page.content()
        seen.fills_in(who["email"], who["password"])
        seen.page.get_by_role("button", name="Sign in", exact=True).click()
        seen.is_signed_in(who)


def authorize(demo: dict[str, Any], **changed: str) -> str:
    asked = {
        "client_id": demo["client_id"],
        "redirect_uri": demo["redirect_uri"],
        "response_type": "code",
        "connection": demo["saml_connection_id"],
        "state": "x",
    }
    return f"/sso/authorize?{urlencode(asked | changed)}"


WRONG = {
    "unknown client": lambda demo: authorize(demo, client_id="client_nobody"),
    "foreign address": lambda demo: authorize(demo, redirect_uri="https://evil.test/"),
    "unknown connection": lambda demo: authorize(demo, connection="conn_nobody"),
    "tampered state": lambda demo: "/demo/callback?code=01JD0000000000000000000000&state=tampered",
    "no code": lambda demo: "/demo/callback",
    "nothing there": lambda demo: "/sso/saml/acs/nobody",
}


@pytest.mark.parametrize("shape", ["light", "dark", "phone", "no-script"])
@pytest.mark.parametrize("what", WRONG)
def test_an_error_is_told_calmly(
    chromium: Browser, demo: dict[str, Any], pictures: Path, shape: str, what: str
) -> None:
    with visit(chromium, demo, pictures, f"error-{shape}", **SHAPES[shape]) as seen:
        if what == "tampered state":
            seen.page.context.request.get(f"{demo['base_url']}/demo/sign-in")
        response = errors(seen).opens(WRONG[what](demo))
        assert response is not None
        seen.is_calm(what, response)


@pytest.mark.parametrize("shape", ["light", "dark", "phone"])
def test_a_broken_response_is_told_calmly(
    chromium: Browser, demo: dict[str, Any], pictures: Path, shape: str
) -> None:
    with visit(chromium, demo, pictures, f"error-{shape}", **SHAPES[shape]) as seen:
        # It answers no request, so it comes a second time, from our own page, before it is judged.
        acs = acs_of(demo)
        with seen.page.expect_response(lambda it: it.url == acs and it.status >= 400) as answered:
            errors(seen).posts_from_elsewhere(acs, {"SAMLResponse": "PHg+"})
        seen.page.wait_for_load_state()
        seen.is_calm("broken response", answered.value)


@pytest.mark.parametrize("shape", ["light", "phone", "no-script"])
def test_a_post_from_another_site_still_signs_in(
    chromium: Browser, demo: dict[str, Any], pictures: Path, shape: str
) -> None:
    """The browser keeps a Lax cookie back there; Kernia's own page posts the form once more."""
    who = demo["idp"]["users"][0]
    with visit(chromium, demo, pictures, f"elsewhere-{shape}", **SHAPES[shape]) as seen:
        # Through the application, whose state must be in this browser too.
        page = seen.page.context.request.get(f"{demo['base_url']}/demo/sign-in?login_hint={who['email']}")
        fields = dict(HIDDEN.findall(page.text()))
        assert fields["SAMLResponse"]
        response = seen.posts_from_elsewhere(acs_of(demo), fields)
        assert response.status == 200, "the cookie was kept back, so the page in between comes"
        if shape == "no-script":
            seen.looks_right("onward")
            seen.presses_on()
        seen.is_signed_in(who)


HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def acs_of(demo: dict[str, Any]) -> str:
    """Where the demo's connection takes responses, as the API tells it."""
    request = urllib.request.Request(
        f"{demo['base_url']}/connections/{demo['saml_connection_id']}",
        headers={"authorization": f"Bearer {demo['api_key']}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["saml_options"]["acs_url"]
