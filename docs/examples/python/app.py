"""A customer's application: one button, "Sign in with SSO", through Kernia and the WorkOS SDK.

    pip install workos
    WORKOS_BASE_URL=… WORKOS_API_KEY=… WORKOS_CLIENT_ID=… ORGANIZATION=org_… python app.py
"""

import html
import os
import secrets
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from workos import WorkOSClient

PORT = int(os.environ.get("PORT", "5000"))
CALLBACK = f"http://127.0.0.1:{PORT}/callback"

# Takes the base URL, the API key and the client id from WORKOS_* in the environment.
workos = WorkOSClient()


class Application(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/":
            self.page('<a href="/sign-in">Sign in with SSO</a>')
        elif url.path == "/sign-in":
            # The state ties the answer to this browser: without it, others could sign you in as them.
            state = secrets.token_urlsafe(16)
            self.redirect(
                workos.sso.get_authorization_url(
                    organization=os.environ["ORGANIZATION"], redirect_uri=CALLBACK, state=state
                ),
                f"state={state}; HttpOnly; SameSite=Lax; Path=/",
            )
        elif url.path == "/callback":
            self.callback({name: values[0] for name, values in parse_qs(url.query).items()})
        else:
            self.send_error(404)

    def callback(self, query: dict[str, str]) -> None:
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("state")
        if cookie is None or not secrets.compare_digest(cookie.value, query.get("state", "")):
            self.page("This sign-in was not begun here.", 400)
        elif "code" not in query:
            self.page(f"Not signed in: {html.escape(query.get('error', 'unknown'))}", 400)
        else:
            profile = workos.sso.get_profile_and_token(code=query["code"]).profile
            # Your session begins here. Remember people by profile.id: an e-mail address can change.
            self.page(f"Signed in as {html.escape(profile.email)} ({html.escape(profile.id)})")

    def page(self, body: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(f"<!doctype html><title>Application</title><p>{body}</p>\n".encode())

    def redirect(self, where: str, cookie: str) -> None:
        self.send_response(302)
        self.send_header("Location", where)
        self.send_header("Set-Cookie", cookie)
        self.end_headers()


if __name__ == "__main__":
    print(f"Open http://127.0.0.1:{PORT}/")
    HTTPServer(("127.0.0.1", PORT), Application).serve_forever()
