"""The site as it is served: private buckets, one distribution, strict headers, and a user pool nobody can join."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.app import TEMPLATES_ONLY, build_app
from infra.review.site_headers import SECURITY_HEADERS, content_security_policy
from tests.infra.templates import Template, as_list

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
"""CloudFront's own policies have the same ids in every account."""


@pytest.fixture(scope="module")
def front(review: Template) -> dict[str, Any]:
    return review.only("AWS::CloudFront::Distribution")["DistributionConfig"]


def test_no_bucket_of_the_site_is_public_or_can_be_read_without_tls(review: Template) -> None:
    for bucket in review.of_type("AWS::S3::Bucket").values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert "BucketEncryption" in bucket
    for policy in review.of_type("AWS::S3::BucketPolicy").values():
        denied = [s["Condition"] for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in denied


def test_only_our_distribution_reads_the_site(review: Template, front: dict[str, Any]) -> None:
    """By origin access control, confined to this very distribution; and it reads, no more."""
    policy = review.only("AWS::S3::BucketPolicy", "SiteBucketSite")["PolicyDocument"]
    (allowed,) = [s for s in policy["Statement"] if s["Effect"] == "Allow"]
    (distribution,) = review.of_type("AWS::CloudFront::Distribution")
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert set(allowed["Action"]) == {"s3:GetObject", "s3:ListBucket"}
    assert distribution in str(allowed["Condition"]["StringEquals"]["AWS:SourceArn"])
    origin = _origin(front, front["DefaultCacheBehavior"])
    assert "OriginAccessControlId" in origin
    control = review.only("AWS::CloudFront::OriginAccessControl")["OriginAccessControlConfig"]
    assert (control["SigningBehavior"], control["SigningProtocol"]) == ("always", "sigv4")


def test_the_site_can_be_brought_back(review: Template) -> None:
    """Its bucket is versioned, and what is replaced stays for a while."""
    assert review.only("AWS::S3::Bucket", "SiteBucketSite")["VersioningConfiguration"] == {
        "Status": "Enabled"
    }


def test_the_api_is_reached_under_api_and_never_cached(front: dict[str, Any]) -> None:
    """The stage is called api, so the path goes on as it is; every header but Host goes with it."""
    (behaviour,) = front["CacheBehaviors"]
    assert behaviour["PathPattern"] == "/api/*"
    assert behaviour["CachePolicyId"] == CACHING_DISABLED
    assert behaviour["OriginRequestPolicyId"] == ALL_VIEWER_EXCEPT_HOST
    assert {"GET", "POST", "DELETE"} <= set(behaviour["AllowedMethods"])
    origin = _origin(front, behaviour)
    assert {"Ref": "RestAPI"} in origin["DomainName"]["Fn::Join"][1]
    assert "OriginPath" not in origin


def test_the_gateways_stage_is_what_the_sites_paths_begin_with(review: Template) -> None:
    assert review.only("AWS::Serverless::Api")["StageName"] == "api"


def test_nothing_is_served_without_tls(front: dict[str, Any]) -> None:
    policies = {b["ViewerProtocolPolicy"] for b in (front["DefaultCacheBehavior"], *front["CacheBehaviors"])}
    assert policies == {"redirect-to-https", "https-only"}
    assert front["HttpVersion"] == "http2and3"
    origin = _origin(front, front["CacheBehaviors"][0])["CustomOriginConfig"]
    assert (origin["OriginProtocolPolicy"], origin["OriginSSLProtocols"]) == ("https-only", ["TLSv1.2"])


def test_a_name_of_ones_own_is_served_with_tls_1_2_and_up(tmp_path: Path) -> None:
    """The name and its certificate are chosen by context."""
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
    chosen = {"HEATERS_DOMAIN": "review.example.com", "HEATERS_CERTIFICATE_ARN": arn}
    build_app(tmp_path, {**TEMPLATES_ONLY, **chosen}).synth()
    review = Template.read(tmp_path / "HeatersReview.template.json")
    front = review.only("AWS::CloudFront::Distribution")["DistributionConfig"]
    assert front["Aliases"] == ["review.example.com"]
    assert front["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert front["ViewerCertificate"]["AcmCertificateArn"] == arn


def test_every_answer_has_the_security_headers(review: Template, front: dict[str, Any]) -> None:
    """Site and API alike: the table that one machine uses too, and strict transport security."""
    (name,) = review.of_type("AWS::CloudFront::ResponseHeadersPolicy")
    for behaviour in (front["DefaultCacheBehavior"], *front["CacheBehaviors"]):
        assert behaviour["ResponseHeadersPolicyId"] == {"Ref": name}
    assert _headers(review) == SECURITY_HEADERS
    security = _headers_config(review)["SecurityHeadersConfig"]
    assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31_536_000


def test_pages_load_nothing_from_elsewhere(review: Template) -> None:
    """Scripts and styles are the site's own; media come from the bucket; only sign-in is another host."""
    config = _headers_config(review)["SecurityHeadersConfig"]["ContentSecurityPolicy"]
    policy = dict(directive.split(" ", 1) for directive in _text(config["ContentSecurityPolicy"]).split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    hosts = {name: [w for w in sources.split() if "https://" in w] for name, sources in policy.items()}
    assert all("MediaBucket" in host for name in ("img-src", "media-src") for host in hosts[name])
    assert [host for host in hosts["connect-src"] if "MediaBucket" not in host] == [
        "https://cognito-idp.<AWS::Region>.<AWS::URLSuffix>"
    ]
    assert len(hosts["img-src"]) == len(hosts["media-src"]) == 2
    assert not any(word in str(policy) for word in ("unsafe", " *", "data:"))


def test_a_policy_without_other_hosts_names_none() -> None:
    """As on one machine."""
    assert "http" not in content_security_policy()


def test_the_site_finds_its_configuration_beside_it(review: Template, assembly: Path) -> None:
    """The shape that it gets on one machine; who is signed in is not part of it."""
    config = _deployed_json(review, assembly, "config.json")
    assert set(config) == {"apiUrl", "cognito"}
    assert config["apiUrl"] == "/api"
    assert set(config["cognito"]) == {"endpoint", "clientId", "userPoolId", "region"}


def test_names_that_follow_from_content_are_kept_for_ever_and_the_others_asked_for(review: Template) -> None:
    kept = {
        deployment.get("DestinationBucketKeyPrefix"): deployment["SystemMetadata"]["cache-control"]
        for deployment in review.of_type("Custom::CDKBucketDeployment").values()
    }
    assert kept == {"assets": "public, max-age=31536000, immutable", None: "no-cache"}


def test_a_release_removes_no_file_that_an_open_page_needs(review: Template) -> None:
    """And the page that names new files comes after them."""
    deployments = review.of_type("Custom::CDKBucketDeployment")
    assert {deployment["Prune"] for deployment in deployments.values()} == {False}
    (pages,) = [name for name in deployments if name.startswith("FilesPages")]
    (hashed,) = [name for name in deployments if name.startswith("FilesHashed")]
    assert hashed in review.resources[pages]["DependsOn"]


def test_nobody_can_sign_up_and_passwords_are_long(review: Template) -> None:
    pool = review.only("AWS::Cognito::UserPool")
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12
    assert pool["DeletionProtection"] == "ACTIVE"
    (name,) = review.of_type("AWS::Cognito::UserPool")
    assert review.resources[name]["DeletionPolicy"] == "Retain"


def test_the_site_signs_in_without_a_secret_and_by_one_flow(review: Template) -> None:
    """The flow that the site uses, and renewal; a name that does not exist looks like a wrong password."""
    client = review.only("AWS::Cognito::UserPoolClient")
    assert client["GenerateSecret"] is False
    assert set(client["ExplicitAuthFlows"]) == {"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
    assert client["AllowedOAuthFlowsUserPoolClient"] is False
    assert client["PreventUserExistenceErrors"] == "ENABLED"


def test_the_groups_are_those_that_the_api_knows(review: Template) -> None:
    groups = {group["GroupName"] for group in review.of_type("AWS::Cognito::UserPoolGroup").values()}
    assert groups == {"reviewers", "operators"}


def test_nothing_of_it_costs_money_while_idle(review: Template) -> None:
    """No firewall, no address, no gateway, no provisioned concurrency."""
    kinds = {entry["Type"] for entry in review.resources.values()}
    assert not kinds & {"AWS::WAFv2::WebACL", "AWS::EC2::VPCEndpoint", "AWS::EC2::EIP", "AWS::KMS::Key"}
    assert "ProvisionedConcurrencyConfig" not in review.only("AWS::Serverless::Function")


def _origin(front: dict[str, Any], behaviour: dict[str, Any]) -> dict[str, Any]:
    (origin,) = [o for o in front["Origins"] if o["Id"] == behaviour["TargetOriginId"]]
    return origin


def _headers_config(review: Template) -> dict[str, Any]:
    return review.only("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]


def _headers(review: Template) -> dict[str, str]:
    """What the policy sets, by the headers' names, but for content and transport security."""
    config = _headers_config(review)
    security = config["SecurityHeadersConfig"]
    assert all(entry["Override"] for entry in security.values())
    return {item["Header"]: item["Value"] for item in config["CustomHeadersConfig"]["Items"]} | {
        "X-Content-Type-Options": "nosniff" if "ContentTypeOptions" in security else "",
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
    }


def _text(value: Any) -> str:
    """References in angle brackets."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(map(_text, value["Fn::Join"][1]))
    return f"<{next(iter(value.values()))}>"


def _deployed_json(review: Template, assembly: Path, name: str) -> Any:
    for deployment in review.of_type("Custom::CDKBucketDeployment").values():
        for key, markers in zip(
            as_list(deployment["SourceObjectKeys"]), deployment["SourceMarkers"], strict=True
        ):
            path = assembly / f"asset.{key.removesuffix('.zip')}" / name
            if path.is_file():
                text = path.read_text()
                for marker, value in markers.items():
                    text = text.replace(marker, _text(value))
                return json.loads(text)
    raise AssertionError(f"nothing deploys {name}")
