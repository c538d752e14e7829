"""OIDC connections, as an application manages them through the official SDK."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator

import httpx2
import pytest
from workos import ConflictError, UnprocessableEntityError, WorkOSClient
from workos.organizations.models import Organization
from workos.sso import CreateProtocolOptionsOIDC, PatchProtocolOptionsOIDC
from workos.sso.models import (
    Connection,
    CreateConnectionKeyPair,
    CreateConnectionOIDCOptions,
    PatchConnectionOIDCOptions,
)

from identity_providers import write_key_pair
from kernia import Kernia

SECRET = "planted-client-secret-of-python"
KEY = {
    "kty": "EC",
    "crv": "P-256",
    "use": "sig",
    "kid": "one",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
}


class Publisher(http.server.BaseHTTPRequestHandler):
    """What an OpenID provider publishes, and nothing else."""

    def do_GET(self) -> None:
        issuer = f"http://127.0.0.1:{self.server.server_port}"
        document = {
            "/.well-known/openid-configuration": {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "userinfo_endpoint": f"{issuer}/userinfo",
                "jwks_uri": f"{issuer}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256", "ES256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
            },
            "/jwks": {"keys": [KEY]},
        }.get(self.path)
        body = json.dumps(document).encode()
        self.send_response(200 if document else 404)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def discovery() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Publisher) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/.well-known/openid-configuration"
        server.shutdown()


def options(discovery: str, **more: object) -> CreateProtocolOptionsOIDC:
    asked = {"discovery_endpoint": discovery, "client_id": "kernia", "client_secret": SECRET} | more
    return CreateProtocolOptionsOIDC(CreateConnectionOIDCOptions.from_dict(asked))


@pytest.fixture
def connection(
    workos: WorkOSClient, kernia: Kernia, organization: Organization, discovery: str
) -> Connection:
    kernia.secrets.add(SECRET)
    return workos.sso.create_connection(
        organization_id=organization.id, name="OIDC", protocol_options=options(discovery)
    )


def raw(workos: WorkOSClient, connection: Connection) -> dict[str, object]:
    """The options, which the SDK's own type leaves out."""
    return workos.request("get", ("connections", connection.id))["oidc_options"]


def test_made_read_and_listed(
    workos: WorkOSClient, organization: Organization, connection: Connection, discovery: str
) -> None:
    assert connection.connection_type == "GenericOIDC" and connection.organization_id == organization.id
    assert connection.state != "active", "nobody has signed in yet"
    assert workos.sso.get_connection(connection.id) == connection
    assert workos.sso.list_connections(organization_id=organization.id).data == [connection]
    assert connection in workos.sso.list_connections(connection_type="GenericOIDC").data
    shown = raw(workos, connection)
    assert shown["discovery_endpoint"] == discovery and shown["client_id"] == "kernia"
    assert shown["pkce"] is True and SECRET not in json.dumps(shown)
    assert "/sso/oidc/callback/" in str(shown["redirect_uri"])


def test_a_type_is_named_or_told_by_the_issuer(
    workos: WorkOSClient, organization: Organization, discovery: str
) -> None:
    okta = workos.sso.create_connection(
        organization_id=organization.id, connection_type="OktaOIDC", protocol_options=options(discovery)
    )
    assert okta.connection_type == "OktaOIDC"
    with pytest.raises(UnprocessableEntityError) as refused:
        workos.sso.create_connection(
            organization_id=organization.id, connection_type="OktaSAML", protocol_options=options(discovery)
        )
    assert refused.value.errors[0]["code"] == "connection_type_unsupported"


def test_changed(workos: WorkOSClient, connection: Connection) -> None:
    change = PatchConnectionOIDCOptions(
        client_id="other", pkce=False, redirect_uri="https://auth.acme.test/sso/oidc/acme/callback"
    )
    changed = workos.sso.update_connection(
        connection.id, name="Renamed", protocol_options=PatchProtocolOptionsOIDC(change)
    )
    assert changed.name == "Renamed"
    shown = raw(workos, connection)
    assert (shown["client_id"], shown["pkce"]) == ("other", False)
    assert shown["redirect_uri"] == change.redirect_uri and shown["has_client_secret"] is True


def test_a_key_of_ours_is_made_and_published(
    workos: WorkOSClient, organization: Organization, discovery: str
) -> None:
    by_key = options(discovery, client_secret=None, token_authentication_method="private_key_jwt")
    made = workos.sso.create_connection(organization_id=organization.id, protocol_options=by_key)
    shown = raw(workos, made)
    assert "BEGIN CERTIFICATE" in shown["jwt_signing_certs"][0]
    keys = httpx2.get(str(shown["client_jwks_uri"])).json()["keys"]
    assert [key["kty"] for key in keys] == ["RSA"] and "d" not in keys[0]


def test_a_key_of_theirs(
    workos: WorkOSClient,
    kernia: Kernia,
    organization: Organization,
    discovery: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    key, certificate = write_key_pair(tmp_path_factory.mktemp("assertion"), "theirs")
    kernia.secrets.add(key.read_text().splitlines()[2])
    pair = CreateConnectionKeyPair(key=key.read_text(), cert=certificate.read_text())
    theirs = CreateConnectionOIDCOptions(
        discovery_endpoint=discovery,
        client_id="kernia",
        token_authentication_method="private_key_jwt",
        jwt_signing_key_pair=pair,
    )
    made = workos.sso.create_connection(
        organization_id=organization.id, protocol_options=CreateProtocolOptionsOIDC(theirs)
    )
    assert raw(workos, made)["jwt_signing_certs"] == [certificate.read_text()]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"discovery_endpoint": "http://127.0.0.1:1/x"}, "discovery_endpoint"),
        ({"client_id": ""}, "client_id"),
        ({"client_secret": None}, "client_secret"),
        ({"id_token_signature_algorithm": "RS512"}, "id_token_signature_algorithm"),
        ({"token_authentication_method": "client_secret_post"}, "token_authentication_method"),
        ({"redirect_uri": "javascript:alert(1)"}, "redirect_uri"),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_a_field_at_fault_is_named(
    workos: WorkOSClient, organization: Organization, discovery: str, more: dict[str, object], field: str
) -> None:
    with pytest.raises(UnprocessableEntityError) as refused:
        workos.sso.create_connection(
            organization_id=organization.id, protocol_options=options(discovery, **more)
        )
    assert refused.value.errors[0]["field"] == f"oidc_options.{field}"
    assert SECRET not in str(refused.value)
    assert workos.sso.list_connections(organization_id=organization.id).data == []


def test_what_only_saml_has(workos: WorkOSClient, connection: Connection) -> None:
    with pytest.raises(ConflictError):
        workos.sso.create_connection_saml_sp_signing_cert(connection.id)


def test_deleted(workos: WorkOSClient, organization: Organization, connection: Connection) -> None:
    workos.sso.delete_connection(connection.id)
    assert workos.sso.list_connections(organization_id=organization.id).data == []
