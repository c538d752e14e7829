"""Directories, as a provider fills them through SCIM and an application reads them through the official SDK."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from workos import NotFoundError, UnprocessableEntityError, WorkOSClient
from workos.organizations.models import Organization

from kernia import Kernia

Fresh = Callable[[str], str]

CORE = "urn:ietf:params:scim:schemas:core:2.0"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


class Provider:
    """A customer's identity provider: it knows an address and a token."""

    def __init__(self, kernia: Kernia, organization: str, **more: str) -> None:
        made = kernia.admin("POST", "directories", organization_id=organization, **more)
        self.directory_id: str = made["id"]
        self.external_key: str = made["external_key"]
        self.url: str = made["scim_url"]
        self.token: str = made["scim_token"]
        kernia.secrets.add(self.token)

    def sends(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx2.Response:
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/scim+json"}
        return httpx2.request(method, f"{self.url}{path}", headers=headers, json=body, timeout=20)

    def user(self, name: str, /, **more: Any) -> str:
        body = {
            "schemas": [f"{CORE}:User"],
            "userName": name,
            "emails": [{"value": name, "type": "work", "primary": True}],
        }
        answer = self.sends("POST", "/Users", body | more)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def group(self, name: str, *members: str) -> str:
        body = {
            "schemas": [f"{CORE}:Group"],
            "displayName": name,
            "members": [{"value": member} for member in members],
        }
        answer = self.sends("POST", "/Groups", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


@pytest.fixture
def provider(kernia: Kernia, organization: Organization) -> Provider:
    return Provider(kernia, organization.id, name="Staff", type="okta scim v2.0")


def test_directories_are_read_listed_and_deleted(
    kernia: Kernia, workos: WorkOSClient, organization: Organization, provider: Provider
) -> None:
    sync = workos.directory_sync
    found = sync.get_directory(provider.directory_id)
    assert (found.object, found.organization_id, found.name) == ("directory", organization.id, "Staff")
    assert (found.type, found.state) == ("okta scim v2.0", "unlinked")
    assert found.external_key == provider.external_key
    assert found.metadata is not None
    assert (found.metadata.users.active, found.metadata.users.inactive, found.metadata.groups) == (0, 0, 0)
    listed = sync.list_directories(organization_id=organization.id)
    assert listed.data == [found]
    assert sync.list_directories(organization_id=organization.id, search="nobody").data == []
    others = [Provider(kernia, organization.id, name=f"More {n}") for n in range(4)]
    pages = sync.list_directories(organization_id=organization.id, limit=2, order="asc")
    ids = [one.id for one in pages.auto_paging_iter()]
    assert ids == [provider.directory_id, *(one.directory_id for one in others)]
    assert sync.create_directory_sync(provider.directory_id).status == "queued"

    provider.user("ada@acme.test")
    assert sync.get_directory(provider.directory_id).state == "linked"
    sync.delete_directory(provider.directory_id)
    with pytest.raises(NotFoundError):
        sync.get_directory(provider.directory_id)
    assert provider.sends("GET", "/Users").status_code == 401


def test_a_user_is_told_in_full(workos: WorkOSClient, organization: Organization, provider: Provider) -> None:
    boss = provider.user("grace@acme.test")
    ada = provider.user(
        "ada@acme.test",
        externalId="00u7k2",
        name={"givenName": "Ada", "familyName": "Byron"},
        title="Analyst",
        userType="full",
        **{ENTERPRISE: {"department": "R&D", "manager": {"value": boss}}},
    )
    group = provider.group("Engineers", ada)
    user = workos.directory_sync.get_user(ada)
    assert (user.object, user.id, user.idp_id) == ("directory_user", ada, "00u7k2")
    assert (user.directory_id, user.organization_id) == (provider.directory_id, organization.id)
    assert (user.email, user.username) == ("ada@acme.test", "ada@acme.test")
    assert (user.first_name, user.last_name, user.name) == ("Ada", "Byron", "Ada Byron")
    assert (user.job_title, user.state) == ("Analyst", "active")
    assert user.custom_attributes["department_name"] == "R&D"
    assert user.custom_attributes["employee_type"] == "full"
    assert user.custom_attributes["manager_email"] == "grace@acme.test"
    assert user.raw_attributes is not None and user.raw_attributes["externalId"] == "00u7k2"
    assert user.role is not None and user.role.slug == "member"
    assert user.emails is not None and [one.value for one in user.emails] == ["ada@acme.test"]
    assert user.groups is not None and [one.id for one in user.groups] == [group]
    shown = workos.directory_sync.get_group(group)
    assert (shown.object, shown.name, shown.directory_id) == ("directory_group", "Engineers", provider.directory_id)
    assert user.groups == [shown]
    assert workos.directory_sync.list_users(directory=provider.directory_id, email="ADA@acme.test").data == [user]
    assert workos.directory_sync.list_users(directory=provider.directory_id, idp_id="00u7k2").data == [user]

    off = {"schemas": [], "Operations": [{"op": "replace", "path": "active", "value": False}]}
    off["schemas"] = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
    assert provider.sends("PATCH", f"/Users/{ada}", off).status_code in (200, 204)
    assert workos.directory_sync.get_user(ada).state == "inactive"


def test_users_and_groups_run_in_pages(workos: WorkOSClient, provider: Provider) -> None:
    users = [provider.user(f"user{n:02}@acme.test") for n in range(23)]
    groups = [provider.group(f"Group {n}", *users[:12]) for n in range(3)]
    sync = workos.directory_sync
    of = provider.directory_id
    assert [one.id for one in sync.list_users(directory=of, order="asc").auto_paging_iter()] == users
    assert [one.id for one in sync.list_users(directory=of, limit=5).auto_paging_iter()] == users[::-1]
    members = sync.list_users(group=groups[0], limit=5, order="asc").auto_paging_iter()
    assert sorted(one.id for one in members) == sorted(users[:12])
    assert [one.id for one in sync.list_groups(directory=of, limit=2, order="asc").auto_paging_iter()] == groups
    theirs = sync.list_groups(user=users[0], limit=2, order="asc").auto_paging_iter()
    assert sorted(one.id for one in theirs) == sorted(groups)
    assert sync.list_groups(user=users[20]).data == []
    with pytest.raises(UnprocessableEntityError):
        sync.list_users()
    with pytest.raises(UnprocessableEntityError):
        sync.list_groups()
    with pytest.raises(NotFoundError):
        sync.list_users(directory="directory_nobody")
    with pytest.raises(NotFoundError):
        sync.get_user("directory_user_nobody")
