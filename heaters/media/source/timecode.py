"""The timecode that a source's first frame has, as its camera or its editor wrote it. Pure; never computes one."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

_TIMECODE = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d[:;.]\d{2,3}")
_IN_A_NAME = re.compile(
    r"(?<!\d)(?P<h>[01]\d|2[0-3])(?P<sep>[-_.;])(?P<m>[0-5]\d)(?P=sep)(?P<s>[0-5]\d)(?P=sep)(?P<f>\d\d)"
)
_NEVER_SET = "00:00:00:00"


def read_timecode(answer: Mapping[str, Any], frames: Iterable[Mapping[str, Any]]) -> str | None:
    """That of a track, of the file, or of the first picture itself; `answer` and `frames` are ffprobe's.

    MP4 has it in a track of its own, MXF in the file, MPEG-2 in each group of pictures, where encoders that know none
    count from zero.
    """
    tagged = [*answer.get("streams", []), answer.get("format", {})]
    stated = [part.get("tags", {}).get("timecode") for part in tagged]
    shown = [_shown(side) for frame in list(frames)[:1] for side in frame.get("side_data_list", [])]
    found = [str(code) for code in stated if code]
    found += [str(code) for code in shown if code and code != _NEVER_SET]
    return next((code for code in found if _TIMECODE.fullmatch(code)), None)


def timecode_in_name(name: str) -> str | None:
    """`01:02:03:04` of a file called for instance `A001_01-02-03-04.mov`; None where no four pairs stand alone."""
    for found in _IN_A_NAME.finditer(name):
        before, after = name[: found.start()], name[found.end() :]
        is_longer = re.search(r"\d" + re.escape(found["sep"]) + r"$", before) or re.match(
            rf"\d|{re.escape(found['sep'])}\d", after
        )
        if not is_longer:
            return ":".join(found[part] for part in ("h", "m", "s", "f"))
    return None


def _shown(side: Mapping[str, Any]) -> str | None:
    listed = side.get("timecodes") or [{}]
    code = side.get("timecode") or listed[0].get("value")
    return None if code is None else str(code)
