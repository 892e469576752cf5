"""How keys look before their ids are known: templates for people, prefixes for permissions and lifecycle rules.

Forms no key of its own: it asks the functions of `object_keys`.
"""

import inspect
from collections.abc import Callable


def template_of(key: Callable[..., str]) -> str:
    """How the keys that `key` makes look: `storyboards/{video_id}/{sheet:05d}.jpg`."""
    return key(*(_Placeholder(name) for name in inspect.signature(key).parameters))


def prefix_of(key: Callable[..., str]) -> str:
    """The first part of the keys that `key` makes, which permissions and lifecycle rules go by: `storyboards/`."""
    return f"{template_of(key).split('/')[0]}/"


def prefix_of_clip(key: Callable[..., str], video_id: str, clip_id: str) -> str:
    """What all keys that `key` makes for one clip begin with: `keyframes/{video_id}/{clip_id}/`."""
    template = template_of(key)
    end = template.find("{", template.index("{clip_id}") + len("{clip_id}"))
    return template[: end if end > 0 else None].format(video_id=video_id, clip_id=clip_id)


class _Placeholder(str):
    """Stands for an id and shows its own name, with the format in which a key shows it."""

    def __format__(self, spec: str) -> str:
        return f"{{{self!s}:{spec}}}" if spec else f"{{{self!s}}}"
