"""What the runs of stages cost by list price: their time at their place, and their requests to S3.

Estimates: list prices of us-east-1, Linux on x86, without discounts and free tiers, as known in November 2026; those
that hold stand on https://aws.amazon.com/lambda/pricing, /fargate/pricing, /ec2/pricing/on-demand and /s3/pricing.
The light functions, the catalog, the state machine and storage are not in it: they are not paid for by the run.
"""

from dataclasses import dataclass

from heaters.domain.stage import Place, Runner, Stage

LAMBDA_USD_PER_GIB_S = 0.0000166667
LAMBDA_USD_PER_CALL = 0.20 / 1e6
LAMBDA_USD_PER_DISK_GIB_S = 0.0000000309
LAMBDA_FREE_DISK_GIB = 0.5

FARGATE_USD_PER_VCPU_H = 0.04048
FARGATE_USD_PER_GIB_H = 0.004445
FARGATE_USD_PER_DISK_GIB_H = 0.000111
FARGATE_FREE_DISK_GIB = 20
FARGATE_SHORTEST_S = 60

SPOT_SHARE = 0.3
"""Of Fargate's price; AWS promises up to 70 % off, and the real price moves."""

GPU_USD_PER_H = 0.526
"""A g4dn.xlarge, the cheapest of the instances that the embedding job may get."""

S3_USD_PER_REQUEST = 0.005 / 1000
"""A PUT. Requests are not counted by kind; a GET is a twelfth of that, so the sum is an upper bound."""


@dataclass(frozen=True, kw_only=True)
class Runs:
    """All runs of one stage at one place, together. `seconds` is wall clock."""

    count: int
    seconds: float
    requests: int


def price_runs(stage: Stage, runs: Runs, *, on_batch: bool | None) -> float:
    """US dollars; `on_batch` None: the stage's usual place."""
    place = _place_of(stage, on_batch)
    return _PRICES[place.runner](place, runs) + runs.requests * S3_USD_PER_REQUEST


def _place_of(stage: Stage, on_batch: bool | None) -> Place:
    is_usual = on_batch is None or on_batch == (stage.place.runner is not Runner.LAMBDA)
    return stage.place if is_usual or stage.bulk_place is None else stage.bulk_place


def _price_on_lambda(place: Place, runs: Runs) -> float:
    disk_gib = max(place.disk_gib - LAMBDA_FREE_DISK_GIB, 0)
    per_s = place.memory_mib / 1024 * LAMBDA_USD_PER_GIB_S + disk_gib * LAMBDA_USD_PER_DISK_GIB_S
    return runs.seconds * per_s + runs.count * LAMBDA_USD_PER_CALL


def _price_on_fargate(place: Place, runs: Runs) -> float:
    disk_gib = max(place.disk_gib - FARGATE_FREE_DISK_GIB, 0)
    per_h = (
        place.vcpu * FARGATE_USD_PER_VCPU_H
        + place.memory_mib / 1024 * FARGATE_USD_PER_GIB_H
        + disk_gib * FARGATE_USD_PER_DISK_GIB_H
    )
    return max(runs.seconds, runs.count * FARGATE_SHORTEST_S) / 3600 * per_h


def _price_on_spot(place: Place, runs: Runs) -> float:
    return _price_on_fargate(place, runs) * SPOT_SHARE


def _price_on_gpu(_place: Place, runs: Runs) -> float:
    return max(runs.seconds, runs.count * FARGATE_SHORTEST_S) / 3600 * GPU_USD_PER_H


_PRICES = {
    Runner.LAMBDA: _price_on_lambda,
    Runner.BATCH_FARGATE: _price_on_fargate,
    Runner.BATCH_FARGATE_SPOT: _price_on_spot,
    Runner.BATCH_GPU: _price_on_gpu,
}
