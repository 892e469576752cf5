"""Storyboard sheets: tiles from the proxy pass put side by side and stored as JPEG. Never decodes a video."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from heaters.media.proxy.plan import SheetPlan

JPEG_QUALITY = 82
INTERVAL_S = 1.0


@dataclass(frozen=True, kw_only=True)
class SheetFiles:
    """Finished sheets in order; each but the last is full, and the last ends with its last row of tiles."""

    plan: SheetPlan
    tile_count: int
    paths: tuple[Path, ...]


class SheetWriter:
    """Puts raw bgr24 tiles, given in pieces of any size, into `sheet-00000.jpg` and so on in `folder`.

    Holds one sheet at a time. It is the reader of a pipe.
    """

    def __init__(self, plan: SheetPlan, *, folder: Path) -> None:
        self._plan = plan
        self._folder = folder
        self._pending = bytearray()
        self._tiles: list[NDArray[np.uint8]] = []
        self._tile_count = 0
        self._paths: list[Path] = []

    def __call__(self, data: bytes) -> None:
        self._pending += data
        tile = self._plan.tile
        tile_bytes = tile.width * tile.height * 3
        while len(self._pending) >= tile_bytes:
            pixels = np.frombuffer(bytes(self._pending[:tile_bytes]), np.uint8)
            del self._pending[:tile_bytes]
            self._tiles.append(pixels.reshape(tile.height, tile.width, 3))
            self._tile_count += 1
            if len(self._tiles) == self._plan.columns * self._plan.rows:
                self._write_sheet()

    def finish(self) -> SheetFiles:
        """Write the last sheet and say what there is."""
        if self._tiles:
            self._write_sheet()
        return SheetFiles(plan=self._plan, tile_count=self._tile_count, paths=tuple(self._paths))

    def _write_sheet(self) -> None:
        path = self._folder / f"sheet-{len(self._paths):05d}.jpg"
        sheet = compose_sheet(self._tiles, columns=self._plan.columns)
        done, jpeg = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        if not done:
            raise ValueError(f"OpenCV could not encode a sheet of {sheet.shape[1]}x{sheet.shape[0]} pixels.")
        path.write_bytes(jpeg.tobytes())
        self._paths.append(path)
        self._tiles.clear()


def compose_sheet(tiles: list[NDArray[np.uint8]], *, columns: int) -> NDArray[np.uint8]:
    """Equal tiles (h, w, 3) in reading order, `columns` to a row, black where the last row has none left."""
    height, width, depth = tiles[0].shape
    rows = -(-len(tiles) // columns)
    sheet = np.zeros((rows, height, columns, width, depth), np.uint8)
    for i, tile in enumerate(tiles):
        sheet[i // columns, :, i % columns] = tile
    return sheet.reshape(rows * height, columns * width, depth)
