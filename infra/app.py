"""The whole cloud side as one CDK app. `python -m infra.app [--output DIR]` writes its templates; nobody is asked
for credentials, and no container engine is needed.

The CDK command line adds what is deployed with them: wheels for the review API, and the built site.
"""

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_cdk import App, Tags

from heaters.domain.jobs import MasterPolicy
from heaters.domain.pipeline import RELEASE_SIZE, UNDO_WINDOW_S
from heaters.domain.review.gates import REMIND_AFTER_S
from infra.nag import check_all
from infra.pipeline.images import REPOSITORY
from infra.review.distribution import CustomDomain
from infra.stacks.operations import OperationsStack
from infra.stacks.pipeline import PipelineStack
from infra.stacks.review import ReviewStack
from infra.stacks.storage import StorageStack

DEFAULT_SETTINGS = {
    "HEATERS_UNDO_WINDOW_S": str(UNDO_WINDOW_S),
    "HEATERS_RELEASE_SIZE": str(RELEASE_SIZE),
    "HEATERS_REMIND_AFTER_S": str(REMIND_AFTER_S),
    "HEATERS_MASTER_POLICY": MasterPolicy.FFV1.value,
    "HEATERS_EMBED_MODEL": "colour-layout",
}
"""What an installation may choose; `cdk deploy --context HEATERS_RELEASE_SIZE=50` chooses otherwise."""

REVIEW_SETTINGS = {"HEATERS_PLAYBACK_CAP_BYTES": str(10 * 1024**3)}
"""What only the API reads: how much the copies of clips that were made for playing may take up together."""

API_CONCURRENCY = "100"
"""HEATERS_API_CONCURRENCY: requests to the API at once, half of them waiting for news; or `none`."""

TEMPLATES_ONLY: Mapping[str, Any] = {"aws:cdk:bundling-stacks": []}
"""The CDK's own way to say that nothing is deployed: `cdk ls` says the same."""


def build_app(output: Path | None = None, context: Mapping[str, Any] = TEMPLATES_ONLY) -> App:
    """Every stack, not yet synthesized. `output` is where the cloud assembly goes; by default CDK_OUTDIR or cdk.out."""
    known = json.loads((REPOSITORY / "cdk.json").read_text())["context"]
    outdir = str(output or os.environ.get("CDK_OUTDIR") or REPOSITORY / "cdk.out")
    app = App(outdir=outdir, context={**known, **context}, analytics_reporting=False)
    settings = {name: _setting(app, name, default) for name, default in DEFAULT_SETTINGS.items()}
    review_settings = {name: _setting(app, name, default) for name, default in REVIEW_SETTINGS.items()}
    storage = StorageStack(app, "HeatersStorage", description="Heaters: media bucket, catalog, network")
    pipeline = PipelineStack(
        app,
        "HeatersPipeline",
        description="Heaters: state machine, functions, Batch",
        storage=storage,
        settings=settings,
    )
    review = ReviewStack(
        app,
        "HeatersReview",
        description="Heaters: review API, sign-in, site",
        storage=storage,
        pipeline=pipeline,
        settings={**settings, **review_settings},
        concurrency=_setting(app, "HEATERS_API_CONCURRENCY", API_CONCURRENCY),
        domain=_custom_domain(app),
    )
    OperationsStack(app, "HeatersOperations", description="Heaters: alarms", pipeline=pipeline, review=review)
    check_all(app)
    Tags.of(app).add("application", "heaters")
    return app


def _setting(app: App, name: str, default: str) -> str:
    return str(app.node.try_get_context(name) or default)


def _custom_domain(app: App) -> CustomDomain | None:
    """HEATERS_DOMAIN and HEATERS_CERTIFICATE_ARN, where both are given."""
    name, certificate_arn = (_setting(app, key, "") for key in ("HEATERS_DOMAIN", "HEATERS_CERTIFICATE_ARN"))
    return CustomDomain(name=name, certificate_arn=certificate_arn) if name and certificate_arn else None


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the CloudFormation templates of Heaters.")
    parser.add_argument(
        "--output", type=Path, help="folder for the templates; without it, all that is deployed"
    )
    output = parser.parse_args().output
    build_app(output, TEMPLATES_ONLY if output else {}).synth()


if __name__ == "__main__":
    main()
