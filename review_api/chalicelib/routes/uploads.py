"""Routes of uploads: a browser's file goes to S3 part by part and becomes a video."""

from chalicelib.endpoints import Call, Endpoints
from chalicelib.models.uploads import (
    AbortedUpload,
    CompleteUpload,
    NewUpload,
    PartNumbers,
    PartUrl,
    PresentPart,
    Upload,
    UploadedVideo,
    UploadParts,
)

from heaters.catalog.uploads import Upload as UploadRow
from heaters.catalog.uploads import get_upload
from heaters.domain.errors import (
    InvalidRequest,
    NotFound,
    SourceTooLarge,
    StorageUnavailable,
    UnsupportedMedia,
    UploadClosed,
    UploadIncomplete,
    UploadSizeMismatch,
    WorkflowUnavailable,
)
from heaters.domain.jobs import ObjectRef
from heaters.intake import browser_uploads, ingest

uploads = Endpoints(__name__)


@uploads.endpoint(
    "POST", "/uploads", body=NewUpload, answers=Upload, status=201, creates=True, keeps_answer=False,
    refuses=(UnsupportedMedia, SourceTooLarge, UploadClosed, StorageUnavailable),
)  # fmt: skip
def begin_upload(call: Call) -> Upload:
    """Begin to upload a file in parts."""
    upload = browser_uploads.begin_upload(
        call.services.catalog,
        call.services.store,
        upload_id=call.new_id,
        begun_by=call.person.name,
        filename=call.body.filename,
        size_bytes=call.body.size_bytes,
    )
    numbers = list(range(1, upload.plan.part_count + 1))
    return Upload(
        upload_id=upload.upload_id,
        part_size_bytes=upload.plan.part_size_bytes,
        part_urls=browser_uploads.sign_parts(call.services.store, upload, numbers),
    )


@uploads.endpoint(
    "POST", "/uploads/{upload_id}/parts", body=PartNumbers, answers=UploadParts,
    refuses=(NotFound, UploadClosed, StorageUnavailable),
)  # fmt: skip
def sign_parts(call: Call, upload_id: str) -> UploadParts:
    """Get fresh URLs for parts, and learn which parts are there."""
    upload, store = _get_upload(call, upload_id), call.services.store
    stored = browser_uploads.list_stored_parts(call.services.catalog, store, upload)
    numbers = sorted(set(call.body.part_numbers))
    urls = zip(numbers, browser_uploads.sign_parts(store, upload, numbers), strict=True)
    return UploadParts(
        part_size_bytes=upload.plan.part_size_bytes,
        part_urls=[PartUrl(part_number=number, url=url) for number, url in urls],
        parts=[PresentPart(part_number=p.part_number, etag=p.etag, size_bytes=p.size_bytes) for p in stored],
    )


@uploads.endpoint(
    "POST", "/uploads/{upload_id}/complete", body=CompleteUpload, answers=UploadedVideo, creates=True,
    refuses=(NotFound, UploadClosed, UploadIncomplete, UploadSizeMismatch, StorageUnavailable, WorkflowUnavailable),
)  # fmt: skip
def complete_upload(call: Call, upload_id: str) -> UploadedVideo:
    """Join the parts and make the file a video, which can be asked for at once."""
    services = call.services
    upload = browser_uploads.complete_upload(
        services.catalog, services.store, _get_upload(call, upload_id), etags=_read_etags(call.body)
    )
    video = ingest.accept_upload(
        services.catalog,
        services.workflow,
        state_machine_arn=services.state_machine_arn,
        bucket=services.store.bucket,
        source=ObjectRef(key=upload.key, version_id=upload.version_id),
        undo_window_s=services.settings.undo_window_s,
        release_size=services.settings.release_size,
    )
    return UploadedVideo(video_id=video.video_id)


@uploads.endpoint(
    "DELETE", "/uploads/{upload_id}", answers=AbortedUpload, refuses=(NotFound, UploadClosed, StorageUnavailable)
)  # fmt: skip
def abort_upload(call: Call, upload_id: str) -> AbortedUpload:
    """Give an upload up and have its parts removed."""
    browser_uploads.abort_upload(call.services.catalog, call.services.store, _get_upload(call, upload_id))
    return AbortedUpload(upload_id=upload_id)


def _get_upload(call: Call, upload_id: str) -> UploadRow:
    with call.services.catalog.transaction() as connection:
        return get_upload(connection, upload_id=upload_id, begun_by=call.person.name)


def _read_etags(body: CompleteUpload) -> dict[int, str]:
    etags = {part.part_number: part.etag.strip('"') for part in body.parts}
    if len(etags) < len(body.parts):
        raise InvalidRequest("A part is listed twice; list each part of the file once.")
    return etags
