"""What is generated: the marks it stands between, and that what is stale is found and written."""

from pathlib import Path

import pytest

from docs.generate import GENERATED, REPOSITORY, Generated, renew

PAGE = Generated(path="page.md", render=lambda: "all\n")
PART = Generated(path="part.md", part="table", render=lambda: "new\n")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "part.md").write_text("before\n<!-- table -->\nold\n<!-- /table -->\nafter\n")
    return tmp_path


def test_what_is_stale_is_told_and_left_alone(repository: Path) -> None:
    assert renew([PAGE, PART], repository, write=False) == [PAGE, PART]
    assert not (repository / "page.md").exists()
    assert "old" in (repository / "part.md").read_text()


def test_what_is_written_is_stale_no_more(repository: Path) -> None:
    """And of a page that has a part, all else stays."""
    assert renew([PAGE, PART], repository, write=True) == [PAGE, PART]
    assert (repository / "page.md").read_text() == "all\n"
    assert (repository / "part.md").read_text() == "before\n<!-- table -->\nnew\n<!-- /table -->\nafter\n"
    assert renew([PAGE, PART], repository, write=False) == []


@pytest.mark.parametrize("page", ["no marks\n", "<!-- table -->\n", "<!-- table -->\n<!-- /table -->\n" * 2])
def test_a_page_without_its_marks_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="needs one"):
        PART.text(page)


@pytest.mark.parametrize("generated", GENERATED, ids=str)
def test_every_place_that_is_generated_is_there(generated: Generated) -> None:
    page = (REPOSITORY / generated.path).read_text()
    assert not generated.part or f"<!-- {generated.part} -->" in page


def test_every_mark_in_a_page_is_one_that_is_generated() -> None:
    """A table whose generator was dropped would stay as it is for ever."""
    known = {(each.path, each.part) for each in GENERATED if each.part}
    pages = [REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")]
    for page in pages:
        marks = [line[6:-4] for line in page.read_text().splitlines() if line.startswith("<!-- /")]
        assert {(page.relative_to(REPOSITORY).as_posix(), mark) for mark in marks} <= known
