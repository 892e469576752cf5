"""Sign-in: a user pool with the two local users, and the check of the tokens that it gives out.

Names, ids and the password stay the same from one start to the next, so that a browser stays signed in.
"""

import json
import secrets
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from joserfc.jwk import RSAKey
from moto.cognitoidp.models import cognitoidp_backends

from local_cloud.machine.settings import ACCOUNT_ID, REGION, LocalCloudError

POOL_ID = f"{REGION}_HeatersLocal"
CLIENT_ID = "heaters-local-site"
GROUPS_OF = {"reviewer": ("reviewers",), "operator": ("reviewers", "operators")}
"""Every local user with the groups it is in."""


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """The claims of a verified id token."""

    claims: dict[str, Any]


class SignIn:
    """The pool. `password` is the same for both users and made once per checkout."""

    def __init__(self, *, home: Path) -> None:
        self.password = _kept_password(home / "password")
        self._backend = cognitoidp_backends[ACCOUNT_ID][REGION]
        self._pool = self._create_pool()
        self._use_own_key(home / "sign-in-key.json")
        self._key = jwt.PyJWK.from_dict(self._pool.json_web_key.as_dict(private=False) | {"alg": "RS256"})
        for name, groups in GROUPS_OF.items():
            self._create_user(name, groups)

    def token(self, user: str) -> str:
        """An id token, by the same call that the site makes."""
        if user not in GROUPS_OF:
            raise LocalCloudError(f"There is no local user {user!r}; choose one of {', '.join(GROUPS_OF)}.")
        parameters = {"USERNAME": user, "PASSWORD": self.password}
        answer = self._backend.initiate_auth(CLIENT_ID, "USER_PASSWORD_AUTH", parameters)
        return str(answer["AuthenticationResult"]["IdToken"])

    def verify(self, authorization: str | None) -> SignedIn | None:
        """Who sent this `Authorization` header; None unless it holds a valid id token of this pool."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        try:
            claims = jwt.decode(
                token.strip(),
                self._key.key,
                algorithms=["RS256"],
                audience=CLIENT_ID,
                issuer=f"https://cognito-idp.{REGION}.amazonaws.com/{POOL_ID}",
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.InvalidTokenError:
            return None
        return SignedIn(claims=claims) if claims.get("token_use") == "id" else None

    def _create_pool(self) -> Any:
        self._backend.user_pools.pop(POOL_ID, None)
        pool = self._backend.create_user_pool("heaters-local", {})
        del self._backend.user_pools[pool.id]
        pool.id = POOL_ID
        pool.arn = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT_ID}:userpool/{POOL_ID}"
        self._backend.user_pools[POOL_ID] = pool
        flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        settings: dict[str, Any] = {"ClientName": "site", "ExplicitAuthFlows": flows}
        client = self._backend.create_user_pool_client(POOL_ID, False, settings)
        del pool.clients[client.id]
        client.id = CLIENT_ID
        pool.clients[CLIENT_ID] = client
        for group in sorted({group for groups in GROUPS_OF.values() for group in groups}):
            self._backend.create_group(POOL_ID, group, "", "", 0)
        return pool

    def _create_user(self, name: str, groups: tuple[str, ...]) -> None:
        self._backend.admin_create_user(POOL_ID, name, "SUPPRESS", self.password, [])
        self._backend.admin_set_user_password(POOL_ID, name, self.password, True)
        user = self._pool.users[name]
        user.id = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.heaters.local"))
        user.update_attributes([{"Name": "sub", "Value": user.id}])
        for group in groups:
            self._backend.admin_add_user_to_group(POOL_ID, group, name)

    def _use_own_key(self, path: Path) -> None:
        """moto signs with a key that everybody has; this checkout gets one of its own."""
        if not path.exists():
            key = RSAKey.generate_key(2048, parameters={"kid": "dummy", "alg": "RS256"}, private=True)
            _write_private(path, json.dumps(key.as_dict(private=True)))
        self._pool.json_web_key = RSAKey.import_key(json.loads(path.read_text()))


def _kept_password(path: Path) -> str:
    if not path.exists():
        _write_private(path, f"Heaters-{secrets.token_hex(8)}")
    return path.read_text().strip()


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_suffix(".new")
    making.touch(mode=0o600)
    making.write_text(text)
    making.rename(path)
