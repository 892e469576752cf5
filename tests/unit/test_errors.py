"""Errors as data: their names are stable, and none is lost on its way through JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heaters.domain import errors
from heaters.domain.errors import (
    ERRORS,
    HeatersError,
    PermanentError,
    RefusedError,
    TransientError,
    error_from_json,
    transient_error_names,
)

DETAILS = st.dictionaries(st.text(max_size=12), st.integers() | st.text(max_size=20) | st.none(), max_size=5)


@given(st.sampled_from(sorted(ERRORS)), st.text(max_size=80), DETAILS)
def test_an_error_survives_json(name: str, message: str, details: dict[str, object]) -> None:
    error = error_from_json({"error": name, "message": message, "details": details})
    again = error_from_json(json.loads(json.dumps(error.to_json())))
    assert type(again) is type(error) is ERRORS[name]
    assert again.to_json() == {"error": name, "message": message, "details": details}


@given(st.text(max_size=30).filter(lambda name: name not in ERRORS), DETAILS)
def test_an_error_that_nobody_knows_keeps_its_name(name: str, details: dict[str, object]) -> None:
    error = error_from_json({"error": name, "message": "m", "details": details})
    assert type(error) is HeatersError
    assert error.details == {**details, "original_error": name}


@pytest.mark.parametrize("data", [{}, {"error": None}, {"details": None}, {"message": 3}])
def test_half_an_error_is_still_an_error(data: dict[str, object]) -> None:
    assert isinstance(error_from_json(data), HeatersError)


def test_every_error_is_permanent_transient_or_refused() -> None:
    kinds = (PermanentError, TransientError, RefusedError)
    roots = {kind.__name__ for kind in (HeatersError, *kinds)}
    for name in ERRORS.keys() - roots:
        assert sum(issubclass(ERRORS[name], kind) for kind in kinds) == 1, name


def test_retry_policies_name_exactly_the_transient_errors() -> None:
    assert set(transient_error_names()) == {n for n, c in ERRORS.items() if issubclass(c, TransientError)}
    assert list(transient_error_names()) == sorted(transient_error_names())


def test_a_refusal_answers_with_a_client_error() -> None:
    assert all(400 <= c.http_status < 500 for c in ERRORS.values() if issubclass(c, RefusedError))


def test_the_tree_at_the_top_of_the_module_is_the_tree() -> None:
    drawing = errors.__doc__ or ""
    assert all(
        f"── {name} " in drawing or drawing.count(f"── {name}\n") for name in ERRORS if name != "HeatersError"
    )
