"""The kinds of task that the workflow is made of: call a light function, run a stage on Lambda or on Batch.

A task names what it calls by a placeholder (`${BeginVideoFunction}`); CloudFormation fills it in. Every task
has a time limit and retries transient errors only, with exponential back-off and full jitter.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from heaters.domain.errors import transient_error_names
from heaters.domain.stage import Place, RetryPolicy, Runner, Stage
from infra.workflow.light_functions import FUNCTION

State = dict[str, Any]
"""One state, as Amazon States Language writes it."""

LAMBDA_FAULTS = (
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
)
"""Lambda itself did not take or did not finish the call; the names are those of its optimized integration."""

LAMBDA_CRASHES = ("Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout", "States.Timeout")
"""The function was taken and ended without an answer. Every stage and function may run twice."""

BATCH_FAULTS = (
    "Batch.AWSBatchException",
    "Batch.BatchException",
    "Batch.SdkClientException",
    "Batch.ServerException",
)
"""Batch did not take the job. A job that was taken is retried by its own definition, not from here."""

FUNCTION_RETRY = RetryPolicy(max_attempts=8, interval_s=1, backoff_rate=2.0, max_delay_s=30)
"""Waits a minute and more in all: a database that sleeps needs up to half of that to wake."""

BATCH_ATTEMPTS = 3
"""How often a job definition lets a job start, the first time included."""

QUEUE_TIME_S = 7 * 24 * 3600
"""How long a job may wait for its turn when ten thousand videos arrive at once."""

OVERHEAD_S = 15
"""Added to a Lambda's own limit, so that its own error arrives before Step Functions gives up."""

STEP: Mapping[str, str] = {"next.$": "$.Payload.next", "job.$": "$.Payload.job"}
"""What a begin or complete function answers; kept at `$.step`."""


def retry(policy: RetryPolicy, errors: Sequence[str]) -> list[State]:
    """Retry these errors by `policy`, and no others."""
    return [
        {
            "ErrorEquals": sorted(errors),
            "IntervalSeconds": policy.interval_s,
            "BackoffRate": policy.backoff_rate,
            "MaxAttempts": policy.max_attempts,
            "MaxDelaySeconds": policy.max_delay_s,
            "JitterStrategy": "FULL",
        }
    ]


def catch_all(to: str) -> list[State]:
    """Whatever is left after the retries goes to state `to`, with the error at `$.error`."""
    return [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": to}]


def call_function(
    name: str,
    *,
    payload: Mapping[str, Any],
    keep: Mapping[str, str] | None = None,
    at: str | None = None,
    retried: Sequence[str] = (*transient_error_names(), *LAMBDA_FAULTS, *LAMBDA_CRASHES),
) -> State:
    """Call `functions/<name>.py`; of its answer, `keep` goes to the path `at`, or nothing at all."""
    function = FUNCTION[name]
    state: State = {
        "Type": "Task",
        "Comment": function.purpose,
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": f"${{{function_placeholder(name)}}}", "Payload": dict(payload)},
        "ResultPath": at,
        "TimeoutSeconds": function.timeout_s + OVERHEAD_S,
        "Retry": retry(FUNCTION_RETRY, retried),
    }
    if keep:
        state["ResultSelector"] = dict(keep)
    return state


def run_stage(stage: Stage, *, job: str = "$.step.job", place: Place | None = None) -> State:
    """Do the job at path `job` where `place` (by default the stage's own place) says; the answer is dropped."""
    place = place or stage.place
    make = _run_on_lambda if place.runner is Runner.LAMBDA else _run_on_batch
    return make(stage, place, job)


def _run_on_lambda(stage: Stage, place: Place, job: str) -> State:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": f"${{{runner_placeholder(stage)}}}", "Payload.$": job},
        "ResultPath": None,
        "TimeoutSeconds": place.timeout_s + OVERHEAD_S,
        "Retry": retry(stage.retry, (*transient_error_names(), *LAMBDA_FAULTS, *LAMBDA_CRASHES)),
    }


def _run_on_batch(stage: Stage, place: Place, job: str) -> State:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::batch:submitJob.sync",
        "Parameters": {
            "JobName.$": f"States.Format('{stage.name}-{{}}', $.video_id)",
            "JobDefinition": f"${{{job_placeholder(stage)}}}",
            "JobQueue": f"${{{queue_placeholder(place.runner)}}}",
            "ContainerOverrides": {
                "Environment": [{"Name": "HEATERS_JOB", "Value.$": f"States.JsonToString({job})"}]
            },
        },
        "ResultPath": None,
        "TimeoutSeconds": BATCH_ATTEMPTS * place.timeout_s + QUEUE_TIME_S,
        "Retry": retry(stage.retry, BATCH_FAULTS),
    }


def function_placeholder(name: str) -> str:
    """`begin_video` -> `BeginVideoFunction`."""
    return f"{_camel(name)}Function"


def runner_placeholder(stage: Stage) -> str:
    """The Lambda that runs a stage: `DetectScenesRunner`."""
    return f"{_camel(stage.name)}Runner"


def job_placeholder(stage: Stage) -> str:
    """The Batch job definition that runs a stage: `ProxyJobDefinition`."""
    return f"{_camel(stage.name)}JobDefinition"


def queue_placeholder(runner: Runner) -> str:
    """The Batch queue of a runner: `BatchFargateSpotQueue`."""
    return f"{_camel(runner.value.replace('-', '_'))}Queue"


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
