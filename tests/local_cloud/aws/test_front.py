"""What stands before site and API on AWS is read from the template, and is AWS's own default where nothing is said."""

from pathlib import Path
from typing import Any

from infra.review.gateway_answers import ANSWERS
from infra.review.site_headers import (
    ASKED_EACH_TIME,
    COMPRESSED_FROM_BYTES,
    FOR_EVER,
    HASHED_FOLDER,
    SECURITY_HEADERS,
    content_security_policy,
)
from local_cloud.aws.front import Front, keep_own_origins, read_front
from local_cloud.aws.template import Assembly
from local_cloud.machine.processes import Children
from local_cloud.machine.settings import REPOSITORY
from local_cloud.machine.synth import synthesize
from tests.local_cloud.small_assembly import write_assembly


def read(folder: Path, **resources: Any) -> Front:
    return read_front(Assembly(write_assembly(folder, {"Main": {"Resources": resources}})))


def test_the_synthesized_front_is_served_as_the_stacks_decided_it(children: Children) -> None:
    folder = synthesize(REPOSITORY / ".heaters" / "cdk", children, lambda _: None)
    front = read_front(Assembly(folder))
    assert front.headers == {**SECURITY_HEADERS, "Content-Security-Policy": content_security_policy()}
    assert front.caching_of(f"{HASHED_FOLDER}/app-1.js") == {"Cache-Control": FOR_EVER}
    assert front.caching_of("index.html") == {"Cache-Control": ASKED_EACH_TIME}
    assert front.compressed_from_bytes == COMPRESSED_FROM_BYTES
    status, code, message = ANSWERS["UNAUTHORIZED"]
    assert front.not_signed_in.status == status
    assert code in front.not_signed_in.body
    assert message in front.not_signed_in.body
    assert front.not_signed_in.headers == {"Cache-Control": "no-store"}


def test_without_a_site_and_an_api_everything_is_as_aws_has_it(tmp_path: Path) -> None:
    front = read(tmp_path, Bucket={"Type": "AWS::S3::Bucket"})
    assert front == Front()
    assert (front.not_signed_in.status, front.compressed_from_bytes) == (401, None)
    assert front.caching_of("assets/app-1.js") == {}


def test_the_deepest_folder_says_how_long_a_file_is_kept(tmp_path: Path) -> None:
    def deployment(caching: str, **more: str) -> dict[str, Any]:
        properties = {"SystemMetadata": {"cache-control": caching}, **more}
        return {"Type": "Custom::CDKBucketDeployment", "Properties": properties}

    front = read(
        tmp_path,
        Pages=deployment("no-cache"),
        Hashed=deployment("immutable", DestinationBucketKeyPrefix="assets"),
    )
    kept = {key: front.caching_of(key)["Cache-Control"] for key in ("a.html", "assets/a.js", "assets-2/a.js")}
    assert kept == {"a.html": "no-cache", "assets/a.js": "immutable", "assets-2/a.js": "no-cache"}


def test_an_api_without_refusals_of_its_own_refuses_as_api_gateway_does(tmp_path: Path) -> None:
    api = {"Type": "AWS::Serverless::Api", "Properties": {"DefinitionBody": {"paths": {}}}}
    assert read(tmp_path, Api=api) == Front()


def test_foreign_origins_are_left_out_of_the_policy() -> None:
    there = "default-src 'none'; img-src 'self' blob: https://b.s3.amazonaws.com https://b.example; connect-src 'self'"
    assert keep_own_origins(there) == "default-src 'none'; img-src 'self' blob:; connect-src 'self'"
