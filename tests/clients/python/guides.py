"""Tables of the documentation that are made of what a run said."""

from __future__ import annotations

import os
import re
from pathlib import Path

from kernia import ROOT

COMPLIANCE = ROOT / "docs" / "scim" / "compliance.md"


def says(name: str, heads: list[str], rows: list[list[str]], path: Path = COMPLIANCE) -> None:
    """The table of this name is what the guide says; with `KERNIA_WRITE_GUIDES` it is written."""
    lines = [heads, ["---"] * len(heads), *rows]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines).replace("| --- |", "|---|")
    table = table.replace("--- |", "---|").replace("| ---", "|---")
    guide = path.read_text()
    block = re.compile(rf"(<!-- {name}:[^\n]*-->\n).*?(<!-- /{name} -->)", re.DOTALL)
    assert block.search(guide), f"{path.name} has a place for `{name}`"
    wanted = block.sub(lambda found: f"{found[1]}{table}{found[2]}", guide)
    if os.environ.get("KERNIA_WRITE_GUIDES"):
        path.write_text(wanted)
    else:
        assert guide == wanted, "write it anew: KERNIA_WRITE_GUIDES=1"
