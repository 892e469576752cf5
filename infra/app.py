"""The whole cloud side as one CDK app. `python -m infra.app [--output DIR]` writes its templates; nobody is asked
for credentials, and no container engine is needed.
"""

import argparse
import json
import os
from pathlib import Path

from aws_cdk import App, Tags

from heaters.domain.jobs import MasterPolicy
from heaters.domain.pipeline import RELEASE_SIZE, UNDO_WINDOW_S
from infra.images import REPOSITORY
from infra.nag import check_all
from infra.stacks.operations import OperationsStack
from infra.stacks.pipeline import PipelineStack
from infra.stacks.storage import StorageStack

DEFAULT_SETTINGS = {
    "HEATERS_UNDO_WINDOW_S": str(UNDO_WINDOW_S),
    "HEATERS_RELEASE_SIZE": str(RELEASE_SIZE),
    "HEATERS_MASTER_POLICY": MasterPolicy.FFV1.value,
    "HEATERS_EMBED_MODEL": "colour-layout",
}
"""What an installation may choose; `cdk deploy --context HEATERS_RELEASE_SIZE=50` chooses otherwise."""


def build_app(output: Path | None = None) -> App:
    """Every stack, not yet synthesized. `output` is where the cloud assembly goes; by default CDK_OUTDIR or cdk.out."""
    context = json.loads((REPOSITORY / "cdk.json").read_text())["context"]
    outdir = str(output or os.environ.get("CDK_OUTDIR") or REPOSITORY / "cdk.out")
    app = App(outdir=outdir, context=context, analytics_reporting=False)
    settings = {
        name: str(app.node.try_get_context(name) or default) for name, default in DEFAULT_SETTINGS.items()
    }
    storage = StorageStack(app, "HeatersStorage", description="Heaters: media bucket, catalog, network")
    pipeline = PipelineStack(
        app,
        "HeatersPipeline",
        description="Heaters: state machine, functions, Batch",
        storage=storage,
        settings=settings,
    )
    OperationsStack(app, "HeatersOperations", description="Heaters: alarms", pipeline=pipeline)
    check_all(app)
    Tags.of(app).add("application", "heaters")
    return app


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the CloudFormation templates of Heaters.")
    parser.add_argument("--output", type=Path, help="folder for the cloud assembly (default: cdk.out)")
    build_app(parser.parse_args().output).synth()


if __name__ == "__main__":
    main()
