"""Facts of clips for answers, computed for all clips of an answer at once from the facts of their videos' frames.

A clip whose facts cannot be had is shown without them: whoever reviews can go on.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.fact_cache import BLOCK_FRAMES, Block, Blocks, FactCache
from chalicelib.models.clips import ClipFacts

from heaters.catalog.measurements import Measurements
from heaters.domain.timebase import FrameRange
from heaters.s3.store import MediaStore

Row = Mapping[str, Any]

_MEANS = ("brightness", "contrast", "black", "sharpness", "motion", "silence")
_DIGITS = 4

_cache = FactCache()


def find_facts(rows: Sequence[Row], store: MediaStore) -> list[ClipFacts | None]:
    """The facts of the clips in `rows`, in their order; None where there are none."""
    videos: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        videos.setdefault(row["video_id"], []).append(place)
    frames = [FrameRange(start_frame=row["start_frame"], end_frame=row["end_frame"]) for row in rows]
    blocks = {
        video_id: _blocks_of(rows[places[0]]["measured"], [frames[place] for place in places])
        for video_id, places in videos.items()
    }
    read = _cache.read(store, (block for of_video in blocks.values() for block in of_video))
    found: list[ClipFacts | None] = [None] * len(rows)
    for video_id, places in videos.items():
        if blocks[video_id] and all(block in read for block in blocks[video_id]):
            measured = rows[places[0]]["measured"]
            wanted = {block: read[block] for block in blocks[video_id]}
            shown = _compute(measured, [frames[place] for place in places], wanted)
            for place, facts in zip(places, shown, strict=True):
                found[place] = facts
    return found


def _blocks_of(measured: Measurements, clips: Sequence[FrameRange]) -> list[Block]:
    """The blocks that hold the frames of these clips, in order; none where the video has no facts of its frames."""
    facts, count = measured.facts, measured.frame_count or 0
    if facts is None or max(clip.end_frame for clip in clips) > count:
        return []
    from heaters.media.facts.frame_facts import size_bytes  # noqa: PLC0415 - numpy is for requests that need it

    if facts.size_bytes != size_bytes(count):
        return []
    numbers = {
        number
        for clip in clips
        for number in range(clip.start_frame // BLOCK_FRAMES, (clip.end_frame - 1) // BLOCK_FRAMES + 1)
    }
    starts = [number * BLOCK_FRAMES for number in sorted(numbers)]
    return [
        Block(facts.key, facts.made_at, FrameRange(start_frame=at, end_frame=min(at + BLOCK_FRAMES, count)))
        for at in starts
    ]


def _compute(measured: Measurements, clips: Sequence[FrameRange], blocks: Blocks) -> list[ClipFacts]:
    """Blocks follow each other here without those between them; a clip lies in blocks that are neighbours."""
    import numpy as np  # noqa: PLC0415

    from heaters.media.facts.frame_facts import FrameFacts  # noqa: PLC0415
    from heaters.media.facts.range_facts import facts_of_ranges  # noqa: PLC0415

    shifts = {
        block.frames.start_frame: place * BLOCK_FRAMES - block.frames.start_frame
        for place, block in enumerate(blocks)
    }
    shifted = [_shift(clip, shifts[clip.start_frame // BLOCK_FRAMES * BLOCK_FRAMES]) for clip in clips]
    rate, shortest = measured.rate, measured.shortest_frames
    assert rate is not None  # a video with facts has a proxy
    assert shortest is not None
    found = facts_of_ranges(FrameFacts(rate=rate, rows=np.concatenate(list(blocks.values()))), shifted)
    columns = {name: found.mean[name].tolist() for name in _MEANS} | {"letterbox": found.letterbox.tolist()}
    return [
        ClipFacts(
            **{name: round(values[place], _DIGITS) for name, values in columns.items()},
            short=clip.frame_count < shortest,
        )
        for place, clip in enumerate(clips)
    ]


def _shift(clip: FrameRange, by: int) -> FrameRange:
    return FrameRange(start_frame=clip.start_frame + by, end_frame=clip.end_frame + by)
