"""Download the video behind a URL in the best quality there is, with yt-dlp, and check what came. Never re-encodes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yt_dlp

from heaters.domain.errors import (
    DamagedMedia,
    SourceTooLarge,
    SourceUnavailable,
    StageTimeout,
    UnsupportedMedia,
)
from heaters.media.addresses import check_url
from heaters.media.download_errors import explain_download_failure
from heaters.media.download_settings import DownloadSettings
from heaters.media.probe import SourceProbe, probe

_LENGTH_TOLERANCE = 0.9
"""A file shorter than this part of the stated length is incomplete; stated lengths are rounded and often guessed."""


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """How far a download is; `fraction` and `eta_s` where the size is known."""

    done_bytes: int
    fraction: float | None = None
    bytes_per_s: float | None = None
    eta_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Download:
    """A video on disk, and what its page says about it."""

    path: Path
    source: SourceProbe
    title: str
    webpage_url: str
    uploader: str | None


def download_video(
    url: str,
    *,
    folder: Path,
    settings: DownloadSettings,
    on_progress: Callable[[Transfer], None] = lambda _transfer: None,
    monotonic_s: Callable[[], float] = time.monotonic,
) -> Download:
    """Fetch the one video of `url` into `folder`, trying the formats of `settings` in turn.

    Raises BlockedAddress, SourceUnavailable, SourceTooLarge, UnsupportedMedia, DamagedMedia; and SourceBusy or
    StageTimeout, which may go away by themselves.
    """
    check_url(url, settings.addresses)
    watch = _Watch(url=url, settings=settings, report=on_progress, monotonic_s=monotonic_s)
    for number, wanted in enumerate(settings.formats, start=1):
        try:
            info = _fetch(url, settings.options(wanted, folder), watch)
            return _check(url, info)
        except (UnsupportedMedia, DamagedMedia):
            if number == len(settings.formats):
                raise
            for left_over in folder.glob("source.*"):
                left_over.unlink()
    raise UnsupportedMedia(f"{url} has no format to download; upload the file.")


class _Watch:
    """Follows one download through yt-dlp's hooks and ends it at the caps."""

    def __init__(
        self,
        *,
        url: str,
        settings: DownloadSettings,
        report: Callable[[Transfer], None],
        monotonic_s: Callable[[], float],
    ) -> None:
        self._url, self._settings, self._report, self._now = url, settings, report, monotonic_s
        self._deadline_s = monotonic_s() + settings.timeout_s
        self._finished: dict[str, int] = {}

    def refuse(self, info: dict[str, Any], *, incomplete: bool = False) -> str | None:  # noqa: ARG002 - yt-dlp's name
        """yt-dlp's match filter: called once the page has been read."""
        if info.get("is_live") or info.get("live_status") == "is_upcoming":
            raise explain_download_failure(self._url, "this is a live stream")
        wanted = info.get("requested_formats") or [info]
        stated = [f.get("filesize") or f.get("filesize_approx") or 0 for f in wanted]
        self._check_size(int(sum(stated)))
        return None

    def follow(self, state: dict[str, Any]) -> None:
        """yt-dlp's progress hook: called for every block of every file."""
        if self._now() > self._deadline_s:
            raise StageTimeout(
                f"{self._url} took longer than {self._settings.timeout_s:.0f} s; it is tried again where it stopped.",
            )
        name = str(state.get("filename"))
        self._finished[name] = int(state.get("downloaded_bytes") or 0)
        done, total = sum(self._finished.values()), _total_bytes(state)
        self._check_size(done)
        self._report(
            Transfer(
                done_bytes=done,
                fraction=min(self._finished[name] / total, 1.0) if total else None,
                bytes_per_s=state.get("speed"),
                eta_s=state.get("eta"),
            )
        )

    def _check_size(self, size_bytes: int) -> None:
        if size_bytes > self._settings.max_bytes:
            raise SourceTooLarge(
                f"{self._url} is larger than {self._settings.max_bytes:,} bytes; upload it in parts.",
                size_bytes=size_bytes,
            )


def _total_bytes(state: dict[str, Any]) -> float | None:
    return state.get("total_bytes") or state.get("total_bytes_estimate")


def _fetch(url: str, options: dict[str, Any], watch: _Watch) -> dict[str, Any]:
    hooks = {"progress_hooks": [watch.follow], "match_filter": watch.refuse, "logger": _Silence()}
    try:
        with yt_dlp.YoutubeDL({**options, **hooks}) as downloader:
            info = downloader.extract_info(url, download=True)
    except yt_dlp.utils.YoutubeDLError as exc:
        raise explain_download_failure(url, str(exc)) from exc
    if info and info.get("_type") == "playlist":
        info = next(iter(info.get("entries") or []), None)
    if not info or not info.get("requested_downloads"):
        raise SourceUnavailable(f"{url} leads to no video that can be downloaded; check it in a browser.")
    return dict(info)


def _check(url: str, info: dict[str, Any]) -> Download:
    """What was promised is there: a picture that decodes, in about the stated length."""
    path = Path(info["requested_downloads"][0]["filepath"])
    source = probe(path)
    stated_s = info.get("duration") or 0
    if source.duration_s < stated_s * _LENGTH_TOLERANCE:
        raise DamagedMedia(
            f"{url} lasts {stated_s} s, but only {source.duration_s:.1f} s arrived; submit it again.",
        )
    return Download(
        path=path,
        source=source,
        title=str(info.get("title") or url),
        webpage_url=str(info.get("webpage_url") or url),
        uploader=info.get("uploader") or None,
    )


class _Silence:
    """yt-dlp's messages; its errors arrive as exceptions."""

    def debug(self, _message: str) -> None:
        """Nothing to do."""

    info = warning = error = debug
