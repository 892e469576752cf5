"""Small Lambda handlers that behave and misbehave on purpose."""

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import boto3

STARTED_AT = time.time()


class NotAVideo(Exception):
    """A typed error."""


def echo(event: Any, context: Any) -> Any:
    """What it was given, who answered, and what it could see of the world."""
    return {
        "event": event,
        "pid": os.getpid(),
        "name": context.function_name,
        "setting": os.environ.get("SETTING"),
        "remaining_ms": context.get_remaining_time_in_millis(),
    }


def refuse(event: Any, context: Any) -> None:
    print("about to refuse")
    raise NotAVideo(f"{event['name']} is not a video")


def sleep(event: Any, context: Any) -> Any:
    child = subprocess.Popen(["sleep", "60"])
    Path(event["pid_file"]).write_text(f"{os.getpid()} {child.pid}")
    time.sleep(60)


def crash(event: Any, context: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave(event: Any, context: Any) -> None:
    os._exit(3)


def append(event: Any, context: Any) -> Any:
    """Write a line to a file named in the event; `fail` makes it fail afterwards."""
    with Path(os.environ["NOTES"]).open("a") as notes:
        notes.write(f"{event}\n")
    return event


def open_gate(event: Any, context: Any) -> None:
    """Keep the task token where the test finds it."""
    Path(os.environ["NOTES"]).with_name("token").write_text(event["token"])


def write_manifest(event: Any, context: Any) -> Any:
    """A JSON list of `count` items in the bucket."""
    items = ",".join(f'{{"n": {n}}}' for n in range(event["count"]))
    boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key="items.json", Body=f"[{items}]".encode())
    return {"key": "items.json", "count": event["count"]}


def double(event: Any, context: Any) -> Any:
    if event["n"] == 3:
        raise NotAVideo("three is not a video")
    boto3.client("s3").put_object(
        Bucket=os.environ["BUCKET"], Key=f"doubled/{event['n']}", Body=str(2 * event["n"]).encode()
    )
    return 2 * event["n"]
