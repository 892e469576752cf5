"""Videos in review with stored scores, in which the cuts that detection finds are known beforehand."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from heaters.catalog.connection import Catalog
from heaters.domain import object_keys
from heaters.media.scenes.scores import Scores
from heaters.s3.store import MediaStore
from tests.catalog.review_videos import add_video_in_review

RATE = Fraction(24000, 1001)
QUIET = 10.0
"""The content score of a frame that begins nothing. A frame of 40 passes an adaptive threshold of up to 4."""


def make_scores(frame_count: int, content_values: Mapping[int, float], *, seed: int = 0) -> bytes:
    """Scores of a video in which these frames begin a new picture with these content scores."""
    pixels = 10_000
    sums = np.full((frame_count, 3), round(QUIET * pixels), np.uint32)
    for frame, value in content_values.items():
        sums[frame] = round(value * pixels)
    starts = np.zeros(frame_count, np.intp)
    starts[sorted(content_values)] = 1
    pictures = np.random.default_rng(seed).integers(0, 255, (len(content_values) + 1, 4, 8, 3))
    grids = pictures[np.cumsum(starts)].astype(np.uint8)
    energy = np.mean(np.sum(grids.astype(np.float32) ** 2, axis=-1), axis=(1, 2)) + 100
    return Scores(
        rate=RATE, pixel_count=pixels, delta_sums=sums, grids=grids, energy=energy.astype(np.float32)
    ).to_bytes()


def add_scored_video(
    catalog: Catalog,
    store: MediaStore,
    *,
    cuts: Sequence[int],
    content_values: Mapping[int, float],
    frame_count: int,
) -> str:
    """A video in review with these cuts, and with such scores in the bucket; its id."""
    video_id = add_video_in_review(catalog, cuts=cuts, frame_count=frame_count)
    store.write(object_keys.scores(video_id), make_scores(frame_count, content_values))
    with catalog.transaction() as connection:
        connection.execute(
            "UPDATE source_videos SET scores_key = %(key)s WHERE video_id = %(video_id)s",
            {"key": object_keys.scores(video_id), "video_id": video_id},
        )
    return video_id
