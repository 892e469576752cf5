"""What stages have in common that read a whole source by ffmpeg: room, the file itself, and how far they are."""

from collections.abc import Callable
from pathlib import Path

from containers.runner import Work
from heaters.domain.jobs import MasterJob, ProxyJob
from heaters.media.untrusted.ffmpeg import Progress
from heaters.media.untrusted.free_disk import check_free_disk


def fetch_source(work: Work[ProxyJob] | Work[MasterJob], *, estimate_bytes: Callable[[int], int]) -> Path:
    """The job's source on this disk, once that has the room which its size leads to. Raises NotEnoughDisk."""
    path = work.folder / "source"
    needed_bytes = estimate_bytes(work.store.size_bytes(work.job.source))
    check_free_disk(work.folder, needed_bytes=needed_bytes)
    work.store.fetch(work.job.source, path)
    return path


def report_to(report: Callable[..., None], *, share: float = 1.0) -> Callable[[Progress], None]:
    """Hand on ffmpeg's progress as `share` of a stage's; nothing is said where the length is not known."""

    def hand_on(progress: Progress) -> None:
        if progress.fraction is not None:
            report(progress.fraction * share, eta_s=progress.eta_s, speed=progress.speed)

    return hand_on
