"""Videos with known transitions, composed of one-shot material: what a scene detector should find, and what tempts it.

Hard cuts, dissolves, fades through black and white and both ends of black gaps are to be found; flashes of one to
three frames, fast pans, the fade in at the start and the fade out at the end are not. A seed gives the same frames.
"""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.random import Generator

from bench.scenes.shots import FOOTAGE, HEIGHT, WIDTH, Footage, Frames, film, travel, whip
from heaters.domain.timebase import format_rate

Drawn = TypeVar("Drawn")

RATES = (Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(25, 2))
SHOT_S = (1.2, 3.5)
DISSOLVE_S = (0.25, 2.0)
FADE_S = (0.3, 1.0)
HOLD_S = (0.0, 0.5)
GAP_S = (1.0, 2.0)

_SHARES = {"cut": 0.5, "dissolve": 0.26, "black": 0.1, "white": 0.07, "gap": 0.07}
_CAMERAS: dict[Callable[[Footage, int, Generator], Frames], float] = {film: 0.5, travel: 0.3, whip: 0.2}
_FLASH_SHARE = 0.3
_WHITE = 255


@dataclass(frozen=True, kw_only=True)
class Transition:
    """Frames `[start, end)` belong to neither shot alone, and `end` begins the new one; a hard cut has no frames.

    `kind` is cut, dissolve, black or white (which the fade goes through).
    """

    kind: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Composition:
    """A composed video and its truth, in order of time."""

    path: Path
    rate: Fraction
    frame_count: int
    transitions: tuple[Transition, ...]

    @property
    def hard_cuts(self) -> tuple[int, ...]:
        return tuple(t.end for t in self.transitions if t.kind == "cut")

    @property
    def gradual(self) -> tuple[Transition, ...]:
        return tuple(t for t in self.transitions if t.kind != "cut")


@dataclass(frozen=True, kw_only=True)
class Join:
    """How one shot becomes the next: `out` frames of the old and `into` frames of the new, `hold` frames between."""

    kind: str
    out: int = 0
    hold: int = 0
    into: int = 0


def compose(
    path: Path, *, seed: int, rate: Fraction, shots: int = 20, kinds: tuple[str, ...] = tuple(_SHARES)
) -> Composition:
    """Compose a video of `shots` shots at `path`, in H.264, joined in ways drawn from `kinds`."""
    random = np.random.default_rng(seed)
    joins = [_draw_join(kind, rate, random) for kind in _draw_kinds(kinds, shots - 1, random)]
    opening = Join(kind="black", hold=_frames((0.1, 0.5), rate, random), into=_frames(FADE_S, rate, random))
    ending = Join(kind="black", out=_frames(FADE_S, rate, random), hold=_frames((0.1, 0.5), rate, random))
    return _encode(path, rate, _render([opening, *joins, ending], rate, random))


def _encode(path: Path, rate: Fraction, pieces: Iterator[tuple[Frames, str]]) -> Composition:
    command = [
        "ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{WIDTH}x{HEIGHT}",
        "-r", format_rate(rate), "-i", "-", "-c:v", "libx264", "-preset", "veryfast", "-crf", "20",
        "-pix_fmt", "yuv420p", str(path),
    ]  # fmt: skip
    count, transitions = 0, []
    with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:
        assert encoder.stdin is not None
        for frames, kind in pieces:
            start, count = count, count + len(frames)
            if kind == "gap":
                transitions += [Transition(kind="cut", start=at, end=at) for at in (start, count)]
            elif kind:
                transitions.append(Transition(kind=kind, start=start, end=count))
            encoder.stdin.write(np.ascontiguousarray(frames).tobytes())
    if encoder.returncode:
        raise RuntimeError(f"ffmpeg could not encode {path.name}.")
    return Composition(path=path, rate=rate, frame_count=count, transitions=tuple(transitions))


def _render(joins: list[Join], rate: Fraction, random: Generator) -> Iterator[tuple[Frames, str]]:
    """Runs of frames in order, each with the kind of transition that it is, or "" where it is none."""
    nothing = np.zeros((0, HEIGHT, WIDTH, 3), np.uint8)
    tail, footage = nothing, FOOTAGE[0]
    for before, after in pairwise(joins):
        footage = _draw([f for f in FOOTAGE if f is not footage], None, random)
        camera = _draw(list(_CAMERAS), list(_CAMERAS.values()), random)
        body = _frames(SHOT_S, rate, random)
        shot = camera(footage, before.into + body + after.out, random)
        yield _join(before, tail, shot[: before.into]), before.kind if before is not joins[0] else ""
        middle = shot[before.into : before.into + body]
        yield _flash(middle, random) if random.random() < _FLASH_SHARE else middle, ""
        tail = shot[before.into + body :]
    yield _join(joins[-1], tail, nothing), ""


def _join(join: Join, old: Frames, new: Frames) -> Frames:
    if join.kind == "dissolve":
        share = _ramp(join.out)
        mixed: Frames = np.rint(old * (1 - share) + new * share).astype(np.uint8)
        return mixed
    colour = _WHITE if join.kind == "white" else 0
    fade_out, fade_in = 1 - _ramp(join.out), _ramp(join.into)
    held = np.full((join.hold, HEIGHT, WIDTH, 3), colour, np.uint8)
    parts = (old * fade_out + colour * (1 - fade_out), held, new * fade_in + colour * (1 - fade_in))
    return np.concatenate([np.rint(part).astype(np.uint8) for part in parts])


def _ramp(count: int) -> np.ndarray:
    """Shares that rise evenly between 0 and 1 without reaching either."""
    share: np.ndarray = (np.arange(1, count + 1, dtype=np.float32) / (count + 1))[:, None, None, None]
    return share


def _flash(frames: Frames, random: Generator) -> Frames:
    """The shot with one to three nearly white frames somewhere in its middle."""
    lit = frames.copy()
    at = int(random.integers(len(frames) // 3, 2 * len(frames) // 3))
    strength = random.uniform(0.7, 1.0)
    flash = lit[at : at + int(random.integers(1, 4))]
    flash[:] = np.rint(flash * (1 - strength) + _WHITE * strength)
    return lit


def _draw_kinds(kinds: tuple[str, ...], count: int, random: Generator) -> list[str]:
    return [_draw(list(kinds), [_SHARES[kind] for kind in kinds], random) for _ in range(count)]


def _draw_join(kind: str, rate: Fraction, random: Generator) -> Join:
    if kind == "cut":
        return Join(kind=kind)
    if kind == "gap":
        return Join(kind=kind, hold=_frames(GAP_S, rate, random))
    if kind == "dissolve":
        length = _frames(DISSOLVE_S, rate, random)
        return Join(kind=kind, out=length, into=length)
    out, hold, into = (_frames(span, rate, random) for span in (FADE_S, HOLD_S, FADE_S))
    return Join(kind=kind, out=out, hold=hold, into=into)


def _frames(span_s: tuple[float, float], rate: Fraction, random: Generator) -> int:
    return round(random.uniform(*span_s) * rate)


def _draw(among: list[Drawn], shares: list[float] | None, random: Generator) -> Drawn:
    weights = None if shares is None else np.array(shares) / sum(shares)
    return among[int(random.choice(len(among), p=weights))]
