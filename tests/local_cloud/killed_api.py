"""What the test of a killed API needs: servers that can be killed in a moment chosen, reviewers who do not mind, and a
machine of one gate whose executions say whether they went on.
"""

import http.client
import json
import random
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from werkzeug import Request, Response

from local_cloud.machine.http_server import HttpServer
from local_cloud.machine.processes import Children, Process, open_log
from local_cloud.machine.settings import LOOPBACK
from tests.api.api_client import id_token
from tests.local_cloud.small_assembly import get_att

BUCKET = "small-media"
ANSWER_S = 60
ACTIONS = ("approve", "approve", "approve", "skip", "archive", "add", "undo", "redo")


def gate_stack() -> dict[str, Any]:
    """A bucket, the real functions around a gate, and a machine that waits at it and rests behind it."""
    environment = {"HEATERS_BUCKET": {"Ref": "Bucket"}, "HEATERS_STATE_MACHINE_ARN": {"Ref": "Machine"}}
    names = ("open_gate", "sweep", "start_video")
    gate = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {
            "FunctionName": "${open_gate}",
            "Payload": {
                "video_id.$": "$.video_id", "attempt.$": "$.attempt", "release_size.$": "$.release_size",
                "token.$": "$$.Task.Token",
            },
        },
        "Next": "Went on",
    }  # fmt: skip
    definition = {
        "StartAt": "Gate",
        "States": {"Gate": gate, "Went on": {"Type": "Wait", "Seconds": 86_400, "End": True}},
    }
    machine = {
        "DefinitionString": json.dumps(definition),
        "DefinitionSubstitutions": {"open_gate": get_att("open_gate", "Arn")},
        "RoleArn": "arn:aws:iam::123456789012:role/machine",
    }
    return {
        "Resources": {
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": BUCKET}},
            "Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine},
            **{name: _function(name, environment) for name in names},
        }
    }


def _function(name: str, environment: Mapping[str, Any]) -> dict[str, Any]:
    properties = {
        "ImageConfig": {"Command": [f"functions.{name}.handler"]}, "FunctionName": name, "PackageType": "Image",
        "Timeout": 60, "MemorySize": 256, "Environment": {"Variables": environment},
    }  # fmt: skip
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


class Workflow:
    """Stands before Step Functions and lets calls through, but for those in which the API is to be killed."""

    def __init__(self, url: str) -> None:
        self._target = url.removeprefix("http://")
        self._kill: tuple[str, Callable[[], None]] | None = None
        self._server = HttpServer(0)
        self._server.serve(Request.application(self._answer))
        self.url, self.close = self._server.url, self._server.close

    def kill_at_next_call(self, moment: str, kill: Callable[[], None]) -> None:
        """`kill` before the next call gets `moment` "before" or "after" it reached Step Functions."""
        self._kill = (moment, kill)

    def _answer(self, request: Request) -> Response:
        body = request.get_data()
        planned, self._kill = self._kill, None
        if planned and planned[0] == "before":
            planned[1]()
            return Response(status=503)
        connection = http.client.HTTPConnection(self._target, timeout=ANSWER_S)
        connection.request(
            request.method, request.full_path, body, dict(request.headers) | {"Host": self._target}
        )
        answer = connection.getresponse()
        response = Response(answer.read(), answer.status, content_type=answer.headers["Content-Type"])
        connection.close()
        if planned:
            planned[1]()
        return response


class Servers:
    """One API process that serves and one that is ready to take over; both reach Step Functions through `workflow`."""

    def __init__(
        self, *, children: Children, environment: Mapping[str, str], folder: Path, workflow: Workflow
    ) -> None:
        self._children, self._folder, self.workflow = children, folder, workflow
        self._environment = {**environment, "AWS_ENDPOINT_URL_SFN": workflow.url}
        self._started = 0
        self.process, self._port_file = self._start()
        self._spare = self._start()

    def port(self) -> int:
        """Where the API is just now, once it is up."""
        end_s = time.monotonic() + ANSWER_S
        while not self._port_file.exists():
            assert time.monotonic() < end_s, (self._folder / "api.log").read_text()[-2000:]
            time.sleep(0.01)
        return int(self._port_file.read_text())

    def kill(self) -> None:
        """kill -9, and let the spare serve."""
        self.process.kill()
        assert self._children.wait(self.process) == -9
        self.process, self._port_file = self._spare
        self._spare = self._start()

    def _start(self) -> tuple[Process, Path]:
        self._started += 1
        port_file = self._folder / f"api-{self._started}"
        argv = [sys.executable, "-m", "local_cloud.web.api_server", str(port_file)]
        with open_log(self._folder / "api.log") as log:
            return self._children.start(argv, env=self._environment, log=log), port_file


@dataclass(kw_only=True)
class Told:
    """What the reviewers were answered: accepted events, statuses that nobody should see, answers that never came."""

    events: list[int] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    answers: int = 0
    unanswered: int = 0


class Client(threading.Thread):
    """A reviewer who does one thing after the other, whatever becomes of the API."""

    def __init__(self, number: int, *, servers: Servers, video_ids: list[str], told: Told) -> None:
        super().__init__(daemon=True)
        self._servers, self._video_ids, self._told = servers, video_ids, told
        self._person, self._random = f"reviewer {number}", random.Random(number)
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                self._act()
            except (OSError, http.client.HTTPException):
                self._told.unanswered += 1

    def _act(self) -> None:
        video_id, action = self._random.choice(self._video_ids), self._random.choice(ACTIONS)
        clips = self.ask("GET", f"/videos/{video_id}/clips")["items"]
        clip = self._random.choice(clips)
        where = {"version": clip["version"]}
        if action in ("undo", "redo"):
            self.ask("POST", f"/{action}")
        elif action == "add":
            frame = self._random.randint(clip["start_frame"], clip["end_frame"] - 1)
            self.ask("POST", f"/videos/{video_id}/cuts", op="add", frame=frame, **where)
        else:
            self.ask("POST", f"/clips/{clip['clip_id']}/actions", action=action, **where)

    def ask(self, method: str, path: str, **body: Any) -> Any:
        connection = http.client.HTTPConnection(LOOPBACK, self._servers.port(), timeout=ANSWER_S)
        token = id_token(self._person, ("reviewers",))
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body), headers)
        answer = connection.getresponse()
        said = json.loads(answer.read())
        connection.close()
        self._told.answers += 1
        if answer.status not in (200, 409):
            self._told.strange.append(f"{method} {path}: {answer.status} {said}")
        elif "event_id" in said:
            self._told.events.append(said["event_id"])
        return said
