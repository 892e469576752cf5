"""The route of detecting scenes anew: cuts from stored scores with other settings, shown and then applied."""

import uuid
from dataclasses import replace
from fractions import Fraction
from typing import TypedDict

from chalicelib.actions import act
from chalicelib.endpoints import Call, Endpoints
from chalicelib.models.detections import DetectAnswer, DetectChoice, DetectRequest, KeptClips
from chalicelib.score_cache import ScoreCache

from heaters.catalog.connection import Connection
from heaters.catalog.review.actions import Outcome
from heaters.catalog.review.redetection import apply_detection, find_standing_settings, preview_detection
from heaters.catalog.videos import Video, get_video
from heaters.domain.cuts import MAX_CUTS, Cuts
from heaters.domain.errors import CutRefused, InvalidJob, NotFound, TooLong, TransitionRefused
from heaters.domain.jobs import Detector, DetectSettings
from heaters.domain.review.redetection import Redetection
from heaters.domain.states import VideoState

detections = Endpoints(__name__)

_cache = ScoreCache()


class _Asked(TypedDict):
    """What showing and applying are asked alike."""

    video_id: str
    proposed: Cuts
    min_frames: int
    reviewer: str


@detections.endpoint(
    "POST", "/videos/{video_id}/detect", body=DetectRequest, answers=DetectAnswer,
    refuses=(NotFound, TransitionRefused, CutRefused, TooLong),
)  # fmt: skip
def detect_again(call: Call, video_id: str) -> DetectAnswer:
    """Cut what nobody has reviewed anew with other settings, undone as one; or only show what would change."""
    with call.services.catalog.transaction() as connection:
        video = get_video(connection, video_id)
        standing = find_standing_settings(connection, video_id) or video.detect_settings
    settings = replace(standing, **call.body.model_dump(exclude={"apply"}, exclude_none=True))
    scores_key, fps = _require_scores(video)
    proposed, detector = _propose(call, scores_key, settings)
    asked: _Asked = {
        "video_id": video_id,
        "proposed": proposed,
        "min_frames": settings.min_scene_frames(fps),
        "reviewer": call.person.name,
    }
    if call.body.apply:
        return _apply(call, settings, detector, asked)
    with call.services.catalog.transaction() as connection:
        found = preview_detection(connection, **asked)
    return _show(found, settings, detector)


def _require_scores(video: Video) -> tuple[str, Fraction]:
    """The key of the scores, and the frame rate. Raises TransitionRefused before there are clips."""
    if video.state in (VideoState.IN_REVIEW, VideoState.COMPLETE) and video.scores_key and video.fps:
        return video.scores_key, video.fps
    raise TransitionRefused(f"Video {video.video_id} has no clips yet; wait until it is in review.")


def _propose(call: Call, scores_key: str, settings: DetectSettings) -> tuple[Cuts, Detector]:
    """The cuts, and the detector that really found them."""
    from heaters.media.scenes.cuts import choose_cuts, decided_by  # noqa: PLC0415 - numpy is for requests that need it

    evidence = _cache.read(call.services.store, scores_key)
    try:
        proposed = choose_cuts(evidence, settings)
    except InvalidJob as exc:  # a detector that these scores cannot answer for
        raise TransitionRefused(exc.message) from exc
    if len(proposed) > MAX_CUTS:
        raise CutRefused(
            f"These settings propose {len(proposed)} cuts, more than the {MAX_CUTS} that a video may get at once; "
            "raise adaptive_threshold or min_scene_len_s."
        )
    return proposed, decided_by(evidence, settings)


def _apply(call: Call, settings: DetectSettings, detector: Detector, asked: _Asked) -> DetectAnswer:
    found: list[Redetection] = []

    def apply(connection: Connection) -> Outcome | None:
        redetection, outcome = apply_detection(
            connection, **asked, settings=settings, new_id=lambda: str(uuid.uuid4())
        )
        found.append(redetection)
        return outcome

    done = act(call, apply)
    shown = _show(found[-1], settings, detector)
    if done is None:
        return shown
    return shown.model_copy(
        update={"clips": done.clips, "clips_left_out": done.clips_left_out, "event_id": done.event_id}
    )


def _show(found: Redetection, settings: DetectSettings, detector: Detector) -> DetectAnswer:
    return DetectAnswer(
        settings=DetectChoice(
            adaptive_threshold=settings.adaptive_threshold,
            min_scene_len_s=settings.min_scene_len_s,
            detector=settings.detector,
        ),
        decided_by=detector,
        cuts=list(found.cuts),
        cut_count=len(found.cuts),
        added=list(found.added),
        removed=list(found.removed),
        kept=[
            KeptClips(
                start_frame=part.frames.start_frame,
                end_frame=part.frames.end_frame,
                clip_count=part.clip_count,
                because=part.because,
            )
            for part in found.kept
        ],
        clips=[],
        clips_left_out=0,
        event_id=None,
    )
