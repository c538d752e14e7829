"""A small browser: a cookie jar, redirects, and HTML forms.

It has no JavaScript, which is the point: each sign-in must work without.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2


@dataclass
class Form:
    """One form of a page: where it goes, and what its fields hold."""

    action: str = ""
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "form":
            self.forms.append(Form(values.get("action") or "", (values.get("method") or "get").lower()))
        elif tag in ("input", "button") and self.forms and (name := values.get("name")):
            self.forms[-1].fields.setdefault(name, values.get("value") or "")


@dataclass
class Page:
    """What the browser shows after the last redirect."""

    url: str
    status: int
    text: str
    headers: httpx2.Headers

    def forms(self) -> list[Form]:
        parser = _Forms()
        parser.feed(self.text)
        return parser.forms

    def form(self, name: str) -> Form:
        """The form that has a field of this name."""
        for form in self.forms():
            if name in form.fields:
                return form
        raise AssertionError(f"no form with `{name}` at {self.url} ({self.status}):\n{self.text[:3000]}")

    def query(self) -> dict[str, str]:
        """The query of the address, one value a key."""
        return {key: values[0] for key, values in parse_qs(urlsplit(self.url).query).items()}


class Browser:
    """Follows redirects, until an address that it is told to stop at (the application's)."""

    def __init__(self, stop_at: str) -> None:
        self.stop_at = stop_at
        self.http = httpx2.Client(timeout=30, follow_redirects=False)

    def get(self, url: str) -> Page:
        return self._walk("GET", url, None)

    def post(self, url: str, fields: dict[str, str]) -> Page:
        return self._walk("POST", url, fields)

    def submit(self, page: Page, form: Form, **filled: str) -> Page:
        """Send a form of a page with some of its fields filled in."""
        url = urljoin(page.url, form.action) if form.action else page.url
        fields = form.fields | filled
        if form.method == "post":
            return self.post(url, fields)
        return self.get(str(httpx2.URL(url).copy_merge_params(fields)))

    def _walk(self, method: str, url: str, fields: dict[str, str] | None) -> Page:
        for _ in range(20):
            if url.startswith(self.stop_at):
                return Page(url, 0, "", httpx2.Headers())
            answer = self.http.request(method, url, data=fields)
            if answer.status_code not in (301, 302, 303, 307, 308):
                return Page(url, answer.status_code, answer.text, answer.headers)
            if answer.status_code not in (307, 308):
                method, fields = "GET", None
            url = urljoin(url, answer.headers["location"])
        raise AssertionError(f"too many redirects, the last to {url}")
