"""`make bench`: run every comparison, or the one that BENCH names, and print what docs/benchmarks.md records."""

import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from bench.export import print_export
from bench.measure import describe_machine
from bench.passes import print_passes
from bench.presets import print_presets
from bench.scenes import print_scoreboard
from bench.sources import REPOSITORY, SECONDS, compose_source

PARTS: Mapping[str, Callable[[Path], None]] = {
    "passes": print_passes,
    "export": print_export,
    "presets": print_presets,
    "scenes": lambda _source: print_scoreboard(),
}
"""Each part by its name; all get the composed source, the scoreboard composes its own."""


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise SystemExit(f"heaters: no benchmark is called {unknown[0]}; there are {', '.join(PARTS)}.")
    folder = REPOSITORY / ".heaters" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    source = compose_source(folder)
    print(f"{describe_machine()}; {describe_versions()}.")
    print(
        f"Source: {SECONDS} s of 1080p24 H.264. Ratio: ours over the peer's, medians of interleaved rounds.\n"
    )
    for name in names or PARTS:
        PARTS[name](source)


def describe_versions() -> str:
    ffmpeg = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout
    packages = [f"{name} {version(name)}" for name in ("av", "scenedetect", "numpy")]
    return ", ".join([f"Python {platform.python_version()}", f"ffmpeg {ffmpeg.split()[2]}", *packages])


if __name__ == "__main__":
    main(sys.argv[1:])
