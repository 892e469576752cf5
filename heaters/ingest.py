"""How a video comes in: a row and an execution, once, however often it is asked for.

The row comes first. Whoever dies between the row and the execution is healed by the next delivery of the same
event, or by the sweeper; an execution never exists without its row.
"""

from typing import Any

from heaters.catalog.connection import Catalog
from heaters.catalog.video_states import begin_new_attempt
from heaters.catalog.videos import NewVideo, Video, get_video, insert_video
from heaters.executions import start_execution


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
