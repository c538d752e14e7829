"""One visit: a window of some shape, and a witness of everything that goes wrong in it."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, Response

BUTTON = "Sign in with your company"
INSIDE = ("panicked", "src/", "rusqlite", "samlp:", "SAMLResponse=", "stack", "BEGIN CERT", "SQL", "sk_test_")


class Visit:
    """A page, its pictures, and what the browser complained of."""

    def __init__(self, page: Page, demo: dict[str, Any], pictures: Path, name: str) -> None:
        self.page, self.demo, self.pictures, self.name = page, demo, pictures, name
        self.complaints: list[str] = []
        self.expected: tuple[str, ...] = ()
        # Where else this visit may lead.
        self.also: tuple[str, ...] = ()
        self.weight = 0
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._arrived)

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning") and not any(part in message.text for part in self.expected):
            self.complaints.append(f"{message.type}: {message.text}")

    def _failed(self, request: Any) -> None:
        # What is still on its way when somebody goes on to the next page is given up.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url}: {request.failure}")

    def _arrived(self, response: Response) -> None:
        at = urlsplit(response.url)
        if at.netloc != urlsplit(self.demo["base_url"]).netloc and f"{at.scheme}://{at.netloc}" not in self.also:
            self.complaints.append(f"a request left for {response.url}")

    def opens(self, path: str) -> Response | None:
        return self.page.goto(path if path.startswith("http") else self.demo["base_url"] + path)

    def button(self) -> Locator:
        """The sample application's way in, whether it is a link or a button."""
        return self.page.get_by_role("link", name=BUTTON).or_(self.page.get_by_role("button", name=BUTTON))

    def fills_in(self, email: str, password: str) -> None:
        self.page.locator("[name=email]").fill(email)
        self.page.locator("[name=password]").fill(password)

    def presses_on(self) -> None:
        """Past the pages that post themselves on, for whom scripts are off."""
        for _ in range(4):
            form = self.page.locator("form:has([name=SAMLResponse])")
            if form.count() == 0:
                return
            form.locator("button, [type=submit]").first.click()

    def signs_in(self, who: dict[str, str], scripted: bool = True) -> None:
        """From the application's button to the page that greets the person."""
        self.opens("/demo")
        self.looks_right("1-application")
        self.button().click()
        self.page.locator("[name=password]").wait_for()
        self.looks_right("2-provider")
        self.fills_in(who["email"], who["password"])
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        if not scripted:
            self.presses_on()
        self.is_signed_in(who)
        self.looks_right("3-signed-in")

    def signs_in_by_openid(self, who: dict[str, str]) -> None:
        """The same through the company's other connection, which needs no script."""
        self.opens("/demo")
        self.page.get_by_role("link", name="OpenID Connect").click()
        self.page.locator("[name=password]").wait_for()
        self.looks_right("openid-provider")
        self.fills_in(who["email"], who["password"])
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.is_signed_in(who, "oidc_connection_id")
        self.looks_right("openid-signed-in")

    def is_signed_in(self, who: dict[str, str], through: str = "saml_connection_id") -> None:
        self.page.wait_for_url(f"{self.demo['base_url']}/demo")
        text = self.page.locator("body").inner_text()
        assert who["email"] in text, text
        assert self.demo[through] in text, text

    def looks_right(self, name: str) -> None:
        """Takes the picture; nothing sticks out at the side, and the page is titled."""
        self.page.screenshot(path=str(self.pictures / f"{self.name}-{name}.png"), full_page=True)
        width, shown = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width <= shown, f"{self.page.url} is {width} wide in a window of {shown}"
        assert self.page.title() and self.page.locator("html").get_attribute("lang") == "en"
        assert self.page.locator("h1").count() == 1

    def posts_from_elsewhere(self, action: str, fields: dict[str, str]) -> Response:
        """Posts a form from a page of another site."""
        inputs = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in fields.items()
        )
        self.page.goto("about:blank")
        self.page.set_content(
            f'<form method="post" action="{html.escape(action)}">{inputs}<button>Go</button></form>'
        )
        with self.page.expect_response(action) as answered:
            self.page.get_by_role("button").click()
        self.page.wait_for_load_state()
        return answered.value

    def is_calm(self, what: str, response: Response | None = None) -> None:
        """An error page says what to do, quotes an incident, and shows nothing of the inside."""
        self.looks_right(what.replace(" ", "-"))
        assert self.page.url.startswith(self.demo["base_url"])
        text = self.page.locator("body").inner_text()
        for inside in INSIDE:
            assert inside not in text, f"`{inside}` on the page:\n{text}"
        if response is not None:
            assert 400 <= response.status < 500, f"{response.status} at {response.url}"
            assert response.headers["x-request-id"] in text, "the page carries the id to quote"

    def tabs_to(self, target: Any, at_most: int = 10) -> None:
        """Press Tab until the target has the focus, and see that the focus shows."""
        for _ in range(at_most):
            if target().count() and has_focus(target()):
                break
            self.page.keyboard.press("Tab")
        else:
            raise AssertionError(f"not reached in {at_most} steps at {self.page.url}")
        ring = target().evaluate(
            "element => { const s = getComputedStyle(element);"
            " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 || s.boxShadow !== 'none' }"
        )
        assert ring, "the focus is visible"

    def stumbles(self, axe: str) -> list[str]:
        """What axe-core finds serious here."""
        self.page.evaluate(axe)
        found = self.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        return [
            f"{self.page.url}: {one['id']} ({one['impact']}): {one['help']}: "
            + "; ".join(node["html"][:160] for node in one["nodes"][:3])
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]


def has_focus(element: Locator) -> bool:
    return element.evaluate("element => element === document.activeElement")


@contextmanager
def visit(
    chromium: Browser, demo: dict[str, Any], pictures: Path, name: str, **shape: Any
) -> Iterator[Visit]:
    """Open a window of this shape, and in the end demand that the browser had nothing to complain of."""
    context = chromium.new_context(**shape)
    context.set_default_timeout(10_000)
    try:
        opened = Visit(context.new_page(), demo, pictures, name)
        yield opened
        assert opened.complaints == [], opened.complaints
    finally:
        context.close()
