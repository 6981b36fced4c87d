"""The sounds of a run's conditions: read, checked and fixed before anything is transcribed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from asr_fair.conditions.plan import Condition, Outline, condition_of
from asr_fair.manifest.model import Manifest
from asr_fair.noise.bed import Voice, open_bed
from asr_fair.noise.synth import NoiseBed
from asr_fair.progress import Progress, no_progress
from asr_fair.records import AudioFacts
from asr_fair.rooms.bank import ResponseBank, open_room


def ready_conditions(
    outlines: Sequence[Outline], voices: Sequence[Voice], *, progress: Progress = no_progress
) -> tuple[Condition, ...]:
    """Conditions with their sounds; each profile and each room is opened once.

    `voices` are what babble may be made of. Raises AsrFairError for recordings, rooms and babble that
    cannot be had.
    """
    rooms: dict[Path, ResponseBank] = {}
    beds: dict[Path, NoiseBed] = {}
    conditions: list[Condition] = []
    for outline in outlines:
        room = bed = None
        if outline.room is not None:
            path = outline.room.path
            room = rooms[path] = rooms.get(path) or open_room(outline.room, progress=progress)
        if outline.profile is not None:
            path = outline.profile.path
            bed = beds[path] = beds.get(path) or open_bed(outline.profile, voices)
        conditions.append(condition_of(outline, room, bed))
    return tuple(conditions)


def voices_of(manifest: Manifest, audio: Mapping[str, AudioFacts]) -> list[Voice]:
    """The usable utterances of a manifest whose speaker is known."""
    speakers = speakers_of(manifest)
    return [
        Voice(source, speaker, facts.duration_s or 0.0, str(facts.content_sha256))
        for source in manifest.sources()
        if (facts := audio[source.utterance_id]).usable
        and (speaker := speakers.get(source.utterance_id)) is not None
    ]


def speakers_of(manifest: Manifest) -> dict[str, str]:
    """Who speaks in each utterance: the manifest's cluster, where it is known."""
    clusters = manifest.clusters
    known = clusters.notna()
    return dict(zip(manifest.table.loc[known, "utterance_id"], clusters[known], strict=True))
