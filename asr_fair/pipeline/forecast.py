"""What a run is going to do, in numbers, before it starts."""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from asr_fair.asr.base import Service
from asr_fair.asr.windows import n_windows
from asr_fair.files import write_text
from asr_fair.pipeline.prepare import Prepared
from asr_fair.pipeline.probing import probe_keys, probe_lengths_s
from asr_fair.records import Seconds
from asr_fair.run.batch import OutcomeKey
from asr_fair.wording import counted, duration

_SPEEDS = "speeds.json"
_WINDOWS_TO_TRUST = 50
"""Below this, the loading of a model and of caches outweighs what is measured."""

MODEL_MILLIONS = {"tiny": 39, "base": 74, "small": 244, "medium": 769, "turbo": 809, "large": 1550}
"""Parameters of OpenAI's Whisper models in millions, by the table of its README."""
CORE_S_PER_WINDOW_AND_MILLION: Seconds = 0.021
"""Of tiny.en in float32 on two cores (80 windows took 32.6 s). A larger
model is taken to need more in proportion to its parameters: an order of magnitude, no more."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What a service will be sent, and what it will charge if no request has to be repeated."""

    system: str
    service: Service
    n_requests: int
    billed_s: Seconds

    def __str__(self) -> str:
        cost = self.service.cost(self.billed_s)
        charged = f"{counted(self.n_requests, 'request')}, {self.billed_s / 60:,.1f} minutes of audio"
        if cost is None:
            price = "no price given"
        else:
            price = f"about {cost:,.2f} {self.service.currency} at {self.service.price_per_minute:g} a minute"
        return f"{self.system} at {self.service.host}: {charged}, {price}"


@dataclass(frozen=True, slots=True)
class Forecast:
    """Transcriptions of a run, and the time that those still to be made will take.

    `remaining_s` is None where nothing is known of a system; it `is_rough` where it was never timed on this
    machine, so that the size of the model has to do.
    """

    n_utterances: int
    n_conditions: int
    n_systems: int
    n_done: int
    audio_s: Seconds
    remaining_s: Seconds | None
    is_rough: bool
    charges: tuple[Charge, ...] = ()
    """Of each hosted engine that has something left to do; rooms make recordings a little longer."""

    @property
    def n_transcriptions(self) -> int:
        """All of them, done or not."""
        return self.n_utterances * self.n_conditions * self.n_systems

    def __str__(self) -> str:
        parts = [
            f"{counted(self.n_utterances, 'utterance')} × {counted(self.n_conditions, 'condition')} × "
            f"{counted(self.n_systems, 'system')} = "
            f"{self.n_transcriptions:,} transcriptions of {duration(self.audio_s)} of audio"
        ]
        if self.n_done:
            parts.append(f"{self.n_done:,} of them are done")
        if self.n_done < self.n_transcriptions:
            parts.append(self._time_in_words())
        return "\n".join(["; ".join(parts), *map(str, self.charges)])

    def _time_in_words(self) -> str:
        if self.remaining_s is None:
            return "no estimate of the time: this machine has not timed these systems yet"
        if self.is_rough:
            by_what = "by the size of the model: this machine has not timed it yet"
            return f"roughly {duration(self.remaining_s)}, {by_what}"
        return f"about {duration(self.remaining_s)}, by this machine's earlier runs"


def forecast(
    prepared: Prepared, done: Collection[OutcomeKey], probed: Collection[OutcomeKey] = ()
) -> Forecast:
    """What a prepared run has before it; `done`, `probed`: utterances and probes of an earlier start."""
    durations_s = [facts.duration_s or 0.0 for facts in prepared.audio.values()]
    conditions, systems = len(prepared.conditions), len(prepared.config.systems)
    n_all = len(durations_s) * conditions
    mean_windows = sum(map(n_windows, durations_s)) / len(durations_s)
    done_by_system = Counter(system for _, _, system in done)
    speeds = _read_speeds()
    remaining_s, is_rough = 0.0, False
    for name in prepared.engines:
        if n_left := n_all - done_by_system[name]:
            timed_s = speeds.get(_key(prepared, name))
            is_rough = is_rough or timed_s is None
            remaining_s += n_left * mean_windows * (timed_s or _window_s(prepared, name))
    return Forecast(
        n_utterances=len(durations_s),
        n_conditions=conditions,
        n_systems=systems,
        n_done=len(done),
        audio_s=sum(durations_s) * conditions * systems,
        remaining_s=remaining_s if math.isfinite(remaining_s) else None,
        is_rough=is_rough,
        charges=tuple(_charges(prepared, done, probed)),
    )


def _charges(
    prepared: Prepared, done: Collection[OutcomeKey], probed: Collection[OutcomeKey]
) -> Iterator[Charge]:
    probes_s = probe_lengths_s()
    probes_left = [key for key in probe_keys(prepared) if key not in probed]
    n_done = Counter((utterance, system) for utterance, _, system in done)
    for name, info in prepared.engines.items():
        if info.service is None:
            continue
        of_probes = [probes_s[probe] for probe, _, system in probes_left if system == name]
        n_requests = sum(map(info.service.n_requests, of_probes))
        billed_s = sum(map(info.service.billed_s, of_probes))
        for utterance, facts in prepared.audio.items():
            # A recording that cannot be used is never sent.
            n_left = (len(prepared.conditions) - n_done[utterance, name]) if facts.usable else 0
            n_requests += n_left * info.service.n_requests(facts.duration_s or 0.0)
            billed_s += n_left * info.service.billed_s(facts.duration_s or 0.0)
        if n_requests:
            yield Charge(name, info.service, n_requests, billed_s)


def _window_s(prepared: Prepared, system: str) -> Seconds:
    """What a 30-second window takes on this machine's cores, by the size of the model; NaN if unknown."""
    info = prepared.engines[system]
    millions = MODEL_MILLIONS.get(info.model.split(".")[0].split("-")[0])
    if millions is None or info.settings.get("device") != "cpu" or prepared.config.workers.scheduler:
        return math.nan
    return millions * CORE_S_PER_WINDOW_AND_MILLION / len(os.sched_getaffinity(0))


def remember_speed(prepared: Prepared, timings: pd.DataFrame) -> None:
    """Keep how long all workers together took for one 30-second window of each system.

    Parameters
    ----------
    timings
        One row per batch: the columns of `asr_fair.run.worker.Timing`.
    """
    windows_of = {each.utterance_id: n_windows(each.duration_s or 0.0) for each in prepared.audio.values()}
    mean_windows = sum(windows_of.values()) / len(windows_of)
    speeds = _read_speeds()
    for system, batches in timings.groupby("system"):
        windows = float(batches["n_utterances"].sum()) * mean_windows
        if windows >= _WINDOWS_TO_TRUST:
            took_s = float(batches[["render_s", "transcribe_s"]].to_numpy().sum())
            speeds[_key(prepared, str(system))] = took_s / windows / batches["worker"].nunique()
    try:
        _speeds_path().parent.mkdir(parents=True, exist_ok=True)
        write_text(json.dumps(speeds, indent=1) + "\n", _speeds_path())
    except OSError:
        return  # without a cache there is no estimate next time; nothing else depends on it


def _key(prepared: Prepared, system: str) -> str:
    """What a speed belongs to: the system, and who does the work."""
    workers = prepared.config.workers
    return f"{prepared.engines[system].text_key} {workers.scheduler or workers.processes or 'all'}"


def _speeds_path() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "asr-fair" / _SPEEDS


def _read_speeds() -> dict[str, float]:
    try:
        return {str(key): float(value) for key, value in json.loads(_speeds_path().read_text()).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
