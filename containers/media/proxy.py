"""Make proxy: one source in; proxy, frame index, scores, facts, sound levels, stills to choose from and storyboard out.

A Batch job.
"""

import os

from containers.media.whole_source import fetch_source, report_to
from containers.runner import Work, run_as_batch_job
from heaters.domain import object_keys
from heaters.domain.errors import DamagedMedia, UnsupportedMedia
from heaters.domain.jobs import ObjectRef, ProxyJob
from heaters.domain.results import ProxyResult, SourceFacts, Storyboard
from heaters.media.clips import frame_index
from heaters.media.clips.candidates import find_candidates
from heaters.media.clips.frame_index import FrameIndex
from heaters.media.facts.frame_facts import with_silence
from heaters.media.proxy.single_pass import ProxyPass, make_proxy
from heaters.media.proxy.storyboard import INTERVAL_S, SheetFiles
from heaters.media.scenes.network.model import Judge, load_network
from heaters.media.sound.levels import SoundLevels
from heaters.media.sound.measure import measure_sound
from heaters.media.source.facts import SourceProbe
from heaters.media.source.probe import probe
from heaters.media.source.timecode import timecode_in_name
from heaters.media.untrusted.free_disk import estimate_proxy_bytes
from heaters.s3.store import MediaStore

PASS_SHARE = 0.95
"""The part of the stage's progress that is the pass; the rest is indexing and uploading."""


_TIMES_DISAGREE = (
    "The times of this video's frames contradict each other, so that they cannot be cut exactly; convert it to an MP4 "
    "of constant frame rate and upload that."
)


def make_proxy_of_source(work: Work[ProxyJob]) -> ProxyResult:
    """Make sure of room, fetch, look, run the pass, index, store."""
    output = work.folder / "pass"
    output.mkdir()
    path = fetch_source(work, estimate_bytes=estimate_proxy_bytes)
    source = probe(path)
    report = report_to(work.report, share=PASS_SHARE)
    made = make_proxy(path, source, folder=output, network=choose_network(), on_progress=report)
    index = index_proxy(made)
    levels = measure_sound(made.proxy, folder=work.folder).until(index.frame_count / made.plan.rate)
    return store_proxy(work.job, work.store, source, made, index=index, levels=levels)


def choose_network() -> Judge | None:
    """The learned detector, unless HEATERS_SCENE_NETWORK is `off` or it was never built; then the rules decide."""
    return None if os.environ.get("HEATERS_SCENE_NETWORK") == "off" else load_network()


def index_proxy(made: ProxyPass) -> FrameIndex:
    """The proxy's frame index, checked against the scores: both must tell of the same frames.

    Where they do not, it is because of the source, and trying again would change nothing.
    """
    try:
        index = frame_index.index_file(made.proxy)
    except UnsupportedMedia as exc:
        raise DamagedMedia(_TIMES_DISAGREE, reason=exc.message) from exc
    if index.frame_count != made.scores.frame_count:
        raise DamagedMedia(
            _TIMES_DISAGREE, indexed_frames=index.frame_count, scored_frames=made.scores.frame_count
        )
    return index


def store_proxy(
    job: ProxyJob,
    store: MediaStore,
    source: SourceProbe,
    made: ProxyPass,
    *,
    index: FrameIndex,
    levels: SoundLevels,
) -> ProxyResult:
    """Write all objects and say what they are. A source that is its own proxy is not copied."""
    proxy, size_bytes = job.source, source.size_bytes
    if not made.is_source:
        stored = store.put_file(made.proxy, object_keys.proxy(job.video_id), content_type="video/mp4")
        proxy, size_bytes = ObjectRef(key=stored.key), stored.size_bytes
    return ProxyResult(
        source=describe_source(job, source, made),
        proxy=proxy,
        proxy_size_bytes=size_bytes,
        width=made.plan.size.width,
        height=made.plan.size.height,
        fps=made.plan.rate,
        frame_count=index.frame_count,
        has_audio=index.has_audio,
        frame_index=store.write(object_keys.frame_index(job.video_id), index.to_bytes()),
        scores=store.write(object_keys.scores(job.video_id), made.scores.to_bytes()),
        storyboard=store_sheets(job.video_id, store, made.storyboard),
        keyframe_candidates=store.write(
            object_keys.keyframe_candidates(job.video_id), find_candidates(made.scores).to_bytes()
        ),
        facts=store.write(object_keys.facts(job.video_id), with_silence(made.facts, levels).to_bytes()),
        sound=store.write(object_keys.sound(job.video_id), levels.to_bytes()),
        warnings=made.warnings,
    )


def describe_source(job: ProxyJob, source: SourceProbe, made: ProxyPass) -> SourceFacts:
    video = source.video
    return SourceFacts(
        width=video.width,
        height=video.height,
        fps=made.plan.rate,
        frame_count=made.decoded_frames,
        duration_s=float(made.scores.frame_count / made.plan.rate),
        container=source.container.name,
        video_codec=video.codec,
        pixel_format=video.pixel_format,
        audio_codec=source.audio[0].codec if source.audio else None,
        size_bytes=source.size_bytes,
        lost_frames=made.lost_frames,
        timecode=source.timecode or timecode_in_name(job.source.key.rpartition("/")[2]),
        assumed_colours=made.plan.assumed_colours,
    )


def store_sheets(video_id: str, store: MediaStore, files: SheetFiles) -> Storyboard:
    sheets = tuple(
        store.put_file(path, object_keys.storyboard_sheet(video_id, number), content_type="image/jpeg")
        for number, path in enumerate(files.paths)
    )
    return Storyboard(
        sheets=sheets,
        tile_width=files.plan.tile.width,
        tile_height=files.plan.tile.height,
        columns=files.plan.columns,
        rows=files.plan.rows,
        interval_s=INTERVAL_S,
        tile_count=files.tile_count,
    )


def main() -> None:
    run_as_batch_job("proxy", make_proxy_of_source)


if __name__ == "__main__":
    main()
