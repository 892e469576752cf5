"""Download source: a URL in, the original it leads to out. A Batch job."""

import os

from containers.runner import Work, run_as_batch_job
from heaters.domain import object_keys
from heaters.domain.jobs import DownloadJob
from heaters.domain.results import DownloadResult
from heaters.media.download.addresses import AddressPolicy
from heaters.media.download.download import download_video
from heaters.media.download.fetch import Transfer
from heaters.media.download.repair import describe_repair
from heaters.media.download.settings import DownloadSettings
from heaters.media.untrusted.free_disk import check_free_disk, estimate_download_bytes

ALLOW_LOOPBACK = "HEATERS_ALLOW_LOOPBACK"
"""Set to 1 where a demo or a test serves videos on the same machine. Never set in AWS."""


def download(work: Work[DownloadJob]) -> DownloadResult:
    """Make sure of some room, fetch, check, store. The fetch itself looks again when it knows the size."""
    check_free_disk(work.folder, needed_bytes=estimate_download_bytes(0))
    settings = DownloadSettings(
        addresses=AddressPolicy(allow_loopback=os.environ.get(ALLOW_LOOPBACK) == "1"),
    )

    def report(transfer: Transfer) -> None:
        if transfer.fraction is not None:
            work.report(transfer.fraction, eta_s=transfer.eta_s)

    found = download_video(work.job.url, folder=work.folder, settings=settings, on_progress=report)
    key = object_keys.download(work.job.video_id)
    return DownloadResult(
        source=work.store.put_file(found.path, key, content_type="application/octet-stream"),
        title=found.page.title,
        webpage_url=found.page.webpage_url,
        uploader=found.page.uploader,
        upload_date=found.page.upload_date,
        licence=found.page.licence,
        repair=found.repair,
        warnings=describe_repair(found.repair),
    )


def main() -> None:
    run_as_batch_job("download", download)


if __name__ == "__main__":
    main()
