"""IT contacts of an organization, through the official SDK."""

from __future__ import annotations

import pytest
from workos import BadRequestError, ConflictError, NotFoundError, UnprocessableEntityError, WorkOSClient
from workos.organizations.models import Organization

NOBODY = "org_01JD0000000000000000000000"


def test_contacts_come_and_go(workos: WorkOSClient, organization: Organization) -> None:
    organizations = workos.organizations
    assert organizations.list_it_contacts(organization.id).data == []
    made = organizations.create_it_contact(organization.id, email="Ada.Byron@acme.test")
    assert made.object == "it_contact" and made.email.lower() == "ada.byron@acme.test"
    assert made.created_at == made.updated_at
    second = organizations.create_it_contact(organization.id, email="grace@acme.test")
    listed = organizations.list_it_contacts(organization.id)
    assert {one.id for one in listed.data} == {made.id, second.id} and made in listed.data
    organizations.delete_it_contact(organization.id, made.id)
    assert organizations.list_it_contacts(organization.id).data == [second]
    with pytest.raises(NotFoundError):
        organizations.delete_it_contact(organization.id, made.id)


def test_an_address_that_is_there_already(workos: WorkOSClient, organization: Organization) -> None:
    workos.organizations.create_it_contact(organization.id, email="it@acme.test")
    with pytest.raises(ConflictError):
        workos.organizations.create_it_contact(organization.id, email="IT@acme.test")
    other = workos.organizations.create_organization(name="Other")
    assert workos.organizations.create_it_contact(other.id, email="it@acme.test").email == "it@acme.test"


@pytest.mark.parametrize(
    "email", ["", "nobody", "@b.test", "two@acme.test, three@acme.test", "x" * 400 + "@a.test"]
)
def test_an_address_that_is_none(workos: WorkOSClient, organization: Organization, email: str) -> None:
    with pytest.raises((UnprocessableEntityError, BadRequestError)) as refused:
        workos.organizations.create_it_contact(organization.id, email=email)
    assert refused.value.message


def test_an_invitation_leads_nowhere_and_says_so(workos: WorkOSClient, organization: Organization) -> None:
    contact = workos.organizations.create_it_contact(organization.id, email="it@acme.test")
    for call in (
        lambda: workos.organizations.invite_it_contact(organization.id, contact.id, intents=["sso"]),
        lambda: workos.organizations.revoke_it_contact(organization.id, contact.id),
    ):
        with pytest.raises(UnprocessableEntityError) as refused:
            call()
        assert refused.value.code == "admin_portal_unavailable"


def test_an_organization_or_a_contact_that_does_not_exist(
    workos: WorkOSClient, organization: Organization
) -> None:
    organizations = workos.organizations
    contact = organizations.create_it_contact(organization.id, email="it@acme.test")
    other = organizations.create_organization(name="Other").id
    for call in (
        lambda: organizations.list_it_contacts(NOBODY),
        lambda: organizations.create_it_contact(NOBODY, email="it@acme.test"),
        lambda: organizations.delete_it_contact(other, contact.id),
        lambda: organizations.invite_it_contact(other, contact.id, intents=["sso"]),
        lambda: organizations.revoke_it_contact(other, contact.id),
    ):
        with pytest.raises(NotFoundError):
            call()
    organizations.delete_organization(organization.id)
    with pytest.raises(NotFoundError):
        organizations.list_it_contacts(organization.id)
