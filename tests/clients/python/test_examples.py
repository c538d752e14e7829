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
    # The demo's company has a connection of each protocol, and its people choose.
    page = browser.submit(page, page.form("chosen"))
    page = browser.submit(page, page.form("password"), email=ada["email"], password=ada["password"])
    while any("SAMLResponse" in form.fields for form in page.forms()):
        page = browser.submit(page, page.form("SAMLResponse"))
    assert page.url.startswith(application + "callback")
    assert f"Signed in as {ada['email']}" in page.text and "prof_" in page.text
