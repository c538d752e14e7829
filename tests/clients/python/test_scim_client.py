"""A SCIM client that others wrote brings a whole company: 1,000 people and 50 groups, changed and gone."""

from __future__ import annotations

import pytest
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import BulkOperation, BulkRequest, Error, PatchOp, PatchOperation, SearchRequest
from workos.organizations.models import Organization

from directory import Directory
from kernia import Kernia

PEOPLE, GROUPS, OF_EACH = 1_000, 50, 20
GONE, BACK = 300, 100


class Company:
    """What the client knows of what it brought."""

    def __init__(self, client: SyncSCIMClient) -> None:
        self.client = client
        self.user = client.get_resource_model("User")
        self.group = client.get_resource_model("Group")
        self.people: list[str] = []
        self.groups: list[str] = []

    def total(self, model: type, filter: str | None = None) -> int:
        """How many there are, by the server's word."""
        found = self.client.search(model, search_request=SearchRequest(filter=filter, count=0))
        return found.total_results

    def change(self, model: type, id: str, *operations: PatchOperation) -> object:
        """One change; the resource as it is then."""
        return self.client.modify(model, id, PatchOp[model](operations=list(operations)))

    def members(self, id: str) -> set[str]:
        """Who is in a group."""
        return {it.value for it in self.client.query(self.group, id).members or []}

    def comes(self) -> None:
        for number in range(PEOPLE):
            name = f"person-{number:04}@company.example"
            person = self.user(
                user_name=name,
                external_id=f"e-{number}",
                display_name=f"Person {number}",
                active=True,
                name={"given_name": "Person", "family_name": f"Number {number}"},
                emails=[{"value": name, "type": "work", "primary": True}],
            )
            self.people.append(self.client.create(person).id)
        for number in range(GROUPS):
            first = number * OF_EACH
            ids = self.people[first : first + OF_EACH]
            group = self.group(display_name=f"Group {number}", members=[{"value": id} for id in ids])
            self.groups.append(self.client.create(group).id)

    def changes(self) -> None:
        rename = PatchOperation(op="replace", path="name.familyName", value="Renamed")
        for id in self.people[::5]:
            self.change(self.user, id, rename)
        for number, id in enumerate(self.people[:GROUPS]):
            person = self.client.query(self.user, id)
            person.title = f"Head of {number}"
            assert self.client.replace(person).title == person.title
        for number, id in enumerate(self.groups):
            out, into = self.people[number * OF_EACH], self.people[-1 - number]
            # scim2-models refuses the path of a member that leaves; it is sent as it is.
            leaves = {"op": "remove", "path": f'members[value eq "{out}"]'}
            joins = {"op": "add", "path": "members", "value": [{"value": into}]}
            schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
            body = {"schemas": [schema], "Operations": [leaves, joins]}
            self.client.modify(self.group, id, body, check_request_payload=False)

    def shrinks(self) -> None:
        leave = PatchOperation(op="replace", path="active", value=False)
        for id in self.people[:GONE]:
            assert self.change(self.user, id, leave).active is False
        back = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}
        back["Operations"] = [{"op": "replace", "path": "active", "value": True}]
        bulk = BulkRequest[self.user](
            operations=[
                BulkOperation[self.user](method="PATCH", path=f"/Users/{id}", data=back)
                for id in self.people[:BACK]
            ]
        )
        answers = self.client.bulk(bulk).operations
        assert [str(it.status) for it in answers] == ["200"] * BACK

    def goes(self) -> None:
        for id in self.groups:
            assert self.client.delete(self.group, id) is None
        for id in self.people:
            assert self.client.delete(self.user, id) is None


@pytest.fixture
def company(kernia: Kernia, organization: Organization) -> Company:
    return Company(Directory.of(kernia, organization.id).client())


def test_a_company_comes_changes_and_goes(company: Company) -> None:
    user, group = company.user, company.group
    company.comes()
    assert len(set(company.people)) == PEOPLE and len(set(company.groups)) == GROUPS
    assert (company.total(user), company.total(group)) == (PEOPLE, GROUPS)
    assert pages(company, count=150) == company.people, "every page, in the order of making"
    assert cursors(company, count=150) == company.people, "the same by cursors"

    company.changes()
    assert company.total(user, 'name.familyName eq "Renamed"') == PEOPLE // 5
    assert company.total(user, "title pr") == GROUPS
    for number, id in enumerate(company.groups):
        first = number * OF_EACH
        # The last groups hand somebody on whom they already had.
        wanted = {*company.people[first + 1 : first + OF_EACH], company.people[-1 - number]}
        assert company.members(id) == wanted, f"group {number}"
    person = company.client.query(user, company.people[1])
    assert [it.value for it in person.groups] == [company.groups[0]], "a person tells its groups"

    company.shrinks()
    assert company.total(user, "active eq false") == GONE - BACK
    taken = user(user_name="PERSON-0001@company.example")
    refused = company.client.create(taken, raise_scim_errors=False)
    assert isinstance(refused, Error) and refused.status == 409, "a deactivated person keeps its name"

    company.goes()
    assert (company.total(user), company.total(group)) == (0, 0)
    assert company.client.create(taken).id not in company.people, "a name is free again, an id is not"


def pages(company: Company, count: int) -> list[str]:
    """The ids of all people, page by page."""
    found: list[str] = []
    while True:
        request = SearchRequest(start_index=len(found) + 1, count=count)
        page = company.client.query(company.user, request)
        assert page.total_results == PEOPLE
        if not page.resources:
            return found
        assert page.items_per_page == len(page.resources) <= count
        found += [it.id for it in page.resources]


def cursors(company: Company, count: int) -> list[str]:
    """The same, following cursors (RFC 9865)."""
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        request = SearchRequest(cursor=cursor, count=count)
        page = company.client.query(company.user, request)
        found += [it.id for it in page.resources]
        cursor = page.next_cursor
    return found
