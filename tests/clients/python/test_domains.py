"""Domains of organizations through the official SDK, proved by the answers of a real name server."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from kernia import Kernia
from name_server import NameServer, texts
from workos import (
    BadRequestError,
    ConflictError,
    NotFoundError,
    UnprocessableEntityError,
    WorkOSClient,
)
from workos.common.models.organization_domain import OrganizationDomain
from workos.organizations.models import OrganizationDomainData

NOBODY = "org_domain_01JD0000000000000000000000"
Claim = Callable[[str], OrganizationDomain]


@pytest.fixture(scope="module")
def dns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NameServer]:
    running = NameServer(tmp_path_factory.mktemp("nsd") / "zones")
    running.has("acme.test")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def server(dns: NameServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernia]:
    """A Kernia that asks this name server and no other."""
    running = Kernia(tmp_path_factory.mktemp("kernia"), KERNIA_DNS__SERVERS=dns.address).start()
    yield running
    assert running.stop() == 0
    assert "ERROR" not in running.log()


@pytest.fixture(scope="module")
def client(server: Kernia) -> WorkOSClient:
    return server.client()


@pytest.fixture
def claim(client: WorkOSClient, fresh: Callable[[str], str]) -> Claim:
    """A customer who has nothing but this claim."""

    def claim(domain: str) -> OrganizationDomain:
        customer = client.organizations.create_organization(name=fresh("Customer"))
        return client.organization_domains.create_organization_domain(
            domain=domain, organization_id=customer.id
        )

    return claim


def record(made: OrganizationDomain) -> str:
    assert made.verification_prefix and made.verification_token
    return f"{made.verification_prefix}={made.verification_token}"


def verified(client: WorkOSClient, made: OrganizationDomain) -> OrganizationDomain:
    """The claim, once DNS was asked again and it is no longer pending."""
    client.organization_domains.verify_organization_domain(made.id)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        seen = client.organization_domains.get_organization_domain(made.id)
        if seen.state != "pending":
            return seen
        time.sleep(0.05)
    raise AssertionError("still pending")


def finding(server: Kernia, made: OrganizationDomain) -> dict[str, str]:
    """What DNS said the last time, once it was asked."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        seen = server.admin("GET", f"organization_domains/{made.id}")
        if seen["checks"] > 0:
            assert seen["organization_domain"]["state"] == "pending"
            return seen["finding"]
        time.sleep(0.05)
    raise AssertionError("not checked")


def test_a_claim_is_made_read_and_deleted(client: WorkOSClient, claim: Claim) -> None:
    domains = client.organization_domains
    made = claim("Fresh.Acme.test")
    assert made.object == "organization_domain" and made.domain == "fresh.acme.test"
    assert made.state == "pending" and made.verification_strategy == "dns"
    assert domains.get_organization_domain(made.id) == made
    organization = client.organizations.get_organization(made.organization_id)
    assert [one.id for one in organization.domains] == [made.id]
    domains.delete_organization_domain(made.id)
    for call in (
        domains.get_organization_domain,
        domains.delete_organization_domain,
        domains.verify_organization_domain,
    ):
        for nobody in (made.id, NOBODY):
            with pytest.raises(NotFoundError):
                call(nobody)


@pytest.mark.parametrize("form", ["published", "of WorkOS's guide", "below", "alias", "long", "many"])
def test_a_record_is_found(
    dns: NameServer, client: WorkOSClient, claim: Claim, fresh: Callable[[str], str], form: str
) -> None:
    zone = f"{fresh('zone')}.test"
    dns.has(zone, texts(["v=spf1 -all"]))
    made = claim(f"www.{zone}" if form == "alias" else zone)
    value = record(made)
    dns.has(
        zone,
        {
            "published": texts(["v=spf1 -all", value]),
            "of WorkOS's guide": texts([f"verification_token={made.verification_token}"]),
            "below": texts([value], "_kernia"),
            "alias": [f"www IN CNAME elsewhere.{zone}.", *texts([value], "elsewhere")],
            # An answer of more than 512 bytes, with a record of more than 255.
            "long": texts(["k=rsa; p=" + "A" * 700, value]),
            # More than any UDP answer holds.
            "many": texts([*(f"other{nth}={'x' * 200}" for nth in range(60)), value]),
        }[form],
    )
    seen = verified(client, made)
    assert seen.state == "verified" and seen.verification_strategy == "dns"
    with pytest.raises(BadRequestError) as refused:
        client.organization_domains.verify_organization_domain(made.id)
    assert refused.value.code == "domain_already_verified"


