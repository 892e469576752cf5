"""Draws the way of a video through the stages as a Mermaid flowchart, made from STAGES alone; `make generate` puts it
into README.md. It leaves out what records and explains: those states are in the definition.
"""

from collections.abc import Sequence

from heaters.domain.pipeline import STAGES, stages_in
from heaters.domain.stage import Part, Stage
from infra.workflow.stage_table import KINDS


def render_pipeline(stages: Sequence[Stage] = STAGES) -> str:
    """The chart in a fence, as Markdown pages show it."""
    fetching, preparing, beside, of_clips, of_waves = (stages_in(part, stages) for part in Part)
    before_review = [*map(_box, (*fetching, *preparing)), "gate{{Review gate<br>people decide}}"]
    sources = " & ".join(["upload", *(stage.name for stage in fetching[-1:])])
    lines = [
        "flowchart TD",
        _chain("url([a URL])", *before_review),
        _chain("upload([an upload])", preparing[0].name),
        *(_chain(sources, _box(stage)) for stage in beside),
        "subgraph wave [a wave of approved clips]",
        _chain(*map(_box, (*of_clips, *of_waves))),
        "end",
        f"gate -- undo window over --> {of_clips[0].name}",
        f"{of_waves[-1].name} -- more to review --> gate",
        _chain(of_waves[-1].name, "done([exact, searchable clips])"),
    ]
    return "\n".join(["```mermaid", *lines, "```", ""])


def _box(stage: Stage) -> str:
    places = list(dict.fromkeys(KINDS[place.runner] for place in stage.places))
    return f'{stage.name}["{stage.title}<br>{" or ".join(places)}"]'


def _chain(*boxes: str) -> str:
    return " --> ".join(boxes)
