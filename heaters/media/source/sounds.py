"""Which of a file's sound tracks can be decoded: each is tried, because headers promise more than that."""

import re
from pathlib import Path

from heaters.domain.errors import SourceTooLarge, StageTimeout
from heaters.media.untrusted.ffmpeg import run_ffmpeg, safe_input
from heaters.media.untrusted.process import Limits
from heaters.media.untrusted.sniff import Container

_LIMITS = Limits(file_bytes=0, timeout_s=120, resident_bytes=3 * 1024**3 // 2)
_NO_DECODER = re.compile(r"while opening decoder|no decoder found|not currently supported", re.IGNORECASE)


def can_decode(path: Path, container: Container, stream_index: int) -> bool:
    """Whether a decoder opens for this sound track of the file at `path`; its first samples are decoded."""
    opened = safe_input(path, container)
    first = ["-map", f"0:{stream_index}", "-frames:a", "1", "-f", "null", "-"]
    try:
        run = run_ffmpeg(
            [*opened, *first], folder=path.parent, limits=_LIMITS, log_level="error", check=False
        )
    except (SourceTooLarge, StageTimeout):
        return False
    return run.exit_code == 0 or not any(_NO_DECODER.search(line) for line in run.log)
