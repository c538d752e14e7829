"""The pages that few people meet: consent, what came of a test of a connection, and signed out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, expect

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "clients" / "python"))

from application import Application  # noqa: E402
from identity_providers import ADA  # noqa: E402
from identity_providers.from_folder import PySaml2  # noqa: E402
from kernia import REDIRECT_URI, Kernia  # noqa: E402
from shapes import SHAPES  # noqa: E402
from visit import Visit, visit  # noqa: E402

SEEN_IN = ("light", "dark", "phone", "phone-dark", "narrow", "no-script", "forced-colors")
BROKEN = "The identity provider answered, but a sign-in would have been refused."


@dataclass
class Scene:
    """A Kernia, a provider that somebody else wrote, and an application that is only an address."""

    kernia: Kernia
    application: Application
    callback: str

    @property
    def demo(self) -> dict[str, Any]:
        return {"base_url": self.kernia.base_url}

    def enters(self, seen: Visit) -> None:
        """Also to the application, wherever it is, and to the provider."""
        seen.also = (self.application.idp.base, self.callback.removesuffix("/callback"))
        seen.page.route("**/favicon.ico", lambda route: route.fulfill(status=204))

    def signs_in(self, seen: Visit) -> None:
        """At the provider, and back."""
        seen.page.locator("[name=username]").fill(ADA.username)
        seen.page.locator("[name=password]").fill(ADA.password)
        seen.page.locator("[name=password]").press("Enter")
        self.passes_on(seen)

    def passes_on(self, seen: Visit) -> None:
        """Past the provider's page that posts itself, and ours, where scripts are off."""
        for _ in range(4):
            seen.page.wait_for_load_state()
            carried = seen.page.locator("form:has([name=SAMLResponse]), form:has([name=SAMLRequest])")
            if not seen.name.startswith("no-script-") or carried.count() == 0:
                return
            carried.locator("[type=submit], button").first.click()

    def arrives(self, seen: Visit) -> dict[str, str]:
        seen.page.wait_for_url(f"{self.callback}?*")
        return {name: values[0] for name, values in parse_qs(urlsplit(seen.page.url).query).items()}


class Callback(BaseHTTPRequestHandler):
    """The application's address: it takes whatever comes."""

    def do_GET(self) -> None:
        body = b"<!doctype html><html lang=en><title>Application</title><h1>Application</h1>"
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def callback() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Callback) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/callback"
        server.shutdown()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, callback: str) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("pages")
    kernia = Kernia(folder).start()
    idp = PySaml2(folder / "idp")
    workos = kernia.client()
    # The first one is where people go on to who come without a request; the other one is the cast's.
    for uri in (callback, REDIRECT_URI):
        workos.user_management.create_redirect_uri(uri=uri)
    made = Application(kernia, workos, idp)
    made.takes_on_a_customer("Acme")
    made.sets(sign_requests=True)
    made.is_trusted_anew()
    yield Scene(kernia, made, callback)
    idp.stop()
    assert kernia.stop() == 0


@pytest.mark.parametrize("shape", SEEN_IN)
def test_consent(chromium: Browser, scene: Scene, pictures: Path, axe: str, shape: str) -> None:
    """Somebody opens the application's tile at the provider, and is asked once."""
    scene.application.sets(idp_initiated="accept")
    tile = scene.application.idp.unsolicited_url(scene.application.service_provider.entity_id)
    with visit(chromium, scene.demo, pictures, f"{shape}-consent", **SHAPES[shape]) as seen:
        scene.enters(seen)
        seen.opens(tile)
        scene.signs_in(seen)
        yes = seen.page.get_by_role("button", name="Continue to")
        no = seen.page.get_by_role("button", name="Cancel")
        expect(yes).to_be_visible()
        expect(seen.page.get_by_role("main")).to_contain_text(ADA.email)
        seen.looks_right("1-asks")
        if shape in ("light", "dark"):
            assert seen.stumbles(axe) == []
        seen.tabs_to(lambda: no)
        seen.page.keyboard.press("Enter")
        assert scene.arrives(seen)["error"] == "signin_consent_denied"
        seen.opens(tile)
        scene.signs_in(seen)
        seen.tabs_to(lambda: yes)
        seen.page.keyboard.press("Enter")
        assert scene.arrives(seen)["code"]
        # A yes is remembered.
        seen.opens(tile)
        scene.signs_in(seen)
        assert scene.arrives(seen)["code"]


@pytest.mark.parametrize("shape", SEEN_IN)
def test_what_came_of_a_test(
    chromium: Browser, scene: Scene, pictures: Path, axe: str, shape: str
) -> None:
    connection = scene.application.connection.id
    with visit(chromium, scene.demo, pictures, f"{shape}-test", **SHAPES[shape]) as seen:
        scene.enters(seen)
        seen.opens(scene.kernia.admin("post", f"connections/{connection}/tests")["url"])
        scene.signs_in(seen)
        expect(seen.page.get_by_role("heading", level=1)).to_have_text("This connection works")
        expect(seen.page.get_by_role("main")).to_contain_text(ADA.email)
        seen.looks_right("1-works")
        found = seen.stumbles(axe) if shape in ("light", "dark") else []
        # A profile without an address is one that no application would get.
        maps = {"standard_attributes": {"email": "theAttributeThatNobodySends"}}
        scene.application.workos.request("patch", ("connections", connection), body={"attribute_maps": maps})
        seen.opens(scene.kernia.admin("post", f"connections/{connection}/tests")["url"])
        scene.signs_in(seen)
        expect(seen.page.get_by_role("main")).to_contain_text(BROKEN)
        expect(seen.page.get_by_role("main")).to_contain_text("email_missing")
        seen.looks_right("2-does-not")
        found += seen.stumbles(axe) if shape in ("light", "dark") else []
        maps = {"standard_attributes": {"email": None}}
        scene.application.workos.request("patch", ("connections", connection), body={"attribute_maps": maps})
        assert found == []


@pytest.mark.parametrize("shape", SEEN_IN)
def test_signed_out(chromium: Browser, scene: Scene, pictures: Path, axe: str, shape: str) -> None:
    workos, connection = scene.application.workos, scene.application.connection.id
    begins = workos.sso.get_authorization_url(connection=connection, redirect_uri=scene.callback, state="s")
    with visit(chromium, scene.demo, pictures, f"{shape}-signed-out", **SHAPES[shape]) as seen:
        scene.enters(seen)
        seen.opens(begins)
        scene.signs_in(seen)
        code = scene.arrives(seen)["code"]
        profile = workos.sso.get_profile_and_token(code=code).profile
        seen.opens(workos.sso.authorize_logout(profile_id=profile.id).logout_url)
        scene.passes_on(seen)
        expect(seen.page.get_by_role("heading", level=1)).to_have_text("You are signed out")
        expect(seen.page.get_by_role("main")).to_contain_text("You can close this page")
        seen.looks_right("1-signed-out")
        if shape in ("light", "dark"):
            assert seen.stumbles(axe) == []
