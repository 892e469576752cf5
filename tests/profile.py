"""How often a test repeats what only adds confidence: its whole count in `make soak`, a tenth in every other run.

`scaled(5000)` is for repetitions that are all alike, generated requests, races, kills and hypothesis' examples: a
tenth of them still shows what the test is about. It is never for a number that is itself the claim, as ten thousand
clips in one transaction are, and never for a table of cases.

HEATERS_TEST_PROFILE chooses between `quick`, which needs no saying, and `soak`; it is read here and nowhere else.
"""

import os

PROFILE = os.environ.get("HEATERS_TEST_PROFILE", "quick")
_PARTS = {"quick": 10, "soak": 1}


def scaled(full: int) -> int:
    """Of a count the part that this run does, at least one."""
    return -(-full // _PARTS[PROFILE])
