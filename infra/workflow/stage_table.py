"""Renders the stages as a Markdown page; `make generate` writes it to docs/stages.md. Writes no file itself."""

from collections.abc import Iterable, Mapping

from heaters.domain.key_templates import template_of
from heaters.domain.pipeline import STAGES
from heaters.domain.stage import Key, Place, Runner, Stage
from infra.workflow.tasks import BATCH_ATTEMPTS

_HEADER = """# Stages

Made from `STAGES` in `heaters/domain/pipeline.py` by `make generate`; change it there.

| Stage | Turn | From | While | Then, or | Runs on | Time limit | Tries | Reads | Writes | Clears away | Job, result |
|---|---|---|---|---|---|---|---|---|---|---|---|
"""

KINDS: Mapping[Runner, str] = {
    Runner.LAMBDA: "Lambda",
    Runner.BATCH_FARGATE: "Batch on Fargate",
    Runner.BATCH_FARGATE_SPOT: "Batch on Fargate Spot",
    Runner.BATCH_GPU: "Batch on GPU",
}
"""Where a stage runs, in words."""


def render_page(stages: Iterable[Stage] = STAGES) -> str:
    """The whole page."""
    return _HEADER + "".join(_render_row(stage) for stage in stages)


def _render_row(stage: Stage) -> str:
    places = [_render_place(place) for place in stage.places]
    if stage.bulk_from:
        places[-1] = f"from {_render_amount(stage)}: {places[-1]}"
    limits = [_render_time(place.timeout_s) for place in stage.places]
    cells = (
        f"**{stage.title}** (`{stage.name}`, {stage.entity})",
        stage.part,
        ", ".join(sorted(stage.starts_from)),
        stage.running,
        f"{stage.done}, {stage.failed}",
        "; ".join(places),
        "; ".join(limits),
        "; ".join(str(_count_tries(stage, place)) for place in stage.places),
        _render_keys(stage.reads) or "the URL",
        _render_keys(stage.writes) or "its result",
        _render_keys(stage.deletes) or "nothing",
        f"`{stage.job.__name__}`, `{stage.result.__name__}`",
    )
    return f"| {' | '.join(cells)} |\n"


def _render_keys(keys: Iterable[Key]) -> str:
    return "<br>".join(f"`{template_of(key)}`" for key in keys)


def _render_amount(stage: Stage) -> str:
    amount = stage.bulk_from or 0
    return f"{amount / 1024**3:g} GiB" if stage.bulk_unit == "bytes" else f"{amount} {stage.bulk_unit}"


def _render_place(place: Place) -> str:
    memory = f"{place.memory_mib / 1024:.3g} GiB"
    if place.runner is Runner.LAMBDA:
        return f"{KINDS[place.runner]}, {memory}"
    return f"{KINDS[place.runner]}, {place.vcpu:g} vCPU, {memory}, {place.disk_gib} GiB disk"


def _count_tries(stage: Stage, place: Place) -> int:
    """On Batch the job definition starts a job again; on Lambda the state machine does."""
    return stage.retry.max_attempts + 1 if place.runner is Runner.LAMBDA else BATCH_ATTEMPTS


def _render_time(seconds: int) -> str:
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
