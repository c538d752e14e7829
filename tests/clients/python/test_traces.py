"""Traces of attempts, as they come from real answers of each provider."""

from __future__ import annotations

from application import Application
from calm import assert_calm
from identity_providers import ADA
from kernia import Kernia


def test_a_sign_in_that_went_well(application: Application) -> None:
    profile = application.signs_in(ADA).profile
    [trace] = application.traces()
    assert (trace["object"], trace["outcome"], trace["failure"]) == ("trace", "succeeded", None)
    assert trace["connection_id"] == application.connection.id
    assert trace["organization_id"] == application.connection.organization_id
    assert trace["response"]["verified"] and trace["response"]["issuer"] == application.idp.entity_id
    assert trace["response"]["in_response_to"] == trace["request"]["id"]
    assert application.service_provider.entity_id in trace["response"]["audiences"]
    came = {attribute["name"]: attribute["values"] for attribute in trace["response"]["attributes"]}
    assert came.keys() == profile.raw_attributes.keys()
    assert [ADA.email] in came.values()
    assert trace["steps"] and all(step["ok"] for step in trace["steps"])
    assert any(step["ms"] for step in trace["steps"])


def test_one_that_failed_says_what_to_change(application: Application, kernia: Kernia) -> None:
    application.idp.sign_with("second")
    try:
        browser = application.browser()
        page = application.returns(browser, application.meets_the_provider(browser, ADA))
        incident = assert_calm(page, kernia)
    finally:
        application.idp.sign_with("first")
    [trace] = application.traces()
    assert (trace["outcome"], trace["incident_id"]) == ("failed", incident)
    failure = trace["failure"]
    assert (failure["code"], failure["rule"]) == ("signature_invalid", 12)
    assert failure["got"] and failure["expected"] and failure["reason"] and failure["fix"]
    assert not trace["response"]["verified"], "nothing of it was believed"
    assert not all(step["ok"] for step in trace["steps"])
    for path in (f"traces/{trace['id']}", f"incidents/{incident}/trace"):
        shown = kernia.admin("get", path)
        assert shown["id"] == trace["id"] and shown["failure"] == failure
