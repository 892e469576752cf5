"""How a file is cut into parts, and whether the parts that are there are the file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heaters.domain.errors import (
    InvalidRequest,
    SourceTooLarge,
    UnsupportedMedia,
    UploadIncomplete,
    UploadSizeMismatch,
)
from heaters.domain.uploads import (
    MAX_PARTS,
    MAX_UPLOAD_BYTES,
    MIB,
    MIN_PART_BYTES,
    PartPlan,
    StoredPart,
    check_parts,
    plan_parts,
    title_of_file,
)

PLAN = PartPlan(size_bytes=40, part_size_bytes=16)
ETAGS = {1: "a", 2: "b", 3: "c"}


def stored(**changes: int) -> list[StoredPart]:
    sizes = {"a": 16, "b": 16, "c": 8} | changes
    return [
        StoredPart(part_number=number, etag=etag, size_bytes=size)
        for number, (etag, size) in enumerate(sizes.items(), 1)
    ]


@given(st.integers(1, MAX_UPLOAD_BYTES))
def test_every_plan_keeps_within_s3s_limits_and_covers_the_file(size_bytes: int) -> None:
    plan = plan_parts(size_bytes)
    assert MIN_PART_BYTES <= plan.part_size_bytes <= 5 * 1024 * MIB
    assert plan.part_size_bytes % MIB == 0
    assert 1 <= plan.part_count <= MAX_PARTS
    last = plan.size_of(plan.part_count)
    assert 0 < last <= plan.part_size_bytes
    assert (plan.part_count - 1) * plan.part_size_bytes + last == size_bytes


@pytest.mark.parametrize(
    ("size_bytes", "part_size_bytes", "part_count"),
    [
        (1, 16 * MIB, 1),
        (16 * MIB, 16 * MIB, 1),
        (16 * MIB + 1, 16 * MIB, 2),
        (16_000 * MIB, 16 * MIB, 1000),
        (16_000 * MIB + 1, 17 * MIB, 942),
        (MAX_UPLOAD_BYTES, 4769 * MIB, 1000),
    ],
)
def test_parts_are_as_small_as_a_thousand_of_them_allow(
    size_bytes: int, part_size_bytes: int, part_count: int
) -> None:
    plan = plan_parts(size_bytes)
    assert (plan.part_size_bytes, plan.part_count) == (part_size_bytes, part_count)


@pytest.mark.parametrize(
    ("size_bytes", "error"),
    [(0, UnsupportedMedia), (-1, UnsupportedMedia), (MAX_UPLOAD_BYTES + 1, SourceTooLarge)],
)
def test_nothing_and_more_than_s3_holds_are_refused(size_bytes: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        plan_parts(size_bytes)


def test_the_parts_of_the_file_are_accepted() -> None:
    check_parts(PLAN, ETAGS, stored())


@pytest.mark.parametrize(
    ("stated", "missing", "changed"),
    [
        ({1: "a", 2: "b"}, [3], []),
        ({1: "a", 2: "b", 3: "x"}, [], [3]),
        ({2: "x", 3: "c"}, [1], [2]),
        ({}, [1, 2, 3], []),
    ],
)
def test_parts_that_are_missing_or_changed_are_named(
    stated: dict[int, str], missing: list[int], changed: list[int]
) -> None:
    with pytest.raises(UploadIncomplete) as refused:
        check_parts(PLAN, stated, stored())
    assert refused.value.details == {"missing": missing, "changed": changed}


def test_a_part_that_never_came_is_named() -> None:
    with pytest.raises(UploadIncomplete) as refused:
        check_parts(PLAN, ETAGS, stored()[:2])
    assert refused.value.details["missing"] == [3]


def test_parts_of_another_size_than_stated_are_named() -> None:
    with pytest.raises(UploadSizeMismatch) as refused:
        check_parts(PLAN, ETAGS, stored(b=15))
    assert refused.value.details == {"parts": [2], "size_bytes": 40, "stored_bytes": 39}


def test_a_part_that_the_file_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="no part 4"):
        check_parts(PLAN, ETAGS | {4: "d"}, stored())


@pytest.mark.parametrize(
    ("name", "title"), [("a.mp4", "a.mp4"), ("../../a b.mp4", "a b.mp4"), ("x/", "x"), ("ä" * 300, "ä" * 200)]
)
def test_a_title_is_the_name_without_folders(name: str, title: str) -> None:
    assert title_of_file(name) == title
