"""A customer's application: it signs employees in with the official SDK and knows nothing of SAML."""

from __future__ import annotations

import base64
import secrets
import zlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import httpx2
from workos import WorkOSClient
from workos.organizations.models import Organization
from workos.sso import CreateProtocolOptionsSAML
from workos.sso.models import Connection, CreateConnectionSAMLOptions, SSOTokenResponse

from browser import Browser, Page
from identity_providers import Employee, IdentityProvider
from kernia import REDIRECT_URI, Kernia

ISSUER = "{urn:oasis:names:tc:SAML:2.0:assertion}Issuer"


@dataclass
class ServiceProvider:
    """What an identity provider must be told about one of our connections."""

    entity_id: str
    acs_url: str
    metadata: str


class Application:
    """One application in front of one Kernia, and one customer's connection to an identity provider."""

    connection: Connection
    service_provider: ServiceProvider

    def __init__(self, kernia: Kernia, workos: WorkOSClient, idp: IdentityProvider) -> None:
        self.kernia, self.workos, self.idp = kernia, workos, idp

    def takes_on_a_customer(self, name: str) -> Connection:
        """An organization of its own, which lets employees of any domain in, and its connection."""
        customer = self.workos.organizations.create_organization(
            name=name, allow_profiles_outside_organization=True
        )
        return self.connects(customer)

    def connects(self, customer: Organization) -> Connection:
        """A connection by the provider's metadata address, and trust the other way."""
        self.connection = self.workos.sso.create_connection(
            organization_id=customer.id,
            name=customer.name,
            protocol_options=CreateProtocolOptionsSAML(
                CreateConnectionSAMLOptions(idp_metadata_url=self.idp.metadata_url)
            ),
        )
        self.service_provider = self.service_provider_of(self.connection)
        self.idp.trust(self.service_provider.metadata, self.connection.id)
        return self.connection

    def service_provider_of(self, connection: Connection) -> ServiceProvider:
        """Read from the request that leaves for the provider, and from our own metadata document."""
        answer = httpx2.get(self.begins(connection), timeout=20)
        assert answer.status_code == 302, answer.text
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        request = ElementTree.fromstring(
            zlib.decompress(base64.b64decode(query["SAMLRequest"][0]), wbits=-15)
        )
        acs_url, entity_id = request.attrib["AssertionConsumerServiceURL"], request.find(ISSUER)
        assert entity_id is not None and entity_id.text
        document = httpx2.get(acs_url.replace("/sso/saml/acs/", "/sso/saml/metadata/"), timeout=20)
        assert document.status_code == 200, document.text
        return ServiceProvider(entity_id.text, acs_url, document.text)

    def sets(self, **saml_options: object) -> None:
        """Change settings of the connection, of which the SDK knows only some."""
        self.workos.request(
            "patch", ("connections", self.connection.id), body={"saml_options": saml_options}
        )

    def is_trusted_anew(self) -> None:
        """Give our metadata to the provider once more, because it changed."""
        url = self.service_provider.acs_url.replace("/sso/saml/acs/", "/sso/saml/metadata/")
        document = httpx2.get(url, timeout=20)
        assert document.status_code == 200, document.text
        self.service_provider.metadata = document.text
        self.idp.trust(document.text, self.connection.id)

    def traces(self) -> list[dict[str, Any]]:
        """What is known of the attempts to sign in, newest first."""
        return self.kernia.admin("get", f"connections/{self.connection.id}/traces")["data"]

    def begins(self, connection: Connection | None = None, state: str = "s") -> str:
        """The address that the application sends its user to."""
        return self.workos.sso.get_authorization_url(
            connection=(connection or self.connection).id, redirect_uri=REDIRECT_URI, state=state
        )

    def browser(self) -> Browser:
        """A person's browser; it stops where the application takes over."""
        return Browser(REDIRECT_URI)

    def meets_the_provider(self, browser: Browser, who: Employee, url: str | None = None) -> Page:
        """Up to the page whose form carries the signed response back to us."""
        page = browser.get(url or self.begins())
        if page.url.startswith(self.kernia.base_url) and page.status == 200:
            page = browser.submit(page, page.form("SAMLRequest"))
        return self.idp.signs_in(browser, page, who)

    def returns(self, browser: Browser, page: Page) -> Page:
        """Post the provider's form; through a page of ours that posts it again, should there be one."""
        page = browser.submit(page, page.form("SAMLResponse"))
        ours = page.status == 200 and page.url.startswith(self.kernia.base_url)
        if ours and any("SAMLResponse" in form.fields for form in page.forms()):
            page = browser.submit(page, page.form("SAMLResponse"))
        return page

    def signs_in(self, who: Employee, browser: Browser | None = None) -> SSOTokenResponse:
        """The whole way, from the application's button to the profile."""
        browser, state = browser or self.browser(), secrets.token_urlsafe(8)
        page = self.returns(browser, self.meets_the_provider(browser, who, self.begins(state=state)))
        arrived = self.arrived(page)
        assert arrived["state"] == state
        token = self.workos.sso.get_profile_and_token(code=arrived["code"])
        self.kernia.secrets.add(token.access_token)
        return token

    def arrived(self, page: Page) -> dict[str, str]:
        """What the redirect URI was called with."""
        assert page.url.startswith(REDIRECT_URI), f"{page.url} ({page.status}):\n{page.text[:3000]}"
        arrived = page.query()
        self.kernia.secrets |= {arrived["code"]} if "code" in arrived else set()
        return arrived
