"""Authlib signs people in through Kernia as an OpenID provider, and knows nothing but the issuer."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwk, jwt

from browser import Browser
from kernia import binary


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


class Client:
    """One client of the demo's, by one of the ways to prove itself."""

    def __init__(self, demo: dict[str, Any], way: str) -> None:
        oidc = demo["oidc"]
        self.demo = demo
        discovery = httpx2.get(f"{oidc['issuer']}/.well-known/openid-configuration")
        self.server: dict[str, Any] = discovery.json()
        assert self.server["issuer"] == oidc["issuer"]
        name = {"client_secret_basic": "", "client_secret_post": "second_", "none": "public_"}[way]
        self.id: str = oidc[f"{name}client_id"]
        self.session = OAuth2Session(
            self.id,
            oidc.get(f"{name}client_secret"),
            scope="openid email profile offline_access",
            redirect_uri=demo["redirect_uri"],
            code_challenge_method="S256",
            token_endpoint_auth_method=way,
        )

    def signs_in(self, browser: Browser, **more: str) -> dict[str, Any]:
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        url, state = self.session.create_authorization_url(
            self.server["authorization_endpoint"],
            code_verifier=verifier,
            nonce=nonce,
            connection=self.demo["saml_connection_id"],
            login_hint=self.demo["idp"]["users"][0]["email"],
            **more,
        )
        page = browser.get(url)
        while any("SAMLResponse" in form.fields for form in page.forms()):
            page = browser.submit(page, page.form("SAMLResponse"))
        assert page.query()["state"] == state and page.query()["iss"] == self.server["issuer"]
        token: dict[str, Any] = self.session.fetch_token(
            self.server["token_endpoint"], authorization_response=page.url, code_verifier=verifier
        )
        claims = self.claims(token)
        assert claims["nonce"] == nonce
        return token

    def claims(self, token: dict[str, Any]) -> dict[str, Any]:
        """What the ID token says, once its signature and the registered claims are verified."""
        keys = jwk.KeySet.import_key_set(httpx2.get(self.server["jwks_uri"]).json())
        decoded = jwt.decode(token["id_token"], keys, algorithms=["RS256"])
        jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": self.server["issuer"]},
            aud={"essential": True, "value": self.id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        ).validate(decoded.claims)
        return decoded.claims


@pytest.mark.parametrize("way", ["client_secret_basic", "client_secret_post", "none"])
def test_it_signs_in_refreshes_asks_and_signs_out(demo: dict[str, Any], way: str) -> None:
    client = Client(demo, way)
    token = client.signs_in(Browser(stop_at=demo["redirect_uri"]))
    claims = client.claims(token)
    assert claims["email"] == demo["idp"]["users"][0]["email"] and claims["email_verified"] is True
    assert claims["org_id"] == demo["organization_id"]
    told = client.session.get(client.server["userinfo_endpoint"]).json()
    assert told["sub"] == claims["sub"] and told["email"] == claims["email"]

    refreshed = client.session.refresh_token(client.server["token_endpoint"], token["refresh_token"])
    assert refreshed["refresh_token"] != token["refresh_token"]
    assert client.claims(refreshed)["sub"] == claims["sub"]

    browser = Browser(stop_at=demo["redirect_uri"])
    out = httpx2.URL(client.server["end_session_endpoint"]).copy_merge_params(
        {
            "id_token_hint": refreshed["id_token"],
            "post_logout_redirect_uri": demo["redirect_uri"],
            "state": "out",
        }
    )
    assert browser.get(str(out)).query() == {"state": "out"}
    with pytest.raises(OAuthError, match="invalid_grant"):
        client.session.refresh_token(client.server["token_endpoint"], refreshed["refresh_token"])


def test_one_sign_in_is_enough_for_the_next_client(demo: dict[str, Any]) -> None:
    browser = Browser(stop_at=demo["redirect_uri"])
    first, second = Client(demo, "client_secret_basic"), Client(demo, "none")
    one = first.claims(first.signs_in(browser))
    two = second.claims(second.signs_in(browser, prompt="none"))
    assert (one["sub"], one["sid"], one["auth_time"]) == (two["sub"], two["sid"], two["auth_time"])
