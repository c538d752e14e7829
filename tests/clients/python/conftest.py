"""The cast: a Kernia, an application that uses the official SDK, and identity providers."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from workos import WorkOSClient
from workos.organizations.models import Organization
from workos.organizations.models import OrganizationDomainData

sys.path.insert(0, str(Path(__file__).parent))

from application import Application  # noqa: E402
from identity_providers import IdentityProvider  # noqa: E402
from identity_providers.from_folder import PySaml2, Samlify, Samlp  # noqa: E402
from identity_providers.saml_idp import SamlIdp  # noqa: E402
from identity_providers.simplesamlphp import SimpleSamlPhp  # noqa: E402
from kernia import REDIRECT_URI, Kernia  # noqa: E402

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def kernia(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernia]:
    running = Kernia(tmp_path_factory.mktemp("kernia")).start()
    yield running
    assert running.stop() == 0, "SIGTERM ends the server cleanly"
    log = running.log()
    assert not [secret for secret in running.secrets if secret in log], "no secret stands in the log"
    assert "ERROR" not in log, "nothing that was asked is a fault of the server"


@pytest.fixture(scope="session")
def workos(kernia: Kernia) -> WorkOSClient:
    client = kernia.client()
    client.user_management.create_redirect_uri(uri=REDIRECT_URI)
    return client


@pytest.fixture
def fresh() -> Callable[[str], str]:
    """A name that no other test of this run has."""
    return lambda name: f"{name}-{next(_numbers)}"


@pytest.fixture
def organization(workos: WorkOSClient, fresh: Callable[[str], str]) -> Organization:
    """A customer who has nothing yet."""
    return workos.organizations.create_organization(name=fresh("Customer"))


PROVIDERS = [SimpleSamlPhp, PySaml2, SamlIdp, Samlp, Samlify]


@pytest.fixture(scope="session", params=PROVIDERS, ids=lambda kind: kind.name)
def idp(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[IdentityProvider]:
    running = request.param(tmp_path_factory.mktemp(request.param.name) / "idp")
    yield running
    running.stop()


@pytest.fixture
def application(
    kernia: Kernia, workos: WorkOSClient, idp: IdentityProvider, fresh: Callable[[str], str]
) -> Application:
    """An application with one customer, whose connection was made from the provider's metadata address."""
    made = Application(kernia, workos, idp)
    made.takes_on_a_customer(fresh("Acme"))
    return made


@pytest.fixture(scope="session")
def acme(workos: WorkOSClient) -> Organization:
    """The organization that owns `acme.test`, where all employees have their addresses."""
    domain = OrganizationDomainData.from_dict({"domain": "acme.test", "state": "verified"})
    return workos.organizations.create_organization(name="Acme", domain_data=[domain])
