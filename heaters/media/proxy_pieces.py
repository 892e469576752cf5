"""Make a proxy in pieces, each on its own, and join them: the same frames, scores and tiles as one pass makes.

Sound is encoded once for the whole video, because an AAC frame depends on those before it. What a damaged source
lost is judged by one pass only, not here. Knows no bucket and no job.
"""

import heapq
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream

from heaters.domain.errors import InvalidJob
from heaters.domain.timebase import FrameRange
from heaters.media.ffmpeg import Progress, run_ffmpeg, safe_input
from heaters.media.piece_plan import KEEP_TIMES, SEEKABLE, Piece, input_options, plan_piece, seek_time_s
from heaters.media.probe import SourceProbe
from heaters.media.process import Limits
from heaters.media.proxy_command import (
    PROXY_FILE,
    SOUND_FILE,
    TILES_OUTPUT,
    first_frame_arguments,
    proxy_arguments,
    sound_arguments,
)
from heaters.media.proxy_plan import ProxyPlan
from heaters.media.score_counter import ScoreCounter
from heaters.media.scores import Scores
from heaters.media.storyboard import SheetFiles, SheetWriter

TILES_FILE = "tiles.bgr24"

_READ_BYTES = 1 << 20
_FIRST_ON_GRID = re.compile(r" n: *0 pts: *0 ")


@dataclass(frozen=True, kw_only=True, eq=False)
class ProxyPiece:
    """A made piece: `proxy` holds the pictures of `frames`, `tiles` its raw bgr24 tiles one after the other."""

    frames: FrameRange
    proxy: Path
    scores: Scores
    tiles: Path


@dataclass(frozen=True, kw_only=True, eq=False)
class JoinedProxy:
    proxy: Path
    scores: Scores
    storyboard: SheetFiles


def make_piece(
    path: Path,
    source: SourceProbe,
    plan: ProxyPlan,
    frames: FrameRange,
    *,
    folder: Path,
    limits: Limits | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> ProxyPiece:
    """Make frames `frames` of the proxy that `plan` describes, writing into the empty `folder`.

    Where seeking led to a frame after the first one wanted, the source is decoded from its beginning. Raises
    InvalidJob if the source has not all these frames, and what `run_ffmpeg` raises.
    """
    for piece in _ways_to_make(path, source, plan, frames, folder=folder):
        counter = ScoreCounter(width=plan.score_size.width, height=plan.score_size.height)
        expected = frames.end_frame - piece.first_frame
        opened = safe_input(path, source.container, options=input_options(plan, piece))
        with (folder / TILES_FILE).open("wb") as tiles:
            run_ffmpeg(
                [*opened, *proxy_arguments(plan, piece=piece)],
                folder=folder,
                limits=limits,
                duration_s=float(expected / plan.rate),
                on_progress=on_progress,
                on_output=counter,
                extra_outputs={TILES_OUTPUT: _writer(tiles)},
            )
        if counter.frame_count == expected:
            scores = _rows_from(counter.finish(plan.rate), piece.warm_up_frames)
            return ProxyPiece(
                frames=frames, proxy=folder / PROXY_FILE, scores=scores, tiles=folder / TILES_FILE
            )
    raise InvalidJob(
        f"The source has no frames {frames.start_frame:,} to {frames.end_frame:,}: {counter.frame_count:,} of "
        f"{expected:,} were decoded; make this proxy in one pass.",
    )


def _ways_to_make(
    path: Path, source: SourceProbe, plan: ProxyPlan, frames: FrameRange, *, folder: Path
) -> Iterator[Piece]:
    """By seeking, where times can be trusted; by counting from the beginning always."""
    sought = plan_piece(frames, sought=True)
    if source.container in SEEKABLE and seek_time_s(plan, sought) > 0:
        opened = safe_input(path, source.container, options=KEEP_TIMES)
        look = run_ffmpeg([*opened, *first_frame_arguments(plan)], folder=folder, log_level="info")
        if any(_FIRST_ON_GRID.search(line) for line in look.log):
            yield sought
    yield plan_piece(frames)


def encode_sound(
    path: Path, source: SourceProbe, plan: ProxyPlan, *, folder: Path, limits: Limits | None = None
) -> Path | None:
    """The proxy's sound for the whole source, alone in a file in `folder`; None where there is none."""
    if plan.sound is None:
        return None
    run_ffmpeg(
        [*safe_input(path, source.container), *sound_arguments(plan.sound)], folder=folder, limits=limits
    )
    return folder / SOUND_FILE


def join_pieces(
    plan: ProxyPlan, pieces: Sequence[ProxyPiece], sound: Path | None, *, folder: Path
) -> JoinedProxy:
    """One proxy in the empty `folder`, from all its pieces in order. Nothing is encoded again.

    Raises InvalidJob where pieces leave out frames or have some twice.
    """
    ends = [0, *(piece.frames.end_frame for piece in pieces)]
    if not pieces or any(end != piece.frames.start_frame for end, piece in zip(ends, pieces, strict=False)):
        raise InvalidJob(
            "These pieces do not follow each other from frame 0 on; join them in order, all of them."
        )
    sheets = SheetWriter(plan.sheet, folder=folder)
    for piece in pieces:
        with piece.tiles.open("rb") as tiles:
            while data := tiles.read(_READ_BYTES):
                sheets(data)
    return JoinedProxy(
        proxy=_join_files([piece.proxy for piece in pieces], sound, plan.rate, folder / PROXY_FILE),
        scores=join_scores([piece.scores for piece in pieces]),
        storyboard=sheets.finish(),
    )


def join_scores(parts: Sequence[Scores]) -> Scores:
    """The scores of all parts' frames, in order."""
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in _array_names(parts[0])
    }
    return replace(parts[0], **arrays)


