"""The scoreboard counts what it says it counts."""

from fractions import Fraction
from pathlib import Path

import pytest

from bench.scenes.ground_truth import Composition, Transition
from bench.scenes.scoreboard import Tally, tally_gradual, tally_hard

TRUTH = Composition(
    path=Path("composed.mp4"),
    rate=Fraction(25),
    frame_count=500,
    transitions=(
        Transition(kind="cut", start=100, end=100),
        Transition(kind="dissolve", start=180, end=220),
        Transition(kind="black", start=300, end=340),
        Transition(kind="cut", start=400, end=400),
    ),
)
BOTH = ("dissolve", "black", "white")


def test_all_that_is_known_and_nothing_else_is_perfect() -> None:
    cuts = (100, 200, 320, 400)
    assert tally_hard(TRUTH, cuts, 0).f1 == tally_gradual(TRUTH, cuts, BOTH).f1 == 1


@pytest.mark.parametrize(("tolerance", "hits"), [(0, 0), (1, 1), (2, 2)])
def test_hard_cuts_are_hit_within_the_tolerance(tolerance: int, hits: int) -> None:
    assert tally_hard(TRUTH, (101, 398), tolerance) == Tally(hits=hits, false=2 - hits, missed=2 - hits)


def test_two_cuts_cannot_hit_the_same_hard_cut() -> None:
    assert tally_hard(TRUTH, (99, 100), 1) == Tally(hits=1, false=1, missed=1)


@pytest.mark.parametrize("cut", [180, 200, 220])
def test_a_gradual_transition_is_hit_anywhere_in_its_span_and_is_no_false_hard_cut(cut: int) -> None:
    assert tally_gradual(TRUTH, (cut,), ("dissolve",)) == Tally(hits=1)
    assert tally_hard(TRUTH, (cut,), 1) == Tally(missed=2)


def test_a_second_cut_in_a_span_is_false() -> None:
    assert tally_gradual(TRUTH, (190, 210), BOTH) == Tally(hits=1, false=1, missed=1)


def test_a_cut_where_nothing_is_counts_against_both() -> None:
    assert tally_hard(TRUTH, (50,), 2) == Tally(false=1, missed=2)
    assert tally_gradual(TRUTH, (50,), BOTH) == Tally(false=1, missed=2)


def test_a_cut_in_a_fade_says_nothing_about_dissolves() -> None:
    assert tally_gradual(TRUTH, (310,), ("dissolve",)) == Tally(missed=1)


def test_who_finds_nothing_scores_nothing() -> None:
    assert (Tally(missed=3).precision, Tally(missed=3).recall, Tally(missed=3).f1) == (0, 0, 0)
