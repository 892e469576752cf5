"""A local cloud with the synthesized state machine, on which videos are in review at once and stages are light."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from heaters.catalog.connection import Catalog, CatalogSettings
from heaters.catalog.videos import get_video
from heaters.domain.ids import execution_name
from heaters.intake.executions import execution_arn, start_execution
from local_cloud.cloud import LocalCloud, start_local_cloud
from local_cloud.commands.api_client import ApiClient
from local_cloud.machine.processes import Children
from local_cloud.machine.settings import REPOSITORY, LocalSettings
from local_cloud.machine.synth import synthesize
from tests.catalog.review_videos import add_video_in_review, query

_LIGHT = {
    '"containers.media.export.handler"': '"tests.local_cloud.programs.light.export.handler"',
    '"containers.media.keyframes.handler"': '"tests.local_cloud.programs.light.keyframes.handler"',
    '"containers.embed.embed.handler"': '"tests.local_cloud.programs.light.embed.handler"',
    '"containers.embed.embed"': '"tests.local_cloud.programs.light.embed"',
}


@dataclass(frozen=True, kw_only=True)
class ReviewCloud:
    """What a test sees of it."""

    cloud: LocalCloud
    catalog: Catalog
    api: ApiClient
    workflow: Any
    machine_arn: str

    def start_video(self, *, clip_count: int, release_size: int = 25, undo_window_s: int = 0) -> str:
        """A video of one-frame clips whose execution begins at the gate; its id."""
        video_id = add_video_in_review(self.catalog, cuts=range(1, clip_count), frame_count=clip_count)
        for statement in (
            "UPDATE source_videos SET master_state = 'archiving' WHERE video_id = %(video_id)s",
            """
            UPDATE source_videos SET master_state = 'archived', undo_window_s = %(undo_window_s)s,
                release_size = %(release_size)s
            WHERE video_id = %(video_id)s
            """,
        ):
            with self.catalog.transaction() as connection:
                named = {"video_id": video_id, "undo_window_s": undo_window_s, "release_size": release_size}
                connection.execute(statement, named)
        with self.catalog.transaction() as connection:
            video = get_video(connection, video_id)
        start_execution(self.workflow, state_machine_arn=self.machine_arn, video=video)
        return video_id

    def gates(self, video_id: str) -> list[tuple[str, str | None]]:
        """State and reason of each gate of the video."""
        rows = self.query(
            "SELECT state, reason FROM review_gates WHERE video_id = %s ORDER BY gate_id", video_id
        )
        return [(row["state"], row["reason"]) for row in rows]

    def is_waiting(self, video_id: str) -> bool:
        return any(state == "open" for state, _ in self.gates(video_id))

    def status(self, video_id: str, attempt: int = 1) -> str:
        """Of the execution of that attempt."""
        return str(self.workflow.describe_execution(executionArn=self.arn(video_id, attempt))["status"])

    def arn(self, video_id: str, attempt: int = 1) -> str:
        return execution_arn(self.machine_arn, execution_name(video_id, attempt))

    def history(self, video_id: str) -> list[dict[str, Any]]:
        """Every event of the first execution."""
        pages = self.workflow.get_paginator("get_execution_history").paginate(executionArn=self.arn(video_id))
        return [event for page in pages for event in page["events"]]

    def pending(self, video_id: str, limit: int = 200) -> list[dict[str, Any]]:
        """The first clips that wait for a decision, as an item of a batch each."""
        rows = self.query(
            """
            SELECT clip_id, version FROM clips WHERE video_id = %s AND state = 'pending_review'
            ORDER BY start_frame LIMIT %s
            """,
            video_id, limit,
        )  # fmt: skip
        return [dict(row) for row in rows]

    def decide(self, video_id: str, *actions: str, limit: int = 200) -> Any:
        """One batch of decisions through the API; the actions take turns."""
        items = zip(self.pending(video_id, limit), cycle(actions), strict=False)
        return self.api.post("/actions", {"items": [item | {"action": action} for item, action in items]})

    def query(self, statement: str, *parameters: Any) -> list[dict[str, Any]]:
        return query(self.catalog, statement, *parameters)

    def sweep(self) -> dict[str, int]:
        """What the sweeper put right, by kind."""
        answer = self.cloud.client("lambda").invoke(FunctionName="sweep", Payload=b"{}")
        done = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, done
        return {kind: count for kind, count in done.items() if count}

    def post_and_die(self, path: str, body: Any) -> int:
        """A request that an API process serves which is killed between its commit and Step Functions; its exit code."""
        machine = {"HEATERS_STATE_MACHINE_ARN": self.machine_arn, "HEATERS_BUCKET": self.cloud.bucket}
        return subprocess.run(
            [sys.executable, "-m", "tests.local_cloud.programs.dying_api", path, json.dumps(body)],
            env=os.environ | self.cloud.environment | machine,
            cwd=REPOSITORY,
            check=False,
        ).returncode


@contextmanager
def start_review_cloud(folder: Path, **overrides: str) -> Iterator[ReviewCloud]:
    """`overrides` are settings of functions and jobs."""
    assembly = _light_assembly(folder / "assembly")
    settings = LocalSettings(home=folder / "home", assembly=assembly, overrides=tuple(overrides.items()))
    with start_local_cloud(settings) as cloud:
        catalog = Catalog(CatalogSettings(conninfo=cloud.database_url))
        try:
            yield ReviewCloud(
                cloud=cloud,
                catalog=catalog,
                api=ApiClient(f"{cloud.url}/api", lambda: cloud.sign_in.token("operator")),
                workflow=cloud.client("stepfunctions"),
                machine_arn=next(m.arn for m in cloud.resources.machines if "StateMachine" in m.name),
            )
        finally:
            catalog.close()


def _light_assembly(folder: Path) -> Path:
    """The synthesized assembly with other programs in three of its functions; the state machine is as it was."""
    children = Children()
    try:
        made = synthesize(REPOSITORY / ".heaters" / "cdk", children, lambda _: None)
    finally:
        children.close()
    shutil.copytree(made, folder, ignore=shutil.ignore_patterns("asset.*"))
    for template in folder.rglob("*.template.json"):
        text = template.read_text()
        for program, light in _LIGHT.items():
            text = text.replace(program, light)
        template.write_text(text)
    return folder
