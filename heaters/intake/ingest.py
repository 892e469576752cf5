"""How a video comes in: a row and an execution, once, however often it is asked for.

The row comes first. Whoever dies between the row and the execution is healed by the next delivery of the same
event, or by the sweeper; an execution never exists without its row.
"""

from typing import Any

from heaters.catalog.connection import Catalog, Connection
from heaters.catalog.stages.video_states import begin_new_attempt
from heaters.catalog.uploads import find_filename
from heaters.catalog.videos import NewVideo, Video, get_video, insert_video
from heaters.domain.ids import video_id_of_upload
from heaters.domain.jobs import ObjectRef
from heaters.domain.states import VideoState
from heaters.domain.uploads import title_of_file
from heaters.intake.executions import start_execution


def accept_upload(
    catalog: Catalog,
    client: Any,
    *,
    state_machine_arn: str,
    bucket: str,
    source: ObjectRef,
    undo_window_s: int,
    release_size: int,
) -> Video:
    """Make an object under uploads/ a video, once however often and by whomever it is told of: the bucket's event, the
    browser that sent it or the sweeper.
    """
    with catalog.transaction() as connection:
        title = _title_of(connection, source.key)
    video = NewVideo(
        video_id=video_id_of_upload(bucket=bucket, key=source.key, version_id=source.version_id or "null"),
        title=title,
        bucket=bucket,
        source=source,
        undo_window_s=undo_window_s,
        release_size=release_size,
    )
    return accept_video(catalog, client, state_machine_arn=state_machine_arn, video=video)


def accept_video(catalog: Catalog, client: Any, *, state_machine_arn: str, video: NewVideo) -> Video:
    """Add the video unless it is known, and start its execution unless one has claimed it."""
    with catalog.transaction() as connection:
        insert_video(connection, video)
        known = get_video(connection, video.video_id)
    if known.execution_arn is None:
        start_execution(client, state_machine_arn=state_machine_arn, video=known)
    return known


def start_new_attempt(catalog: Catalog, client: Any, *, state_machine_arn: str, video: Video) -> Video:
    """Start over where `video` left off, in a new execution; the row as it is then.

    Whoever counts the attempt up first wins; for everybody else this starts the same execution once more, which
    changes nothing. The caller has made sure that no execution of the video is running.
    """
    with catalog.transaction() as connection:
        begin_new_attempt(connection, video_id=video.video_id, attempt=video.attempt)
        known = get_video(connection, video.video_id)
    if known.execution_arn is None:
        start_execution(client, state_machine_arn=state_machine_arn, video=known)
    return known


def reopen_video(catalog: Catalog, client: Any, *, state_machine_arn: str, video_id: str) -> None:
    """Start a new attempt at a complete video of which a clip is to be processed after all.

    One that another reviewer has just reopened, and that no execution has claimed yet, is started once more, which
    changes nothing. Any other video has an execution that will find the clip.
    """
    with catalog.transaction() as connection:
        video = get_video(connection, video_id)
    if video.state is not VideoState.COMPLETE:
        return
    if video.execution_arn is None:
        start_execution(client, state_machine_arn=state_machine_arn, video=video)
    else:
        start_new_attempt(catalog, client, state_machine_arn=state_machine_arn, video=video)


def _title_of(connection: Connection, key: str) -> str:
    """What a browser called the file; a file that was dropped in has the name that its key ends with."""
    return title_of_file(find_filename(connection, key) or key)
