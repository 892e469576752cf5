"""What yt-dlp's failures mean to a person, as a table."""

import re
from collections.abc import Sequence

from heaters.domain.errors import HeatersError, SourceBusy, SourceUnavailable, UnsupportedMedia

_MEANINGS: Sequence[tuple[str, type[HeatersError], str]] = (
    (r"not a bot", SourceUnavailable, "the site takes us for a robot; try later, or upload the file"),
    (r"geo.?restrict|not (?:made this video )?available (?:in|from) your (?:country|location)|in your country",
     SourceUnavailable, "it is blocked where we are; upload the file"),
    (r"drm", SourceUnavailable, "it is protected by DRM; upload the file without it"),
    (r"private video|log ?in|sign in|members?[- ]only|premium|subscri|password|http error 40[13]|authenticat",
     SourceUnavailable, "it is only for people who are signed in; upload the file"),
    (r"live (?:event|stream)|is live|premieres? in|will begin", SourceUnavailable,
     "it is live or has not begun; submit it again when it is over"),
    (r"http error 4(?:04|10)|removed|deleted|terminated|video unavailable|does not exist|no longer available|no video",
     SourceUnavailable, "it is not there (any more); check the URL"),
    (r"unsupported url|no suitable|no media found", UnsupportedMedia,
     "no video was found behind this URL; upload the file"),
    (r"requested format is not available", UnsupportedMedia, "it has no picture and sound that can be downloaded"),
    (r"http error (?:429|5\d\d)|timed out|timeout|connection|reset|refused|incomplete|temporar|network|ssl|retries",
     SourceBusy, "the server did not deliver; it is tried again"),
)  # fmt: skip
"""The first expression that is found in the message decides."""


def explain_download_failure(url: str, message: str) -> HeatersError:
    """The typed error for a message of yt-dlp; one that nobody has met yet counts as SourceUnavailable."""
    said = re.sub(r"\x1b\[[0-9;]*m", "", message).removeprefix("ERROR: ").strip()
    for expression, error, meaning in _MEANINGS:
        if re.search(expression, said, re.IGNORECASE):
            return error(f"{url} cannot be downloaded: {meaning}.", said=said[:500])
    return SourceUnavailable(
        f"{url} cannot be downloaded: {said[:300].rstrip('.')}. Check it in a browser.", said=said[:500]
    )
