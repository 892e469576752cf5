"""What yt-dlp's failures mean to a person, as a table."""

import re
from collections.abc import Sequence

from heaters.domain.errors import (
    BotCheck,
    GeoBlocked,
    HeatersError,
    LiveStream,
    LoginRequired,
    NotEnoughDisk,
    SourceBusy,
    SourceTooLarge,
    SourceUnavailable,
    UnsupportedMedia,
    VideoRemoved,
)

_MEANINGS: Sequence[tuple[str, type[HeatersError], str]] = (
    (r"no space left on device", NotEnoughDisk, "the disk was full before it was there; it is tried again elsewhere"),
    (r"not a bot|captcha|cloudflare|unusual traffic|impersonat", BotCheck,
     "the site takes us for a robot; try again in some hours, or upload the file"),
    (r"geo.?restrict|geo.?block|not (?:made this video )?available (?:in|from) your (?:country|location|region)"
     r"|in your country|http error 451", GeoBlocked,
     "the site does not show it where we are; upload the file"),
    (r"\bdrm\b", SourceUnavailable, "it is protected by DRM; upload the file without it"),
    (r"http error (?:429|5\d\d)", SourceBusy, "the server did not deliver; it is tried again"),
    (r"fragment \d+ not found|fragment retries", SourceUnavailable,
     "a piece of it is missing on the server; tell the site, or upload the file"),
    (r"private video|log ?in|sign in|members?[- ]only|premium (?:member|content|video)|subscri|password"
     r"|http error 40[13]|authenticat|confirm your age|age.restricted|registered users", LoginRequired,
     "it is only for people who are signed in; upload the file"),
    (r"live (?:event|stream)|is live|premieres? in|will begin|offline", LiveStream,
     "it is live or has not begun; submit it again when it is over"),
    (r"http error 4(?:04|10)|removed|deleted|terminated|video (?:is )?(?:unavailable|not available)|does not exist"
     r"|no longer available|no video", VideoRemoved,
     "it is not there (any more); check the URL"),
    (r"unsupported url|no suitable|no media found", UnsupportedMedia,
     "no video was found behind this URL; upload the file"),
    (r"requested format is not available|ffmpeg could not be found|only images are available", UnsupportedMedia,
     "it has no picture and sound that can be downloaded; upload the file"),
    (r"file too large", SourceTooLarge, "it is larger than the cap; upload it in parts"),
    (r"timed out|timeout|connection|reset|refused|incomplete|temporar|\bnetwork|\bssl|retries|bytes, expected"
     r"|more expected|bytes read", SourceBusy,
     "the server did not deliver; it is tried again"),
)  # fmt: skip
"""The first expression that is found in the message decides."""


def explain_download_failure(url: str, message: str) -> HeatersError:
    """The typed error for a message of yt-dlp; one that nobody has met yet counts as SourceUnavailable."""
    said = re.sub(r"\x1b\[[0-9;]*m", "", message).removeprefix("ERROR: ").strip()
    for expression, error, meaning in _MEANINGS:
        if re.search(expression, said, re.IGNORECASE):
            return error(f"{url} cannot be downloaded: {meaning}.", said=said[:500])
    why = said[:300].rstrip(".") or "its page broke the downloader"
    return SourceUnavailable(f"{url} cannot be downloaded: {why}. Check it in a browser.", said=said[:500])
