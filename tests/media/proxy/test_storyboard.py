"""Sheets hold tiles in reading order, as many sheets as they need."""

from pathlib import Path

import cv2
import numpy as np

from heaters.media.proxy.plan import SheetPlan
from heaters.media.proxy.size import Size
from heaters.media.proxy.storyboard import SheetWriter

PLAN = SheetPlan(tile=Size(width=16, height=8), columns=3, rows=2)


def tiles(count: int) -> bytes:
    """Plain tiles, each 10 brighter than the one before."""
    return b"".join(np.full((8, 16, 3), 20 + 10 * i, np.uint8).tobytes() for i in range(count))


def brightness(path: Path) -> list[list[int]]:
    """The grey of each tile of a sheet, row by row."""
    sheet = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert sheet is not None
    return [[int(sheet[y, x]) for x in range(8, sheet.shape[1], 16)] for y in range(4, sheet.shape[0], 8)]


def test_tiles_fill_sheets_in_reading_order(tmp_path: Path) -> None:
    writer = SheetWriter(PLAN, folder=tmp_path)
    data = tiles(10)
    for at in range(0, len(data), 100):
        writer(data[at : at + 100])
    made = writer.finish()
    assert made.tile_count == 10
    assert [path.name for path in made.paths] == ["sheet-00000.jpg", "sheet-00001.jpg"]
    assert np.allclose(brightness(made.paths[0]), [[20, 30, 40], [50, 60, 70]], atol=2)
    assert np.allclose(brightness(made.paths[1]), [[80, 90, 100], [110, 0, 0]], atol=2)


def test_no_tiles_give_no_sheets(tmp_path: Path) -> None:
    made = SheetWriter(PLAN, folder=tmp_path).finish()
    assert (made.tile_count, made.paths) == (0, ())
