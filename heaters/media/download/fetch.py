"""Fetch what a URL leads to, with yt-dlp: read the page, take the wanted format, download its parts untouched.

Runs in a process of its own (see `fetch_program`). Starts no program: parts are downloaded by yt-dlp's native
downloaders and merged elsewhere. Never looks into what it downloaded.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yt_dlp
from yt_dlp.downloader.common import FileDownloader
from yt_dlp.downloader.dash import DashSegmentsFD
from yt_dlp.downloader.f4m import F4mFD
from yt_dlp.downloader.hls import HlsFD
from yt_dlp.downloader.http import HttpFD
from yt_dlp.downloader.ism import IsmFD
from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor

from heaters.domain.errors import (
    HeatersError,
    LiveStream,
    SourceTooLarge,
    SourceUnavailable,
    UnsupportedMedia,
)
from heaters.media.download.addresses import AddressPolicy, check_url
from heaters.media.download.connections import SYSTEM_NETWORK, Network, connector
from heaters.media.download.explanations import explain_download_failure
from heaters.media.download.fetch_network import CheckedDownloader
from heaters.media.untrusted.free_disk import check_free_disk, estimate_download_bytes

_NATIVE: Mapping[str, type[FileDownloader]] = {
    "http": HttpFD,
    "https": HttpFD,
    "m3u8": HlsFD,
    "m3u8_native": HlsFD,
    "http_dash_segments": DashSegmentsFD,
    "ism": IsmFD,
    "f4m": F4mFD,
}
"""The downloader of each protocol; other protocols need an external program or never end."""

_NOT_OVER = frozenset({"is_live", "is_upcoming", "post_live"})
_NOWHERE = "/nonexistent"


@dataclass(frozen=True, kw_only=True)
class FetchOrder:
    """`options` are yt-dlp's; `format` is its expression for what is wanted."""

    url: str
    format: str
    folder: str
    max_bytes: int
    allow_loopback: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """How far a download is; `fraction` and `eta_s` where the size is known."""

    done_bytes: int
    fraction: float | None = None
    eta_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a page says about its video. `upload_date` is like 2026-11-21; `stated_s` is 0 where no length is given."""

    title: str
    webpage_url: str
    uploader: str | None = None
    upload_date: str | None = None
    licence: str | None = None
    stated_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """`parts` are names in the order's folder: the picture first, then the sound if it came apart."""

    page: Page
    parts: tuple[str, ...]


