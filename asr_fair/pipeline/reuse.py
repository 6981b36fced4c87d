"""The cache of transcripts during a run: what other runs have transcribed already, and what this one adds.

A cache saves time and decides nothing: the first fault of its file is told, and the run goes on without it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import islice
from typing import Self

from asr_fair.errors import CacheError
from asr_fair.files import OUTCOMES_PER_GROUP
from asr_fair.pipeline.prepare import Prepared
from asr_fair.pipeline.probing import is_probe
from asr_fair.records import Outcome, RenderRecord
from asr_fair.run.batch import OutcomeKey
from asr_fair.run.cache import NOBODY, CachedText, TranscriptCache, cached_text
from asr_fair.run.store import RunStore
from asr_fair.run.worker import BatchResult

_Reused = tuple[Outcome, RenderRecord]


class Reuse:
    """The cache of one start of a run; as a context, it closes the file."""

    def __init__(self, prepared: Prepared, tell: Callable[[str], None]) -> None:
        self._audio = prepared.audio
        self._systems = {name for name, info in prepared.engines.items() if info.hears}
        self._tell = tell
        self._open = ExitStack()
        self._cache: TranscriptCache | None = None
        folder = prepared.config.cache_dir
        if folder is not None:
            with self._faults_told():
                self._cache = self._open.enter_context(TranscriptCache(folder))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def take(
        self,
        keys: Mapping[OutcomeKey, str],
        done: Collection[OutcomeKey],
        store: RunStore,
        *,
        what: str = "transcripts",
    ) -> set[OutcomeKey]:
        """Copy what the cache holds of a run into its store, as outcomes of no batch; which those are.

        Parameters
        ----------
        keys
            The cache key of every outcome of the run.
        done
            Outcomes that are in the store already.
        what
            As whoever watches is told.
        """
        taken: set[OutcomeKey] = set()
        with self._faults_told():
            found = self._found(keys, done)
            while some := list(islice(found, OUTCOMES_PER_GROUP)):
                store.append_outcomes((outcome for outcome, _ in some), (render for _, render in some))
                taken |= {(each.utterance_id, each.condition, each.system) for each, _ in some}
        if taken:
            self._tell(f"{len(taken):,} of {len(keys):,} {what} come from the cache of earlier runs")
        return taken

    def _found(self, keys: Mapping[OutcomeKey, str], done: Collection[OutcomeKey]) -> Iterator[_Reused]:
        if self._cache is None:
            return
        wanted: dict[str, list[OutcomeKey]] = defaultdict(list)
        for key, cache_key in keys.items():
            if key not in done and key[2] in self._systems:
                wanted[cache_key].append(key)
        for text in self._cache.texts(wanted):
            yield from (_used_for(key, text) for key in wanted[text.cache_key])

    def keep(self, result: BatchResult) -> None:
        """Add the texts of a batch, after the run's own store has them: so that it knows them as its own."""
        if self._cache is None or result.timing.system not in self._systems:
            return
        renders = {each.utterance_id: each for each in result.renders}
        kept = [
            cached_text(content, each, renders[each.utterance_id])
            for each in result.outcomes
            if each.utterance_id in renders and (content := self._content(each.utterance_id)) is not None
        ]
        with self._faults_told():
            self._cache.keep([each for each in kept if each is not None])

    def _content(self, utterance_id: str) -> str | None:
        return NOBODY if is_probe(utterance_id) else self._audio[utterance_id].content_sha256

    @contextmanager
    def _faults_told(self) -> Iterator[None]:
        try:
            yield
        except CacheError as error:
            self._cache = None
            self._tell(
                f"warning: {error}. The run goes on without it: nothing is lost, but what earlier runs "
                "transcribed is transcribed again"
            )


def _used_for(key: OutcomeKey, text: CachedText) -> _Reused:
    """The text as the outcome of an utterance; `batch_size` stays that of the batch that made it."""
    utterance_id, condition, system = key
    outcome = Outcome(
        utterance_id,
        condition,
        system,
        text.cache_key,
        text=text.text,
        language=text.language,
        no_speech_probability=text.no_speech_probability,
        mean_log_probability=text.mean_log_probability,
        batch_size=text.batch_size,
    )
    return outcome, replace(text.render, utterance_id=utterance_id, condition=condition)
