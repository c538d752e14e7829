"""What a person sees when it did not work."""

from __future__ import annotations

from browser import Page
from kernia import Kernia


def assert_calm(page: Page, kernia: Kernia) -> str:
    """A page for a person: nothing of the inside, and an incident id that the log knows."""
    assert 400 <= page.status < 500, f"{page.status} at {page.url}:\n{page.text[:2000]}"
    assert "text/html" in page.headers["content-type"]
    for inside in ("samlp:", "Assertion", "panicked", "src/", "rusqlite", "BEGIN CERT", "acme.test"):
        assert inside not in page.text, f"`{inside}` on the page"
    request_id = page.headers["x-request-id"]
    assert request_id in page.text, "the page carries the id to quote"
    assert kernia.logged(request_id), "the log knows the id"
    return request_id
