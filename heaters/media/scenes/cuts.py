"""Stored scores to cuts, by whichever detector is asked for. Never decodes anything.

`fused` takes the surest first, and what comes later keeps clear of it: hard cuts that meet the adaptive rule and that
the network does not deny; fades and dissolves that it does not deny; weaker hard cuts that it is for; and gradual
changes that it alone sees. `rules` is the same without a network.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np

from heaters.domain.errors import InvalidJob
from heaters.domain.jobs import PICTURE_DETECTORS, Detector, DetectSettings
from heaters.media.scenes.adaptive import find_cuts
from heaters.media.scenes.content import find_content_cuts
from heaters.media.scenes.evidence import Evidence, weigh_scores
from heaters.media.scenes.hard_cuts import LEVELS, cuts_by_both, cuts_by_rule, shortest_frames
from heaters.media.scenes.network_changes import find_network_cuts, find_network_runs
from heaters.media.scenes.scores import Scores
from heaters.media.scenes.transitions import Transition, keep_apart

DENIED = 0.1
"""A fade or dissolve in which no frame has this probability of being part of a change is none."""

_SLACK = 2  # frames before and after a gradual change, whose ends are rough


class _Group(NamedTuple):
    """Changes, the surest first, and how far from every surer one their cuts must be."""

    changes: Iterable[Transition]
    min_frames: int


def propose_cuts(scores: Scores, settings: DetectSettings) -> tuple[int, ...]:
    """The cuts to propose to reviewers, see `choose_cuts`."""
    return choose_cuts(weigh_scores(scores), settings)


def decided_by(evidence: Evidence | Scores, settings: DetectSettings) -> Detector:
    """The detector whose cuts `choose_cuts` gives: `rules` for `fused` where no network has looked."""
    if settings.detector is Detector.FUSED and evidence.probabilities is None:
        return Detector.RULES
    return settings.detector


def choose_cuts(evidence: Evidence, settings: DetectSettings) -> tuple[int, ...]:
    """Strictly rising frames inside `(0, n)`.

    Raises InvalidJob for a detector that needs pictures, and for `network` where none has looked.
    """
    detector = decided_by(evidence, settings)
    if detector in PICTURE_DETECTORS:
        raise InvalidJob(
            f"Detector {detector} needs the pictures, of which scores tell too little; choose fused, rules, network, "
            f"adaptive or content, or run `scenedetect detect-{_COMMANDS[detector]}` on the video and add its cuts."
        )
    if detector is Detector.NETWORK and evidence.probabilities is None:
        raise InvalidJob(
            "No network has looked at this video; make its proxy again, or choose another detector."
        )
    return _DETECTORS[detector](evidence, settings)


def _adaptive(evidence: Evidence, settings: DetectSettings) -> tuple[int, ...]:
    return find_cuts(evidence.content_values, settings, evidence.rate)


def _content(evidence: Evidence, settings: DetectSettings) -> tuple[int, ...]:
    return find_content_cuts(evidence.content_values, settings, evidence.rate)


def _network(evidence: Evidence, _settings: DetectSettings) -> tuple[int, ...]:
    return find_network_cuts(evidence)


def _rules(evidence: Evidence, settings: DetectSettings) -> tuple[int, ...]:
    """Without `skip_flashes`, hard cuts are the adaptive rule's own; without both, nothing else is found."""
    far = settings.min_scene_frames(evidence.rate)
    if settings.skip_flashes:
        hard = _Group(_steps(cuts_by_rule(evidence, settings)), shortest_frames(evidence.rate))
    else:
        hard = _Group(_steps(_adaptive(evidence, settings)), 1)
    gradual = (*evidence.mixed, *evidence.wipes) if settings.gradual else ()
    return _keep_clear(hard, _Group(gradual, far), from_start=far)


def _fused(evidence: Evidence, settings: DetectSettings) -> tuple[int, ...]:
    far, near = settings.min_scene_frames(evidence.rate), shortest_frames(evidence.rate)
    strong, weak = cuts_by_both(evidence, settings)
    mixed = (change for change in evidence.mixed if not _is_denied(evidence, change))
    return _keep_clear(
        _Group(_steps(strong), near),
        _Group((*mixed, *evidence.wipes) if settings.gradual else (), far),
        _Group(_steps(weak), near),
        _Group(find_network_runs(evidence) if settings.gradual else (), far),
        from_start=far,
    )


def _is_denied(evidence: Evidence, change: Transition) -> bool:
    assert evidence.probabilities is not None
    span = evidence.probabilities[max(change.start_frame - _SLACK, 0) : change.end_frame + _SLACK, 1]
    return int(np.max(span, initial=0)) < DENIED * LEVELS


def _steps(cuts: Iterable[int]) -> list[Transition]:
    return [Transition(start_frame=cut, end_frame=cut + 1, cut_frame=cut) for cut in cuts]


def _keep_clear(*groups: _Group, from_start: int) -> tuple[int, ...]:
    """The cuts of all groups' changes that keep clear of surer ones; a gradual one also keeps clear of the start."""
    kept: tuple[Transition, ...] = ()
    for changes, min_frames in groups:
        late = (change for change in changes if _is_step(change) or change.cut_frame >= from_start)
        kept = keep_apart(late, min_frames=min_frames, clear_of=kept)
    return tuple(change.cut_frame for change in kept)


def _is_step(change: Transition) -> bool:
    return change.end_frame - change.start_frame == 1


_DETECTORS: Mapping[Detector, Callable[[Evidence, DetectSettings], tuple[int, ...]]] = {
    Detector.FUSED: _fused,
    Detector.RULES: _rules,
    Detector.NETWORK: _network,
    Detector.ADAPTIVE: _adaptive,
    Detector.CONTENT: _content,
}
_COMMANDS = {Detector.THRESHOLD: "threshold", Detector.HASH: "hash", Detector.HISTOGRAM: "hist"}
