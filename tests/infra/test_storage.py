"""The storage stack: nothing that was dropped in is lost, nothing is open, nothing costs money while idle."""

from typing import Any

from werkzeug import Request

from heaters.domain import object_keys
from heaters.domain.pipeline import STAGES
from infra.pipeline.stage_access import prefixes_of
from infra.storage.media_bucket import DERIVED_PREFIXES
from local_cloud.s3.cors import answer_preflight, read_rule
from tests.infra.templates import Template


def test_the_bucket_keeps_versions_and_tells_eventbridge(storage: Template) -> None:
    """An overwritten upload is still there, and every upload is announced."""
    bucket = storage.only("AWS::S3::Bucket", "MediaBucket")
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["NotificationConfiguration"]["EventBridgeConfiguration"] == {"EventBridgeEnabled": True}


def test_no_bucket_is_public_or_can_be_read_without_tls(storage: Template) -> None:
    """Four blocks on public access, and a policy that refuses plain HTTP."""
    for bucket in storage.of_type("AWS::S3::Bucket").values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert "BucketEncryption" in bucket
    for policy in storage.of_type("AWS::S3::BucketPolicy").values():
        denied = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        assert any(s["Condition"].get("Bool") == {"aws:SecureTransport": "false"} for s in denied)


def test_no_rule_ever_drops_an_upload(storage: Template) -> None:
    """Every rule that expires anything has a prefix, and none of them reaches uploads/."""
    for rule in _rules(storage):
        expires = {key for key in rule if "Expir" in key}
        if expires:
            assert not object_keys.UPLOADS.startswith(rule["Prefix"]), rule
            assert not rule["Prefix"].startswith(object_keys.UPLOADS), rule


def test_replaced_versions_of_all_that_can_be_made_again_expire(storage: Template) -> None:
    """Every prefix that a stage writes is among them."""
    cleared = {rule["Prefix"] for rule in _rules(storage) if "NoncurrentVersionExpiration" in rule}
    assert cleared == set(DERIVED_PREFIXES)
    assert {prefix for stage in STAGES for prefix in prefixes_of(stage.writes)} <= cleared


def test_playback_clips_expire_and_masters_go_to_glacier(storage: Template) -> None:
    """Current playback objects go after a week; masters move by their tag."""
    rules = {rule["Id"]: rule for rule in _rules(storage)}
    assert (rules["playback"]["Prefix"], rules["playback"]["ExpirationInDays"]) == ("playback/", 7)
    assert rules["masters-to-glacier"]["TagFilters"] == [{"Key": "heaters-class", "Value": "master"}]
    assert rules["masters-to-glacier"]["Transitions"][0]["StorageClass"] == "GLACIER_IR"
    assert rules["unfinished-multipart-uploads"]["AbortIncompleteMultipartUpload"] == {
        "DaysAfterInitiation": 7
    }


def test_browsers_may_read_ranges_and_put_parts(storage: Template) -> None:
    """Through signed URLs; they never delete or list, and they are told the ETag of what they put."""
    (rule,) = storage.only("AWS::S3::Bucket", "MediaBucket")["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedMethods"] == ["GET", "HEAD", "PUT"]
    assert {"range", "content-type"} <= set(rule["AllowedHeaders"])
    assert {"Content-Range", "ETag"} <= set(rule["ExposedHeaders"])


def test_the_local_cloud_reads_the_same_rule(storage: Template) -> None:
    """A page of any origin may put a part with its type, and may not delete."""
    (properties,) = storage.only("AWS::S3::Bucket", "MediaBucket")["CorsConfiguration"]["CorsRules"]
    rule = read_rule(properties)
    for method, allowed in (("PUT", True), ("DELETE", False)):
        asked = {
            "Origin": "https://site.example",
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type",
        }
        question = Request.from_values("/media/uploads/a", method="OPTIONS", headers=asked)
        answer = answer_preflight([rule], question)
        assert (answer is not None) is allowed
        assert answer is None or answer.headers["Access-Control-Allow-Origin"] == "*"


def test_the_database_sleeps_when_idle_and_cannot_be_deleted_by_accident(storage: Template) -> None:
    """Serverless v2 down to nothing; encrypted, backed up, protected."""
    cluster = storage.only("AWS::RDS::DBCluster")
    assert cluster["Engine"] == "aurora-postgresql"
    assert cluster["ServerlessV2ScalingConfiguration"]["MinCapacity"] == 0
    assert cluster["DeletionProtection"] is True
    assert cluster["StorageEncrypted"] is True
    assert cluster["BackupRetentionPeriod"] >= 7


def test_nobody_signs_in_with_a_password(storage: Template) -> None:
    """IAM for the application and for the master user; no secret exists."""
    cluster = storage.only("AWS::RDS::DBCluster")
    assert cluster["EnableIAMDatabaseAuthentication"] is True
    assert cluster["MasterUserAuthenticationType"] == "iam-db-auth"
    assert not {"MasterUserPassword", "ManageMasterUserPassword"} & set(cluster)
    assert not storage.of_type("AWS::SecretsManager::Secret")


def test_only_the_functions_reach_the_database(storage: Template) -> None:
    """One inbound rule, from their security group."""
    (rule,) = [
        rule
        for rule in storage.of_type("AWS::EC2::SecurityGroupIngress").values()
        if rule["GroupId"]["Fn::GetAtt"][0].startswith("DatabaseGroup")
    ]
    assert rule["SourceSecurityGroupId"]["Fn::GetAtt"][0].startswith("NetworkFunctionsGroup")
    assert rule["FromPort"] == rule["ToPort"] == 5433


def test_nothing_reaches_a_batch_job_or_a_function(storage: Template) -> None:
    """Their security groups have no inbound rule, inside the group or beside it."""
    groups = storage.of_type("AWS::EC2::SecurityGroup")
    closed = {name for name in groups if name.startswith(("NetworkBatchGroup", "NetworkFunctionsGroup"))}
    assert len(closed) == 2
    assert all("SecurityGroupIngress" not in groups[name] for name in closed)
    opened = {
        r["GroupId"]["Fn::GetAtt"][0] for r in storage.of_type("AWS::EC2::SecurityGroupIngress").values()
    }
    assert not opened & closed


def test_nothing_in_the_network_costs_money_while_idle_but_one_endpoint(
    both: tuple[Template, Template],
) -> None:
    """No NAT gateway, no RDS Proxy, no elastic address; one interface endpoint in one zone, S3's is free."""
    for template in both:
        for kind in ("AWS::EC2::NatGateway", "AWS::RDS::DBProxy", "AWS::EC2::EIP"):
            assert not template.of_type(kind)
    endpoints = both[0].of_type("AWS::EC2::VPCEndpoint").values()
    interfaces = [endpoint for endpoint in endpoints if endpoint["VpcEndpointType"] == "Interface"]
    assert len(endpoints) == 2
    assert [len(endpoint["SubnetIds"]) for endpoint in interfaces] == [1]
    assert ".states" in str(interfaces[0]["ServiceName"])


def _rules(storage: Template) -> list[dict[str, Any]]:
    return storage.only("AWS::S3::Bucket", "MediaBucket")["LifecycleConfiguration"]["Rules"]
