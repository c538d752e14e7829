"""From a provider's attributes to a profile: the connection's own map, whatever the provider calls them."""

from __future__ import annotations

from pathlib import Path

import pytest
from workos import BadRequestError, UnprocessableEntityError, WorkOSClient
from workos.organizations.models import Organization
from workos.sso.models import PatchConnectionAttributeMaps, PatchConnectionStandardAttributes, Profile

from application import Application
from identity_providers import ADA, GRACE, write_key_pair


def name_of(profile: Profile, value: str) -> str:
    """What the provider calls the attribute with this value."""
    names = [name for name, values in profile.raw_attributes.items() if values in (value, [value])]
    assert names, profile.raw_attributes
    return names[0]


def test_the_connections_map_goes_first(application: Application) -> None:
    before = application.signs_in(ADA).profile
    family, email = name_of(before, "Byron"), name_of(before, ADA.email)
    update = application.workos.sso.update_connection
    update(
        application.connection.id,
        attribute_maps=PatchConnectionAttributeMaps(
            standard_attributes=PatchConnectionStandardAttributes(
                first_name=family, idp_id=email, name=family, groups=email
            ),
            custom_attributes={"family": family, "nothing": "not sent"},
        ),
    )
    mapped = application.signs_in(ADA).profile
    assert (mapped.first_name, mapped.last_name, mapped.name) == ("Byron", "Byron", "Byron")
    assert mapped.idp_id == ADA.email and mapped.groups == [ADA.email]
    assert (mapped.custom_attributes or {}).get("family") == "Byron"
    assert (mapped.custom_attributes or {}).get("nothing") is None
    assert mapped.raw_attributes == before.raw_attributes
    assert application.signs_in(GRACE).profile.id != mapped.id
    assert application.signs_in(ADA).profile.id == mapped.id

    update(
        application.connection.id,
        attribute_maps=PatchConnectionAttributeMaps(custom_attributes={"family": None, "also": family}),
    )
    after = application.signs_in(ADA).profile
    assert after.custom_attributes == {"also": "Byron"} and after.first_name == "Byron"


def test_without_a_map_custom_attributes_are_empty(application: Application) -> None:
    profile = application.signs_in(GRACE).profile
    assert profile.custom_attributes == {}
    assert application.workos.sso.get_profile(access_token=application.signs_in(GRACE).access_token)


def test_an_email_that_is_mapped_to_no_address(application: Application) -> None:
    family = name_of(application.signs_in(ADA).profile, "Byron")
    application.workos.sso.update_connection(
        application.connection.id,
        attribute_maps=PatchConnectionAttributeMaps(
            standard_attributes=PatchConnectionStandardAttributes(email=family)
        ),
    )
    browser = application.browser()
    page = application.returns(browser, application.meets_the_provider(browser, ADA))
    assert page.status >= 400
    [failed, *_] = application.traces()
    assert failed["outcome"] == "failed" and failed["failure"]["code"] == "email_missing"


@pytest.mark.parametrize(
    "maps",
    [
        [],
        {"standard_attributes": []},
        {"standard_attributes": {"email": 7}},
        {"standard_attributes": {"email": "x" * 5000}},
        {"custom_attributes": {"": "mail"}},
        {"custom_attributes": {"team": ["ou"]}},
        {"custom_attributes": {f"n{number}": "ou" for number in range(1000)}},
    ],
    ids=["a list", "no names", "a number", "long", "no name", "several", "a thousand"],
)
def test_a_map_of_the_wrong_shape(
    workos: WorkOSClient, organization: Organization, tmp_path: Path, maps: object
) -> None:
    options = {
        "idp_entity_id": "x",
        "idp_sso_url": "https://x.test/sso",
        "idp_signing_certs": [write_key_pair(tmp_path, "idp")[1].read_text()],
    }
    body = {"organization_id": organization.id, "saml_options": options, "attribute_maps": maps}
    with pytest.raises((BadRequestError, UnprocessableEntityError)) as refused:
        workos.request("post", ("connections",), body=body)
    assert refused.value.message
    assert "attribute_maps" in f"{refused.value.errors}{refused.value.message}"
