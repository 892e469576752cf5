"""Step Functions: moto's interpreter, mended where it differs from AWS and wired to this process's own services.

The definition is never touched. What is mended here:
- parameters and answers of `batch:` integrations get their casing back (moto 5.2 leaves both functions empty);
- a `.sync` task is looked at every 50 ms, not every 500;
- clients for other services are made once, not once for every call;
- a function is invoked directly instead of over HTTP to ourselves;
- looking for a task token passes over executions that are just being started;
- an execution that is stopped while it waits for a token ends at once, and its token is timed out;
- the end of an execution is announced, as AWS announces it on the default bus.
"""

import io
import os
import sys
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from moto.core.config import default_user_config
from moto.settings import moto_server_port
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_batch import (
    StateTaskServiceBatch,
)
from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackConsumerTimeout
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped
from moto.stepfunctions.parser.asl.utils import boto_client
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend import execution as moto_execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend, stepfunctions_parser_backends

from local_cloud.aws.events import make_event
from local_cloud.aws.resources import MachineSpec
from local_cloud.aws.runtime_api import Invocation
from local_cloud.machine.settings import ACCOUNT_ID, LOOPBACK, REGION

_POLL_S = 0.05

_in_place = threading.Lock()


def backend() -> Any:
    """moto's state machines of the local account."""
    return stepfunctions_parser_backends[ACCOUNT_ID][REGION]


def prepare(
    *, port: int, invoke: Callable[[str, bytes], Invocation], announce: Callable[[dict[str, Any]], None]
) -> None:
    """Mend moto in this process and connect it. Once per process: moto's state is global."""
    with _in_place:
        os.environ["MOTO_PORT"] = str(port)
        default_user_config["stepfunctions"] = {"execute_state_machine": True}
        state_task_service_callback._DELAY_SECONDS_SYNC_CONDITION_CHECK = _POLL_S  # type: ignore[misc] # Final there; its pause is for AWS
        _mend_batch_casing()
        _share_clients()
        _invoke_directly(invoke)
        _announce_ends(announce)
        _skip_unstarted()
        _end_waits_of_stopped()
        backend().state_machines.clear()


def create_machines(machines: Iterable[MachineSpec]) -> None:
    for spec in machines:
        backend().create_state_machine(
            name=spec.name, definition=spec.definition, roleArn=spec.role_arn, sm_type=spec.kind
        )


def describe_execution(arn: str) -> dict[str, Any] | None:
    """Status, error, cause and dates of one execution; None if there is none of that name."""
    for machine in backend().state_machines:
        for execution in machine.executions:
            if execution.exec_arn == arn:
                described: dict[str, Any] = execution.to_describe_output()
                return described
    return None


def _mend_batch_casing() -> None:
    def normalise_parameters(self: Any, parameters: dict[str, Any], *_: Any, **__: Any) -> None:
        shape = _client("batch", REGION).meta.service_model.operation_model("SubmitJob").input_shape
        self._to_boto_request(parameters, shape)

    def normalise_response(
        self: Any, response: Any, service_action_name: str | None = None, **_: Any
    ) -> None:
        operation = "DescribeJobs" if service_action_name == "describe_jobs" else "SubmitJob"
        shape = _client("batch", REGION).meta.service_model.operation_model(operation).output_shape
        self._from_boto_response(response, shape)

    StateTaskServiceBatch._normalise_parameters = normalise_parameters  # type: ignore[method-assign] # mended in place
    StateTaskServiceBatch._normalise_response = normalise_response  # type: ignore[method-assign,assignment] # mended in place


def _share_clients() -> None:
    _client.cache_clear()

    def client_for(region: str, service: str, state_credentials: Any = None) -> Any:  # noqa: ARG001 - moto's own signature
        return _client(service, region)

    for module in _modules_with_clients():
        module.boto_client_for = client_for


def _modules_with_clients() -> list[Any]:
    found = [m for n, m in list(sys.modules.items()) if n.startswith("moto.stepfunctions") and m]
    return [module for module in found if hasattr(module, "boto_client_for")] + [boto_client]


