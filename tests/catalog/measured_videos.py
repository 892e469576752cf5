"""Videos in review whose frames and sound were measured, with numbers that are known beforehand."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from heaters.catalog.artifacts import Artifact, ArtifactKind, replace_artifacts
from heaters.catalog.connection import Catalog
from heaters.domain import object_keys
from heaters.media.facts.frame_facts import ROW, FrameFacts
from heaters.media.sound.levels import FULL_SCALE, WINDOWS_PER_S, SoundLevels
from heaters.s3.store import MediaStore
from tests.catalog.review_videos import add_video_in_review

RATE = Fraction(24000, 1001)


def make_facts(frame_count: int) -> FrameFacts:
    """Brightness rises from 0 to 1, motion is 1/8 within frames, bars above and below cover a quarter."""
    rows = np.zeros(frame_count, ROW)
    rows["brightness"] = np.arange(frame_count) / frame_count
    rows["motion"] = 0.125
    rows["borders"] = (0.125, 0.125, 0, 0)
    rows["silence"][frame_count // 2 :] = 1
    return FrameFacts(rate=RATE, rows=rows)


def make_levels(frame_count: int) -> SoundLevels:
    """Peaks rise from silence to full scale."""
    windows = -int(-Fraction(frame_count) / RATE * WINDOWS_PER_S // 1)
    peaks = np.linspace(0, FULL_SCALE, windows).astype(np.uint16)
    return SoundLevels(peaks=peaks, loudness=peaks // 2)


def add_measured_video(
    catalog: Catalog, store: MediaStore, *, cuts: Sequence[int] = (40, 70), frame_count: int = 100
) -> str:
    """A video in review with these cuts, its facts and sound in the bucket; its id."""
    video_id = add_video_in_review(catalog, cuts=cuts, frame_count=frame_count)
    measure(catalog, store, video_id, make_facts(frame_count), make_levels(frame_count))
    return video_id


def measure(
    catalog: Catalog, store: MediaStore, video_id: str, facts: FrameFacts, levels: SoundLevels
) -> None:
    """Store what was measured of a video, and note that it was."""
    made = {
        ArtifactKind.FACTS: store.write(object_keys.facts(video_id), facts.to_bytes()),
        ArtifactKind.SOUND: store.write(object_keys.sound(video_id), levels.to_bytes()),
    }
    artifacts = [Artifact(kind=kind, stored=stored) for kind, stored in made.items()]
    with catalog.transaction() as connection:
        replace_artifacts(connection, video_id=video_id, artifacts=artifacts)
