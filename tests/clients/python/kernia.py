"""A real `kernia serve` process on a fresh folder, and a client of the official SDK for it.

Nothing here knows Kernia's inside: it starts the binary, reads the ready line, and speaks HTTP.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx2
from workos import WorkOSClient

ROOT = Path(__file__).resolve().parents[3]
READY = re.compile(r"http://(?:127\.0\.0\.1|localhost|\[::1\]):(\d+)")
REDIRECT_URI = "http://127.0.0.1:9/callback"
SETTINGS = {
    "KERNIA_ENVIRONMENT__KIND": "test",
    "KERNIA_SERVER__LISTEN": "127.0.0.1:0",
    "KERNIA_FETCH__ALLOW_PRIVATE_ADDRESSES": "true",
}


def binary() -> str:
    """The binary under test: `KERNIA_BIN`, or the debug build of this clone."""
    if given := os.environ.get("KERNIA_BIN"):
        return given
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return str(target / "debug" / "kernia")


class Kernia:
    """One initialised folder and the process that serves it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.settings = SETTINGS | settings
        self.log_path = folder / "kernia.log"
        made = subprocess.run(
            [binary(), "init", "--dir", str(folder / "data"), "--json"],
            env=os.environ | self.settings,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.made: dict[str, str] = json.loads(made.stdout)
        self.api_key = self.made["api_key"]
        self.client_id = self.made["client_id"]
        self.process: subprocess.Popen[bytes] | None = None
        self.base_url = ""
        self.secrets = {self.api_key}

    def start(self) -> Kernia:
        """Serve, and wait for the line that says where."""
        with self.log_path.open("a") as log:
            self.process = subprocess.Popen(
                [binary(), "serve", "--config", self.made["config"]],
                cwd=self.folder,
                env=os.environ | self.settings,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        line = self.logged("listening")
        if line is None or (found := READY.search(line)) is None:
            raise RuntimeError(f"kernia did not become ready:\n{self.log()}")
        self.base_url = f"http://127.0.0.1:{found[1]}"
        return self

    def logged(self, word: str) -> str | None:
        """The line of the log with this word. A line may follow its answer, so it is waited for."""
        assert self.process is not None
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            for line in self.log().splitlines():
                if word in line:
                    return line
            time.sleep(0.02)
        return None

    def stop(self) -> int:
        """SIGTERM, and wait for the drain to end."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def log(self) -> str:
        """Everything the server has said so far."""
        return self.log_path.read_text() if self.log_path.exists() else ""

    def client(self, api_key: str | None = None) -> WorkOSClient:
        """The official client, pointed here. It never retries, so that a 5xx shows at once."""
        return WorkOSClient(
            api_key=api_key or self.api_key,
            client_id=self.client_id,
            base_url=self.base_url,
            max_retries=0,
            request_timeout=20,
        )

    def admin(self, method: str, path: str, **body: object) -> Any:
        """Kernia's own API, which the SDK knows nothing of."""
        answer = httpx2.request(
            method,
            f"{self.base_url}/kernia/v1/{path}",
            headers={"authorization": f"Bearer {self.api_key}"},
            json=body or None,
            timeout=20,
        )
        assert answer.is_success, f"{answer.status_code}: {answer.text}"
        return answer.json() if answer.content else None
