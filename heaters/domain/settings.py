"""What an installation may choose: each setting once, with its default, its meaning and who is given it.

The CDK app, the functions, the API, the local cloud and the table in docs/operations.md all read SETTINGS. Nothing here
reads the environment: a mapping is passed in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from heaters.domain.errors import InvalidSetting
from heaters.domain.jobs import MasterPolicy

T = TypeVar("T")

UNDO_WINDOW_S = 60
RELEASE_SIZE = 25
REMIND_AFTER_S = 30 * 24 * 3600
MASTER_POLICY = MasterPolicy.FFV1
EMBED_MODEL = "colour-layout"
PLAYBACK_CAP_BYTES = 10 * 1024**3
API_CONCURRENCY = 100

NO_LIMIT = "none"


class Reader(StrEnum):
    """Who is given a setting. EXECUTION: it is part of the input of each video's execution, and stays as it was then.
    DEPLOYMENT: the CDK app alone; it shapes the templates.
    """

    FUNCTIONS = "functions"
    API = "API"
    EXECUTION = "execution"
    DEPLOYMENT = "deployment"


@dataclass(frozen=True, kw_only=True)
class Setting(Generic[T]):
    """One row. `parse` raises ValueError on text that does not say a `form`; None as `default` is no choice at all."""

    name: str
    default: T
    meaning: str
    form: str
    parse: Callable[[str], T]
    given_to: frozenset[Reader]

    @property
    def default_text(self) -> str:
        """The default as somebody would write it; empty where there is none."""
        return "" if self.default is None else str(self.default)

    def read(self, values: Mapping[str, str]) -> T:
        """What is chosen, or the default where nothing is. Raises InvalidSetting."""
        text = values.get(self.name) or ""
        if not text.strip():
            return self.default
        try:
            return self.parse(text.strip())
        except ValueError as exc:
            default = f" (the default is {self.default_text})" if self.default_text else ""
            raise InvalidSetting(
                f"{self.name} is {text!r}; set it to {self.form}, or leave it out{default}.",
                setting=self.name,
            ) from exc


def _whole_number(*, at_least: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and int(text) >= at_least):
            raise ValueError(text)
        return int(text)

    return parse


def _requests_at_once(text: str) -> int | None:
    return None if text == NO_LIMIT else _whole_number(at_least=1)(text)


_EVERYWHERE = frozenset({Reader.FUNCTIONS, Reader.API})

_UNDO_WINDOW_S = Setting(
    name="HEATERS_UNDO_WINDOW_S",
    default=UNDO_WINDOW_S,
    meaning="for how long a decision can be undone before a wave may claim it",
    form="seconds, 0 or more",
    parse=_whole_number(at_least=0),
    given_to=_EVERYWHERE | {Reader.EXECUTION},
)
_RELEASE_SIZE = Setting(
    name="HEATERS_RELEASE_SIZE",
    default=RELEASE_SIZE,
    meaning="how many decided clips start a wave without being asked",
    form="a number of clips, 1 or more",
    parse=_whole_number(at_least=1),
    given_to=_EVERYWHERE | {Reader.EXECUTION},
)
_REMIND_AFTER_S = Setting(
    name="HEATERS_REMIND_AFTER_S",
    default=REMIND_AFTER_S,
    meaning="after how long without a decision reviewers are reminded of a video, again and again",
    form="seconds, 1 or more",
    parse=_whole_number(at_least=1),
    given_to=_EVERYWHERE,
)
_MASTER_POLICY = Setting(
    name="HEATERS_MASTER_POLICY",
    default=MASTER_POLICY,
    meaning="what is archived: a lossless copy in segments, or the uploaded bytes",
    form=" or ".join(MasterPolicy),
    parse=MasterPolicy,
    given_to=_EVERYWHERE,
)
_EMBED_MODEL = Setting(
    name="HEATERS_EMBED_MODEL",
    default=EMBED_MODEL,
    meaning="which model embeds clips and queries",
    form="the name of an installed model",
    parse=str,
    given_to=_EVERYWHERE,
)
_PLAYBACK_CAP_BYTES = Setting(
    name="HEATERS_PLAYBACK_CAP_BYTES",
    default=PLAYBACK_CAP_BYTES,
    meaning="what copies of clips that were made for playing may take up together",
    form="bytes, 0 or more",
    parse=_whole_number(at_least=0),
    given_to=frozenset({Reader.API}),
)
CONCURRENCY: Setting[int | None] = Setting(
    name="HEATERS_API_CONCURRENCY",
    default=API_CONCURRENCY,
    meaning="requests to the API at once, half of them waiting for news; none where an account's quota is small",
    form=f"a number of requests, 1 or more, or {NO_LIMIT}",
    parse=_requests_at_once,
    given_to=frozenset({Reader.DEPLOYMENT}),
)
DOMAIN: Setting[str | None] = Setting(
    name="HEATERS_DOMAIN",
    default=None,
    meaning="a name of one's own for the site, together with its certificate; otherwise CloudFront's",
    form="a host name",
    parse=str,
    given_to=frozenset({Reader.DEPLOYMENT}),
)
CERTIFICATE_ARN: Setting[str | None] = Setting(
    name="HEATERS_CERTIFICATE_ARN",
    default=None,
    meaning="the certificate of that name",
    form="the ARN of a certificate in us-east-1",
    parse=str,
    given_to=frozenset({Reader.DEPLOYMENT}),
)

SETTINGS: tuple[Setting[Any], ...] = (
    _UNDO_WINDOW_S, _RELEASE_SIZE, _REMIND_AFTER_S, _MASTER_POLICY, _EMBED_MODEL, _PLAYBACK_CAP_BYTES, CONCURRENCY,
    DOMAIN, CERTIFICATE_ARN,
)  # fmt: skip
"""The table; the order is that of the documentation."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What programs that run were told."""

    undo_window_s: int = UNDO_WINDOW_S
    release_size: int = RELEASE_SIZE
    remind_after_s: int = REMIND_AFTER_S
    master_policy: MasterPolicy = MASTER_POLICY
    embed_model: str = EMBED_MODEL
    playback_cap_bytes: int = PLAYBACK_CAP_BYTES


def read_settings(values: Mapping[str, str]) -> Settings:
    """The settings in an environment. Raises InvalidSetting, which names the variable and the next step."""
    return Settings(
        undo_window_s=_UNDO_WINDOW_S.read(values),
        release_size=_RELEASE_SIZE.read(values),
        remind_after_s=_REMIND_AFTER_S.read(values),
        master_policy=_MASTER_POLICY.read(values),
        embed_model=_EMBED_MODEL.read(values),
        playback_cap_bytes=_PLAYBACK_CAP_BYTES.read(values),
    )


def names_given_to(*readers: Reader) -> tuple[str, ...]:
    """Names of the settings that one of `readers` is given."""
    return tuple(setting.name for setting in SETTINGS if setting.given_to & set(readers))
