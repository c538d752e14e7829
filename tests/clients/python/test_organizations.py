"""Organizations, as an application manages them through the official SDK."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from workos import (
    BadRequestError,
    ConflictError,
    NotFoundError,
    UnprocessableEntityError,
    WorkOSClient,
)
from workos.organizations.models import OrganizationDomainData

Fresh = Callable[[str], str]


def verified(domain: str) -> OrganizationDomainData:
    return OrganizationDomainData.from_dict({"domain": domain, "state": "verified"})


def pending(domain: str) -> OrganizationDomainData:
    return OrganizationDomainData.from_dict({"domain": domain, "state": "pending"})


def test_what_was_created_is_read_back(workos: WorkOSClient, fresh: Fresh) -> None:
    external_id = fresh("customer:ä/7")
    domain = f"{fresh('shop')}.test"
    made = workos.organizations.create_organization(
        name="Żółw & Søn <株式会社>",
        domain_data=[verified(domain), pending(f"www.{domain}")],
        metadata={"tier": "gold", "note": "ünï"},
        external_id=external_id if external_id.isascii() else "customer/7",
        allow_profiles_outside_organization=True,
    )
    assert made.object == "organization" and made.id.startswith("org_")
    assert made.name == "Żółw & Søn <株式会社>"
    assert made.metadata == {"tier": "gold", "note": "ünï"}
    assert made.external_id == "customer/7"
    assert made.allow_profiles_outside_organization is True
    assert abs((datetime.now(UTC) - made.created_at).total_seconds()) < 60
    states = {item.domain: item.state for item in made.domains}
    assert states == {domain: "verified", f"www.{domain}": "pending"}
    assert all(item.organization_id == made.id and item.id.startswith("org_domain_") for item in made.domains)

    assert workos.organizations.get_organization(made.id) == made
    assert workos.organizations.get_organization_by_external_id("customer/7") == made
    found = workos.organizations.list_organizations(domains=[domain, "nobody.test"])
    assert found.data == [made]


def test_an_organization_needs_only_a_name(workos: WorkOSClient) -> None:
    made = workos.organizations.create_organization(name="Plain", metadata=None, external_id=None)
    assert made.domains == [] and made.metadata == {} and made.external_id is None


def test_an_update_changes_what_it_names_and_nothing_else(workos: WorkOSClient, fresh: Fresh) -> None:
    old, new = f"{fresh('old')}.test", f"{fresh('new')}.test"
    made = workos.organizations.create_organization(
        name="Before", metadata={"a": "1"}, external_id=fresh("ext"), domain_data=[verified(old)]
    )
    renamed = workos.organizations.update_organization(made.id, name="After")
    assert renamed.name == "After" and renamed.updated_at >= made.updated_at
    assert (renamed.metadata, renamed.external_id) == (made.metadata, made.external_id)
    assert [item.domain for item in renamed.domains] == [old]

    moved = workos.organizations.update_organization(
        made.id, domain_data=[verified(new)], stripe_customer_id="cus_123"
    )
    assert [item.domain for item in moved.domains] == [new], "domain_data is the whole set"
    assert moved.stripe_customer_id == "cus_123"

    emptied = workos.organizations.update_organization(made.id, metadata=None, external_id=None)
    assert emptied.metadata == {} and emptied.external_id is None
    assert workos.organizations.get_organization(made.id) == emptied


def test_a_deleted_organization_is_gone_and_frees_its_names(workos: WorkOSClient, fresh: Fresh) -> None:
    external_id, domain = fresh("gone"), f"{fresh('gone')}.test"
    made = workos.organizations.create_organization(
        name="Soon gone", external_id=external_id, domain_data=[verified(domain)]
    )
    workos.organizations.delete_organization(made.id)
    for look in (
        lambda: workos.organizations.get_organization(made.id),
        lambda: workos.organizations.get_organization_by_external_id(external_id),
        lambda: workos.organizations.update_organization(made.id, name="Back"),
    ):
        with pytest.raises(NotFoundError) as refused:
            look()
        assert refused.value.request_id
    workos.organizations.create_organization(
        name="Next", external_id=external_id, domain_data=[verified(domain)]
    )


def test_lists_page_in_both_orders_and_both_directions(workos: WorkOSClient, fresh: Fresh) -> None:
    mark = fresh("paged")
    made = [workos.organizations.create_organization(name=f"{mark} {n:03}").id for n in range(103)]

    newest_first = workos.organizations.list_organizations(limit=100, search=mark)
    assert len(newest_first.data) == 100 and newest_first.after == newest_first.data[-1].id
    assert [one.id for one in newest_first.auto_paging_iter()] == made[::-1]
    oldest_first = workos.organizations.list_organizations(limit=25, order="asc", search=mark)
    assert [one.id for one in oldest_first.auto_paging_iter()] == made

    first = workos.organizations.list_organizations(limit=10, order="asc", search=mark)
    second = workos.organizations.list_organizations(limit=10, order="asc", search=mark, after=first.after)
    back = workos.organizations.list_organizations(
        limit=10, order="asc", search=mark, before=second.data[0].id
    )
    assert [one.id for one in second] == made[10:20]
    assert [one.id for one in back] == made[:10]
    assert len(workos.organizations.list_organizations(search=mark).data) == 10, "ten without a limit"
    last = workos.organizations.list_organizations(limit=100, order="asc", search=mark, after=made[99])
    assert [one.id for one in last] == made[100:] and last.after is None


def test_names_that_are_taken(workos: WorkOSClient, fresh: Fresh) -> None:
    external_id, domain = fresh("taken"), f"{fresh('taken')}.test"
    workos.organizations.create_organization(
        name="First", external_id=external_id, domain_data=[verified(domain)]
    )
    with pytest.raises(BadRequestError) as refused:
        workos.organizations.create_organization(name="Second", external_id=external_id)
    assert refused.value.code == "external_id_already_used"
    with pytest.raises(ConflictError):
        workos.organizations.create_organization(name="Second", domain_data=[verified(domain)])


@pytest.mark.parametrize(
    "query",
    [{"limit": 0}, {"limit": 101}, {"order": "sideways"}, {"after": "org_nobody"}, {"after": "conn_x"}],
    ids=str,
)
def test_a_list_refuses_what_it_does_not_understand(workos: WorkOSClient, query: dict[str, object]) -> None:
    with pytest.raises(UnprocessableEntityError) as refused:
        workos.organizations.list_organizations(**query)  # type: ignore[arg-type]
    assert refused.value.message


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": None},
        {"name": 7},
        {"name": "x", "domain_data": "x.test"},
        {"name": "x", "domain_data": [{"domain": "not a domain", "state": "verified"}]},
        {"name": "x", "domain_data": [{"domain": "x.test", "state": "perhaps"}]},
        {"name": "x", "domain_data": [["x.test", "verified"]]},
        {"name": "x", "metadata": ["a"]},
        {"name": "x", "external_id": 5},
    ],
    ids=str,
)
def test_a_body_of_the_wrong_shape_is_refused(workos: WorkOSClient, body: dict[str, object]) -> None:
    with pytest.raises((UnprocessableEntityError, BadRequestError)) as refused:
        workos.request("post", ("organizations",), body=body)
    assert refused.value.message and refused.value.request_id
