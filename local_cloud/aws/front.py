"""What CloudFront and API Gateway do by themselves, read from the template: headers, caching, compression, refusals.

Where a template says nothing, AWS's own default holds. Sends nothing; local_cloud/web does that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local_cloud.aws.template import Assembly, Resource

_CSP = "Content-Security-Policy"
_SECURITY_HEADERS = {
    "X-Frame-Options": "FrameOptions.FrameOption",
    "Referrer-Policy": "ReferrerPolicy.ReferrerPolicy",
    _CSP: "ContentSecurityPolicy.ContentSecurityPolicy",
}
"""The headers that CloudFront knows by name, and where their values stand. Strict-Transport-Security is left out:
browsers heed it over HTTPS alone, which is not spoken here."""

_FOREIGN = "https://"
"""Media and sign-in have origins of their own on AWS; on one machine they have the site's own."""

_HEADER = "gatewayresponse.header."


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What is answered in place of the API."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Front:
    """`headers` are on every answer. `cache_control` is by folder of the site, "" for all that is in no other."""

    headers: Mapping[str, str] = field(default_factory=dict)
    cache_control: Mapping[str, str] = field(default_factory=dict)
    compressed_from_bytes: int | None = None
    """Shorter answers of the API are sent as they are; all of them where it is None."""
    not_signed_in: Refusal = Refusal(status=401, body='{"message": "Unauthorized"}')

    def caching_of(self, key: str) -> dict[str, str]:
        """The Cache-Control header of a file of the site, under its key in the bucket: the deepest folder's."""
        folders = [folder for folder in self.cache_control if not folder or key.startswith(f"{folder}/")]
        return {"Cache-Control": self.cache_control[max(folders, key=len)]} if folders else {}


def read_front(assembly: Assembly) -> Front:
    """Raises LocalCloudError where a reference cannot be resolved."""
    found: dict[str, Any] = {"headers": _headers(assembly), "cache_control": _cache_control(assembly)}
    for api in assembly.resources("AWS::Serverless::Api"):
        found["compressed_from_bytes"] = assembly.resolve(api, "MinimumCompressionSize")
        refusal = "DefinitionBody.x-amazon-apigateway-gateway-responses.UNAUTHORIZED"
        if answer := assembly.resolve(api, refusal):
            found["not_signed_in"] = _refusal(answer)
    return Front(**found)


def _headers(assembly: Assembly) -> dict[str, str]:
    headers: dict[str, str] = {}
    for policy in assembly.resources("AWS::CloudFront::ResponseHeadersPolicy"):
        headers |= _security_headers(assembly, policy)
        custom = assembly.resolve(policy, "ResponseHeadersPolicyConfig.CustomHeadersConfig.Items", [])
        headers |= {item["Header"]: item["Value"] for item in custom}
    return headers


def _security_headers(assembly: Assembly, policy: Resource) -> dict[str, str]:
    known = assembly.resolve(policy, "ResponseHeadersPolicyConfig.SecurityHeadersConfig", {})
    headers = {"X-Content-Type-Options": "nosniff"} if "ContentTypeOptions" in known else {}
    for name, path in _SECURITY_HEADERS.items():
        section, entry = path.split(".")
        if section in known:
            headers[name] = known[section][entry]
    if _CSP in headers:
        headers[_CSP] = keep_own_origins(headers[_CSP])
    return headers


def keep_own_origins(policy: str) -> str:
    """A content security policy without the origins of others."""
    directives = (directive.split() for directive in policy.split(";"))
    return "; ".join(
        " ".join(word for word in words if not word.startswith(_FOREIGN)) for words in directives
    )


def _cache_control(assembly: Assembly) -> dict[str, str]:
    """As the CDK's deployment of the site's files sets it, folder by folder."""
    deployed: Iterable[Resource] = assembly.resources("Custom::CDKBucketDeployment")
    return {
        str(assembly.resolve(files, "DestinationBucketKeyPrefix", "")).strip("/"): caching
        for files in deployed
        if (caching := assembly.resolve(files, "SystemMetadata.cache-control"))
    }


def _refusal(answer: Mapping[str, Any]) -> Refusal:
    """A gateway response. A header's value in quotes is meant as it is; others are parts of the request."""
    parameters = answer.get("responseParameters", {})
    return Refusal(
        status=int(answer.get("statusCode", Front.not_signed_in.status)),
        body=answer.get("responseTemplates", {}).get("application/json", Front.not_signed_in.body),
        headers={
            name.removeprefix(_HEADER): value.strip("'")
            for name, value in parameters.items()
            if name.startswith(_HEADER) and value.startswith("'")
        },
    )
