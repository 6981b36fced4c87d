"""The responses of a room: a small bank, the same for every utterance of a run."""

from __future__ import annotations

from dataclasses import dataclass

from asr_fair.progress import Progress, no_progress
from asr_fair.recipes.library import Found
from asr_fair.recipes.room import Room
from asr_fair.records import Samples, Seconds
from asr_fair.rooms import cache
from asr_fair.rooms.fit import fitted_responses
from asr_fair.seed import rng_for
from asr_fair.validation import digest_of


@dataclass(frozen=True)
class ResponseBank:
    """A room with its impulse responses at `SAMPLE_RATE_HZ`, each of shape (n_samples,).

    A response begins with the direct sound, whose level is 1: a room adds to speech and takes nothing off.
    `rt60_s` is measured on each response; `content_sha256` is that of all samples.
    """

    room: Room
    responses: tuple[Samples, ...]
    rt60_s: tuple[Seconds, ...]
    content_sha256: str

    @property
    def digest(self) -> str:
        """SHA-256 of all that shapes the sound."""
        return digest_of([self.room.digest, self.content_sha256])


def open_room(found: Found[Room], *, progress: Progress = no_progress) -> ResponseBank:
    """The bank of a room: from the cache, or computed and kept there.

    Positions are drawn from the room's digest, so that a room sounds the same in every run.

    Raises
    ------
    ConfigError
        The room has no place for speaker and microphone, or no absorption gives its reverberation time.
    """
    room = found.recipe
    path = cache.cache_path(room)
    computed = cache.load(path)
    if computed is None:
        computed = _compute(found, progress)
        cache.save(computed, path)
    return ResponseBank(room, computed.responses, computed.rt60_s, cache.content_sha256(computed.responses))


def _compute(found: Found[Room], progress: Progress) -> cache.Computed:
    stage, total = f"computing room {found.recipe.id}", found.recipe.responses
    progress(stage, 0, total)
    fitted = []
    for each in fitted_responses(found):
        fitted.append(each)
        progress(stage, len(fitted), total)
    return cache.Computed(tuple(each.samples for each in fitted), tuple(each.rt60_s for each in fitted))


def draw_response(bank: ResponseBank, seed: int, utterance_id: str) -> int:
    """Number of the response that an utterance meets."""
    return int(rng_for(seed, utterance_id, f"room {bank.room.id}").integers(len(bank.responses)))
