"""A customer's application again, before an OpenID provider. It knows as little of OpenID Connect."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from workos import WorkOSClient
from workos.common.models.create_connection_oidc_options_token_authentication_method import (
    CreateConnectionOIDCOptionsTokenAuthenticationMethod,
)
from workos.organizations.models import Organization
from workos.sso import CreateProtocolOptionsOIDC
from workos.sso.models import (
    Connection,
    CreateConnectionKeyPair,
    CreateConnectionOIDCOptions,
)

from application import Application
from browser import Browser, Page
from identity_providers import Employee, write_key_pair
from kernia import Kernia
from openid_providers import Client, OpenIdProvider

METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]


class OpenIdApplication(Application):
    """One application in front of one Kernia, and one customer's connection to an OpenID provider."""

    client: Client
    asked: dict[str, str]
    """What Kernia asks the provider for."""

    def __init__(
        self, kernia: Kernia, workos: WorkOSClient, provider: OpenIdProvider, method: str, folder: Path
    ) -> None:
        self.kernia, self.workos, self.provider = kernia, workos, provider
        self.method, self.folder = method, folder

    def connects(self, customer: Organization) -> Connection:
        """A connection by the discovery endpoint, and trust the other way."""
        key_pair = None
        if self.method == "private_key_jwt":
            key, certificate = (path.read_text() for path in write_key_pair(self.folder, "assertions"))
            key_pair = CreateConnectionKeyPair(key=key, cert=certificate)
            self.client = self.provider.takes(self.method, certificate)
        else:
            self.client = self.provider.takes(self.method)
        if self.client.client_secret:
            self.kernia.secrets.add(self.client.client_secret)
        self.connection = self.workos.sso.create_connection(
            organization_id=customer.id,
            name=customer.name,
            protocol_options=CreateProtocolOptionsOIDC(
                CreateConnectionOIDCOptions(
                    discovery_endpoint=self.provider.discovery_endpoint,
                    client_id=self.client.client_id,
                    client_secret=self.client.client_secret,
                    token_authentication_method=CreateConnectionOIDCOptionsTokenAuthenticationMethod(self.method),
                    jwt_signing_key_pair=key_pair,
                )
            ),
        )
        answer = httpx2.get(self.begins(), timeout=20)
        assert answer.status_code == 302, answer.text
        self.asked = {key: values[0] for key, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
        signed_out = f"{self.kernia.base_url}/sso/signed-out"
        self.provider.sends_back(self.client, self.asked["redirect_uri"], signed_out)
        return self.connection

    def sets(self, **oidc_options: object) -> None:
        """Change settings of the connection."""
        self.workos.request("patch", ("connections", self.connection.id), body={"oidc_options": oidc_options})

    def meets_the_provider(self, browser: Browser, who: Employee, url: str | None = None) -> Page:
        """Through the provider's login form and back, to wherever Kernia sends the browser then."""
        return self.provider.signs_in(browser, browser.get(url or self.begins()), who)

    def returns(self, browser: Browser, page: Page) -> Page:
        """The provider's redirect has led back already."""
        return page

    def fails(self, who: Employee) -> dict[str, Any]:
        """A sign-in that the provider does not finish; what is known of it."""
        return self.failed(self.meets_the_provider(self.browser(), who), "oauth_failed")

    def failed(self, page: Page, error: str) -> dict[str, Any]:
        """The application is told no more than this, and an incident that the trace and the log know."""
        arrived = self.arrived(page)
        assert (arrived["error"], arrived["state"]) == (error, "s") and "code" not in arrived
        incident = re.search(r"Incident: (req_\w+)$", arrived["error_description"])
        assert incident and self.kernia.logged(incident[1])
        trace = self.traces()[0]
        assert (trace["outcome"], trace["incident_id"]) == ("failed", incident[1])
        assert trace["connection_id"] == self.connection.id
        return trace
