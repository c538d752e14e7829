"""`kernia demo`, as scripts rely on it: one line, and the same world again after a crash."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

from workos import WorkOSClient

from browser import Browser
from kernia import REDIRECT_URI, binary


class Demo:
    """A running demo on a kept folder, and what its one line says."""

    def __init__(self, folder: Path, *more: str) -> None:
        self.process = subprocess.Popen(
            [binary(), "demo", "--data", str(folder), "--json", *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.says: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.workos = WorkOSClient(
            api_key=self.says["api_key"],
            client_id=self.says["client_id"],
            base_url=self.says["base_url"],
            max_retries=0,
        )

    def ends(self, by: signal.Signals) -> tuple[int, str]:
        """How it ended, and what else it printed."""
        assert self.process.stdout is not None
        os.kill(self.process.pid, by)
        rest = self.process.stdout.read()
        return self.process.wait(timeout=30), rest

    def signs_in(self) -> str:
        """A sign-in without a page, by the login hint; the profile's id."""
        url = self.workos.sso.get_authorization_url(
            connection=self.says["saml_connection_id"],
            redirect_uri=REDIRECT_URI,
            login_hint=self.says["idp"]["users"][1]["email"],
        )
        browser = Browser(stop_at=REDIRECT_URI)
        page = browser.get(url)
        while page.status == 200:
            page = browser.submit(page, page.form("SAMLResponse"))
        return self.workos.sso.get_profile_and_token(code=page.query()["code"]).profile.id


def test_the_same_world_comes_back_after_a_crash(tmp_path: Path) -> None:
    first = Demo(tmp_path / "demo", "--port", "0")
    profile = first.signs_in()
    kept = first.workos.organizations.create_organization(name="Kept")
    assert first.ends(signal.SIGKILL) == (-signal.SIGKILL, ""), "one line and no more"

    again = Demo(tmp_path / "demo", "--port", "0")
    assert {key: value for key, value in again.says.items() if not str(value).startswith("http")} == {
        key: value for key, value in first.says.items() if not str(value).startswith("http")
    }
    assert again.workos.organizations.get_organization(kept.id) == kept
    assert again.signs_in() == profile
    assert again.ends(signal.SIGINT) == (0, "")


def test_without_a_folder_nothing_is_left(tmp_path: Path) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        [binary(), "demo", "--port", "0", "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None and json.loads(process.stdout.readline())["api_key"]
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    assert list(tmp_path.iterdir()) == []
