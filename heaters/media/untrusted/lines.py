"""What a child prints, line by line. Never decodes a line or says what is in it."""

from collections.abc import Callable


class LineReader:
    """A Reader that calls `on_line` with each whole line, without its end.

    `rest` is what came after the last end of a line; with `max_rest_bytes` only so much of its beginning is kept, so
    that a child which never ends a line cannot fill this process's memory.
    """

    def __init__(self, on_line: Callable[[bytes], None], *, max_rest_bytes: int | None = None) -> None:
        self.rest = b""
        self._on_line = on_line
        self._max_rest_bytes = max_rest_bytes

    def __call__(self, data: bytes) -> None:
        *lines, rest = (self.rest + data).split(b"\n")
        self.rest = rest[: self._max_rest_bytes]
        for line in lines:
            self._on_line(line)
