"""Find the black bars around a picture in one frame: above and below (letterbox), left and right (pillarbox)."""

import cv2
import numpy as np
from numpy.typing import NDArray

BLACK_LUMA = 37
"""The brightest pixel, of limited range, that counts as black: 16 + 0.10 * 219, as in ffmpeg's blackdetect."""

BLACK_SHARE = 0.98
"""A row or column is black when this share of its pixels is; blackdetect's `picture_black_ratio_th`."""

SIDES = 4


def find_borders(black: NDArray[np.uint8], black_count: int) -> tuple[float, float, float, float]:
    """How far bars reach in from above, below, left and right, as shares of height or width; all 1 where all is black.

    `black` is (height, width), 1 where a pixel is black, and `black_count` its sum.
    """
    height, width = black.shape
    if black_count < BLACK_SHARE * min(height, width):
        return 0.0, 0.0, 0.0, 0.0
    rows = cv2.reduce(black, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel() < BLACK_SHARE * width
    columns = cv2.reduce(black, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel() < BLACK_SHARE * height
    if not (rows.any() and columns.any()):
        return 1.0, 1.0, 1.0, 1.0
    return (
        int(rows.argmax()) / height,
        int(rows[::-1].argmax()) / height,
        int(columns.argmax()) / width,
        int(columns[::-1].argmax()) / width,
    )
