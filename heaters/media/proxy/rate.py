"""Choose the constant rate of a proxy, so that every frame of its source has a place of its own. Pure.

Headers often state another rate than the frames keep; where the times of all frames are known, they decide.
"""

from fractions import Fraction

from heaters.media.source.facts import FrameTimes, VideoFacts
from heaters.media.source.packets import JITTER_S

HIGHEST_RATE = Fraction(1000)
"""Of sources with a constant rate. Nothing faster is a video but a header's mistake."""

HIGHEST_UNEVEN_RATE = Fraction(60)
LOWEST_RATE = Fraction(1)
STANDARD_RATES = tuple(
    Fraction(rate) for rate in ("24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60")
)
_EVEN_TOLERANCE = Fraction(1, 500)
_SAME_RATE = Fraction(1, 1_000_000)  # 19001/317 is 60000/1001 that a header could not hold
_NEAR_RATE = Fraction(1, 2500)
_SAME_STEP = Fraction(1, 20)
_MUCH_FASTER = Fraction(3, 2)


def choose_rate(video: VideoFacts) -> tuple[Fraction, bool]:
    """The proxy's rate, and whether the source is even (has a constant rate) to begin with.

    An uneven source gets the rate on which all its frames fall, up to 60 a second, or beyond that if most of its
    frames keep it; else the next standard rate above its average.
    """
    base, average, times = video.base_rate, video.average_rate, video.times
    if times and times.is_even:
        rate = _rate_of_line(times, base, average)
        return _clamp(rate), rate <= HIGHEST_RATE
    if video.steady_rate:
        return _clamp(_snap(video.steady_rate, _NEAR_RATE)), video.steady_rate <= HIGHEST_RATE
    if base == 0 or average == 0:
        return _clamp(base or average or Fraction(25)), base == average != 0
    if abs(average - base) <= base * _EVEN_TOLERANCE:
        return _clamp(_snap(base, _SAME_RATE)), base <= HIGHEST_RATE
    keeps_base = times is not None and _is_usual(times, base)
    if abs(2 * average - base) <= base * _EVEN_TOLERANCE and not keeps_base:  # fields counted as frames
        return _clamp(_snap(average, _NEAR_RATE)), True
    if base <= HIGHEST_UNEVEN_RATE or (keeps_base and base <= HIGHEST_RATE):
        return _clamp(_snap(base, _SAME_RATE)), False
    wanted = _wanted(times, average)
    near = _snap(wanted, _NEAR_RATE)
    above = [rate for rate in STANDARD_RATES if rate >= wanted]
    return near if near in STANDARD_RATES else min(above, default=HIGHEST_UNEVEN_RATE), False


def _rate_of_line(times: FrameTimes, base: Fraction, average: Fraction) -> Fraction:
    """The stated rate, if the frames keep it, or a standard one that they keep, or just theirs."""
    measured = (times.count - 1) / times.span_s
    stated = [_snap(rate, _SAME_RATE) for rate in (base, average) if rate]
    standard = sorted(STANDARD_RATES, key=lambda rate: abs(rate - measured))
    likely = [*(rate for rate in stated if rate in STANDARD_RATES), *standard, *stated]
    for tolerance_s in (times.tick_s, JITTER_S):
        for rate in likely:
            if abs((times.count - 1) / rate - times.span_s) <= tolerance_s:
                return rate
    return measured.limit_denominator(1_000_000)


def _is_usual(times: FrameTimes, rate: Fraction) -> bool:
    return abs(times.usual_step_s * rate - 1) <= _SAME_STEP


def _wanted(times: FrameTimes | None, average: Fraction) -> Fraction:
    """The average, unless most frames follow each other much faster than that."""
    usual = 1 / times.usual_step_s if times and times.usual_step_s else average
    return usual if usual > average * _MUCH_FASTER else average


def _snap(rate: Fraction, tolerance: Fraction) -> Fraction:
    nearest = min(STANDARD_RATES, key=lambda standard: abs(standard - rate))
    return nearest if abs(nearest - rate) <= nearest * tolerance else rate.limit_denominator(1_000_000)


def _clamp(rate: Fraction) -> Fraction:
    return HIGHEST_UNEVEN_RATE if rate > HIGHEST_RATE else max(rate, LOWEST_RATE)
