"""CloudFront in front of site and API: one address, one set of headers, TLS throughout.

It keeps no answer of the API and no copy of a token.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from aws_cdk import Annotations, Duration
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from constructs import Construct

from infra.nag import accept
from infra.review.site_bucket import SiteBucket
from infra.review.site_headers import SECURITY_HEADERS, content_security_policy

_HSTS_AGE = Duration.days(365)
_OWN_HEADERS = frozenset({"X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"})
"""Those that CloudFront knows by name; it takes the others as custom headers."""


@dataclass(frozen=True, kw_only=True)
class CustomDomain:
    """A name of one's own, with its certificate in us-east-1."""

    name: str
    certificate_arn: str


class SiteDistribution(Construct):
    """`distribution` serves the site, and under /api/ the API at `api_domain`.

    `media` and `services` are the origins that pages may read pictures and clips from, and send requests to.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        site: SiteBucket,
        api_domain: str,
        media: Iterable[str],
        services: Iterable[str],
        domain: CustomDomain | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._headers = self._headers_policy(content_security_policy(media=media, services=services))
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment="Heaters: review site and API",
            default_behavior=self._site_behaviour(site),
            additional_behaviors={"/api/*": self._api_behaviour(api_domain)},
            default_root_object="index.html",
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            enable_logging=True,
            log_bucket=site.logs,
            log_file_prefix="visits/",
            log_includes_cookies=False,
            domain_names=[domain.name] if domain else None,
            certificate=self._certificate(domain),
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021 if domain else None,
        )
        self.url = f"https://{domain.name if domain else self.distribution.domain_name}"
        self._accept(domain)

    def _certificate(self, domain: CustomDomain | None) -> acm.ICertificate | None:
        if domain is None:
            return None
        return acm.Certificate.from_certificate_arn(self, "Certificate", domain.certificate_arn)

    def _site_behaviour(self, site: SiteBucket) -> cloudfront.BehaviorOptions:
        levels = [cloudfront.AccessLevel.READ, cloudfront.AccessLevel.LIST]  # a missing file is 404, not 403
        return cloudfront.BehaviorOptions(
            origin=origins.S3BucketOrigin.with_origin_access_control(
                site.bucket, origin_access_levels=levels
            ),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
            response_headers_policy=self._headers,
            compress=True,
        )

    def _api_behaviour(self, api_domain: str) -> cloudfront.BehaviorOptions:
        """Everything the browser sends goes on, `Host` excepted, by which API Gateway finds the API."""
        return cloudfront.BehaviorOptions(
            origin=origins.HttpOrigin(
                api_domain,
                protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
                origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
                read_timeout=Duration.seconds(30),
            ),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
            response_headers_policy=self._headers,
        )

    def _headers_policy(self, policy: str) -> cloudfront.ResponseHeadersPolicy:
        custom = {name: value for name, value in SECURITY_HEADERS.items() if name not in _OWN_HEADERS}
        return cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            comment="Heaters: nothing but its own files, media bucket and sign-in",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=policy, override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=_HSTS_AGE, include_subdomains=True, override=True
                ),
            ),
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(header=name, value=value, override=True)
                    for name, value in custom.items()
                ]
            ),
        )

    def _accept(self, domain: CustomDomain | None) -> None:
        Annotations.of(self).acknowledge_warning(
            "@aws-cdk/aws-cloudfront-origins:listBucketSecurityRisk",
            "There is a root object, queries are not passed on, and the bucket holds the public site alone.",
        )
        accept(self.distribution, "CFR1", reason="Reviewers may be in any country.")
        accept(
            self.distribution,
            "CFR2",
            reason="A web ACL costs $5 and each rule $1 a month, as much as all the rest while idle. Every route but "
            "/health needs a token that API Gateway checks, and its rate is limited there.",
        )
        if domain is None:
            accept(
                self.distribution,
                "CFR4",
                reason="Without a domain of one's own the certificate and the TLS versions are CloudFront's.",
            )