@lru_cache(maxsize=32)
def _client(service: str, region: str) -> Any:
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=f"http://{LOOPBACK}:{moto_server_port()}",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - there is nothing to protect
        config=Config(parameter_validation=False, retries={"total_max_attempts": 2}, max_pool_connections=64),
    )


def _invoke_directly(invoke: Callable[[str, bytes], Invocation]) -> None:
    def invoke_function(parameters: dict[str, Any], **_: Any) -> dict[str, Any]:
        payload = parameters.get("Payload") or b"{}"
        outcome = invoke(
            parameters["FunctionName"], payload if isinstance(payload, bytes) else payload.encode()
        )
        answer: dict[str, Any] = {
            "StatusCode": 200,
            "ExecutedVersion": "$LATEST",
            "Payload": lambda_eval_utils._from_payload(io.BytesIO(outcome.payload)),
        }
        if outcome.function_error:
            answer["FunctionError"] = outcome.function_error
        return answer

    lambda_eval_utils._invoke_lambda_function = invoke_function  # type: ignore[assignment] # takes what it needs


def _announce_ends(announce: Callable[[dict[str, Any]], None]) -> None:
    class AnnouncedEnd(moto_execution.BaseExecutionWorkerCommunication):
        def terminated(self) -> None:
            super().terminated()
            announce(status_change(self.execution))

    def worker_comm(self: Any) -> AnnouncedEnd:
        return AnnouncedEnd(self)

    moto_execution.Execution._get_start_execution_worker_comm = worker_comm  # type: ignore[method-assign] # mended in place


def _skip_unstarted() -> None:
    """An execution exists a moment before its worker does; a token for another one must not trip over it."""
    original = getattr(StepFunctionsParserBackend, "_heaters_original", None)
    original = original or StepFunctionsParserBackend._get_executions

    def started(self: Any, execution_status: Any = None) -> list[Any]:
        found = original(self, execution_status)
        return [e for e in found if e.exec_worker and getattr(e.exec_worker, "env", None)]

    StepFunctionsParserBackend._heaters_original = original  # type: ignore[attr-defined] # kept for the next start
    StepFunctionsParserBackend._get_executions = started  # type: ignore[method-assign] # mended in place


def _end_waits_of_stopped() -> None:
    """moto notes the stop and waits on for the token until its time limit; what then fails was stopped, not failed."""
    original = getattr(Environment, "_heaters_original", None) or Environment.set_error

    def set_error(self: Any, error: Any) -> None:
        if not isinstance(self._program_state, ProgramStopped):
            original(self, error)

    def stop(self: Any, stop_date: datetime, error: str | None, cause: str | None) -> None:
        worker = self.exec_worker
        if worker is None:
            return
        worker.stop(stop_date=stop_date, cause=cause, error=error)
        for endpoint in list(worker.env.callback_pool_manager._pool.values()):
            endpoint.report(CallbackConsumerTimeout())
            endpoint.interrupt_all()

    Environment._heaters_original = original  # type: ignore[attr-defined] # kept for the next start
    Environment.set_error = set_error  # type: ignore[method-assign] # mended in place
    moto_execution.Execution.stop = stop  # type: ignore[method-assign] # mended in place


def status_change(execution: Any) -> dict[str, Any]:
    """`Step Functions Execution Status Change`, as
    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html shows it.
    """
    detail = {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine.arn,
        "name": execution.name,
        "status": str(execution.status),
        "startDate": _milliseconds(execution.start_date),
        "stopDate": _milliseconds(execution.stop_date),
        "input": to_json_str(execution.input_data, separators=(",", ":")),
        "output": None if execution.output is None else to_json_str(execution.output, separators=(",", ":")),
        "error": execution.error,
        "cause": execution.cause,
    }
    return make_event("aws.states", "Step Functions Execution Status Change", detail, [execution.exec_arn])


def _milliseconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp() * 1000) if moment else None
