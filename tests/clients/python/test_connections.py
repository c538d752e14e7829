"""Connections, as an application manages them through the official SDK."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest
from workos import BadRequestError, NotFoundError, UnprocessableEntityError, WorkOSClient
from workos.organizations.models import Organization, OrganizationDomainData
from workos.sso import CreateProtocolOptionsSAML, PatchProtocolOptionsSAML
from workos.sso.models import (
    Connection,
    CreateConnectionSAMLOptions,
    PatchConnectionSAMLOptions,
)

from identity_providers import IdentityProvider, write_key_pair

Fresh = Callable[[str], str]


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("certificates")
    return [write_key_pair(folder, f"idp{n}")[1].read_text() for n in range(3)]


def by_hand(certificate: str) -> CreateProtocolOptionsSAML:
    """All that must be said of a provider."""
    return CreateProtocolOptionsSAML(
        CreateConnectionSAMLOptions(
            idp_entity_id="https://idp.acme.test/saml",
            idp_sso_url="https://idp.acme.test/sso",
            idp_signing_certs=[certificate],
        )
    )


@pytest.fixture
def connection(workos: WorkOSClient, organization: Organization, certificates: list[str]) -> Connection:
    return workos.sso.create_connection(
        organization_id=organization.id, name="By hand", protocol_options=by_hand(certificates[0])
    )


def test_by_hand(workos: WorkOSClient, organization: Organization, connection: Connection) -> None:
    assert connection.object == "connection" and connection.id.startswith("conn_")
    assert connection.organization_id == organization.id and connection.name == "By hand"
    assert connection.connection_type == "GenericSAML"
    assert connection.state != "active", "nobody has signed in yet"
    assert workos.sso.get_connection(connection.id) == connection
    assert workos.sso.list_connections(organization_id=organization.id).data == [connection]
    assert connection in workos.sso.list_connections(connection_type="GenericSAML").data
    assert workos.sso.list_connections(organization_id=organization.id, connection_type="OktaSAML").data == []


def test_from_a_metadata_address(
    workos: WorkOSClient, organization: Organization, idp: IdentityProvider
) -> None:
    made = workos.sso.create_connection(
        organization_id=organization.id,
        protocol_options=CreateProtocolOptionsSAML(
            CreateConnectionSAMLOptions(idp_metadata_url=idp.metadata_url)
        ),
    )
    listed = workos.sso.list_connection_saml_idp_signing_certs(made.id).data
    assert len(listed) == 1 and "BEGIN CERTIFICATE" in listed[0].value
    location = httpx2.get(
        workos.sso.get_authorization_url(connection=made.id, redirect_uri="http://127.0.0.1:9/callback")
    ).headers["location"]
    assert location.startswith(idp.base)


def test_a_metadata_address_that_does_not_answer(workos: WorkOSClient, organization: Organization) -> None:
    with pytest.raises((BadRequestError, UnprocessableEntityError)) as refused:
        workos.sso.create_connection(
            organization_id=organization.id,
            protocol_options=CreateProtocolOptionsSAML(
                CreateConnectionSAMLOptions(idp_metadata_url="http://127.0.0.1:9/metadata")
            ),
        )
    assert refused.value.message
    assert workos.sso.list_connections(organization_id=organization.id).data == []


def test_an_update_changes_what_it_names(workos: WorkOSClient, connection: Connection) -> None:
    renamed = workos.sso.update_connection(connection.id, name="Renamed")
    assert renamed.name == "Renamed" and renamed.updated_at >= connection.updated_at
    workos.sso.update_connection(
        connection.id,
        protocol_options=PatchProtocolOptionsSAML(
            PatchConnectionSAMLOptions(idp_sso_url="https://moved.acme.test/sso")
        ),
    )
    location = httpx2.get(
        workos.sso.get_authorization_url(connection=connection.id, redirect_uri="http://127.0.0.1:9/callback")
    ).headers["location"]
    assert location.startswith("https://moved.acme.test/sso")
    with pytest.raises((BadRequestError, UnprocessableEntityError)):
        workos.sso.update_connection(connection.id, connection_type="OktaSAML")


def test_a_deleted_connection_is_gone(workos: WorkOSClient, connection: Connection) -> None:
    workos.sso.delete_connection(connection.id)
    with pytest.raises(NotFoundError):
        workos.sso.get_connection(connection.id)
    with pytest.raises(NotFoundError):
        workos.sso.delete_connection(connection.id)


def test_a_known_external_id_gives_the_connection_that_has_it(
    workos: WorkOSClient, organization: Organization, certificates: list[str]
) -> None:
    def create() -> Connection:
        return workos.sso.create_connection(
            organization_id=organization.id,
            external_id="theirs-1",
            connection_type="OktaSAML",
            protocol_options=CreateProtocolOptionsSAML(
                CreateConnectionSAMLOptions(
                    idp_entity_id="http://www.okta.com/exk1",
                    idp_sso_url="https://acme.okta.com/sso",
                    idp_signing_certs=certificates[:1],
                )
            ),
        )

    first = create()
    assert first.connection_type == "OktaSAML"
    assert create().id == first.id
    assert len(workos.sso.list_connections(organization_id=organization.id).data) == 1


def test_signing_certificates_come_and_go(
    workos: WorkOSClient, connection: Connection, certificates: list[str]
) -> None:
    added = workos.sso.create_connection_saml_idp_signing_cert(connection.id, value=certificates[1])
    assert added.value.strip() == certificates[1].strip()
    assert added.object == "saml_idp_signing_certificate" and added.id
    assert added.not_before and added.not_after and added.not_before < added.not_after
    first, second = workos.sso.list_connection_saml_idp_signing_certs(connection.id).data
    assert first.value.strip() == certificates[0].strip() and second == added, "oldest first"
    workos.sso.delete_connection_saml_idp_signing_cert(connection.id, first.id)
    assert workos.sso.list_connection_saml_idp_signing_certs(connection.id).data == [added]
    with pytest.raises(BadRequestError):
        workos.sso.delete_connection_saml_idp_signing_cert(connection.id, added.id)
    with pytest.raises(NotFoundError):
        workos.sso.delete_connection_saml_idp_signing_cert(connection.id, first.id)
    with pytest.raises((BadRequestError, UnprocessableEntityError)):
        workos.sso.create_connection_saml_idp_signing_cert(connection.id, value="not a certificate")


def test_an_organization_that_does_not_exist(workos: WorkOSClient, certificates: list[str]) -> None:
    with pytest.raises((NotFoundError, UnprocessableEntityError)):
        workos.sso.create_connection(
            organization_id="org_01JD0000000000000000000000",
            protocol_options=CreateProtocolOptionsSAML(
                CreateConnectionSAMLOptions(
                    idp_entity_id="x", idp_sso_url="https://x.test/sso", idp_signing_certs=certificates[:1]
                )
            ),
        )


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"idp_entity_id": "x"},
        {"idp_entity_id": "x", "idp_sso_url": "not a url", "idp_signing_certs": []},
        {"idp_entity_id": "x", "idp_sso_url": "javascript:alert(1)", "idp_signing_certs": ["x"]},
        {"idp_metadata_url": "file:///etc/passwd"},
        {"idp_metadata_url": "ftp://127.0.0.1/x"},
        ["https://x.test/metadata"],
    ],
    ids=str,
)
def test_options_that_cannot_work(
    workos: WorkOSClient, organization: Organization, options: object
) -> None:
    with pytest.raises((BadRequestError, UnprocessableEntityError)) as refused:
        workos.request(
            "post",
            ("connections",),
            body={"organization_id": organization.id, "saml_options": options},
        )
    assert refused.value.message
    assert workos.sso.list_connections(organization_id=organization.id).data == []


def test_filters(workos: WorkOSClient, certificates: list[str], fresh: Fresh) -> None:
    mark, domain = fresh("filtered"), f"{fresh('filtered')}.test"
    owner = workos.organizations.create_organization(
        name=mark, domain_data=[OrganizationDomainData.from_dict({"domain": domain, "state": "verified"})]
    )
    made = workos.sso.create_connection(
        organization_id=owner.id, name=mark.upper(), protocol_options=by_hand(certificates[0])
    )
    assert [one.domain for one in made.domains] == [domain]
    assert workos.sso.list_connections(search=mark).data == [made]
    assert workos.sso.list_connections(domain=domain).data == [made]
    assert workos.sso.list_connections(domain="nobody.test").data == []
    for _ in range(3):
        workos.sso.create_connection(
            organization_id=owner.id, name=mark, protocol_options=by_hand(certificates[0])
        )
    all_of_them = list(workos.sso.list_connections(organization_id=owner.id, limit=2).auto_paging_iter())
    assert len({one.id for one in all_of_them}) == 4 and all_of_them[-1] == made


def test_switched_off(workos: WorkOSClient, connection: Connection) -> None:
    change = {"state": "inactive"}
    off = workos.request("patch", ("connections", connection.id), body=change, model=Connection)
    assert off.state == "inactive"
    url = workos.sso.get_authorization_url(
        connection=connection.id, redirect_uri="http://127.0.0.1:9/callback", state="s"
    )
    assert "error=connection_unlinked" in httpx2.get(url).headers["location"]


def test_an_external_id_is_changed_and_cleared(workos: WorkOSClient, connection: Connection) -> None:
    for external_id in ("theirs", "other", None):
        changed = workos.sso.update_connection(connection.id, external_id=external_id)
        assert changed.id == connection.id


def test_from_a_metadata_document(
    workos: WorkOSClient, organization: Organization, idp: IdentityProvider
) -> None:
    made = workos.request(
        "post",
        ("connections",),
        body={
            "organization_id": organization.id,
            "saml_options": {"idp_metadata_xml": httpx2.get(idp.metadata_url).text},
        },
        model=Connection,
    )
    assert len(workos.sso.list_connection_saml_idp_signing_certs(made.id).data) == 1


def test_deleting_the_organization_deletes_its_connections(
    workos: WorkOSClient, organization: Organization, connection: Connection
) -> None:
    workos.organizations.delete_organization(organization.id)
    with pytest.raises(NotFoundError):
        workos.sso.get_connection(connection.id)
