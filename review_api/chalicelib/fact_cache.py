"""Facts of frames for answers that show clips, read from the bucket in blocks and kept for the next request.

Kept per process, least recently used first out. A block is true to the facts that the catalog knows: made anew, they
have another time. So a block that is known is not asked for again. The media library is imported by the first block,
so that requests without clips do not wait for it.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from heaters.domain.errors import HeatersError
from heaters.domain.jobs import ObjectRef
from heaters.domain.timebase import FrameRange
from heaters.s3.store import MediaStore

if TYPE_CHECKING:
    from heaters.media.facts.frame_facts import Rows

log = logging.getLogger("heaters-review")

BLOCK_FRAMES = 8192
"""Five minutes; 160 KiB."""

MAX_BLOCKS = 256
"""A day of video at 24 frames a second; 40 MiB."""

READERS = 8
"""An answer may show clips of a hundred videos."""


class Block(NamedTuple):
    """Frames of a video's facts, which are at `key` since `made_at`."""

    key: str
    made_at: datetime
    frames: FrameRange


Blocks: TypeAlias = "Mapping[Block, Rows]"


class FactCache:
    """Rows of facts by their block."""

    def __init__(self, *, max_blocks: int = MAX_BLOCKS) -> None:
        self._max_blocks = max_blocks
        self._kept: OrderedDict[Block, Rows] = OrderedDict()
        self._lock = Lock()

    def read(self, store: MediaStore, blocks: Iterable[Block]) -> dict[Block, Rows]:
        """All of them that can be read; why others cannot is logged."""
        wanted = dict.fromkeys(blocks)
        with self._lock:
            found = {block: self._kept[block] for block in wanted if block in self._kept}
            for block in found:
                self._kept.move_to_end(block)
        fetched = _fetch(store, [block for block in wanted if block not in found])
        with self._lock:
            self._kept |= fetched
            while len(self._kept) > self._max_blocks:
                self._kept.popitem(last=False)
        return found | fetched


def _fetch(store: MediaStore, blocks: list[Block]) -> dict[Block, Rows]:
    if len(blocks) < 2:
        fetched = [_fetch_one(store, block) for block in blocks]
    else:
        with ThreadPoolExecutor(max_workers=READERS) as pool:
            fetched = list(pool.map(lambda block: _fetch_one(store, block), blocks))
    return {block: rows for block, rows in zip(blocks, fetched, strict=True) if rows is not None}


def _fetch_one(store: MediaStore, block: Block) -> Rows | None:
    from heaters.media.facts.frame_facts import (  # noqa: PLC0415 - numpy is for requests that need it
        place_of_rows,
        read_rows,
    )

    start, size_bytes = place_of_rows(block.frames)
    try:
        rows = read_rows(store.read_range(ObjectRef(key=block.key), start=start, size_bytes=size_bytes))
    except HeatersError as exc:
        log.warning("Facts of %s were not read: %s", block.key, exc.message)
        return None
    return rows if len(rows) == block.frames.frame_count else None
