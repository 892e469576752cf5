"""`make bench`: run every comparison, or the one that BENCH names, and print what docs/benchmarks.md records."""

import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from bench.export import print_export
from bench.facts import print_facts
from bench.measure import describe_machine
from bench.passes import print_passes
from bench.presets import print_presets
from bench.review.load import print_review_load
from bench.scenes.scoreboard import print_scoreboard
from bench.scenes.thresholds import print_thresholds
from bench.search.recall import print_search
from bench.sources import REPOSITORY, SECONDS, compose_source

PARTS: Mapping[str, Callable[[Path], None]] = {
    "passes": print_passes,
    "facts": print_facts,
    "export": print_export,
    "presets": print_presets,
}
"""Parts that get the composed source, by their names."""

ALONE: Mapping[str, Callable[[], None]] = {
    "scenes": print_scoreboard,
    "thresholds": print_thresholds,
    "review": print_review_load,
    "search": print_search,
}
"""Parts that make what they need themselves."""


def main(names: list[str]) -> None:
    known = [*PARTS, *ALONE]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"heaters: no benchmark is called {unknown[0]}; there are {', '.join(known)}.")
    folder = REPOSITORY / ".heaters" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{describe_machine()}; {describe_versions()}.")
    wanted = names or known
    if any(name in PARTS for name in wanted):
        source = compose_source(folder)
        print(
            f"Source: {SECONDS} s of 1080p24 H.264. Ratio: ours over the peer's, medians of interleaved rounds.\n"
        )
    for name in wanted:
        if name in ALONE:
            ALONE[name]()
        else:
            PARTS[name](source)


def describe_versions() -> str:
    ffmpeg = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout
    packages = [f"{name} {version(name)}" for name in ("av", "scenedetect", "numpy")]
    return ", ".join([f"Python {platform.python_version()}", f"ffmpeg {ffmpeg.split()[2]}", *packages])


if __name__ == "__main__":
    main(sys.argv[1:])
