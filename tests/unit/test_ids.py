"""Ids that follow from what they name."""

import uuid

import pytest

from heaters.domain.errors import InvalidJob
from heaters.domain.ids import clip_id_of_segment, execution_name, parse_execution_name, video_id_of_upload


def test_the_same_bytes_give_the_same_video_and_other_bytes_another() -> None:
    upload = {"bucket": "b", "key": "uploads/ä b", "version_id": "1"}
    assert video_id_of_upload(**upload) == video_id_of_upload(**upload)
    assert video_id_of_upload(**upload) != video_id_of_upload(**upload | {"version_id": "2"})


def test_the_same_segment_gives_the_same_clip() -> None:
    one, two = (clip_id_of_segment(video_id="v", start_frame=0, end_frame=end) for end in (9, 10))
    assert one == clip_id_of_segment(video_id="v", start_frame=0, end_frame=9)
    assert one != two


def test_an_execution_is_named_after_its_video_and_attempt_and_fits() -> None:
    video_id = str(uuid.UUID(int=2**128 - 1))
    name = execution_name(video_id, 999_999)
    assert parse_execution_name(name) == (video_id, 999_999)
    assert len(name) <= 80


@pytest.mark.parametrize("name", ["", "x-1", f"{uuid.UUID(int=1)}-0", f"{uuid.UUID(int=1)}"])
def test_other_executions_are_not_ours(name: str) -> None:
    with pytest.raises(InvalidJob):
        parse_execution_name(name)
