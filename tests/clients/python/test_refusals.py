"""What the SDK raises when it is not let in, or asks for what is not there."""

from __future__ import annotations

import httpx2
import pytest
from workos import AuthenticationError, NotFoundError, WorkOSClient

from kernia import REDIRECT_URI, Kernia


@pytest.mark.parametrize("key", ["sk_test_wrong", "neither-here-nor-there", "sk_test_" + "a" * 5000])
def test_a_wrong_key(kernia: Kernia, key: str) -> None:
    with pytest.raises(AuthenticationError) as refused:
        kernia.client(key).organizations.list_organizations()
    assert refused.value.request_id
    assert key not in kernia.log(), "a key never stands in the log"


def test_no_key_at_all(kernia: Kernia) -> None:
    answer = httpx2.get(f"{kernia.base_url}/organizations")
    assert answer.status_code == 401 and answer.json()["message"]
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_method_that_a_path_does_not_take(kernia: Kernia) -> None:
    answer = httpx2.patch(f"{kernia.base_url}/organizations")
    assert answer.status_code == 405 and answer.json()["message"]
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


def test_a_path_that_nobody_answers(workos: WorkOSClient) -> None:
    with pytest.raises(NotFoundError) as refused:
        workos.request("get", ("not", "a", "path"))
    assert refused.value.message


@pytest.mark.parametrize("id", ["org_01JD0000000000000000000000", "conn_1", "../x", "%00", "x" * 500, "ö"])
def test_an_id_that_nobody_has(workos: WorkOSClient, id: str) -> None:
    with pytest.raises(NotFoundError) as refused:
        workos.organizations.get_organization(id)
    assert refused.value.message


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", {400}),
        (b"[]", {422}),
        (b'["a name in the first place"]', {422}),
        (b'"text"', {422}),
        (b"null", {422}),
        (b"\xff\xfe", {400}),
        (b'{"name":"a"}{"name":"b"}', {400}),
        (b'{"name":"' + b"x" * 2_000_000 + b'"}', {413}),
    ],
    ids=["cut", "an empty list", "a list", "text", "null", "not text", "two", "too large"],
)
def test_a_body_that_is_no_object(kernia: Kernia, body: bytes, status: set[int]) -> None:
    answer = httpx2.post(
        f"{kernia.base_url}/organizations",
        content=body,
        headers={"authorization": f"Bearer {kernia.api_key}", "content-type": "application/json"},
    )
    assert answer.status_code in status, answer.text
    assert answer.json()["message"] and answer.headers["x-request-id"]


def test_redirect_uris_are_listed_added_and_deleted(workos: WorkOSClient) -> None:
    added = workos.user_management.create_redirect_uri(uri="https://app.acme.test/callback")
    assert added.uri == "https://app.acme.test/callback" and added.default is False
    listed = {item.uri for item in workos.user_management.list_redirect_uris(limit=100)}
    assert {REDIRECT_URI, added.uri} <= listed
    workos.user_management.delete_redirect_uris(added.id)
    assert added.uri not in {item.uri for item in workos.user_management.list_redirect_uris(limit=100)}


def test_the_keys_of_the_client(workos: WorkOSClient, kernia: Kernia) -> None:
    keys = workos.user_management.get_jwks(kernia.client_id).keys
    assert keys and all(key.kty == "RSA" and key.alg == "RS256" and key.x_5_c for key in keys)
    with pytest.raises(NotFoundError):
        workos.user_management.get_jwks("client_nobody")


def test_kernias_own_api_refuses_with_a_problem_document(kernia: Kernia) -> None:
    answer = httpx2.get(f"{kernia.base_url}/kernia/v1/clients")
    assert answer.status_code == 401
    assert answer.headers.get_list("content-type") == ["application/problem+json"]
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
