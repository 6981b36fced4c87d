"""Where a long recording is cut: in a pause, as late as a pause allows. Pure, given who hears speech.

A window's last 10 seconds are searched, best kind of place first:

1. the latest pause of at least 0.64 s, as between two sentences. Late, because every window costs the
   recogniser the same, however short it is. Of utterances of speechocean762 joined to long recordings, cuts
   so made all lie between two utterances; with 0.32 s, as people who read slowly pause between words, not;
2. the longest pause of at least 0.13 s, the latest of equal ones: the longer, the less likely inside a word;
3. the least likely frame of speech, if silence is likelier there than speech;
4. the quietest 0.2 s of the last five seconds.

The cut lies in the middle of the pause. Where nobody is heard for more than a second, it lies in the
quietest 0.2 s of that pause's last five: the model may be deaf to somebody, in noise or because it knows
few voices like theirs, and a rule that trusts it blindly would cut their words and no one else's.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from asr_fair.asr.base import Setting
from asr_fair.asr.voice import FRAME_SAMPLES, Probabilities
from asr_fair.records import SAMPLE_RATE_HZ, Samples

Hear: TypeAlias = Callable[[Samples], Probabilities]
"""From audio to the probability of speech in each frame."""

SEARCH_FRAMES = 312
_WARM_UP_FRAMES = 64
"""The model remembers what came before: it hears two seconds more than are searched."""
LOOK_SAMPLES = (SEARCH_FRAMES + _WARM_UP_FRAMES) * FRAME_SAMPLES

SPEECH = 0.5
SILENCE = 0.35
"""Silero's own two thresholds: speech above the one, a pause below the other."""
LONG_PAUSE_FRAMES = 20
SHORT_PAUSE_FRAMES = 4
"""Silero, too, cuts in no silence of less than 98 ms."""
_FRAMES_PER_S = SAMPLE_RATE_HZ // FRAME_SAMPLES
_QUIET_STRETCH_SAMPLES = SAMPLE_RATE_HZ // 5
_QUIET_SEARCH_SAMPLES = 5 * SAMPLE_RATE_HZ
_HOP_SAMPLES = SAMPLE_RATE_HZ // 100

RULE: dict[str, Setting] = {
    "cut_at": "pauses",
    "cut_search_s": SEARCH_FRAMES * FRAME_SAMPLES / SAMPLE_RATE_HZ,
    "cut_pause_s": LONG_PAUSE_FRAMES * FRAME_SAMPLES / SAMPLE_RATE_HZ,
}
"""The rule in the words of an engine's settings."""

Pause: TypeAlias = tuple[int, int]
"""First frame, and the one after the last."""


def cut_at_pause(window: Samples, hear: Hear) -> int:
    """The sample before which a window is cut.

    Parameters
    ----------
    window
        At least `LOOK_SAMPLES` of audio at 16 kHz, of which the last 10 s are searched.
    hear
        Gives the probability of speech in each frame of what it is given.
    """
    probabilities = hear(window[-LOOK_SAMPLES:])[_WARM_UP_FRAMES:]
    begin = len(window) - SEARCH_FRAMES * FRAME_SAMPLES
    pause = best_pause(probabilities)
    if pause is None:
        return _quietest(window, len(window) - _QUIET_SEARCH_SAMPLES)
    first, end = (begin + frame * FRAME_SAMPLES for frame in pause)
    if pause[1] - pause[0] > _FRAMES_PER_S:
        return _quietest(window[:end], max(first, end - _QUIET_SEARCH_SAMPLES))
    return (first + end) // 2


def best_pause(probabilities: Probabilities) -> Pause | None:
    """The pause to cut in; None where speech is likelier than silence everywhere.

    >>> best_pause(np.array([0.9] * 5 + [0.1] * 6 + [0.9] * 5 + [0.2] * 4 + [0.9], np.float32))
    (5, 11)
    """
    pauses = _pauses(probabilities)
    if long := [each for each in pauses if each[1] - each[0] >= LONG_PAUSE_FRAMES]:
        return long[-1]
    if short := [each for each in pauses if each[1] - each[0] >= SHORT_PAUSE_FRAMES]:
        return max(short, key=lambda each: (each[1] - each[0], each[0]))
    least = len(probabilities) - 1 - int(np.argmin(probabilities[::-1]))
    return (least, least + 1) if probabilities[least] < SPEECH else None


def _pauses(probabilities: Probabilities) -> list[Pause]:
    silent = np.concatenate(([False], probabilities < SILENCE, [False]))
    borders = np.flatnonzero(silent[1:] != silent[:-1]).tolist()
    return list(pairwise(borders))[::2]


def _quietest(window: Samples, begin: int) -> int:
    """The middle of the quietest 0.2 s of `window` from `begin` on; the last of equally quiet ones."""
    energy = np.concatenate(([0.0], np.cumsum(np.square(window[begin:], dtype=np.float64))))
    begins = np.arange(0, len(energy) - _QUIET_STRETCH_SAMPLES, _HOP_SAMPLES)
    in_stretch = energy[begins + _QUIET_STRETCH_SAMPLES] - energy[begins]
    # The last one: digital silence then costs no extra windows.
    quietest = len(begins) - 1 - int(np.argmin(in_stretch[::-1]))
    return begin + int(begins[quietest]) + _QUIET_STRETCH_SAMPLES // 2
