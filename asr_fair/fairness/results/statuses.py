"""What a figure or a comparison says of itself."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Whether a figure exists, and if not, why."""

    OK = "ok"
    NO_REFERENCE_WORDS = "no_reference_words"
    NO_HYPOTHESIS_WORDS = "no_hypothesis_words"  # nothing was recognised
    NO_ERRORS = "no_errors"  # value 0, one-sided upper bound
    ONE_SPEAKER = "one_speaker"  # a value, no interval
    NO_SPEAKERS = "no_speakers"  # no speaker_id: a value, no interval
    NO_COMPARISON = "no_comparison"  # the other side is missing, empty, or without errors
    NO_INTERVAL = "no_interval"  # a value whose spread cannot be estimated from this data
    BELOW_RANGE = "below_range"  # no value: it lies below `censored_at`
    ABOVE_RANGE = "above_range"  # no value: it lies above `censored_at`
    OPEN_INTERVAL = "open_interval"  # a value; both ends of its interval lie beyond the SNRs heard
    SKIPPED = "skipped"  # not computed: more transcripts than it is worth the time
    NO_SPREAD = "no_spread"  # nothing differs that the figure could compare
    NO_UTTERANCES = "no_utterances"  # no utterance of the kind that the figure counts
    NO_DURATION = "no_duration"  # of a recording that the figure counts, the length is not known


class Verdict(StrEnum):
    """What one declared comparison allows to say."""

    EQUIVALENT = "equivalent"
    DISPARITY = "disparity"
    CANNOT_TELL = "cannot_tell"

    @property
    def in_words(self) -> str:
        """As it stands in a sentence."""
        return self.value.replace("_", " ")
