"""Files that come in parts: how large the parts are, and whether those that S3 has are the file.

S3's limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from heaters.domain.errors import (
    InvalidRequest,
    SourceTooLarge,
    UnsupportedMedia,
    UploadIncomplete,
    UploadSizeMismatch,
)

MIB = 1024**2
MAX_UPLOAD_BYTES = 5 * 10**12
"""S3's largest object, 5 TB. (5 TiB would not fit into MAX_PARTS parts, of which S3 takes 5 GiB each.)"""

MIN_PART_BYTES = 16 * MIB
"""S3 takes 5 MiB; fewer and larger parts cost fewer requests."""

MAX_PARTS = 1000
"""S3 takes 10,000; as many as are listed in one answer are enough."""

_NAMED_AT_MOST = 20
"""So many part numbers go into the details of a refusal."""

_TITLE_AT_MOST = 200


@dataclass(frozen=True, kw_only=True)
class PartPlan:
    """All parts have `part_size_bytes` but the last, which has the rest. Parts are numbered from 1."""

    size_bytes: int
    part_size_bytes: int

    @property
    def part_count(self) -> int:
        return -(-self.size_bytes // self.part_size_bytes)

    def size_of(self, part_number: int) -> int:
        return min(self.part_size_bytes, self.size_bytes - (part_number - 1) * self.part_size_bytes)


@dataclass(frozen=True, kw_only=True)
class StoredPart:
    """A part as S3 has it. The ETag is without quotes."""

    part_number: int
    etag: str
    size_bytes: int


def title_of_file(name: str) -> str:
    """The title of the video in a file: its name without folders."""
    return name.rstrip("/").rsplit("/", 1)[-1][:_TITLE_AT_MOST]


def plan_parts(size_bytes: int) -> PartPlan:
    """The parts of a file: the fewest of at least MIN_PART_BYTES and whole MiB that are at most MAX_PARTS.

    Raises UnsupportedMedia for an empty file and SourceTooLarge for one that S3 cannot hold.
    """
    if size_bytes <= 0:
        raise UnsupportedMedia("The file is empty; choose another.", size_bytes=size_bytes)
    if size_bytes > MAX_UPLOAD_BYTES:
        raise SourceTooLarge(
            f"The file has {size_bytes} bytes, S3 holds at most {MAX_UPLOAD_BYTES}; split it and upload the pieces.",
            size_bytes=size_bytes,
            limit_bytes=MAX_UPLOAD_BYTES,
        )
    needed = -(-size_bytes // MAX_PARTS)
    return PartPlan(size_bytes=size_bytes, part_size_bytes=max(MIN_PART_BYTES, -(-needed // MIB) * MIB))


def check_part_numbers(plan: PartPlan, part_numbers: Iterable[int]) -> None:
    """Raises InvalidRequest for a number that the file has no part of."""
    odd = sorted(number for number in part_numbers if not 1 <= number <= plan.part_count)
    if odd:
        raise InvalidRequest(
            f"The file has parts 1 to {plan.part_count}; there is no part {odd[0]}.",
            part_numbers=odd[:_NAMED_AT_MOST],
        )


def check_parts(plan: PartPlan, stated: Mapping[int, str], stored: Iterable[StoredPart]) -> None:
    """Whether S3 has each part of the file as the sender knows it: `stated` are ETags by part number.

    Raises UploadSizeMismatch for parts of another size, else UploadIncomplete for parts that are missing on either
    side or have another ETag. Details name the parts to send again.
    """
    check_part_numbers(plan, stated)
    known = {part.part_number: part for part in stored}
    odd_sizes = [n for n, part in known.items() if n in stated and part.size_bytes != plan.size_of(n)]
    if odd_sizes:
        raise UploadSizeMismatch(
            f"{_name(odd_sizes)} not of the size that follows from {plan.size_bytes} bytes in parts of "
            f"{plan.part_size_bytes}; send the parts again or begin anew with the right size.",
            parts=odd_sizes[:_NAMED_AT_MOST],
            size_bytes=plan.size_bytes,
            stored_bytes=sum(part.size_bytes for part in known.values()),
        )
    wanted = range(1, plan.part_count + 1)
    missing = [number for number in wanted if number not in known or number not in stated]
    changed = [number for number in wanted if number not in missing and known[number].etag != stated[number]]
    if missing or changed:
        raise UploadIncomplete(
            f"{_name([*missing, *changed])} missing or not as stated; send again what details name, then complete.",
            missing=missing[:_NAMED_AT_MOST],
            changed=changed[:_NAMED_AT_MOST],
        )


def _name(part_numbers: list[int]) -> str:
    more = len(part_numbers) - 1
    return f"Part {part_numbers[0]} and {more} more are" if more else f"Part {part_numbers[0]} is"
