"""Runs the definition in moto's interpreter, as the local cloud does, with scripted functions and jobs.

The transitions, paths and retries are real; what a function or a job answers is said by the test.
"""

import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug import Request, Response
from werkzeug.serving import make_server

from heaters.domain.errors import HeatersError
from local_cloud.aws import step_functions
from local_cloud.aws.resources import MachineSpec
from local_cloud.aws.runtime_api import Invocation, failed
from local_cloud.machine.settings import ACCOUNT_ID, LOOPBACK, REGION

DEADLINE_S = 60
BUCKET = "media"
VIDEO = "5f0c8f4e-52a1-5c8e-9c0b-6d1f2b7a9e10"
INPUT = {"video_id": VIDEO, "attempt": 1, "undo_window_s": 0, "release_size": 25}
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/test"

Program = Callable[[dict[str, Any]], Any]


@dataclass(kw_only=True)
class Script:
    """What each function, runner and job answers. A program may raise; a job that raises ends as FAILED."""

    programs: Mapping[str, Program]
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def run(self, name: str, payload: dict[str, Any]) -> Any:
        self.calls.append((name, payload))
        return self.programs[name](payload)

    def called(self) -> list[str]:
        return [name for name, _ in self.calls]

    def payloads(self, name: str) -> list[dict[str, Any]]:
        return [payload for called, payload in self.calls if called == name]


def fail_with(error: HeatersError) -> Program:
    def fail(_payload: dict[str, Any]) -> Any:
        raise error

    return fail


def fail_once_with(error: HeatersError) -> Program:
    left = [error]

    def fail(_payload: dict[str, Any]) -> Any:
        if left:
            raise left.pop()
        return {"result_key": "results/key.json"}

    return fail


class Interpreter:
    """moto behind one loopback port; one script at a time."""

    def __init__(self) -> None:
        self._script = Script(programs={})
        self._jobs: dict[str, dict[str, Any]] = {}
        self._ended: dict[str, threading.Event] = {}
        self.announced: list[dict[str, Any]] = []
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server(LOOPBACK, 0, self._answer, threaded=True)
        self._client = self.client("stepfunctions")
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        step_functions.prepare(port=self._server.port, invoke=self._invoke, announce=self._note_end)

    def client(self, service: str) -> Any:
        """A boto3 client of this server."""
        return boto3.client(
            service,
            endpoint_url=f"http://{LOOPBACK}:{self._server.port}",
            region_name=REGION,
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(inject_host_prefix=False),
        )

    def close(self) -> None:
        self._server.shutdown()

    def run(self, definition: Any, script: Script, execution_input: Mapping[str, Any]) -> dict[str, Any]:
        """Run to the end; the execution as DescribeExecution shows it."""
        self._script = script
        name = f"workflow-{uuid.uuid4()}"
        arn = f"arn:aws:states:{REGION}:{ACCOUNT_ID}:stateMachine:{name}"
        text = json.dumps(definition).replace("${MediaBucket}", BUCKET)
        text = re.sub(r"\$\{(\w+)\}", r"\1", text)
        spec = MachineSpec(name=name, arn=arn, role_arn=ROLE, definition=text, kind="STANDARD")
        step_functions.create_machines([spec])
        self._ended[name] = threading.Event()
        started = self._client.start_execution(
            stateMachineArn=arn, name=name, input=json.dumps(execution_input)
        )
        assert self._ended[name].wait(DEADLINE_S), f"still running; called so far: {script.called()}"
        return dict(self._client.describe_execution(executionArn=started["executionArn"]))

    def resume(self, token: str, answer: Mapping[str, Any] | None = None) -> None:
        """Answer a task token once the interpreter waits for it, which may be a moment after it gave it away."""
        output = json.dumps(answer or {"reason": "asked"})
        threading.Thread(target=self._resume, args=(token, output), daemon=True).start()

    def _resume(self, token: str, output: str) -> None:
        end_s = time.monotonic() + DEADLINE_S
        while time.monotonic() < end_s:
            try:
                self._client.send_task_success(taskToken=token, output=output)
            except ClientError:
                time.sleep(0.02)
            else:
                return

    def _invoke(self, name: str, payload: bytes) -> Invocation:
        try:
            answer = self._script.run(name, json.loads(payload))
        except HeatersError as exc:
            return failed(exc.name, exc.message)
        return Invocation(payload=json.dumps(answer).encode())

    def _note_end(self, event: dict[str, Any]) -> None:
        name = event["detail"]["name"]
        if name in self._ended:
            self._ended[name].set()

    def _answer(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        if request.headers.get("X-Amz-Target") == "AWSEvents.PutEvents":
            return self._put_events(request.get_json(force=True)["Entries"])(environ, start_response)
        if request.path == "/v1/submitjob":
            return self._submit(request.get_json(force=True))(environ, start_response)
        if request.path == "/v1/describejobs":
            jobs = [self._jobs[job] for job in request.get_json(force=True)["jobs"]]
            return _json({"jobs": jobs})(environ, start_response)
        return self._moto(environ, start_response)

    def _put_events(self, entries: list[dict[str, Any]]) -> Response:
        """A detail that is no JSON object fails, as on AWS."""
        failed_count = sum(not entry["Detail"].startswith("{") for entry in entries)
        self.announced += entries
        return _json({"FailedEntryCount": failed_count, "Entries": [{} for _ in entries]})

    def _submit(self, asked: dict[str, Any]) -> Response:
        environment = {entry["name"]: entry["value"] for entry in asked["containerOverrides"]["environment"]}
        job = {"jobId": str(uuid.uuid4()), "jobName": asked["jobName"], "jobQueue": asked["jobQueue"]}
        job |= {"jobDefinition": asked["jobDefinition"], "status": "SUCCEEDED"}
        try:
            self._script.run(asked["jobDefinition"], json.loads(environment["HEATERS_JOB"]))
        except HeatersError as exc:
            job |= {"status": "FAILED", "statusReason": exc.message}
        self._jobs[job["jobId"]] = job
        return _json(
            {"jobId": job["jobId"], "jobName": job["jobName"], "jobArn": f"arn:aws:batch:{job['jobId']}"}
        )


def _json(value: Any) -> Response:
    return Response(json.dumps(value), mimetype="application/json")
