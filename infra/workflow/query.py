"""One query: what somebody searches with goes to the model. Whoever asked finds the result in the bucket."""

from typing import Any

from heaters.domain.stage import RetryPolicy
from infra.workflow.tasks import LAMBDA_CRASHES, LAMBDA_FAULTS, OVERHEAD_S, retry

RUNNER = "EmbedQueryRunner"
"""The placeholder of the function."""

TIMEOUT_S = 15
"""Somebody waits for ten seconds; a model that was loaded too late for that answers the next search at once."""

_RETRY = RetryPolicy(max_attempts=2, interval_s=1, backoff_rate=1.5, max_delay_s=2)


def query_workflow() -> dict[str, Any]:
    """The definition, with the function as a placeholder. Its input is the job."""
    return {
        "Comment": "A text or picture that somebody searches with, to a vector",
        "StartAt": "Embed query",
        "TimeoutSeconds": 3 * (TIMEOUT_S + OVERHEAD_S),
        "States": {
            "Embed query": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": f"${{{RUNNER}}}", "Payload.$": "$"},
                "ResultPath": None,
                "TimeoutSeconds": TIMEOUT_S + OVERHEAD_S,
                "Retry": retry(_RETRY, ("StorageUnavailable", *LAMBDA_FAULTS, *LAMBDA_CRASHES)),
                "End": True,
            }
        },
    }
