"""How sources are downloaded: one object, checked when it is made, that cannot ask for less than the best."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from heaters.domain.errors import InvalidJob
from heaters.media.download.addresses import AddressPolicy
from heaters.media.download.fetch import FetchOrder

BEST_FORMATS = "bv*[ext=mp4]+ba[ext=m4a]/b[ext=mp4]/bv*+ba/b"
COMPATIBLE_FORMATS = "bestvideo[ext=mp4][vcodec^=avc1]+bestaudio[ext=m4a]/best[ext=mp4]/best"

_TERM = (
    r"(?:b|bv|ba|best|bestvideo|bestaudio)\*?"
    r"(?:\[(?:ext|vcodec|acodec|container|language|protocol)\s*[\^$*]?=\s*[\w.-]+\])*"
)
_BEST_OF_ITS_KIND = re.compile(rf"(?!ba|bestaudio){_TERM}(?:\+{_TERM})*")
"""The best picture, or picture and sound, of a container or codec: nothing that names a rank, a size or a rate."""

_HARMLESS_OPTIONS = frozenset(
    {
        "cookiefile",
        "http_headers",
        "retries",
        "fragment_retries",
        "socket_timeout",
        "username",
        "password",
    },
)
"""Options of yt-dlp that help to reach a video and cannot change which of its formats is taken."""


@dataclass(frozen=True, kw_only=True)
class DownloadSettings:
    """`formats` are tried in turn. `access` holds yt-dlp options that help to reach a video, such as `cookiefile`.

    Raises InvalidJob for anything that would lower quality: a cap on height, rate or size in a format, a format sort
    order, a pinned client, a recoding step.
    """

    formats: tuple[str, ...] = (BEST_FORMATS, COMPATIBLE_FORMATS)
    max_bytes: int = 90 * 1024**3
    timeout_s: float = 5.5 * 3600
    addresses: AddressPolicy = field(default_factory=AddressPolicy)
    access: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.formats or self.max_bytes <= 0 or self.timeout_s <= 0:
            raise InvalidJob("A download needs a format, and caps above 0 on bytes and seconds.")
        for choice in (choice for wanted in self.formats for choice in wanted.split("/")):
            if not _BEST_OF_ITS_KIND.fullmatch(choice.strip()):
                raise InvalidJob(
                    f"Format {choice!r} may be less than the best; ask for bv*+ba or b, by container or codec only.",
                )
        if refused := sorted(set(self.access) - _HARMLESS_OPTIONS):
            raise InvalidJob(
                f"Option {refused[0]!r} could lower quality or open a way around the checks; allowed are "
                f"{', '.join(sorted(_HARMLESS_OPTIONS))}.",
            )

    def order(self, url: str, wanted: str, folder: Path) -> FetchOrder:
        """How to fetch format `wanted` of the one video of `url` into `folder`."""
        options = {
            "retries": 10,
            "fragment_retries": 10,
            "socket_timeout": 30,
            **self.access,
            "skip_unavailable_fragments": False,
            "noplaylist": True,
            "playlist_items": "1",
            "continuedl": True,
            "updatetime": False,
            "cachedir": False,
            "quiet": True,
            "noprogress": True,
            "no_warnings": True,
            "hls_prefer_native": True,
            "external_downloader": {"default": "native"},
        }
        return FetchOrder(
            url=url,
            format=wanted,
            folder=str(folder),
            max_bytes=self.max_bytes,
            allow_loopback=self.addresses.allow_loopback,
            options=options,
        )
