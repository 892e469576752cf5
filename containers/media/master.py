"""Archive master: one source object in, lossless segments out, stored while the next is encoded. A Batch job."""

from collections.abc import Iterable
from pathlib import Path

from containers.media.whole_source import fetch_source, report_to
from containers.runner import Work, run_as_batch_job
from heaters.domain import object_keys
from heaters.domain.jobs import MasterJob, MasterPolicy
from heaters.domain.results import MasterResult, StoredObject
from heaters.media.master.segments import Master, make_master
from heaters.media.source.probe import probe
from heaters.media.untrusted.free_disk import estimate_master_bytes

TAGS = {"heaters-class": "master"}
"""The lifecycle rule that moves masters to Glacier matches this tag."""


def archive_master(work: Work[MasterJob]) -> MasterResult:
    """Encode and store by segments, or keep the original: then nothing is read, and `frame_count` is 0."""
    keeps_original = work.job.policy is MasterPolicy.ORIGINAL
    made = Master(segments=(), frame_count=0) if keeps_original else encode(work)
    remove_orphans(work, made.segments)
    return MasterResult(policy=work.job.policy, segments=made.segments, frame_count=made.frame_count)


def encode(work: Work[MasterJob]) -> Master:
    segments = work.folder / "segments"
    segments.mkdir()
    path = fetch_source(work, estimate_bytes=estimate_master_bytes)

    def keep_segment(number: int, segment: Path) -> StoredObject:
        key = object_keys.master_segment(work.job.video_id, number)
        return work.store.put_file(segment, key, content_type="video/x-matroska", tags=TAGS)

    report = report_to(work.report)
    return make_master(path, probe(path), folder=segments, keep_segment=keep_segment, on_progress=report)


def remove_orphans(work: Work[MasterJob], segments: Iterable[StoredObject]) -> None:
    """Delete what an earlier run of this stage stored beyond the segments of this one."""
    kept = {segment.key for segment in segments}
    prefix = object_keys.master_segment(work.job.video_id, 0).rpartition("/")[0] + "/"
    work.store.delete(key for key in work.store.keys_under(prefix) if key not in kept)


def main() -> None:
    run_as_batch_job("master", archive_master)


if __name__ == "__main__":
    main()
