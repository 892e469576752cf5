"""The settings of an installation: one table, read from any mapping."""

from typing import Any

import pytest

from heaters.domain.errors import InvalidSetting
from heaters.domain.jobs import MasterPolicy
from heaters.domain.settings import CONCURRENCY, SETTINGS, Reader, Settings, names_given_to, read_settings

GIVEN: dict[str, tuple[str, str, Any]] = {
    "HEATERS_UNDO_WINDOW_S": ("7", "undo_window_s", 7),
    "HEATERS_RELEASE_SIZE": ("3", "release_size", 3),
    "HEATERS_REMIND_AFTER_S": ("3600", "remind_after_s", 3600),
    "HEATERS_MASTER_POLICY": ("original", "master_policy", MasterPolicy.ORIGINAL),
    "HEATERS_EMBED_MODEL": ("siglip2", "embed_model", "siglip2"),
    "HEATERS_PLAYBACK_CAP_BYTES": ("0", "playback_cap_bytes", 0),
}


def test_what_is_not_chosen_is_the_default() -> None:
    """Nor is an empty value a choice."""
    assert read_settings({}) == Settings()
    assert read_settings(dict.fromkeys(GIVEN, " ")) == Settings()


def test_every_setting_that_programs_are_given_can_be_chosen() -> None:
    """One at a time; nothing else changes."""
    assert set(GIVEN) == set(names_given_to(Reader.FUNCTIONS, Reader.API, Reader.EXECUTION))
    for name, (text, field, value) in GIVEN.items():
        assert read_settings({name: text}) == Settings(**{field: value})


def test_each_default_can_be_written_and_read_again() -> None:
    """What the templates say is what is read where nothing is said."""
    for setting in SETTINGS:
        assert setting.read({setting.name: setting.default_text}) == setting.default == setting.read({})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("HEATERS_UNDO_WINDOW_S", "-1"),
        ("HEATERS_UNDO_WINDOW_S", "1.5"),
        ("HEATERS_UNDO_WINDOW_S", "60s"),
        ("HEATERS_UNDO_WINDOW_S", "²"),
        ("HEATERS_RELEASE_SIZE", "0"),
        ("HEATERS_REMIND_AFTER_S", "0"),
        ("HEATERS_MASTER_POLICY", "prores"),
        ("HEATERS_PLAYBACK_CAP_BYTES", "10 GiB"),
    ],
)
def test_nonsense_is_refused_and_the_next_step_named(name: str, text: str) -> None:
    """The message names the variable, what it said and what it may say."""
    with pytest.raises(InvalidSetting, match=rf"^{name} is '.+'; set it to .+, or leave it out") as caught:
        read_settings({name: text})
    assert caught.value.details == {"setting": name}


def test_a_quota_that_is_small_sets_nothing_aside() -> None:
    """`none` is a choice; the default sets 100 aside."""
    assert CONCURRENCY.read({"HEATERS_API_CONCURRENCY": "none"}) is None
    assert CONCURRENCY.read({"HEATERS_API_CONCURRENCY": "50"}) == 50
    with pytest.raises(InvalidSetting, match="none"):
        CONCURRENCY.read({"HEATERS_API_CONCURRENCY": "0"})


def test_names_are_unique() -> None:
    """One row a setting."""
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)
