"""A real browser (Debian's Chromium) in front of a real `kernia demo`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
CHROMIUM = os.environ.get("KERNIA_CHROMIUM", "/usr/bin/chromium")
QUIET = (
    "--no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-quic"
).split()


@pytest.fixture(scope="session")
def demo() -> Iterator[dict[str, Any]]:
    """What the demo says of itself, while it runs."""
    binary = os.environ.get("KERNIA_BIN", str(TARGET / "debug" / "kernia"))
    process = subprocess.Popen(
        [binary, "demo", "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    yield json.loads(process.stdout.readline())
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0, "SIGTERM ends the demo cleanly"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where the screenshots go: beside the build, never into the tree."""
    folder = TARGET / "clients" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which finds what people with disabilities would stumble over."""
    modules = Path(os.environ.get("KERNIA_NODE_MODULES", TARGET / "clients" / "node" / "node_modules"))
    return (modules / "axe-core" / "axe.min.js").read_text()
