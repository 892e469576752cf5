"""How sources are downloaded: one object, checked when it is made, that cannot ask for less than the best."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from heaters.domain.errors import InvalidJob
from heaters.media.addresses import AddressPolicy

BEST_FORMATS = "bv*[ext=mp4]+ba[ext=m4a]/b[ext=mp4]/bv*+ba/b"
COMPATIBLE_FORMATS = "bestvideo[ext=mp4][vcodec^=avc1]+bestaudio[ext=m4a]/best[ext=mp4]/best"

_LESS_THAN_BEST = re.compile(
    r"worst|\bw[va]?\*?(?![a-z0-9])|\[\s*(?:height|width|res|fps|tbr|vbr|abr|filesize\w*|quality)\s*[<=!]"
)
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
        for wanted in self.formats:
            if less := _LESS_THAN_BEST.search(wanted):
                raise InvalidJob(
                    f"Format {wanted!r} asks for less than the best ({less.group()!r}); leave that out.",
                )
        if refused := sorted(set(self.access) - _HARMLESS_OPTIONS):
            raise InvalidJob(
                f"Option {refused[0]!r} could lower quality or open a way around the checks; allowed are "
                f"{', '.join(sorted(_HARMLESS_OPTIONS))}.",
            )

    def options(self, wanted: str, folder: Path) -> dict[str, Any]:
        """yt-dlp's options to fetch format `wanted` of one video into `folder`, under names that are ours."""
        return {
            "retries": 10,
            "fragment_retries": 10,
            "socket_timeout": 30,
            **self.access,
            "format": wanted,
            "outtmpl": {"default": str(folder / "source.%(ext)s")},
            "merge_output_format": "mp4/mkv",
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
            "postprocessor_args": {"ffmpeg_i": ["-protocol_whitelist", "file,pipe"]},
        }
