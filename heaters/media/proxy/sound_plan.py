"""Decide what the proxy of a source will sound like: which tracks, in how many channels, what to say of it. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from heaters.media.source.facts import AudioFacts

MOST_CHANNELS = 2
_MOST_CHOICES = 8
_LAID_OUT = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 16, 24})
"""Numbers of channels that ffmpeg gives a usual layout where the file says none; of others it makes nothing."""


@dataclass(frozen=True, kw_only=True)
class SoundPlan:
    """The audio track to keep, or several of one channel to mix. `shift_s` is subtracted from their times so that
    they fit the picture's new start. `unplaced_channels` is their number where nobody says where each belongs.
    """

    stream_index: int
    channels: int
    shift_s: float
    more_indexes: tuple[int, ...] = ()
    unplaced_channels: int = 0

    @property
    def stream_indexes(self) -> tuple[int, ...]:
        return (self.stream_index, *self.more_indexes)


def choose_tracks(audio: Sequence[AudioFacts]) -> tuple[AudioFacts, ...]:
    """The first track that can be decoded and belongs to the picture, or all of one channel that go with it.

    Recorders write one track for each microphone, and nothing says on which of them somebody speaks.
    """
    usable = [track for track in audio if track.is_decodable and not track.is_of_another_programme]
    if not usable or not _is_of_one_microphone(usable[0]):
        return tuple(usable[:1])
    first = usable[0]
    return tuple(
        track
        for track in usable
        if _is_of_one_microphone(track)
        and track.language == first.language
        and (track is first or not track.is_extra)
    )


def plan_sounds(audio: Sequence[AudioFacts], shift_s: Callable[[AudioFacts], float]) -> tuple[SoundPlan, ...]:
    """What to make of these tracks, and then what else could be heard if that should turn out to be silence.

    `shift_s` says for a track how much later than its time 0 the picture begins.
    """
    tracks = choose_tracks(audio)
    others = [track for track in audio if track.is_decodable and not track.is_of_another_programme]
    choices = [tracks, *((track,) for track in others if track not in tracks)] if tracks else []
    return tuple(_plan(choice, shift_s(choice[0])) for choice in choices[:_MOST_CHOICES])


def _plan(tracks: Sequence[AudioFacts], shift_s: float) -> SoundPlan:
    first = tracks[0]
    return SoundPlan(
        stream_index=first.stream_index,
        channels=min(first.channels, MOST_CHANNELS),
        shift_s=shift_s,
        more_indexes=tuple(track.stream_index for track in tracks[1:]),
        unplaced_channels=first.channels if _is_unplaced(first) else 0,
    )


def describe_sound(audio: Sequence[AudioFacts], heard: SoundPlan | None) -> tuple[str, ...]:
    """Sentences for people about what cannot be heard, or not as the source meant it; `heard` is what can be."""
    own = [track for track in audio if not track.is_of_another_programme]
    dumb = [track for track in own if not track.is_decodable]
    if audio and not own:
        return ("The sound belongs to another programme than the picture, so the video is silent.",)
    if heard is None:
        return (f"The sound{_names(dumb or own)} cannot be decoded, so the video is silent.",) if own else ()
    said = []
    if dumb:
        said.append(f"A sound track{_names(dumb)} cannot be decoded; another one is heard.")
    first = choose_tracks(audio)[0]
    if heard.stream_index != first.stream_index:
        number = 1 + sorted(track.stream_index for track in audio).index(heard.stream_index)
        said.append(f"The sound track that should be heard is silent; track {number} is heard instead.")
    if heard.more_indexes:
        said.append(f"{len(heard.stream_indexes)} sound tracks of one channel each were mixed into one.")
    if heard.unplaced_channels:
        said.append(
            f"The sound does not say where its {heard.unplaced_channels} channels belong; all were mixed into both "
            "sides."
        )
    return tuple(said)


def _is_of_one_microphone(track: AudioFacts) -> bool:
    """Recorders do not compress; in one channel that is compressed, films have other languages and comments."""
    return track.channels == 1 and track.codec.startswith("pcm_")


def _is_unplaced(track: AudioFacts) -> bool:
    return track.layout == "unknown" and track.channels not in _LAID_OUT


def _names(tracks: Sequence[AudioFacts]) -> str:
    names = dict.fromkeys(track.codec for track in tracks if track.codec not in ("unknown", "none"))
    return f" ({', '.join(names)})" if names else ""
