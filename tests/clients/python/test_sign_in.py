"""Employees sign in through identity providers that others wrote.

Each story runs against each provider: an application with the official SDK, a browser without
JavaScript, and a real server between them.
"""

from __future__ import annotations

import base64
import re

import httpx2
import pytest
from workos import AuthenticationError, BadRequestError, WorkOSClient
from workos.organizations.models import Organization

from application import Application
from browser import Page
from calm import assert_calm
from identity_providers import ADA, GRACE
from kernia import REDIRECT_URI, Kernia


def test_an_employee_signs_in(application: Application) -> None:
    token = application.signs_in(ADA)
    profile = token.profile
    assert token.token_type == "Bearer" and token.expires_in == 600
    assert profile.id.startswith("prof_") and profile.object == "profile"
    assert profile.connection_id == application.connection.id
    assert profile.organization_id == application.connection.organization_id
    assert profile.connection_type == application.connection.connection_type
    assert (profile.email, profile.first_name, profile.last_name) == ("ada@acme.test", "Ada", "Byron")
    assert profile.idp_id and profile.raw_attributes
    assert profile.groups == application.idp.groups
    assert application.workos.sso.get_profile(access_token=token.access_token) == profile
    assert application.workos.sso.get_connection(application.connection.id).state == "active"


def test_a_person_keeps_the_profile_id(application: Application) -> None:
    first, other, again = (application.signs_in(who).profile for who in (ADA, GRACE, ADA))
    assert first.id == again.id and first.idp_id == again.idp_id
    assert other.id != first.id and other.email == "grace@acme.test"


def test_an_employee_of_a_verified_domain(application: Application, acme: Organization) -> None:
    application.connects(acme)
    assert application.signs_in(GRACE).profile.organization_id == acme.id


def test_by_organization(application: Application) -> None:
    browser = application.browser()
    url = application.workos.sso.get_authorization_url(
        organization=application.connection.organization_id, redirect_uri=REDIRECT_URI
    )
    page = application.returns(browser, application.meets_the_provider(browser, ADA, url))
    arrived = application.arrived(page)
    assert "state" not in arrived
    assert application.workos.sso.get_profile_and_token(code=arrived["code"]).profile.email == ADA.email


def test_the_state_comes_back_as_it_went(application: Application) -> None:
    state = 'ä & = + % "<x>" ' + "{" + "z" * 1500 + "}"
    browser = application.browser()
    page = application.returns(
        browser, application.meets_the_provider(browser, ADA, application.begins(state=state))
    )
    assert application.arrived(page)["state"] == state


def test_with_pkce(application: Application, kernia: Kernia) -> None:
    def code() -> tuple[str, str]:
        browser = application.browser()
        begun = application.workos.sso.get_authorization_url_with_pkce(
            connection=application.connection.id, redirect_uri=REDIRECT_URI
        )
        page = application.returns(browser, application.meets_the_provider(browser, ADA, begun["url"]))
        arrived = application.arrived(page)
        assert arrived["state"] == begun["state"]
        return arrived["code"], begun["code_verifier"]

    given, verifier = code()
    token = application.workos.sso.get_profile_and_token_pkce(code=given, code_verifier=verifier)
    assert token.profile.email == ADA.email

    public = WorkOSClient(client_id=kernia.client_id, base_url=kernia.base_url, is_public=True, max_retries=0)
    given, verifier = code()
    assert (
        public.sso.get_profile_and_token_pkce(code=given, code_verifier=verifier).profile.email == ADA.email
    )

    given, verifier = code()
    for wrong in (verifier[:-1] + ("a" if verifier[-1] != "a" else "b"), None):
        with pytest.raises(BadRequestError) as refused:
            application.workos.sso.get_profile_and_token(code=given, code_verifier=wrong)
        assert refused.value.error == "invalid_grant" and refused.value.error_description


def test_a_code_is_good_once_and_only_for_who_holds_the_key(application: Application, kernia: Kernia) -> None:
    browser = application.browser()
    page = application.returns(browser, application.meets_the_provider(browser, ADA))
    code = application.arrived(page)["code"]
    with pytest.raises((BadRequestError, AuthenticationError)) as refused:
        kernia.client("sk_test_wrong").sso.get_profile_and_token(code=code)
    assert refused.value.error == "invalid_client"
    with pytest.raises(BadRequestError) as refused:
        application.workos.sso.get_profile_and_token(
            code=code[:-1] + "0" if code[-1] != "0" else code[:-1] + "1"
        )
    assert refused.value.error == "invalid_grant"
    assert application.workos.sso.get_profile_and_token(code=code).profile.email == ADA.email
    with pytest.raises(BadRequestError) as refused:
        application.workos.sso.get_profile_and_token(code=code)
    assert refused.value.error == "invalid_grant"


def test_a_profile_needs_its_token(application: Application, kernia: Kernia) -> None:
    for wrong in ("nonsense", kernia.api_key):
        with pytest.raises(AuthenticationError) as refused:
            application.workos.sso.get_profile(access_token=wrong)
        assert refused.value.error == "Unauthorized"


