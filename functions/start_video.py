"""A file was dropped into the bucket: make it a video with an execution. Fed by SQS; a message that fails comes
again on its own, and after some tries goes to the dead-letter queue, from where the sweeper's look at the bucket
does not need it.
"""

import json
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)

from functions.support import runtime
from functions.support.arrivals import accept_upload, parse_upload

_PROCESSOR = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def accept_message(record: dict[str, Any]) -> None:
    """One SQS message, which holds one EventBridge event."""
    upload = parse_upload(json.loads(record["body"]))
    if upload is None:
        runtime.logger.info("not an upload", message_id=record.get("messageId"))
        return
    video = accept_upload(upload)
    runtime.logger.info("upload accepted", video_id=video.video_id, key=upload.key)


@runtime.function
def handler(event: runtime.Event) -> Any:
    """Answers which messages failed, so that only those come again."""
    return process_partial_response(
        event=event, record_handler=accept_message, processor=_PROCESSOR, context=None
    )
