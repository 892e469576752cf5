"""Who is asking, from the claims that the authorizer has already checked. Never reads a token itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from heaters.domain.errors import Forbidden, NotSignedIn


class Role(StrEnum):
    """Cognito groups. An operator may do all that a reviewer may."""

    REVIEWER = "reviewers"
    OPERATOR = "operators"


@dataclass(frozen=True, kw_only=True)
class Person:
    name: str
    roles: frozenset[Role]

    def require(self, role: Role) -> None:
        """Raises Forbidden where the person does not have `role`."""
        if role not in self.roles and Role.OPERATOR not in self.roles:
            raise Forbidden(f"Only {role} may do this; ask an operator to add {self.name} to that group.")


def person_asking(context: Mapping[str, Any]) -> Person:
    """The signed-in person of a request context. Raises NotSignedIn where no authorizer left claims."""
    claims = (context.get("authorizer") or {}).get("claims") or {}
    name = claims.get("cognito:username") or claims.get("username")
    if not name:
        raise NotSignedIn("Sign in first; send the ID token in the Authorization header.")
    groups = _list_groups(claims.get("cognito:groups"))
    return Person(name=str(name)[:128], roles=frozenset(role for role in Role if role.value in groups))


def _list_groups(claim: Any) -> frozenset[str]:
    """API Gateway hands the claim over as `"a,b"`, a decoded token as `["a", "b"]`."""
    if isinstance(claim, str):
        return frozenset(part.strip() for part in claim.strip("[]").replace(" ", ",").split(","))
    return frozenset(map(str, claim or ()))
