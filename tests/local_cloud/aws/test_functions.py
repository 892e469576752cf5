"""A function is a real awslambdaric process: its answers, errors, timeouts and crashes are Lambda's."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_cloud.aws.lambdas import Lambdas, UnknownFunction
from local_cloud.aws.runtime_api import FunctionSpec, Invocation
from local_cloud.machine.processes import Children
from local_cloud.machine.settings import base_environment

PROGRAMS = "tests.local_cloud.programs"
HANDLERS = {
    name: f"{PROGRAMS}.handlers.{name}" for name in ("echo", "refuse", "sleep", "crash", "leave", "append")
}


@pytest.fixture
def lambdas(children: Children, tmp_path: Path) -> Iterator[Lambdas]:
    specs = {
        name: FunctionSpec(
            name=name,
            arn=f"arn:aws:lambda:us-east-1:123456789012:function:{name}",
            handler=handler,
            environment={"SETTING": "template", "NOTES": str(tmp_path / "notes")},
            timeout_s=1 if name == "sleep" else 20,
            memory_mib=256,
        )
        for name, handler in (HANDLERS | {"broken": f"{PROGRAMS}.broken.handler"}).items()
    }
    kept = Lambdas(
        specs=specs, environment=base_environment(), children=children, logs=tmp_path / "logs", per_function=2
    )
    yield kept
    kept.close()


def answer(outcome: Invocation) -> Any:
    assert outcome.function_error is None, outcome.payload
    return json.loads(outcome.payload)


def error(outcome: Invocation) -> tuple[str, str]:
    assert outcome.function_error == "Unhandled"
    body = json.loads(outcome.payload)
    return body["errorType"], body["errorMessage"]


def test_a_function_answers_with_its_environment_and_context(lambdas: Lambdas) -> None:
    said = answer(lambdas.invoke("echo", b'{"n": 1}'))
    assert said["event"] == {"n": 1}
    assert (said["name"], said["setting"]) == ("echo", "template")
    assert 0 < said["remaining_ms"] <= 20_000


def test_a_warm_process_is_used_again(lambdas: Lambdas) -> None:
    first, second = (answer(lambdas.invoke("echo", b"{}"))["pid"] for _ in range(2))
    assert first == second
    assert lambdas.count("echo") == 1


def test_a_function_is_found_by_its_arn(lambdas: Lambdas) -> None:
    assert (
        answer(lambdas.invoke("arn:aws:lambda:us-east-1:123456789012:function:echo", b"{}"))["name"] == "echo"
    )
    with pytest.raises(UnknownFunction, match="nobody"):
        lambdas.invoke("nobody", b"{}")


def test_an_exception_keeps_its_class_name_and_the_process_stays_warm(
    lambdas: Lambdas, tmp_path: Path
) -> None:
    assert error(lambdas.invoke("refuse", b'{"name": "x.txt"}')) == ("NotAVideo", "x.txt is not a video")
    assert lambdas.count("refuse") == 1
    assert "about to refuse" in (tmp_path / "logs" / "refuse.log").read_text()


def test_a_timeout_kills_the_process_with_all_that_it_started(
    lambdas: Lambdas, tmp_path: Path, gone: Callable[[int], bool], wait_for: Any
) -> None:
    pid_file = tmp_path / "pids"
    name, message = error(lambdas.invoke("sleep", json.dumps({"pid_file": str(pid_file)}).encode()))
    assert name == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in message
    for pid in pid_file.read_text().split():
        wait_for(lambda pid=pid: gone(int(pid)), f"process {pid} to be gone")
    assert lambdas.count("sleep") == 0


@pytest.mark.parametrize(("name", "how"), [("crash", "signal: 9"), ("leave", "exit status 3")])
def test_a_crash_is_a_runtime_exit_error_and_the_next_call_gets_a_new_process(
    lambdas: Lambdas, name: str, how: str
) -> None:
    assert error(lambdas.invoke(name, b"{}"))[0] == "Runtime.ExitError"
    assert how in error(lambdas.invoke(name, b"{}"))[1]
    assert lambdas.count(name) == 0


def test_a_module_that_cannot_be_imported_is_reported(lambdas: Lambdas) -> None:
    name, message = error(lambdas.invoke("broken", b"{}"))
    assert name == "Runtime.ImportModuleError"
    assert "no_such_module" in message


def test_many_calls_share_a_bounded_number_of_processes(lambdas: Lambdas) -> None:
    pids: list[int] = []
    threads = [
        threading.Thread(target=lambda: pids.append(answer(lambdas.invoke("echo", b"{}"))["pid"]))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 20
    assert 1 <= len(set(pids)) <= 2


def test_a_process_that_nobody_calls_is_closed(lambdas: Lambdas) -> None:
    lambdas.invoke("echo", b"{}")
    lambdas.close_idle(older_than_s=0)
    assert lambdas.count("echo") == 0


def test_an_event_that_fails_is_tried_three_times(
    lambdas: Lambdas, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, wait_for: Any
) -> None:
    monkeypatch.setattr("local_cloud.aws.lambdas.ASYNC_RETRY_DELAYS_S", (0.0, 0.0))
    lambdas.invoke_later("refuse", b'{"name": "x"}')
    wait_for(lambda: "event lost" in caplog.text, "the third failure to be logged")
    log = (lambdas._logs / "refuse.log").read_text()
    assert log.count("about to refuse") == 3
