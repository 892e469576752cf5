"""Download the video behind a URL in the best quality there is, and check what came.

Fetches in a limited process, merges, verifies and repairs here. Never re-encodes what can be kept as it is.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from heaters.domain.errors import (
    DamagedMedia,
    HeatersError,
    SourceBusy,
    SourceUnavailable,
    StageTimeout,
    UnsupportedMedia,
)
from heaters.domain.results import Repair
from heaters.media.download.addresses import check_url
from heaters.media.download.fetch import Fetched, FetchOrder, Page, PartsUnavailable, Transfer
from heaters.media.download.fetch_process import run_fetch
from heaters.media.download.merge import merge_parts
from heaters.media.download.repair import check_and_repair
from heaters.media.download.settings import DownloadSettings
from heaters.media.source.facts import SourceProbe


@dataclass(frozen=True, kw_only=True)
class Download:
    """A video on disk, what its page says about it, and what had to be done to read it."""

    path: Path
    source: SourceProbe
    page: Page
    repair: Repair


def download_video(
    url: str,
    *,
    folder: Path,
    settings: DownloadSettings,
    on_progress: Callable[[Transfer], None] = lambda _transfer: None,
    monotonic_s: Callable[[], float] = time.monotonic,
) -> Download:
    """Fetch the one video of `url` into `folder`, trying the formats of `settings` in turn.

    Raises BlockedAddress, SourceUnavailable and its kinds, SourceTooLarge, UnsupportedMedia, DamagedMedia; and
    SourceBusy or StageTimeout, which may go away by themselves.
    """
    check_url(url, settings.addresses)
    deadline_s = monotonic_s() + settings.timeout_s
    first_reason: HeatersError | None = None
    for wanted in settings.formats:
        try:
            order = settings.order(url, wanted, folder)
            fetched = _fetch_patiently(
                order, deadline_s=deadline_s, on_progress=on_progress, monotonic_s=monotonic_s
            )
            return _finish(fetched, folder)
        except PartsUnavailable as exc:
            first_reason = first_reason or exc.reason
        except (UnsupportedMedia, DamagedMedia) as exc:
            first_reason = first_reason or exc
        for left_over in folder.iterdir():
            left_over.unlink()
    raise first_reason or SourceUnavailable(f"{url} has no format to download; upload the file.")


def _fetch_patiently(
    order: FetchOrder,
    *,
    deadline_s: float,
    on_progress: Callable[[Transfer], None],
    monotonic_s: Callable[[], float],
) -> Fetched:
    """Fetch, going on from the partial files for as long as each attempt brings more bytes than the last."""
    reached = 0
    while True:
        remaining_s = deadline_s - monotonic_s()
        if remaining_s <= 0:
            raise StageTimeout(f"{order.url} did not arrive in time; it is tried again.")
        try:
            return run_fetch(order, timeout_s=remaining_s, on_progress=on_progress)
        except SourceBusy:
            now_there = sum(file.stat().st_size for file in Path(order.folder).iterdir())
            if now_there <= reached:
                raise
            reached = now_there


def _finish(fetched: Fetched, folder: Path) -> Download:
    """What was promised is there: one file, readable from end to end, in about the stated length."""
    path = merge_parts(tuple(folder / name for name in fetched.parts), folder / "source")
    checked = check_and_repair(path, stated_s=fetched.page.stated_s)
    return Download(path=checked.path, source=checked.source, page=fetched.page, repair=checked.repair)
