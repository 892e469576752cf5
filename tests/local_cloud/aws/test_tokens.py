"""Tokens on one machine: what API Gateway would refuse is refused, each reason by itself."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from joserfc.jwk import RSAKey

from local_cloud.aws.cognito import CLIENT_ID, SignIn
from local_cloud.machine.settings import LocalCloudError

Claims = dict[str, Any]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def sign_in(home: Path) -> SignIn:
    return SignIn(home=home)


@pytest.fixture(scope="module")
def sign(home: Path, sign_in: SignIn) -> Callable[[Claims], str]:
    """A token as the pool signs it, with any claims."""
    key = jwt.PyJWK.from_dict(json.loads((home / "sign-in-key.json").read_text())).key
    return lambda claims: jwt.encode(claims, key, algorithm="RS256")


@pytest.fixture
def claims(sign_in: SignIn) -> Claims:
    """What the reviewer's own token says."""
    return dict(jwt.decode(sign_in.token("reviewer"), options={"verify_signature": False}))


def _is_let_in(sign_in: SignIn, token: str) -> bool:
    return sign_in.verify(f"Bearer {token}") is not None


def test_the_claims_of_a_token_say_who_it_is(sign_in: SignIn, claims: Claims) -> None:
    found = sign_in.verify(f"Bearer {sign_in.token('reviewer')}")
    assert found is not None
    assert (found.claims["cognito:username"], found.claims["cognito:groups"]) == ("reviewer", ["reviewers"])
    assert (found.claims["aud"], found.claims["token_use"]) == (CLIENT_ID, "id")


def test_a_token_that_is_signed_here_with_the_same_claims_is_let_in(
    sign_in: SignIn, sign: Callable[[Claims], str], claims: Claims
) -> None:
    """So that each refusal below is for its one claim."""
    assert _is_let_in(sign_in, sign(claims))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("exp", int(time.time()) - 60),
        ("iss", "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Another"),
        ("aud", "another-client"),
        ("token_use", "access"),
        ("exp", None),
        ("iss", None),
        ("aud", None),
        ("token_use", None),
    ],
)
def test_a_token_with_one_wrong_claim_or_without_it_is_refused(
    sign_in: SignIn, sign: Callable[[Claims], str], claims: Claims, claim: str, value: Any
) -> None:
    changed = {name: found for name, found in (claims | {claim: value}).items() if found is not None}
    assert not _is_let_in(sign_in, sign(changed))


def test_a_token_of_another_key_or_of_none_is_refused(sign_in: SignIn, claims: Claims) -> None:
    another = RSAKey.generate_key(2048, private=True).as_dict(private=True) | {"alg": "RS256"}
    assert not _is_let_in(
        sign_in, jwt.encode(claims, jwt.PyJWK.from_dict(dict(another)).key, algorithm="RS256")
    )
    assert not _is_let_in(sign_in, jwt.encode(claims, "", algorithm="none"))


def test_the_access_token_of_the_same_sign_in_is_refused(sign_in: SignIn) -> None:
    """API Gateway's authorizer takes ID tokens."""
    parameters = {"USERNAME": "reviewer", "PASSWORD": sign_in.password}
    answer = sign_in._backend.initiate_auth(CLIENT_ID, "USER_PASSWORD_AUTH", parameters)
    assert not _is_let_in(sign_in, answer["AuthenticationResult"]["AccessToken"])


def test_a_token_that_was_changed_is_not_valid(sign_in: SignIn) -> None:
    token = sign_in.token("reviewer")
    head, body, signature = token.split(".")
    assert sign_in.verify(f"Bearer {token}") is not None
    assert sign_in.verify(f"Bearer {head}.{body[:-4]}AAAA.{signature}") is None
    assert sign_in.verify(token) is None
    assert sign_in.verify(None) is None


def test_the_operator_is_in_both_groups_and_an_unknown_user_is_refused(sign_in: SignIn) -> None:
    def groups(user: str) -> set[str]:
        signed_in = sign_in.verify(f"Bearer {sign_in.token(user)}")
        assert signed_in is not None
        return set(signed_in.claims["cognito:groups"])

    assert groups("reviewer") == {"reviewers"}
    assert groups("operator") == {"reviewers", "operators"}
    with pytest.raises(LocalCloudError, match="reviewer, operator"):
        sign_in.token("nobody")


def test_password_and_user_ids_stay_the_same_after_a_restart(tmp_path: Path) -> None:
    first, second = SignIn(home=tmp_path), None
    token = first.token("reviewer")
    second = SignIn(home=tmp_path)
    assert second.password == first.password
    assert second.verify(f"Bearer {token}") is not None
