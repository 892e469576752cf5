"""Timing a callable: wall clock and the CPU seconds of this process and its children, medians over rounds."""

import os
import platform
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TABLE_HEAD = "| what | ours | peer | ratio | target | rounds |\n|---|---|---|---|---|---|"


@dataclass(frozen=True, kw_only=True)
class Sample:
    wall_s: float
    cpu_s: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Medians of interleaved rounds. `ratio` is ours over the peer's, of the quantity that `unit` names."""

    title: str
    ours: float
    peer: float
    unit: str
    peer_name: str
    rounds: int
    target: str

    @property
    def ratio(self) -> float:
        return self.ours / self.peer

    def row(self) -> str:
        return (
            f"| {self.title} | {self.ours:.3f} {self.unit} | {self.peer:.3f} {self.unit} ({self.peer_name}) "
            f"| {self.ratio:.3f} | {self.target} | {self.rounds} |"
        )


def _cpu_s() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def sample(work: Callable[[], object]) -> Sample:
    """One run of `work`. Child processes count once they have been waited for."""
    wall, cpu = time.perf_counter(), _cpu_s()
    work()
    return Sample(wall_s=time.perf_counter() - wall, cpu_s=_cpu_s() - cpu)


def compare(
    *,
    title: str,
    ours: Callable[[], object],
    peer: Callable[[], object],
    peer_name: str,
    target: str,
    quantity: str = "cpu_s",
    rounds: int = 5,
) -> Comparison:
    """Run ours and the peer by turns, so that both meet the same weather, and compare the medians of `quantity`."""
    pairs = [(getattr(sample(ours), quantity), getattr(sample(peer), quantity)) for _ in range(rounds)]
    return Comparison(
        title=title,
        ours=statistics.median(mine for mine, _ in pairs),
        peer=statistics.median(theirs for _, theirs in pairs),
        unit="CPU s" if quantity == "cpu_s" else "s",
        peer_name=peer_name,
        rounds=rounds,
        target=target,
    )


def describe_machine() -> str:
    """Processor, cores and system of this machine, for the head of a table."""
    models = [
        line.split(":")[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    return f"{models[0] if models else platform.processor()}, {os.cpu_count()} cores, {platform.platform()}"
