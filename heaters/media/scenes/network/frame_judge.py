"""Judge frames while they are decoded: one thread beside the encoder, never more than two cells behind.

A pass that is faster than the network waits for it. What comes out depends on the frames alone, not on when they came.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from queue import Queue
from threading import Thread
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from heaters.media.scenes.network.cells import CELL, Judgement, Sample, judge_cell, stride_of, window_of
from heaters.media.scenes.network.model import Judge
from heaters.media.scenes.network.shape import CONTEXT_FRAMES, HEIGHT, WIDTH


class _Cell(NamedTuple):
    number: int
    samples: list[Sample]
    size: int


class FrameJudge:
    """Takes each frame of a video in turn, or of a piece that begins with `first_frame` after `skip` others.

    Only the first piece knows what lies before it (nothing), only the last what lies behind; cells across other ends
    are left for `cells.judge_rest`. Open it with `open_judge`.
    """

    def __init__(
        self, judge: Judge, *, rate: Fraction, first_frame: int = 0, skip: int = 0, is_last: bool = True
    ) -> None:
        self._judge, self._rate, self._is_last = judge, rate, is_last
        self._stride, self._next_frame = stride_of(rate), first_frame - skip
        self._first_frame = first_frame
        self._samples: dict[int, Sample] = {}
        self._newest = -1
        self._cell = self._border = 0
        if first_frame:  # the first cell of which all is here, and the end of what the one before it needs
            self._cell = -(-(-(-first_frame // self._stride) + CONTEXT_FRAMES) // CELL)
            self._border = window_of(self._cell - 1).stop
        self._left: dict[int, Sample] = {}
        self._judged: dict[int, NDArray[np.uint8]] = {}
        self._error: BaseException | None = None
        self._waiting: Queue[_Cell | None] = Queue(maxsize=1)
        self._thread = Thread(target=self._work, name="scene network", daemon=True)
        self._thread.start()

    def add(self, frame: NDArray[np.uint8], grid: NDArray[np.uint8]) -> None:
        """The next frame, (height, width, 3) bgr, and its grid. Raises what judging an earlier one raised."""
        number, self._next_frame = self._next_frame, self._next_frame + 1
        if number < self._first_frame or number % self._stride:
            return
        small = cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        picture = np.ascontiguousarray(np.asarray(small, np.uint8)[:, :, ::-1])
        self._newest = number // self._stride
        self._samples[self._newest] = sample = Sample(picture=picture, grid=grid)
        if self._newest < self._border:
            self._left[self._newest] = sample
        if self._newest == window_of(self._cell).stop - 1:
            self._submit(CELL)

    def finish(self) -> Judgement:
        """What was judged, and what has to wait for neighbouring pieces. Raises what judging raised."""
        while self._is_last and self._newest >= self._cell * CELL and self._samples:
            self._submit(min(CELL, self._newest + 1 - self._cell * CELL))
        self.close()
        if self._error:
            raise self._error
        return Judgement(cells=dict(self._judged), kept={**self._left, **self._samples})

    def close(self) -> None:
        """End the thread, once it has judged what it was given."""
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def _submit(self, count: int) -> None:
        if self._error:
            raise self._error
        window = window_of(self._cell, count)
        samples = [self._samples[min(max(number, 0), self._newest)] for number in window]
        self._waiting.put(_Cell(number=self._cell, samples=samples, size=count))
        self._cell += 1
        for number in [number for number in self._samples if number < window_of(self._cell).start]:
            del self._samples[number]

    def _work(self) -> None:
        while (cell := self._waiting.get()) is not None:
            try:
                if not self._error:
                    self._judged[cell.number] = judge_cell(
                        self._judge, cell.samples, count=cell.size, rate=self._rate
                    )
            except BaseException as exc:  # noqa: BLE001 - raised again in the thread that waits
                self._error = exc


@contextmanager
def open_judge(
    judge: Judge | None, *, rate: Fraction, first_frame: int = 0, skip: int = 0, is_last: bool = True
) -> Iterator[FrameJudge | None]:
    """A FrameJudge whose thread ends in any case; None where there is no network."""
    if judge is None:
        yield None
        return
    judging = FrameJudge(judge, rate=rate, first_frame=first_frame, skip=skip, is_last=is_last)
    try:
        yield judging
    finally:
        judging.close()
