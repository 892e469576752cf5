"""The wire format: every job and result survives JSON, and nothing malformed gets through."""

import json
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heaters.domain import wire
from heaters.domain.errors import InvalidJob
from heaters.domain.jobs import DetectSettings, ExportJob, Job, KeyframesJob, KeyframeStrategy, ObjectRef
from heaters.domain.results import ProxyResult, Result
from heaters.domain.review.plans import Plan
from heaters.domain.timebase import FrameRange
from tests.profile import scaled

TYPES = (*Job.__args__, *Result.__args__, Plan)
NUMBERS = st.floats(0, 1e6, allow_nan=False)

st.register_type_strategy(
    FrameRange,
    st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)).map(
        lambda t: FrameRange(start_frame=t[0], end_frame=t[0] + t[1])
    ),
)
st.register_type_strategy(Fraction, st.fractions(min_value=Fraction(1, 100), max_value=240))
st.register_type_strategy(float, NUMBERS)
st.register_type_strategy(DetectSettings, st.just(DetectSettings()) | st.just(DetectSettings(window_width=7)))


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=scaled(250))
def test_what_crosses_a_process_boundary_arrives_as_it_was(kind: type[Any], data: st.DataObject) -> None:
    value = data.draw(st.from_type(kind))
    assert wire.from_json(kind, json.loads(json.dumps(wire.to_json(value), allow_nan=False))) == value


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
@given(junk=st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
))  # fmt: skip
@settings(max_examples=scaled(250))
def test_junk_is_refused_with_a_typed_error(kind: type[Any], junk: Any) -> None:
    with pytest.raises(InvalidJob):
        wire.from_json(kind, junk)


JOB = KeyframesJob(
    video_id="v",
    clip_id="c",
    frames=FrameRange(start_frame=3, end_frame=9),
    proxy=ObjectRef(key="p"),
    frame_index_key="i",
    strategy=KeyframeStrategy.MIDPOINT,
)


def test_the_format_is_plain_json() -> None:
    assert wire.to_json(JOB) == {
        "video_id": "v",
        "clip_id": "c",
        "frames": {"start_frame": 3, "end_frame": 9},
        "proxy": {"key": "p", "version_id": None},
        "frame_index_key": "i",
        "strategy": "midpoint",
    }


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"video_id": 7}, "KeyframesJob.video_id"),
        ({"video_id": None}, "KeyframesJob.video_id"),
        ({"surprise": 1}, "surprise"),
        ({"strategy": "all"}, "KeyframesJob.strategy"),
        ({"frames": {"start_frame": 3}}, "end_frame"),
        ({"frames": {"start_frame": True, "end_frame": 9}}, "KeyframesJob.frames.start_frame"),
        ({"frames": {"start_frame": 9, "end_frame": 3}}, "[9, 3)"),
        ({"frames": {"start_frame": 3.0, "end_frame": 9}}, "KeyframesJob.frames.start_frame"),
        ({"proxy": []}, "KeyframesJob.proxy"),
    ],
)
def test_the_error_names_the_field_that_is_wrong(change: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidJob) as caught:
        wire.from_json(KeyframesJob, wire.to_json(JOB) | change)
    assert named in caught.value.message


@pytest.mark.parametrize("field", [field.name for field in fields(ExportJob)])
def test_a_missing_field_is_named(field: str) -> None:
    data = {key: value for key, value in wire.to_json(JOB).items() if key not in {field, "strategy"}}
    with pytest.raises(InvalidJob, match=field):
        wire.from_json(ExportJob, data)


def test_a_field_with_a_default_may_be_left_out() -> None:
    data = {key: value for key, value in wire.to_json(JOB).items() if key != "strategy"}
    assert wire.from_json(KeyframesJob, data).strategy is KeyframeStrategy.MULTI


def test_a_whole_number_is_a_float_where_one_is_expected() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Reading:
        value_s: float

    assert wire.from_json(Reading, {"value_s": 3}) == Reading(value_s=3.0)
    with pytest.raises(InvalidJob):
        wire.from_json(Reading, {"value_s": True})


def test_a_rate_travels_as_text() -> None:
    assert ProxyResult.__dataclass_fields__["fps"].type is Fraction
    assert wire.to_json(Fraction(30000, 1001)) == "30000/1001"
