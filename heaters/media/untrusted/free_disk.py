"""Whether a disk has room for a stage's work. Estimates are generous and pure; only the check looks at the disk."""

import shutil
from pathlib import Path

from heaters.domain.errors import NotEnoughDisk

MARGIN_BYTES = 64 * 1024**2
PROXY_GROWTH = 6
"""An all-intra proxy at CRF 20 has 1 to 6 times the bytes of a camera's or a website's file of the same size."""

MASTER_GROWTH = 60
"""FFV1 has 20 to 60 times the bytes of a lossy source, but only two segments are on the disk at a time."""

DOWNLOAD_COPIES = 2
"""Picture and sound are removed only when they are merged, a broken file only when it is repaired."""

TWO_SEGMENTS_BYTES = 4 * 1024**3
"""Two minutes of 4K in FFV1."""


def estimate_proxy_bytes(source_size_bytes: int) -> int:
    """Disk for the source, its proxy and its storyboard."""
    return source_size_bytes * (1 + PROXY_GROWTH) + MARGIN_BYTES


def estimate_master_bytes(source_size_bytes: int) -> int:
    """Disk for the source and two segments of its master."""
    return source_size_bytes + min(source_size_bytes * MASTER_GROWTH, TWO_SEGMENTS_BYTES) + MARGIN_BYTES


def estimate_download_bytes(stated_size_bytes: int) -> int:
    """Disk for what a page states, 0 where it states nothing, and for a merged or repaired copy beside it."""
    return stated_size_bytes * DOWNLOAD_COPIES + MARGIN_BYTES


def check_free_disk(folder: Path, *, needed_bytes: int) -> None:
    """Raise NotEnoughDisk if the disk of `folder` has less room than that."""
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        raise NotEnoughDisk(
            f"This stage needs about {needed_bytes:,} bytes of disk and {free_bytes:,} are free; it is tried again "
            "elsewhere. If that does not help, give its workers a larger disk.",
            needed_bytes=needed_bytes,
            free_bytes=free_bytes,
        )
