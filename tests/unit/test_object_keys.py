"""Object keys: one object a key, and archiving a clip names all that is the clip's and nothing else."""

import inspect
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heaters.domain import object_keys
from heaters.domain.pipeline import clip_objects

KEYS = [
    function
    for name, function in inspect.getmembers(object_keys, inspect.isfunction)
    if name != "error_beside"
]
IDS = st.uuids().map(str)


def _key(function: Callable[..., str], *, video: str, clip: str, number: int) -> str:
    given_values = {
        "upload_id": video, "video_id": video, "clip_id": clip, "wave_id": clip, "stage": "proxy", "sheet": number,
        "owner": video, "image_id": clip, "query_id": clip,
        "segment": number, "position": number,
    }  # fmt: skip
    return function(**{name: given_values[name] for name in inspect.signature(function).parameters})


@given(IDS, IDS, st.integers(0, 999))
def test_different_objects_have_different_keys(video: str, clip: str, number: int) -> None:
    keys = [_key(function, video=video, clip=clip, number=number) for function in KEYS]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("function", KEYS, ids=lambda function: function.__name__)
def test_a_key_is_safe_in_urls_and_short_enough(function: Callable[..., str]) -> None:
    key = _key(function, video="0" * 36, clip="1" * 36, number=10**6)
    assert len(key) <= 200
    assert all(
        part and set(part) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.") for part in key.split("/")
    )


@given(IDS, IDS, IDS, st.integers(0, 999))
def test_archiving_a_clip_names_its_objects_and_no_others(
    video: str, clip: str, other: str, number: int
) -> None:
    prefixes = clip_objects(video, clip)
    own = {
        object_keys.export(video, clip),
        object_keys.keyframe(video, clip, number),
        object_keys.playback(video, clip),
        object_keys.clip_result(video, clip, "export"),
    }
    for function in KEYS:
        for owner in {clip, other}:
            key = _key(function, video=video, clip=owner, number=number)
            assert key.startswith(prefixes) == (
                key in own or key == object_keys.clip_result(video, clip, "proxy")
            )


def test_only_uploads_land_under_the_uploads_prefix() -> None:
    ours = [
        _key(function, video="v", clip="c", number=1)
        for function in KEYS
        if function is not object_keys.upload
    ]
    assert not any(key.startswith(object_keys.UPLOADS) for key in ours)
    assert object_keys.upload("u").startswith(object_keys.UPLOADS)
    assert object_keys.playback("v", "c").startswith(object_keys.PLAYBACK)


def test_pages_of_a_storyboard_sort_in_their_order() -> None:
    keys = [object_keys.storyboard_sheet("v", sheet) for sheet in (0, 9, 10, 99, 100, 10_000)]
    assert keys == sorted(keys)