def _rows_from(scores: Scores, row: int) -> Scores:
    arrays: dict[str, Any] = {name: getattr(scores, name)[row:] for name in _array_names(scores)}
    return replace(scores, **arrays)


def _array_names(scores: Scores) -> list[str]:
    """Every array of scores has one row for each frame."""
    return [name for name, value in vars(scores).items() if isinstance(value, np.ndarray)]


def _writer(file: BinaryIO) -> Callable[[bytes], None]:
    def write(data: bytes) -> None:
        file.write(data)

    return write


def _join_files(pictures: Sequence[Path], sound: Path | None, rate: Fraction, path: Path) -> Path:
    with ExitStack() as files:
        inputs = [files.enter_context(av.open(str(picture))) for picture in pictures]
        sounds = [files.enter_context(av.open(str(sound)))] if sound else []
        options = {"movflags": "+faststart", "fflags": "+bitexact"}
        output = files.enter_context(av.open(str(path), "w", format="mp4", options=options))
        _mux_in_time(output, inputs, sounds, rate)
    return path


def _mux_in_time(
    output: OutputContainer,
    pictures: Sequence[InputContainer],
    sounds: Sequence[InputContainer],
    rate: Fraction,
) -> None:
    ways = {piece.streams.video[0].codec_context.extradata for piece in pictures}
    if len(ways) != 1:
        raise InvalidJob("These pieces were encoded in different ways; make them again with one version.")
    target = output.add_stream_from_template(pictures[0].streams.video[0], opaque=True)
    tracks = [_numbered(pictures, target, rate)]
    for sound in sounds:
        tracks.append(_aimed(sound, output.add_stream_from_template(sound.streams.audio[0], opaque=True)))
    for packet in heapq.merge(*tracks, key=_decode_time_s):
        output.mux(packet)


def _numbered(
    pictures: Sequence[InputContainer], target: Stream, rate: Fraction
) -> Iterator["Packet[Stream]"]:
    """All pictures, each shown at its number in the whole."""
    packets = chain.from_iterable(_aimed(piece, target) for piece in pictures)
    for number, packet in enumerate(packets):
        ticks = 1 / (rate * packet.time_base)
        packet.pts = packet.dts = round(number * ticks)
        packet.duration = round(ticks)
        yield packet


def _decode_time_s(packet: "Packet[Stream]") -> Fraction:
    return (packet.dts or 0) * packet.time_base


def _aimed(file: InputContainer, target: Stream) -> Iterator["Packet[Stream]"]:
    for packet in file.demux():
        if packet.dts is not None:  # the demuxer's flush packet has none
            packet.stream = target
            yield packet
