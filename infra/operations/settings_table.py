"""The table of settings in docs/operations.md, made from SETTINGS; `make generate` writes it there."""

from typing import Any

from heaters.domain.settings import SETTINGS, Reader, Setting

_HEADER = """| name | what | value | default | given to |
|---|---|---|---|---|
"""


def render_table() -> str:
    """The table in the order of SETTINGS."""
    return _HEADER + "".join(_render_row(setting) for setting in SETTINGS)


def _render_row(setting: Setting[Any]) -> str:
    readers = ", ".join(str(reader) for reader in Reader if reader in setting.given_to)
    return f"| `{setting.name}` | {setting.meaning} | {setting.form} | {_render_default(setting)} | {readers} |\n"


def _render_default(setting: Setting[Any]) -> str:
    """With the value in a larger unit, where the one in the setting's name makes the number long."""
    if setting.name.endswith("_BYTES"):
        return f"{setting.default_text} ({setting.default / 1024**3:g} GiB)"
    if setting.name.endswith("_S") and setting.default >= 86400:
        return f"{setting.default_text} ({setting.default / 86400:g} days)"
    return f"`{setting.default_text}`" if setting.default_text else "—"
