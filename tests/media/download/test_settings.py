"""No setting can ask for less than the best; every failure becomes an error with advice."""

import pytest

from heaters.domain.errors import (
    ERRORS,
    BotCheck,
    GeoBlocked,
    HeatersError,
    InvalidJob,
    LiveStream,
    LoginRequired,
    SourceBusy,
    SourceUnavailable,
    UnsupportedMedia,
    VideoRemoved,
)
from heaters.media.download.explanations import explain_download_failure
from heaters.media.download.settings import BEST_FORMATS, COMPATIBLE_FORMATS, DownloadSettings


@pytest.mark.parametrize(
    "formats",
    [
        "bv*[height<=720]+ba/b", "worst", "w", "wv*+wa", "b[filesize<50M]", "best[tbr<1000]", "b[ fps <= 30 ]",
        "bestvideo[width<1920]+bestaudio", "worstvideo+bestaudio", "b.2", "18", "ba", "bestaudio", "mp4",
        "b[height=480]", "bv*[format_id=136]+ba", "b[protocol^=http][height<9]", "", "bv+", "(b/w)", "all", "b,ba",
    ],
)  # fmt: skip
def test_a_format_that_asks_for_less_is_refused(formats: str) -> None:
    with pytest.raises(InvalidJob, match="less than the best"):
        DownloadSettings(formats=(formats,))


@pytest.mark.parametrize(
    "formats", [BEST_FORMATS, COMPATIBLE_FORMATS, "bv*+ba/b", "bv[vcodec^=av01]+ba[ext=webm]"]
)
def test_a_format_that_asks_for_the_best_of_a_kind_is_accepted(formats: str) -> None:
    assert DownloadSettings(formats=(formats,)).formats == (formats,)


@pytest.mark.parametrize(
    "option", ["format_sort", "extractor_args", "postprocessors", "proxy", "external_downloader", "outtmpl"]
)
def test_an_option_that_could_lower_quality_is_refused(option: str) -> None:
    with pytest.raises(InvalidJob, match=option):
        DownloadSettings(access={option: "anything"})


@pytest.mark.parametrize(
    ("message", "expected", "advice"),
    [
        ("ERROR: [youtube] x: Sign in to confirm you're not a bot. Use --cookies", BotCheck, "robot"),
        ("ERROR: [a] x: Got HTTP Error 403 caused by Cloudflare anti-bot challenge", BotCheck, "robot"),
        ("ERROR: [a] x: The uploader has not made this video available in your country", GeoBlocked, "where we are"),
        ("ERROR: [b] x: This video is not available from your location due to geo restriction", GeoBlocked, "upload"),
        ("ERROR: [youtube] x: Private video. Sign in if you've been granted access", LoginRequired, "signed in"),
        ("ERROR: [c] x: This video is only available for registered users. Use --cookies", LoginRequired, "signed in"),
        ("ERROR: unable to download webpage: HTTP Error 401: Unauthorized", LoginRequired, "upload"),
        ("ERROR: [youtube] x: Video unavailable. This video has been removed", VideoRemoved, "check the URL"),
        ("ERROR: [d] x: Unable to download webpage: HTTP Error 410: Gone", VideoRemoved, "check the URL"),
        ("ERROR: [youtube] x: This live event will begin in 2 hours.", LiveStream, "when it is over"),
        ("ERROR: [twitch] x: The channel is offline", LiveStream, "when it is over"),
        ("ERROR: Unsupported URL: https://x/", UnsupportedMedia, "no video"),
        ("ERROR: unable to download video data: HTTP Error 503: Service Unavailable", SourceBusy, "tried again"),
        ("ERROR: HTTP Error 404: Not Found. Giving up after 10 fragment retries", SourceUnavailable, "a piece of it"),
        ("ERROR: [x] y: This video is DRM protected", SourceUnavailable, "DRM"),
        ("ERROR: something nobody has seen", SourceUnavailable, "in a browser"),
    ],
)  # fmt: skip
def test_each_message_becomes_an_error_with_advice(
    message: str, expected: type[HeatersError], advice: str
) -> None:
    error = explain_download_failure("https://x/", message)
    assert type(error) is expected
    assert advice in error.message


def test_every_reason_not_to_get_a_video_is_permanent() -> None:
    """Step Functions tries none of them again, and the catalog knows them by name."""
    reasons = (BotCheck, GeoBlocked, LoginRequired, VideoRemoved, LiveStream)
    assert all(issubclass(reason, SourceUnavailable) for reason in reasons)
    assert {reason.__name__ for reason in reasons} <= set(ERRORS)
