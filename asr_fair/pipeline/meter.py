"""How fast the transcription goes, what it loses, and what a hosted engine has charged so far. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from asr_fair.asr.base import EngineInfo
from asr_fair.progress import Pace
from asr_fair.records import Seconds
from asr_fair.run.batch import OutcomeKey
from asr_fair.run.worker import BatchResult


@dataclass
class Meter:
    """Adds up the results of one start of a run.

    Parameters
    ----------
    left
        The outcomes that are still to be made, and how long each one's audio is.
    """

    engines: Mapping[str, EngineInfo]
    left: dict[OutcomeKey, Seconds]
    _done_s: Seconds = field(default=0.0, init=False)
    _lost: set[OutcomeKey] = field(default_factory=set, init=False)
    _n_requests: int = field(default=0, init=False)
    _billed_s: dict[str, Seconds] = field(default_factory=lambda: defaultdict(float), init=False)

    def add(self, result: BatchResult) -> int:
        """How many outcomes a batch has added; one that was there already counts for nothing."""
        n_before = len(self.left)
        for outcome in result.outcomes:
            key = (outcome.utterance_id, outcome.condition, outcome.system)
            if key in self.left:
                self._done_s += self.left.pop(key)
                self._lost |= {key} if outcome.error is not None else set()
        self._n_requests += result.timing.n_requests
        self._billed_s[result.timing.system] += result.timing.billed_s
        return n_before - len(self.left)

    def pace(self, elapsed_s: Seconds) -> Pace:
        """After that many seconds of transcribing; by audio, for a long recording takes longer."""
        rate = self._done_s / elapsed_s if elapsed_s > 0 and self._done_s else None
        remaining_s = sum(self.left.values()) / rate if rate else None
        return Pace(rate, remaining_s, len(self._lost), self._n_requests, self._cost())

    def _cost(self) -> str | None:
        """In each currency; None where no price is known."""
        costs: dict[str, float] = defaultdict(float)
        for system, billed_s in self._billed_s.items():
            service = self.engines[system].service
            cost = None if service is None else service.cost(billed_s)
            if service is not None and cost is not None:
                costs[service.currency] += cost
        return ", ".join(f"{cost:.2f} {currency}" for currency, cost in sorted(costs.items())) or None
