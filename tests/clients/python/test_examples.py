"""The two sample applications of the quickstart, as a reader would start them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from browser import Browser
from identity_providers import free_port
from kernia import ROOT, binary

EXAMPLES = ROOT / "docs" / "examples"


@pytest.fixture(scope="module")
def demo() -> Iterator[dict[str, Any]]:
    process = subprocess.Popen(
        [binary(), "demo", "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    yield json.loads(process.stdout.readline())
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0


@pytest.fixture(params=["python", "node"])
def application(request: pytest.FixtureRequest, demo: dict[str, Any]) -> Iterator[str]:
    """The running application's address, as it prints it itself."""
    if request.param == "python":
        command = [sys.executable, "-u", str(EXAMPLES / "python" / "app.py")]
    else:
        # Beside its packages, which are not installed into the tree.
        beside = Path(os.environ["KERNIA_NODE_MODULES"]).parent / "app.mjs"
        shutil.copy(EXAMPLES / "node" / "app.mjs", beside)
        command = ["node", str(beside)]
    environment = os.environ | {
        "WORKOS_BASE_URL": demo["base_url"],
        "WORKOS_API_KEY": demo["api_key"],
        "WORKOS_CLIENT_ID": demo["client_id"],
        "ORGANIZATION": demo["organization_id"],
        "PORT": str(free_port()),
    }
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process.stdout.readline().removeprefix("Open ").strip()
    process.terminate()
    process.wait(timeout=10)


def test_the_sample_application_signs_ada_in(application: str, demo: dict[str, Any]) -> None:
    ada = demo["idp"]["users"][0]
    browser = Browser(stop_at="nowhere")
    page = browser.get(application + "sign-in")
    # The demo's company has a connection of each protocol: its people choose, until one is in use.
    if any("chosen" in form.fields for form in page.forms()):
        page = browser.submit(page, page.form("chosen"))
    page = browser.submit(page, page.form("password"), email=ada["email"], password=ada["password"])
    while any("SAMLResponse" in form.fields for form in page.forms()):
        page = browser.submit(page, page.form("SAMLResponse"))
    assert page.url.startswith(application + "callback")
    assert f"Signed in as {ada['email']}" in page.text and "prof_" in page.text


@pytest.fixture()
def openid_application(demo: dict[str, Any]) -> Iterator[str]:
    """The sample application of "Any OpenID Connect library", with a client made as the page says."""
    port = free_port()
    made = httpx2.post(
        f"{demo['base_url']}/kernia/v1/openid_clients",
        headers={"authorization": f"Bearer {demo['api_key']}"},
        json={
            "name": "Try",
            "redirect_uris": [f"http://127.0.0.1:{port}/callback"],
            "post_logout_redirect_uris": [f"http://127.0.0.1:{port}/"],
        },
    ).json()
    beside = Path(os.environ["KERNIA_NODE_MODULES"]).parent / "openid.mjs"
    shutil.copy(EXAMPLES / "node" / "openid.mjs", beside)
    environment = os.environ | {
        "ISSUER": demo["base_url"],
        "CLIENT_ID": made["id"],
        "CLIENT_SECRET": made["client_secret"],
        "ORGANIZATION": demo["organization_id"],
        "PORT": str(port),
    }
    command = ["node", str(beside)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process.stdout.readline().removeprefix("Open ").strip()
    process.terminate()
    process.wait(timeout=10)


def test_the_openid_application_signs_ada_in_and_out(
    openid_application: str, demo: dict[str, Any]
) -> None:
    ada = demo["idp"]["users"][0]
    browser = Browser(stop_at="nowhere")
    page = browser.get(openid_application + "sign-in")
    page = browser.submit(page, page.form("password"), email=ada["email"], password=ada["password"])
    while any("SAMLResponse" in form.fields for form in page.forms()):
        page = browser.submit(page, page.form("SAMLResponse"))
    assert f"Signed in as {ada['email']}" in page.text and "prof_" in page.text
    page = browser.get(openid_application + "sign-in")
    assert "Signed in as" in page.text, "the session of Kernia is enough"
    page = browser.get(openid_application + "sign-out")
    assert page.url == openid_application
    assert browser.get(openid_application + "sign-in").form("password")
