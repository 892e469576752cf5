"""The documentation's stage table is the pipeline's own."""

from infra.pipeline.images import REPOSITORY
from infra.workflow.stage_table import render_page


def test_the_stage_page_is_current() -> None:
    """After a change to STAGES: `python -m infra.workflow.stage_table > docs/stages.md`."""
    assert (REPOSITORY / "docs" / "stages.md").read_text() == render_page()
