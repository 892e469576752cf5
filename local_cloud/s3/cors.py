"""What the bucket's CORS rules let pages of other origins do. The rules are the template's own.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from werkzeug import Request, Response


@dataclass(frozen=True, kw_only=True)
class CorsRule:
    """Headers are in lower case; `*` stands for any text in origins and headers."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age_s: int | None = None


def read_rule(properties: Mapping[str, Any]) -> CorsRule:
    """A rule as CloudFormation writes it."""
    return CorsRule(
        origins=tuple(properties["AllowedOrigins"]),
        methods=tuple(properties["AllowedMethods"]),
        headers=tuple(name.lower() for name in properties.get("AllowedHeaders", ())),
        exposed=tuple(properties.get("ExposedHeaders", ())),
        max_age_s=properties.get("MaxAge"),
    )


def answer_preflight(rules: Sequence[CorsRule], request: Request) -> Response | None:
    """The browser's question whether it may send a request; None where no rule says so."""
    method = request.headers.get("Access-Control-Request-Method", "")
    asked = [
        name.strip().lower() for name in request.headers.get("Access-Control-Request-Headers", "").split(",")
    ]
    rule = _find_rule(rules, request, method)
    if rule is None or not all(_matches(rule.headers, name) for name in asked if name):
        return None
    answer = Response(status=200, headers=_allow(rule, request))
    answer.headers["Access-Control-Allow-Headers"] = ", ".join(name for name in asked if name)
    if rule.max_age_s is not None:
        answer.headers["Access-Control-Max-Age"] = str(rule.max_age_s)
    return answer


def add_headers(rules: Sequence[CorsRule], request: Request, answer: Response) -> Response:
    """Let the page read the answer, if a rule says so."""
    rule = _find_rule(rules, request, request.method)
    if rule is not None:
        answer.headers.update(_allow(rule, request))
        if rule.exposed:
            answer.headers["Access-Control-Expose-Headers"] = ", ".join(rule.exposed)
    return answer


def _find_rule(rules: Sequence[CorsRule], request: Request, method: str) -> CorsRule | None:
    origin = request.headers.get("Origin")
    if origin is None:
        return None
    return next((rule for rule in rules if method in rule.methods and _matches(rule.origins, origin)), None)


def _matches(patterns: Sequence[str], text: str) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)


def _allow(rule: CorsRule, request: Request) -> dict[str, str]:
    anybody = "*" in rule.origins
    return {
        "Access-Control-Allow-Origin": "*" if anybody else request.headers["Origin"],
        "Access-Control-Allow-Methods": ", ".join(rule.methods),
    } | ({} if anybody else {"Vary": "Origin"})
