"""The route of waveforms: how loud a range of a video is."""

from fractions import Fraction

from chalicelib.endpoints import Call, Endpoints
from chalicelib.models.waveforms import Waveform, WaveformQuery
from chalicelib.sound_cache import SoundCache

from heaters.catalog.measurements import Measurements, get_measurements
from heaters.domain.errors import InvalidRequest, NotFound, StorageUnavailable, TooLong, TransitionRefused
from heaters.domain.timebase import FrameRange, frame_to_seconds

waveforms = Endpoints(__name__)

_DIGITS = 4

_cache = SoundCache()


@waveforms.endpoint(
    "GET", "/videos/{video_id}/waveform", query=WaveformQuery, answers=Waveform,
    refuses=(NotFound, TransitionRefused, TooLong, StorageUnavailable),
)  # fmt: skip
def show_waveform(call: Call, video_id: str) -> Waveform:
    """Show the peaks of the sound in a range of frames, as many as a picture is wide; without sound all are 0."""
    with call.services.catalog.transaction() as connection:
        measured = get_measurements(connection, video_id)
    frames, rate = _read_range(measured, call.query, video_id)
    if measured.sound is None:
        return Waveform(peaks=None)
    from heaters.media.sound.levels import waveform  # noqa: PLC0415 - numpy is for requests that need it

    peaks = waveform(
        _cache.read(call.services.store, measured.sound),
        start_s=frame_to_seconds(frames.start_frame, rate),
        end_s=frame_to_seconds(frames.end_frame, rate),
        points=call.query.points,
    )
    return Waveform(peaks=[round(peak, _DIGITS) for peak in peaks.tolist()])


def _read_range(measured: Measurements, query: WaveformQuery, video_id: str) -> tuple[FrameRange, Fraction]:
    """The range that is asked for, and the rate. Raises TransitionRefused, InvalidRequest."""
    count, rate = measured.frame_count, measured.rate
    if count is None or rate is None:
        raise TransitionRefused(f"Video {video_id} has no proxy yet; wait until it is in review.")
    end_frame = count if query.end_frame is None else query.end_frame
    if not query.start_frame < end_frame <= count:
        raise InvalidRequest(
            f"Ask for frames from start_frame up to, and without, end_frame, of the {count} that there are."
        )
    return FrameRange(start_frame=query.start_frame, end_frame=end_frame), rate
