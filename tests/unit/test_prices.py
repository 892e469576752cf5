"""What runs cost, checked against sums done by hand from the price lists."""

import pytest

from heaters.domain.pipeline import STAGE, STAGES
from heaters.domain.prices import Runs, price_runs
from heaters.domain.stage import Stage

HOUR = Runs(count=1, seconds=3600, requests=0)


def test_an_hour_of_the_proxy_on_fargate() -> None:
    """4 vCPU, 8 GiB, and 180 GiB of disk beyond the free 20."""
    by_hand = 4 * 0.04048 + 8 * 0.004445 + 180 * 0.000111
    assert price_runs(STAGE["proxy"], HOUR, on_batch=True) == pytest.approx(by_hand)


def test_spare_capacity_costs_less_than_a_third() -> None:
    """The master's place has the proxy's size."""
    share = price_runs(STAGE["master"], HOUR, on_batch=True) / price_runs(STAGE["proxy"], HOUR, on_batch=True)
    assert share == pytest.approx(0.3)


def test_a_thousand_exports_of_a_tenth_of_a_second() -> None:
    """1,769 MiB of memory, 9.5 GiB of disk beyond the free half, a call each, and their requests."""
    runs = Runs(count=1000, seconds=100, requests=6000)
    memory, disk = 100 * 1769 / 1024 * 0.0000166667, 100 * 9.5 * 0.0000000309
    by_hand = memory + disk + 1000 * 0.2e-6 + 6000 * 0.005 / 1000
    assert price_runs(STAGE["export"], runs, on_batch=False) == pytest.approx(by_hand)


def test_a_short_job_is_billed_for_a_minute() -> None:
    """Fargate's shortest time, for each of its jobs."""
    short, long = Runs(count=2, seconds=3, requests=0), Runs(count=2, seconds=120, requests=0)
    assert price_runs(STAGE["export"], short, on_batch=True) == price_runs(
        STAGE["export"], long, on_batch=True
    )


def test_a_wave_on_a_gpu_costs_its_instance() -> None:
    """A run that did not say where it was is taken as one at the usual place."""
    embed = STAGE["embed"]
    assert price_runs(embed, HOUR, on_batch=True) == pytest.approx(0.526)
    assert price_runs(embed, HOUR, on_batch=None) == price_runs(embed, HOUR, on_batch=False) != 0.526


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
@pytest.mark.parametrize("on_batch", [True, False, None])
def test_every_stage_has_a_price(stage: Stage, on_batch: bool | None) -> None:
    """Wherever it ran; nothing costs nothing."""
    assert price_runs(stage, HOUR, on_batch=on_batch) > 0
    assert price_runs(stage, Runs(count=0, seconds=0, requests=0), on_batch=on_batch) == 0