def test_two_sign_ins_in_one_browser(application: Application) -> None:
    browser = application.browser()
    first = application.meets_the_provider(browser, ADA, application.begins(state="first"))
    second = application.meets_the_provider(browser, ADA, application.begins(state="second"))
    for page, state in ((second, "second"), (first, "first")):
        arrived = application.arrived(application.returns(browser, page))
        assert arrived["state"] == state
        application.workos.sso.get_profile_and_token(code=arrived["code"])


def test_a_response_is_good_once(application: Application, kernia: Kernia) -> None:
    browser = application.browser()
    page = application.meets_the_provider(browser, ADA)
    application.arrived(application.returns(browser, page))
    assert_calm(application.returns(browser, page), kernia)


def test_the_response_of_another_browser(application: Application, kernia: Kernia) -> None:
    page = application.meets_the_provider(application.browser(), ADA)
    assert_calm(application.returns(application.browser(), page), kernia)


def test_a_cross_site_post_that_lost_its_cookie_gets_a_second_chance(application: Application) -> None:
    browser = application.browser()
    page = application.meets_the_provider(browser, ADA)
    form = page.form("SAMLResponse")
    answer = httpx2.post(form.action, data=form.fields)
    assert answer.status_code == 200, answer.text[:2000]
    again = Page(form.action, answer.status_code, answer.text, answer.headers)
    arrived = application.arrived(browser.submit(again, again.form("SAMLResponse")))
    assert application.workos.sso.get_profile_and_token(code=arrived["code"]).profile.email == ADA.email


def test_the_response_at_another_acs(application: Application, kernia: Kernia) -> None:
    mine, my_acs = application.connection, application.service_provider.acs_url
    browser = application.browser()
    page = application.meets_the_provider(browser, ADA, application.begins(mine))
    other = application.takes_on_a_customer("Other")
    assert application.service_provider.acs_url != my_acs
    form = page.form("SAMLResponse")
    assert_calm(browser.post(application.service_provider.acs_url, form.fields), kernia)
    assert application.workos.sso.get_connection(other.id).state != "active"
    assert browser.post(my_acs.rsplit("/", 1)[0] + "/nobody", form.fields).status == 404


@pytest.mark.parametrize("what", ["name", "address", "unsigned", "status", "cut", "not base64"])
def test_a_tampered_response(application: Application, kernia: Kernia, what: str) -> None:
    browser = application.browser()
    page = application.meets_the_provider(browser, ADA)
    form = page.form("SAMLResponse")
    xml = base64.b64decode(form.fields["SAMLResponse"]).decode()
    signature = re.compile(r"<((?:\w+:)?Signature)\b.*?</\1>", re.S)
    tampered = {
        "name": lambda: xml.replace(">Byron<", ">Lovelace<"),
        "address": lambda: xml.replace("ada@acme.test", "grace@acme.test"),
        "unsigned": lambda: signature.sub("", xml),
        "status": lambda: xml.replace("status:Success", "status:Responder"),
        "cut": lambda: xml[:-200],
        "not base64": lambda: "",
    }[what]()
    assert tampered != xml
    sent = base64.b64encode(tampered.encode()).decode() if tampered else "%%%"
    assert_calm(browser.post(form.action, form.fields | {"SAMLResponse": sent}), kernia)
    assert application.workos.sso.get_connection(application.connection.id).state != "active"
    arrived = application.arrived(application.returns(browser, page))
    assert arrived["code"], "the genuine response still works: a bad one spends nothing"


def test_an_address_that_is_not_listed_is_never_redirected_to(
    application: Application, kernia: Kernia
) -> None:
    for wrong in (
        "http://127.0.0.1:9/callback/more",
        "http://127.0.0.1:9/callback?x=1",
        "https://evil.test/callback",
        "javascript:alert(1)",
        "",
    ):
        url = application.workos.sso.get_authorization_url(
            connection=application.connection.id, redirect_uri=wrong
        )
        assert_calm(application.browser().get(url), kernia)


def test_a_connection_that_does_not_exist(application: Application) -> None:
    url = application.workos.sso.get_authorization_url(
        connection="conn_01JD0000000000000000000000", redirect_uri=REDIRECT_URI, state="kept"
    )
    arrived = application.arrived(application.browser().get(url))
    assert arrived["error"] == "connection_invalid" and arrived["error_description"]
    assert arrived["state"] == "kept"


def test_someone_of_another_domain(application: Application, workos: WorkOSClient) -> None:
    assert application.connection.organization_id
    workos.organizations.update_organization(
        application.connection.organization_id, allow_profiles_outside_organization=False
    )
    browser = application.browser()
    page = application.returns(browser, application.meets_the_provider(browser, ADA))
    assert application.arrived(page)["error"] == "profile_not_allowed_outside_organization"


def test_a_deleted_connection_comes_back_as_it_was(application: Application, kernia: Kernia) -> None:
    before = application.signs_in(ADA).profile
    id = application.connection.id
    application.workos.sso.delete_connection(id)
    arrived = application.arrived(application.browser().get(application.begins()))
    assert arrived["error"] == "connection_invalid"
    deleted = kernia.admin("get", "connections?deleted=true")["data"]
    assert id in [one["id"] for one in deleted]
    kernia.admin("post", f"connections/{id}/restore")
    restored = application.workos.sso.get_connection(id)
    assert (restored.name, restored.connection_type) == (
        application.connection.name,
        application.connection.connection_type,
    )
    assert application.signs_in(ADA).profile.id == before.id
