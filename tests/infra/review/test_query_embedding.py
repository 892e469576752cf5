"""What embeds queries: an express machine that calls one Lambda, which sees nothing but `queries/`."""

from typing import Any

import pytest

from heaters.domain import object_keys
from heaters.domain.errors import transient_error_names
from infra.pipeline.query_embedding import HANDLER
from infra.workflow.query import query_workflow
from tests.infra.templates import Template, as_list
from tests.infra.workflow.interpreter import Interpreter, Script

JOB = {"query_id": "q", "model": "colour-layout", "text": "a red car", "image_key": None}


@pytest.fixture(scope="module")
def machine(pipeline: Template) -> Any:
    return pipeline.only("AWS::StepFunctions::StateMachine", "Queries")


def test_the_machine_is_express_and_keeps_what_people_search_for_out_of_its_log(machine: Any) -> None:
    assert machine["StateMachineType"] == "EXPRESS"
    assert machine["LoggingConfiguration"]["Level"] == "ERROR"
    assert not machine["LoggingConfiguration"].get("IncludeExecutionData")
    assert set(machine["DefinitionSubstitutions"]) == {"EmbedQueryRunner"}


def test_the_machine_may_call_its_function_and_nothing_else(pipeline: Template) -> None:
    called = [
        statement["Resource"]
        for name, statement in pipeline.statements()
        if name.startswith("QueriesStateMachine") and "lambda:InvokeFunction" in as_list(statement["Action"])
    ]
    assert len(called) == 1
    assert "EmbedQueryRunner" in str(called[0])


def test_the_function_sees_the_bucket_under_one_prefix_and_no_network_of_ours(pipeline: Template) -> None:
    function = pipeline.lambdas()[HANDLER]
    assert "VpcConfig" not in function
    assert {name for name in function["Environment"]["Variables"] if name.startswith("HEATERS_")} == {
        "HEATERS_BUCKET"
    }
    for name, statement in pipeline.statements():
        if not name.startswith("QueriesEmbedQueryRunner"):
            continue
        if {"s3:GetObject", "s3:PutObject"} & set(as_list(statement["Action"])):
            assert f"/{object_keys.QUERIES}*" in str(statement["Resource"])
            assert len(as_list(statement["Resource"])) == 1


def test_pictures_that_were_searched_with_are_gone_after_a_day(storage: Template) -> None:
    rules = storage.only("AWS::S3::Bucket", "MediaBucket")["LifecycleConfiguration"]["Rules"]
    (rule,) = [rule for rule in rules if rule["Id"] == "queries"]
    assert (rule["Prefix"], rule["ExpirationInDays"]) == ("queries/", 1)
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == 1


def test_the_job_reaches_the_function_as_it_was_given(interpreter: Interpreter) -> None:
    given: list[Any] = []

    def embed(job: Any) -> Any:
        given.append(job)
        return {"result_key": "queries/q.json"}

    run = interpreter.run(query_workflow(), Script(programs={"EmbedQueryRunner": embed}), JOB)
    assert (run["status"], given) == ("SUCCEEDED", [JOB])


def test_only_what_may_pass_is_tried_again() -> None:
    (retrier,) = query_workflow()["States"]["Embed query"]["Retry"]
    ours = {name for name in retrier["ErrorEquals"] if "." not in name}
    assert ours == {"StorageUnavailable"} <= set(transient_error_names())