class PartsUnavailable(Exception):
    """The page was read and its formats are known, but the chosen one cannot be had: another may."""

    def __init__(self, reason: HeatersError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def fetch_video(
    order: FetchOrder,
    *,
    on_progress: Callable[[Transfer], None] = lambda _transfer: None,
    network: Network = SYSTEM_NETWORK,
) -> Fetched:
    """Download the parts of the wanted format; what is there from an earlier attempt is continued.

    Raises PartsUnavailable, and the errors of `explain_download_failure` for a page that leads to nothing;
    BlockedAddress, SourceTooLarge and LiveStream; NotEnoughDisk for more than there is room for.
    """
    policy = AddressPolicy(allow_loopback=order.allow_loopback)
    check_url(order.url, policy, resolve=network.resolve)
    FFmpegPostProcessor._ffmpeg_location.set(_NOWHERE)  # even yt-dlp's last resort must not find a program
    options = {**order.options, "format": order.format, "logger": _Silence()}
    with CheckedDownloader(options, connector(policy, network)) as downloader:
        info = _explained(downloader, order.url, _read_page, order.url)
        chosen = info.pop("requested_formats", None) or [info]
        wanted = [{**info, **part} for part in chosen]
        meter = _Meter(order=order, parts=wanted, report=on_progress)
        try:
            fetch = (downloader, order.url, _fetch_part, order)
            names = tuple(_explained(*fetch, part, meter) for part in wanted)
        except (SourceUnavailable, UnsupportedMedia) as exc:
            raise PartsUnavailable(exc) from exc
    return Fetched(page=_describe(order.url, info), parts=names)


def _explained(downloader: CheckedDownloader, url: str, do: Callable[..., Any], *arguments: Any) -> Any:
    """What `do` gives, with yt-dlp's failures as ours; a blocked address explains every failure after it."""
    try:
        return do(downloader, *arguments)
    except yt_dlp.utils.YoutubeDLError as exc:
        raise downloader.blocked or explain_download_failure(url, str(exc)) from exc
    except OSError as exc:
        raise downloader.blocked or explain_download_failure(url, f"{type(exc).__name__}: {exc}") from exc


def _read_page(downloader: CheckedDownloader, url: str) -> dict[str, Any]:
    """yt-dlp's description of the one video behind `url`, its format chosen."""
    info = downloader.extract_info(url, download=False)
    if info and info.get("_type") == "playlist":
        info = next(iter(info.get("entries") or []), None)
    if not info:
        raise downloader.blocked or SourceUnavailable(
            f"{url} leads to no video that can be downloaded; check it in a browser."
        )
    if info.get("is_live") or info.get("live_status") in _NOT_OVER:
        raise LiveStream(f"{url} is live or has not begun; submit it again when it is over.")
    return dict(info)


def _fetch_part(
    downloader: CheckedDownloader, order: FetchOrder, part: dict[str, Any], meter: "_Meter"
) -> str:
    """Download one part under a name of ours; returns the name."""
    kind = _NATIVE.get(str(part.get("protocol")))
    if kind is None:
        raise UnsupportedMedia(
            f"{order.url} is sent as {part.get('protocol')}, which is not fetched; upload the file."
        )
    name = f"part-{meter.begin_part()}"
    native = kind(downloader, downloader.params)
    native.add_progress_hook(meter.follow)
    done, _ = native.download(str(Path(order.folder) / name), part)
    if not done:
        raise downloader.blocked or explain_download_failure(order.url, "the download was incomplete")
    return name


def _describe(url: str, info: Mapping[str, Any]) -> Page:
    day = str(info.get("upload_date") or "")
    return Page(
        title=str(info.get("title") or url),
        webpage_url=str(info.get("webpage_url") or url),
        uploader=_text(info.get("uploader") or info.get("channel")),
        upload_date=f"{day[:4]}-{day[4:6]}-{day[6:]}" if len(day) == 8 and day.isdigit() else None,
        licence=_text(info.get("license")),
        stated_s=float(info.get("duration") or 0),
    )


def _text(value: object) -> str | None:
    return str(value) if value else None


class _Meter:
    """Adds up the bytes of all parts, reports them, and ends the download at the cap."""

    def __init__(
        self, *, order: FetchOrder, parts: list[dict[str, Any]], report: Callable[[Transfer], None]
    ) -> None:
        self._order, self._report = order, report
        self._stated = [float(p.get("filesize") or p.get("filesize_approx") or 0) for p in parts]
        self._done: list[int] = []
        self._fraction = 0.0
        self._check(int(sum(self._stated)))
        self._looked_at_disk = -1
        self._check_disk(sum(self._stated))

    def begin_part(self) -> int:
        """The number of the part that is fetched next, from 1."""
        self._done.append(0)
        return len(self._done)

    def follow(self, state: Mapping[str, Any]) -> None:
        """yt-dlp's progress hook: called for every block of every part."""
        part = int(state.get("downloaded_bytes") or state.get("total_bytes") or 0)
        self._done[-1] = max(self._done[-1], part)
        total = state.get("total_bytes") or state.get("total_bytes_estimate")
        self._check(sum(self._done[:-1]) + max(self._done[-1], int(state.get("total_bytes") or 0)))
        if total:
            self._check_disk(sum(self._done[:-1]) + total + sum(self._stated[len(self._done) :]))
            self._fraction = max(self._fraction, self._overall(min(part / total, 1.0)))
        self._report(
            Transfer(
                done_bytes=sum(self._done),
                fraction=self._fraction if total else None,
                eta_s=state.get("eta"),
            )
        )

    def _overall(self, part_fraction: float) -> float:
        """Parts count by their stated sizes, or alike where one of them has none."""
        shares = self._stated if all(self._stated) else [1.0] * len(self._stated)
        current = len(self._done) - 1
        return (sum(shares[:current]) + shares[current] * part_fraction) / sum(shares)

    def _check(self, size_bytes: int) -> None:
        if size_bytes > self._order.max_bytes:
            raise SourceTooLarge(
                f"{self._order.url} is larger than {self._order.max_bytes:,} bytes; upload it in parts.",
                size_bytes=size_bytes,
            )

    def _check_disk(self, size_bytes: float) -> None:
        """Once for what the page states and once for each part; what is there already needs no room again."""
        if self._looked_at_disk < len(self._done):
            self._looked_at_disk = len(self._done)
            folder = Path(self._order.folder)
            there_bytes = sum(file.stat().st_size for file in folder.iterdir())
            check_free_disk(folder, needed_bytes=estimate_download_bytes(int(size_bytes)) - there_bytes)


class _Silence:
    """yt-dlp's messages; its errors arrive as exceptions."""

    def debug(self, _message: str) -> None:
        """Nothing to do."""

    info = warning = error = debug
