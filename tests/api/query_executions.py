"""Step Functions as far as a search needs it: the model's answer is there as soon as it was asked for."""

import json
from types import SimpleNamespace

from containers.embed import query as embed_query
from tests.catalog.step_functions import FakeStepFunctions

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:Query"


class QueryExecutions(FakeStepFunctions):
    """Step Functions as far as a query needs it: a started execution runs the embed function at once."""

    def __init__(self) -> None:
        super().__init__()
        self.is_lost = False

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: N803 - AWS's
        super().start_execution(stateMachineArn=stateMachineArn, name=name, input=input)
        if not self.is_lost:
            embed_query.handler(json.loads(input), SimpleNamespace())
