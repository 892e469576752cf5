"""Every error that Heaters raises on purpose, and how an error travels as data.

    HeatersError
    ├── PermanentError            trying again changes nothing: the execution fails at once
    │   ├── UnsupportedMedia      not a video that we can read
    │   ├── DamagedMedia          a video, but too little of it can be decoded
    │   ├── SourceUnavailable     the source object or URL is not there (any more), or not for us
    │   │   ├── BotCheck          the site takes us for a robot
    │   │   ├── GeoBlocked        the site does not show it where we are
    │   │   ├── LoginRequired     only for people who are signed in
    │   │   ├── VideoRemoved      was there once, or never
    │   │   └── LiveStream        is live, or has not begun
    │   ├── SourceTooLarge        larger than the cap on bytes, pixels or duration
    │   ├── BlockedAddress        a URL that points inside the network
    │   ├── ExportMismatch        an export does not decode to the frames it was cut from
    │   ├── InvalidJob            a job or setting that contradicts itself
    │   ├── InvalidSetting        a setting of the installation that is missing or makes no sense
    │   ├── ModelRejected         a model file that is not the one its manifest describes
    │   └── ExecutionStopped      an operator stopped the execution on purpose
    ├── TransientError            trying again may help: retried with back-off
    │   ├── SourceBusy            the server behind a URL throttled, hung up or failed
    │   ├── StorageUnavailable    S3 throttled, timed out or answered 5xx
    │   ├── CatalogUnavailable    Postgres is waking up, failing over or out of connections
    │   ├── WorkflowUnavailable   Step Functions throttled or did not answer
    │   ├── NotEnoughDisk         the worker's disk has no room for this video now
    │   ├── WorkerLost            the process or the host is gone without a result
    │   └── StageTimeout          a stage ran longer than it may
    └── RefusedError              asked for something that cannot be done as asked (409 and other 4xx)
        ├── InvalidRequest        input that does not say what it must
        ├── KeyReused             an Idempotency-Key that stands for a different request
        ├── NotSignedIn           nobody knows who asks
        ├── Forbidden             the person who asks may not
        ├── NotFound
        ├── StaleVersion          somebody else changed the clip since it was read
        ├── ClipClaimed           a wave is already processing the clip
        ├── TransitionRefused     the row is in a state that this change cannot start from
        ├── NotEmbedded           a clip that has no vectors to search with yet
        ├── NoTextModel           a search by text where no installed model reads text
        ├── TooLong               a clip or video that is too long for what was asked, in one piece
        ├── CutRefused            a cut that would leave an empty segment or does not exist
        ├── UploadClosed          an upload that is complete, was aborted or has run out
        ├── UploadIncomplete      parts of an upload are missing, or other than stated
        ├── UploadSizeMismatch    parts of an upload that are not of the size stated
        └── NothingToUndo         no action of this reviewer can still be undone or redone

An error's class name is its name everywhere: Step Functions, the API, the catalog and the logs.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class HeatersError(Exception):
    """Root of all errors raised on purpose. The message names the object and the next step."""

    def __init__(self, message: str, /, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    @property
    def name(self) -> str:
        """The name under which the error is known outside Python."""
        return type(self).__name__

    def to_json(self) -> dict[str, Any]:
        """`{"error", "message", "details"}`, the shape stored in results and in the catalog."""
        return {"error": self.name, "message": self.message, "details": dict(self.details)}


class PermanentError(HeatersError):
    """Trying again changes nothing."""


class UnsupportedMedia(PermanentError):
    """Not a video that Heaters can read."""


class DamagedMedia(PermanentError):
    """A video of which too little can be decoded."""


class SourceUnavailable(PermanentError):
    """The source is not there, or not for us."""


class BotCheck(SourceUnavailable):
    """The site wants proof that a person asks."""


class GeoBlocked(SourceUnavailable):
    """The site does not show the video in the country we ask from."""


class LoginRequired(SourceUnavailable):
    """The video is only for people who are signed in."""


class VideoRemoved(SourceUnavailable):
    """The video is not there any more, or never was."""


class LiveStream(SourceUnavailable):
    """The video is not over, or has not begun."""


class SourceTooLarge(PermanentError):
    """The source exceeds a cap."""


class BlockedAddress(PermanentError):
    """A URL resolves to an address that must not be reached."""


class ExportMismatch(PermanentError):
    """An export does not decode to the frames it was cut from."""


class InvalidJob(PermanentError):
    """A job, setting or event that contradicts itself."""


class InvalidSetting(PermanentError):
    """A setting of the installation is missing or makes no sense; details name it as `setting`."""


class ModelRejected(PermanentError):
    """A model file does not match its manifest."""


class ExecutionStopped(PermanentError):
    """An operator stopped the execution."""


class TransientError(HeatersError):
    """Trying again may help."""


class SourceBusy(TransientError):
    """The server behind a URL did not deliver."""


class StorageUnavailable(TransientError):
    """S3 throttled, timed out or failed."""


class CatalogUnavailable(TransientError):
    """Postgres cannot be reached just now."""


class WorkflowUnavailable(TransientError):
    """Step Functions cannot be reached just now."""


class NotEnoughDisk(TransientError):
    """The worker's disk is too full; details say `needed_bytes` and `free_bytes` where they are known."""