def test_what_is_not_found_is_told_apart(dns: NameServer, server: Kernia, claim: Claim) -> None:
    dns.breaks("broken.test")
    dns.has("other.test", texts(["v=spf1 -all"]))
    dns.has("bare.test")
    for domain, code in [
        ("nothing.acme.test", "name_missing"),
        ("other.test", "record_missing"),
        ("bare.test", "record_missing"),
        ("broken.test", "server_failed"),
        # A name server that is not responsible refuses.
        ("elsewhere.example", "server_failed"),
    ]:
        assert finding(server, claim(domain))["code"] == code, domain


def test_a_server_that_never_answers(
    tmp_path_factory: pytest.TempPathFactory, fresh: Callable[[str], str]
) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        folder = tmp_path_factory.mktemp("silent")
        server = Kernia(folder, KERNIA_DNS__SERVERS=address).start()
        client = server.client()
        customer = client.organizations.create_organization(name=fresh("Customer"))
        made = client.organization_domains.create_organization_domain(
            domain="acme.test", organization_id=customer.id
        )
        assert finding(server, made)["code"] == "no_answer"
        assert server.stop() == 0


def test_the_first_to_prove_it_owns_it(dns: NameServer, client: WorkOSClient, claim: Claim) -> None:
    dns.has("contested.test")
    first, second = claim("contested.test"), claim("contested.test")
    dns.has("contested.test", texts([record(second)]))
    assert verified(client, second).state == "verified"
    assert client.organization_domains.get_organization_domain(first.id).state == "failed"
    with pytest.raises(ConflictError):
        client.organization_domains.verify_organization_domain(first.id)
    with pytest.raises(ConflictError):
        claim("contested.test")
    client.organization_domains.delete_organization_domain(second.id)
    assert client.organization_domains.verify_organization_domain(first.id).state == "pending"


@pytest.mark.parametrize(
    ("domain", "code"),
    [
        ("co.uk", "domain_is_public_suffix"),
        ("github.io", "domain_is_public_suffix"),
        ("gmail.com", "domain_is_free_mail"),
        ("acme", "domain_malformed"),
        ("192.0.2.7", "domain_malformed"),
        ("a_b.acme.test", "domain_malformed"),
        ("https://acme.test", "domain_malformed"),
        ("ada@acme.test", "domain_malformed"),
        ("x" * 64 + ".test", "domain_malformed"),
        ("", "domain_malformed"),
    ],
)
def test_what_nobody_can_own(client: WorkOSClient, claim: Claim, domain: str, code: str) -> None:
    with pytest.raises(UnprocessableEntityError) as refused:
        claim(domain)
    assert refused.value.code == code
    with pytest.raises(UnprocessableEntityError):
        data = OrganizationDomainData.from_dict({"domain": domain, "state": "verified"})
        client.organizations.create_organization(name="Word", domain_data=[data])


def test_a_domain_that_is_there_already(client: WorkOSClient, claim: Claim) -> None:
    made = claim("bücher.acme.test")
    assert made.domain == "xn--bcher-kva.acme.test"
    for same in ("XN--BCHER-KVA.acme.test.", "bücher.acme.test"):
        with pytest.raises(ConflictError) as refused:
            client.organization_domains.create_organization_domain(
                domain=same, organization_id=made.organization_id
            )
        assert refused.value.code == "domain_already_exists"
    with pytest.raises(NotFoundError):
        client.organization_domains.create_organization_domain(
            domain="acme.test", organization_id="org_01JD0000000000000000000000"
        )


def test_an_operator_s_word(server: Kernia, client: WorkOSClient, claim: Claim) -> None:
    made = claim("by-word.acme.test")
    server.admin("POST", f"organization_domains/{made.id}/verify")
    seen = client.organization_domains.get_organization_domain(made.id)
    assert seen.state == "verified" and seen.verification_strategy == "manual"
    line = server.logged("domain verified by the operator's word")
    assert line and made.id in line and server.client_id in line
