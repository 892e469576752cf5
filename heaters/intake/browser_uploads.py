"""How a file comes from a browser: begun here, sent to S3 part by part, joined here.

S3 decides what becomes of an upload, the row follows: whoever dies between the two, or comes second, asks S3 and finds
out. Nothing here starts a video; `heaters.intake.ingest` does, for this upload as for one that was dropped into the
bucket.
"""

from collections.abc import Mapping

from heaters.catalog.connection import Catalog
from heaters.catalog.uploads import (
    Upload,
    UploadState,
    find_upload,
    get_upload,
    insert_upload,
    mark_aborted,
    mark_complete,
)
from heaters.domain import object_keys
from heaters.domain.errors import KeyReused, SourceUnavailable, UploadClosed
from heaters.domain.ids import video_id_of_upload
from heaters.domain.jobs import ObjectRef
from heaters.domain.uploads import PartPlan, StoredPart, check_part_numbers, check_parts, plan_parts
from heaters.s3.multipart import (
    abort_multipart,
    begin_multipart,
    complete_multipart,
    find_object,
    list_parts,
    sign_part,
)
from heaters.s3.store import MediaStore


def begin_upload(
    catalog: Catalog, store: MediaStore, *, upload_id: str, begun_by: str, filename: str, size_bytes: int
) -> Upload:
    """The upload of this id, begun now or before. Of two at once the one that writes the row first is both's.

    Raises KeyReused where the id stands for another file, UploadClosed where nothing can be added to it any more.
    """
    plan = plan_parts(size_bytes)
    with catalog.transaction() as connection:
        known = find_upload(connection, upload_id=upload_id, begun_by=begun_by)
    upload = known or _begin(
        catalog, store, upload_id=upload_id, begun_by=begun_by, filename=filename, plan=plan
    )
    if (upload.filename, upload.plan.size_bytes) != (filename, size_bytes):
        raise KeyReused(
            f"The key stands for upload {upload_id} of another file; choose a new key for this one."
        )
    if upload.state is not UploadState.OPEN:
        raise _closed(upload)
    return upload


def _begin(
    catalog: Catalog, store: MediaStore, *, upload_id: str, begun_by: str, filename: str, plan: PartPlan
) -> Upload:
    key = object_keys.upload(upload_id)
    multipart_id = begin_multipart(store, key)
    upload = Upload(
        upload_id=upload_id, begun_by=begun_by, filename=filename, plan=plan, key=key, multipart_id=multipart_id
    )  # fmt: skip
    with catalog.transaction() as connection:
        is_first = insert_upload(connection, upload)
        first = get_upload(connection, upload_id=upload_id, begun_by=begun_by)
    if not is_first:
        abort_multipart(store, key, multipart_id)
    return first


def sign_parts(store: MediaStore, upload: Upload, part_numbers: list[int]) -> list[str]:
    """A URL for each part. Raises InvalidRequest for a number that the file has no part of."""
    check_part_numbers(upload.plan, part_numbers)
    return [sign_part(store, upload.key, upload.multipart_id, number) for number in part_numbers]


def list_stored_parts(catalog: Catalog, store: MediaStore, upload: Upload) -> list[StoredPart]:
    """The parts that S3 has. Raises UploadClosed where no more can be added."""
    if upload.state is not UploadState.OPEN:
        raise _closed(upload)
    try:
        return list_parts(store, upload.key, upload.multipart_id)
    except SourceUnavailable as exc:
        raise _closed(_settle(catalog, store, upload)) from exc


def complete_upload(
    catalog: Catalog, store: MediaStore, upload: Upload, *, etags: Mapping[int, str]
) -> Upload:
    """The upload, complete: joined now, or by whoever was before us.

    Raises UploadIncomplete, UploadSizeMismatch or InvalidRequest where the parts are not the file, and UploadClosed
    where S3 has them no more.
    """
    if upload.state is UploadState.OPEN:
        upload = _join(catalog, store, upload, etags)
    if upload.state is not UploadState.COMPLETE:
        raise _closed(upload)
    return upload


def _join(catalog: Catalog, store: MediaStore, upload: Upload, etags: Mapping[int, str]) -> Upload:
    try:
        check_parts(upload.plan, etags, list_parts(store, upload.key, upload.multipart_id))
        made = complete_multipart(store, upload.key, upload.multipart_id, etags)
    except SourceUnavailable:
        return _settle(catalog, store, upload)
    return _mark_complete(catalog, store, upload, made)


def abort_upload(catalog: Catalog, store: MediaStore, upload: Upload) -> None:
    """Have S3 forget the parts; twice is the same as once. Raises UploadClosed for one that is complete."""
    if upload.state is UploadState.OPEN:
        abort_multipart(store, upload.key, upload.multipart_id)
        upload = _settle(catalog, store, upload)
    if upload.state is UploadState.COMPLETE:
        raise _closed(upload)


def _settle(catalog: Catalog, store: MediaStore, upload: Upload) -> Upload:
    """What has become of an upload whose parts S3 has no more: an object, or nothing."""
    made = find_object(store, upload.key)
    if made is not None:
        return _mark_complete(catalog, store, upload, made)
    with catalog.transaction() as connection:
        mark_aborted(connection, upload_id=upload.upload_id)
        return get_upload(connection, upload_id=upload.upload_id, begun_by=upload.begun_by)


def _mark_complete(catalog: Catalog, store: MediaStore, upload: Upload, made: ObjectRef) -> Upload:
    version_id = made.version_id
    video_id = video_id_of_upload(bucket=store.bucket, key=made.key, version_id=version_id or "null")
    with catalog.transaction() as connection:
        mark_complete(connection, upload_id=upload.upload_id, version_id=version_id, video_id=video_id)
        return get_upload(connection, upload_id=upload.upload_id, begun_by=upload.begun_by)


def _closed(upload: Upload) -> UploadClosed:
    if upload.state is UploadState.COMPLETE:
        message = f"Upload {upload.upload_id} is complete; look at video {upload.video_id}."
    else:
        message = f"Upload {upload.upload_id} was aborted or has run out; begin a new one."
    return UploadClosed(message, state=upload.state.value, video_id=upload.video_id)
