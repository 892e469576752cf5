"""Short videos of one kind of edit each, made of the same one-shot material: what a total over all kinds would hide."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.random import Generator

from bench.scenes.ground_truth import Transition
from bench.scenes.shots import FOOTAGE, Frames, film, travel

RATE, FAST_RATE = Fraction(25), Fraction(60)


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Frames (n, height, width, 3), bgr, and all that a detector should find in them."""

    kind: str
    rate: Fraction
    frames: Frames
    transitions: tuple[Transition, ...] = ()


def make_edits(seed: int) -> Iterator[Edit]:
    """One or more of every kind. The same seed gives the same frames."""
    random = np.random.default_rng(seed)
    for make in (_held, _flashes, _strobe, _banner, _near_ends, _quick, _wipes):
        yield from make(random)


def _held(random: Generator) -> Iterator[Edit]:
    for count in (3, 4, 5, 12):
        shots = [shot[np.arange(96) // count * count] for shot in _shots(random, (96, 96))]
        yield _joined("held pictures", shots)


def _flashes(random: Generator) -> Iterator[Edit]:
    for count, rate in ((1, RATE), (3, RATE), (6, RATE), (11, FAST_RATE), (14, FAST_RATE)):
        (shot,) = _shots(random, (150,))
        shot[60 : 60 + count] = _lit(shot[60 : 60 + count], random.choice([0, 255]))
        yield Edit(kind="flashes", rate=rate, frames=shot)


def _strobe(random: Generator) -> Iterator[Edit]:
    (shot,) = _shots(random, (150,))
    on = np.arange(150) % 10 < 5
    on[:40] = on[110:] = False
    shot[on] = _lit(shot[on], 255)
    yield Edit(kind="flashes", rate=RATE, frames=shot)


def _banner(random: Generator) -> Iterator[Edit]:
    (shot,) = _shots(random, (150,))
    height, width = shot.shape[1] // 2, shot.shape[2] // 2
    shot[20:130][np.arange(110) % 24 < 12, :height, :width] = random.integers(0, 256, 3)
    yield Edit(kind="flashes", rate=RATE, frames=shot)


def _near_ends(random: Generator) -> Iterator[Edit]:
    for at in (1, 2, 3, 8):
        yield _joined("near the ends", _shots(random, (at, 150 - at)))
        yield _joined("near the ends", _shots(random, (150 - at, at)))


def _quick(random: Generator) -> Iterator[Edit]:
    for lengths in ((50, 10, 10, 10, 10, 60), (50, 7, 8, 6, 60), (50, 5, 60)):
        yield _joined("quick", _shots(random, lengths))


def _wipes(random: Generator) -> Iterator[Edit]:
    for kind, edge in (("wipe", _sideways), ("wipe", _downwards), ("wipe", _iris), ("slide", None)):
        length = int(random.integers(12, 38))
        old, new = _shots(random, (80, 80))
        mixed = (
            _slide(old[-length:], new[:length]) if edge is None else _wipe(old[-length:], new[:length], edge)
        )
        yield Edit(
            kind=kind,
            rate=RATE,
            frames=np.concatenate([old[:-length], mixed, new[length:]]),
            transitions=(Transition(kind=kind, start=80 - length, end=80),),
        )


def _shots(random: Generator, lengths: Sequence[int]) -> list[Frames]:
    shots, last = [], None
    for length in lengths:
        footage = [each for each in FOOTAGE if each is not last]
        last = footage[int(random.integers(len(footage)))]
        camera = travel if random.random() < 0.3 else film
        shots.append(camera(last, length, random).copy())
    return shots


def _joined(kind: str, shots: list[Frames]) -> Edit:
    ends = np.cumsum([len(shot) for shot in shots])[:-1]
    cuts = tuple(Transition(kind="cut", start=int(end), end=int(end)) for end in ends)
    return Edit(kind=kind, rate=RATE, frames=np.concatenate(shots), transitions=cuts)


def _lit(frames: Frames, level: int) -> Frames:
    lit: Frames = np.rint(frames * 0.15 + level * 0.85).astype(np.uint8)
    return lit


def _sideways(height: int, width: int) -> np.ndarray:
    return np.broadcast_to(np.arange(width) / width, (height, width))


def _downwards(height: int, width: int) -> np.ndarray:
    return np.broadcast_to(np.arange(height)[:, None] / height, (height, width))


def _iris(height: int, width: int) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    away: np.ndarray = np.hypot(rows - height / 2, columns - width / 2)
    scaled: np.ndarray = away / away.max()
    return scaled


def _wipe(old: Frames, new: Frames, edge: Callable[[int, int], np.ndarray]) -> Frames:
    done = (np.arange(1, len(old) + 1) / (len(old) + 1))[:, None, None, None]
    return np.where(edge(*old.shape[1:3])[None, :, :, None] < done, new, old)


def _slide(old: Frames, new: Frames) -> Frames:
    both = np.concatenate([old, new], axis=2)
    width = old.shape[2]
    starts = [round(width * (n + 1) / (len(old) + 1)) for n in range(len(old))]
    return np.stack([frame[:, start : start + width] for frame, start in zip(both, starts, strict=True)])
