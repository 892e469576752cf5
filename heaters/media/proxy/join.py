"""Join the pieces of a proxy to what one pass would have made, and judge what was lost. Never encodes anything."""

import heapq
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream

from heaters.domain.errors import InvalidJob
from heaters.media.facts.frame_facts import FrameFacts, join_facts
from heaters.media.proxy.command import PROXY_FILE
from heaters.media.proxy.losses import (
    FrameCounts,
    check_enough_remains,
    check_rate_is_true,
    count_lost,
    describe_losses,
)
from heaters.media.proxy.pieces import ProxyPiece, array_names
from heaters.media.proxy.plan import ProxyPlan
from heaters.media.proxy.sound import Sound
from heaters.media.proxy.storyboard import SheetFiles, SheetWriter
from heaters.media.scenes.network.cells import judge_rest, with_probabilities
from heaters.media.scenes.network.model import Judge
from heaters.media.scenes.scores import Scores
from heaters.media.source.facts import SourceProbe

_READ_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True, eq=False)
class JoinedProxy:
    """What one pass would have made; see `ProxyPass`."""

    proxy: Path
    scores: Scores
    facts: FrameFacts
    storyboard: SheetFiles
    decoded_frames: int
    lost_frames: int
    warnings: tuple[str, ...]


def join_pieces(
    source: SourceProbe,
    plan: ProxyPlan,
    pieces: Sequence[ProxyPiece],
    sound: Sound,
    *,
    folder: Path,
    network: Judge | None = None,
) -> JoinedProxy:
    """One proxy in the empty `folder`, from all its pieces in order. Nothing is encoded again.

    With a `network`, which must have judged all pieces, what lies across their borders is judged as well.

    Raises InvalidJob where pieces leave out frames or have some twice, and DamagedMedia when too little decoded.
    """
    ends = [0, *(piece.frames.end_frame for piece in pieces)]
    if not pieces or any(end != piece.frames.start_frame for end, piece in zip(ends, pieces, strict=False)):
        raise InvalidJob(
            "These pieces do not follow each other from frame 0 on; join them in order, all of them."
        )
    counts = join_counts(pieces)
    lost = count_lost(plan, counts)
    check_rate_is_true(source, counts)
    check_enough_remains(counts, lost=lost)
    sheets = SheetWriter(plan.sheet, folder=folder)
    for piece in pieces:
        with piece.tiles.open("rb") as tiles:
            while data := tiles.read(_READ_BYTES):
                sheets(data)
    return JoinedProxy(
        proxy=_join_files([piece.proxy for piece in pieces], sound.file, plan.rate, folder / PROXY_FILE),
        scores=_join_judged(pieces, network),
        facts=join_facts([piece.facts for piece in pieces]),
        storyboard=sheets.finish(),
        decoded_frames=counts.decoded,
        lost_frames=lost,
        warnings=(*describe_losses(source, counts, lost=lost, rate=plan.rate), *sound.warnings),
    )


def join_counts(pieces: Sequence[ProxyPiece]) -> FrameCounts:
    """What happened to all pieces' frames. Within one piece, frames that were repeated and left out cancel."""
    more = [piece.frames.frame_count - piece.decoded_frames for piece in pieces]
    return FrameCounts(
        decoded=sum(piece.decoded_frames for piece in pieces),
        left_out=sum(max(-n, 0) for n in more),
        repeated=sum(max(n, 0) for n in more),
        shown=sum(piece.frames.frame_count for piece in pieces),
        is_damaged=any(piece.is_damaged for piece in pieces),
    )


def join_scores(parts: Sequence[Scores]) -> Scores:
    """The scores of all parts' frames, in order."""
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in array_names(parts[0])
    }
    return replace(parts[0], **arrays)


def _join_judged(pieces: Sequence[ProxyPiece], network: Judge | None) -> Scores:
    scores = join_scores([piece.scores for piece in pieces])
    judgements = [piece.judgement for piece in pieces if piece.judgement]
    if not network or len(judgements) < len(pieces):
        return scores
    return with_probabilities(scores, judge_rest(network, judgements, scores=scores))


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