class WorkerLost(TransientError):
    """A worker ended without leaving a result."""


class StageTimeout(TransientError):
    """A stage ran longer than it may."""


class RefusedError(HeatersError):
    """What was asked cannot be done, or not now."""

    http_status: ClassVar[int] = 409


class InvalidRequest(RefusedError):
    """The input is not what was asked for; details name the fields."""

    http_status = 400


class KeyReused(RefusedError):
    """The key of a repeated request stands for a different one."""

    http_status = 422


class NotSignedIn(RefusedError):
    """The request comes from nobody we know."""

    http_status = 401


class Forbidden(RefusedError):
    """The person is known, and may not do this."""

    http_status = 403


class NotFound(RefusedError):
    """No such object."""

    http_status = 404


class StaleVersion(RefusedError):
    """The object has changed since the caller read it."""


class ClipClaimed(RefusedError):
    """A wave is processing the clip."""


class TransitionRefused(RefusedError):
    """The object is in a state that this change cannot start from."""


class NotEmbedded(RefusedError):
    """The clip has no vectors yet."""


class NoTextModel(RefusedError):
    """No installed model makes vectors of text."""


class TooLong(RefusedError):
    """The clip or video is too long for this; details say `size_bytes` and `limit_bytes` where they are known."""

    http_status = 422


class CutRefused(RefusedError):
    """The cut is outside the video, already there, or not there."""


class UploadClosed(RefusedError):
    """The upload is complete, was aborted or has been given up by S3; details tell its state."""


class UploadIncomplete(RefusedError):
    """Parts of an upload are missing or changed; details name them."""


class UploadSizeMismatch(RefusedError):
    """Parts of an upload are not of the size that the file was said to have."""


class NothingToUndo(RefusedError):
    """No action of this reviewer can be undone or redone."""


def _tree(root: type[HeatersError]) -> dict[str, type[HeatersError]]:
    found = {root.__name__: root}
    for child in root.__subclasses__():
        found |= _tree(child)
    return found


ERRORS: Mapping[str, type[HeatersError]] = _tree(HeatersError)
"""Every error class by name."""


def error_from_json(data: Mapping[str, Any]) -> HeatersError:
    """The error that `to_json` described. An unknown name becomes a plain `HeatersError` that keeps it."""
    name, message = str(data.get("error", "")), str(data.get("message", ""))
    details = dict(data.get("details") or {})
    if name in ERRORS:
        return ERRORS[name](message, **details)
    return HeatersError(message, **{**details, "original_error": name})


def transient_error_names() -> tuple[str, ...]:
    """Names that a retry policy should match, sorted."""
    return tuple(sorted(name for name, cls in ERRORS.items() if issubclass(cls, TransientError)))
