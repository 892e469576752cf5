"""The light functions as data: what each is for, how much it gets and what it may touch.

All of them reach the catalog. Nothing here builds anything: `infra.pipeline.state_functions` makes the Lambdas and the
grants from this table, and the workflow takes its time limits from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from heaters.domain import object_keys
from heaters.domain.key_templates import prefix_of
from heaters.domain.pipeline import clip_keys


class DatabaseUser(StrEnum):
    """APPLICATION reads and writes rows; ADMIN owns the schema and is for migrations only."""

    APPLICATION = "heaters"
    ADMIN = "heaters_admin"


@dataclass(frozen=True, kw_only=True)
class StateFunction:
    """One file in `functions/`. `reads`, `writes` and `deletes` are prefixes of the media bucket;
    `lists_versions`: sees replaced uploads as well.

    `in_workflow`: the state machine calls it. `resumes_gates`: may answer a task token. `watches_executions`:
    may list executions and ask how one is doing.
    """

    name: str
    purpose: str
    timeout_s: int = 60
    memory_mib: int = 512
    in_workflow: bool = True
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    lists_versions: bool = False
    starts_executions: bool = False
    watches_executions: bool = False
    resumes_gates: bool = False
    database_user: DatabaseUser = DatabaseUser.APPLICATION

    @property
    def handler(self) -> str:
        """Where the Lambda finds its handler inside the state image."""
        return f"functions.{self.name}.handler"


RESULTS = prefix_of(object_keys.stage_result)
WAVES = prefix_of(object_keys.wave_manifest)
_CLIP_OBJECTS = tuple(prefix_of(key) for key in clip_keys())

FUNCTIONS: tuple[StateFunction, ...] = (
    StateFunction(
        name="start_video",
        purpose="Turn an upload into a video and an execution, once however often the event comes.",
        in_workflow=False,
        starts_executions=True,
    ),
    StateFunction(
        name="begin_video", purpose="Claim the video for its execution and begin where it left off."
    ),
    StateFunction(name="begin_stage", purpose="Claim a row for a stage and return the stage's job."),
    StateFunction(
        name="complete_stage",
        purpose="Record a stage's result and begin the next stage.",
        timeout_s=300,
        memory_mib=1024,
        reads=(RESULTS, WAVES),
        writes=(WAVES,),
    ),
    StateFunction(
        name="fail_stage",
        purpose="Record why a stage failed; for a video's own stages, raise it under its name.",
        reads=(RESULTS,),
    ),
    StateFunction(
        name="create_clips",
        purpose="Write the cuts and the clips between them, and hand the video to review.",
        timeout_s=120,
        memory_mib=1024,
        reads=(RESULTS,),
    ),
    StateFunction(
        name="open_gate",
        purpose="Store the token on which the execution waits for reviewers.",
        resumes_gates=True,
    ),
    StateFunction(
        name="collect_wave",
        purpose="Claim the decided clips that are past the undo window and write the wave's manifest.",
        timeout_s=120,
        memory_mib=1024,
        writes=(WAVES,),
    ),
    StateFunction(
        name="begin_embedding",
        purpose="Claim the wave's keyframed clips and write the list from which they are embedded.",
        timeout_s=120,
        memory_mib=1024,
        reads=(RESULTS, WAVES),
        writes=(WAVES,),
    ),
    StateFunction(
        name="archive_clips",
        purpose="Mark archived clips, then delete their objects.",
        timeout_s=300,
        deletes=_CLIP_OBJECTS,
    ),
    StateFunction(name="complete_video", purpose="Close a video on which nothing is left to review."),
    StateFunction(
        name="record_failure",
        purpose="Record on the video that its execution failed, and why.",
        in_workflow=False,
    ),
    StateFunction(
        name="record_progress", purpose="Record how far a stage has come.", timeout_s=20, in_workflow=False
    ),
    StateFunction(
        name="sweep",
        purpose="Find whatever was lost on the way and put it right.",
        timeout_s=300,
        in_workflow=False,
        reads=(object_keys.UPLOADS,),
        lists_versions=True,
        starts_executions=True,
        watches_executions=True,
        resumes_gates=True,
    ),
    StateFunction(
        name="migrate",
        purpose="Bring the schema up to date when a new version is deployed.",
        timeout_s=600,
        in_workflow=False,
        database_user=DatabaseUser.ADMIN,
    ),
)

FUNCTION: Mapping[str, StateFunction] = {function.name: function for function in FUNCTIONS}
"""Every light function by name."""
