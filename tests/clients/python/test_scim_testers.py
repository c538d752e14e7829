"""Compliance testers that others wrote, against the real binary: nothing of them is left out."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server
from workos.organizations.models import Organization

import guides
from directory import Directory
from kernia import Kernia

# What the strict mode of scim-sanity wants beyond the standard: the test's name, and why it is wrong.
NOT_STRICT: dict[str, str] = {}


@pytest.fixture
def directory(kernia: Kernia, organization: Organization) -> Directory:
    """An empty one: testers count what they find."""
    return Directory.of(kernia, organization.id)


def tool(name: str) -> str:
    """A program of the same environment."""
    return str(Path(sys.executable).with_name(name))


def checked(directory: Directory) -> Counter[Status]:
    """How the checks of scim2-tester ended."""
    results = check_server(SyncSCIMClient(directory.http()))
    bad = [f"{it.status.name} {it.title}: {it.reason}" for it in results if it.status != Status.SUCCESS]
    assert not bad, "\n".join(bad)
    return Counter(it.status for it in results)


def probed(directory: Directory, mode: str) -> dict[str, dict[str, str]]:
    """The tests of scim-sanity by their names."""
    ran = subprocess.run(
        [
            tool("scim-sanity"), "probe", directory.scim_url, "--token", directory.scim_token,
            f"--{mode}", "--json-output", "--i-accept-side-effects",
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )  # fmt: skip
    documents = _documents(ran.stdout)
    assert documents, ran.stderr[-2000:]
    results = documents[-1]["results"]
    return {f"{number}. {it['name']}": it for number, it in enumerate(results, 1)}


def _documents(text: str) -> list[dict]:
    """Every JSON document in a text: a warning stands before the results."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while (at := text.find("{", at)) >= 0:
        document, at = decoder.raw_decode(text, at)
        found.append(document)
    return found


def test_scim2_tester(directory: Directory) -> None:
    """Discovery, every attribute of every resource by every verb, filters, pages, ETags, bulks."""
    assert checked(directory)[Status.SUCCESS] >= 135


def test_scim2_cli(directory: Directory) -> None:
    """The same from the command line, as whoever runs a server would do it."""
    ran = subprocess.run(
        [tool("scim2"), "--url", directory.scim_url, "test", "--verbose"],
        env=os.environ | {"SCIM_CLI_HEADERS": f"Authorization: Bearer {directory.scim_token}"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]


def test_scim_sanity_in_its_compatible_mode(directory: Directory) -> None:
    """Lives of users and groups, lists, errors."""
    results = probed(directory, "compat")
    bad = {name: it for name, it in results.items() if it["status"] not in ("pass", "skip")}
    assert not bad, json.dumps(bad, indent=1)
    assert sum(it["status"] == "pass" for it in results.values()) >= 28


def test_scim_sanity_in_its_strict_mode(directory: Directory) -> None:
    """All of it, too, but what it wants beyond the standard, which is named with its reason."""
    results = probed(directory, "strict")
    bad = {name: it for name, it in results.items() if it["status"] not in ("pass", "skip")}
    assert {name.split(". ", 1)[1] for name in bad} == set(NOT_STRICT), json.dumps(bad, indent=1)


def test_the_guide_says_what_they_say(
    kernia: Kernia, workos: object, fresh: Callable[[str], str]
) -> None:
    """The table of the guide to compliance is what these runs say."""

    def another() -> Directory:
        made = kernia.client().organizations.create_organization(name=fresh("Tested"))
        return Directory.of(kernia, made.id)

    passed = checked(another())[Status.SUCCESS]
    rows = [["scim2-tester", _version("scim2-tester"), str(passed), str(passed), ""]]
    for mode in ("compat", "strict"):
        results = probed(another(), mode)
        counted = Counter(it["status"] for it in results.values())
        skipped = sorted(it["name"] for it in results.values() if it["status"] == "skip")
        left = [f"not offered: {', '.join(skipped)}"] if skipped else []
        left += [f"{name}: {why}" for name, why in NOT_STRICT.items()] if mode == "strict" else []
        tests = len(results) - counted["skip"]
        name = f"scim-sanity, {mode}"
        rows.append([name, _version("scim-sanity"), str(tests), str(counted["pass"]), "; ".join(left)])
    guides.says("testers", ["tester", "version", "tests", "passed", "left"], rows)


def _version(package: str) -> str:
    return importlib.metadata.version(package)
