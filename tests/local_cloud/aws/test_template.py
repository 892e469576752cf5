"""The template's references become local names and ARNs, and nothing is guessed."""

from pathlib import Path
from typing import Any

import pytest

from local_cloud.aws.template import Assembly
from local_cloud.machine.settings import LocalCloudError
from tests.local_cloud.small_assembly import get_att, write_assembly

TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "alarms"}}
BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {}}


def resolve(tmp_path: Path, value: Any, **resources: Any) -> Any:
    """`value` as the property `Value` of a resource in a stack with `resources`."""
    probe = {"Type": "Test::Probe", "Properties": {"Value": value}}
    stack = {
        "Parameters": {"Version": {"Type": "String", "Default": "30"}},
        "Resources": {"Probe": probe, "Bucket": BUCKET, **resources},
    }
    other = {
        "Resources": {"Shared": BUCKET},
        "Outputs": {"Out": {"Value": get_att("Shared", "Arn"), "Export": {"Name": "Other:Shared"}}},
    }
    assembly = Assembly(write_assembly(tmp_path, {"Main": stack, "Other": other}))
    (found,) = assembly.resources("Test::Probe")
    return assembly.resolve(found, "Value")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("plain", "plain"),
        ({"Ref": "Bucket"}, "main-bucket"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "Version"}, "30"),
        (get_att("Bucket", "Arn"), "arn:aws:s3:::main-bucket"),
        ({"Ref": "Topic"}, "arn:aws:sns:us-east-1:123456789012:alarms"),
        ({"Fn::Join": ["/", [{"Ref": "Bucket"}, "key"]]}, "main-bucket/key"),
        ({"Fn::Join": ["", ["a", {"Fn::Join": ["-", ["b", {"Ref": "AWS::Partition"}]]}]]}, "ab-aws"),
        ({"Fn::Sub": "${AWS::AccountId}.${Bucket.Arn}.${!Kept}"}, "123456789012.arn:aws:s3:::main-bucket.${Kept}"),
        ({"Fn::Sub": ["${name}-x", {"name": {"Ref": "Bucket"}}]}, "main-bucket-x"),
        ({"Fn::Select": ["1", {"Fn::Split": [":", "a:b:c"]}]}, "b"),
        ({"Fn::ImportValue": "Other:Shared"}, "arn:aws:s3:::other-shared"),
        ([{"Ref": "AWS::NoValue"}, 1, {"a": {"Ref": "AWS::NoValue"}, "b": 2}], [1, {"b": 2}]),
    ],
)  # fmt: skip
def test_a_reference_resolves_to_its_local_value(tmp_path: Path, value: Any, wanted: Any) -> None:
    assert resolve(tmp_path, value, Topic=TOPIC) == wanted


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({"Ref": "Nowhere"}, "Nowhere"),
        (get_att("Bucket", "WebsiteURL"), "WebsiteURL"),
        ({"Fn::ImportValue": "Missing"}, "Missing"),
        ({"Fn::Cidr": ["10.0.0.0/16", 6, 8]}, "Fn::Cidr"),
    ],
)
def test_an_unknown_reference_names_stack_resource_and_property(
    tmp_path: Path, value: Any, named: str
) -> None:
    with pytest.raises(LocalCloudError, match=r"Stack Main, Probe\.Value") as caught:
        resolve(tmp_path, value)
    assert named in str(caught.value)


def test_what_is_not_asked_for_need_not_resolve(tmp_path: Path) -> None:
    odd = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": {"Fn::Cidr": ["10.0.0.0/16", 6, 8]}}}
    assert resolve(tmp_path, "fine", Network=odd) == "fine"


def test_a_function_is_called_after_its_program(tmp_path: Path) -> None:
    command = {"ImageConfig": {"Command": ["functions.begin_video.handler"]}}
    function = {"Type": "AWS::Lambda::Function", "Properties": command}
    arn = resolve(tmp_path, get_att("Fn", "Arn"), Fn=function)
    assert arn == "arn:aws:lambda:us-east-1:123456789012:function:begin_video"


def test_a_folder_without_an_assembly_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match="no cloud assembly"):
        Assembly(tmp_path)
