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

from heaters.domain.settings import (
    CERTIFICATE_ARN,
    CONCURRENCY,
    DOMAIN,
    SETTINGS,
    Reader,
    names_given_to,
    read_settings,
)
from infra.nag import check_all
from infra.pipeline.container_images import REPOSITORY
from infra.review.distribution import CustomDomain
from infra.stacks.operations import OperationsStack
from infra.stacks.pipeline import PipelineStack
from infra.stacks.review import ReviewStack
from infra.stacks.storage import StorageStack

TEMPLATES_ONLY: Mapping[str, Any] = {"aws:cdk:bundling-stacks": []}
"""The CDK's own way to say that nothing is deployed: `cdk ls` says the same."""


def build_app(output: Path | None = None, context: Mapping[str, Any] = TEMPLATES_ONLY) -> App:
    """Every stack, not yet synthesized. `output` is where the cloud assembly goes; by default CDK_OUTDIR or cdk.out."""
    known = json.loads((REPOSITORY / "cdk.json").read_text())["context"]
    outdir = str(output or os.environ.get("CDK_OUTDIR") or REPOSITORY / "cdk.out")
    app = App(outdir=outdir, context={**known, **context}, analytics_reporting=False)
    chosen = _read_choices(app)
    storage = StorageStack(app, "HeatersStorage", description="Heaters: media bucket, catalog, network")
    pipeline = PipelineStack(
        app,
        "HeatersPipeline",
        description="Heaters: state machine, functions, Batch",
        storage=storage,
        settings={name: chosen[name] for name in names_given_to(Reader.FUNCTIONS)},
    )
    review = ReviewStack(
        app,
        "HeatersReview",
        description="Heaters: review API, sign-in, site",
        storage=storage,
        pipeline=pipeline,
        settings={name: chosen[name] for name in names_given_to(Reader.API)},
        concurrency=CONCURRENCY.read(chosen),
        domain=_custom_domain(chosen),
    )
    OperationsStack(app, "HeatersOperations", description="Heaters: alarms", pipeline=pipeline, review=review)
    check_all(app)
    Tags.of(app).add("application", "heaters")
    return app


def _read_choices(app: App) -> Mapping[str, str]:
    """Every setting by name as text, chosen by context (`cdk deploy --context HEATERS_RELEASE_SIZE=50`) or the default.
    Raises InvalidSetting here, where somebody can put it right, rather than in a function.
    """
    given = {setting.name: app.node.try_get_context(setting.name) for setting in SETTINGS}
    said = {name: str(value).strip() for name, value in given.items() if value is not None}
    chosen = {setting.name: said.get(setting.name) or setting.default_text for setting in SETTINGS}
    read_settings(chosen)
    return chosen


def _custom_domain(chosen: Mapping[str, str]) -> CustomDomain | None:
    """Where both the name and its certificate are given."""
    name, certificate_arn = DOMAIN.read(chosen), CERTIFICATE_ARN.read(chosen)
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
