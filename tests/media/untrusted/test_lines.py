"""Output of a child, split into lines however it arrives."""

from hypothesis import given
from hypothesis import strategies as st

from heaters.media.untrusted.lines import LineReader


@given(st.lists(st.binary(max_size=8) | st.sampled_from([b"\n", b"a\nb", b"\n\n"])))
def test_lines_are_the_same_however_the_output_is_cut(parts: list[bytes]) -> None:
    """Nothing is lost: the lines and the rest are the whole output."""
    heard: list[bytes] = []
    reader = LineReader(heard.append)
    for part in parts:
        reader(part)
    assert [*heard, reader.rest] == b"".join(parts).split(b"\n")


def test_a_line_that_does_not_end_takes_only_so_much_memory() -> None:
    """Its beginning is kept, and lines after it are whole again."""
    heard: list[bytes] = []
    reader = LineReader(heard.append, max_rest_bytes=3)
    for _ in range(1000):
        reader(b"abcdefgh")
        assert len(reader.rest) == 3
    reader(b"\nnext\n")
    assert heard == [b"abc", b"next"]
