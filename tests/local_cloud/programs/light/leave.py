"""Where stages without media leave their objects and results."""

import os
from typing import Any

from heaters.domain import wire
from heaters.s3.store import MediaStore

store = MediaStore(bucket=os.environ["HEATERS_BUCKET"])


def leave(result_key: str, result: Any) -> dict[str, str]:
    """What a runner's shell does with a result."""
    store.write_json(result_key, wire.to_json(result))
    return {"result_key": result_key}
