"""Which group meets which recording, voice, or position in a room.

A clip is drawn from the utterance's id and never from a tag, so over many utterances every group meets every
clip equally often. In a small group it may not be so; then a difference between groups may be one
between clips.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from asr_fair.conditions.plan import Condition
from asr_fair.manifest.model import Manifest
from asr_fair.noise.draws import drawn_clips
from asr_fair.pipeline.sounds import speakers_of
from asr_fair.rooms.bank import draw_response
from asr_fair.seed import rng_for

CHANCE = 0.01
"""A group is called uneven where fair draws would be as uneven as rarely as this."""
STANDARD_ERRORS = 2.0
"""In an uneven group, the clips that lie further than this from everyone's share are named."""
N_FAIR_DRAWS = 2000


@dataclass(frozen=True, slots=True)
class GroupShares:
    """How often a group meets each clip of a bank, and how often everyone does: shares that add up to 1."""

    bank: str
    dimension: str
    group: str
    n_utterances: int
    n_met: int
    shares: Mapping[str, float]
    everyone: Mapping[str, float]

    @property
    def imbalanced(self) -> tuple[str, ...]:
        """Clips that the group meets far more or less often than everyone, beyond what fair draws explain.

        The largest one at least where Pearson's chi-square over all clips exceeds that of all but `CHANCE`
        of multinomial draws with everyone's shares; nothing else.
        """
        everyone = np.array([self.everyone[clip] for clip in self.shares])
        own = np.array(list(self.shares.values()))
        rng = rng_for(0, self.group, f"fair draws {self.bank} {self.dimension}")
        fair = rng.multinomial(self.n_met, everyone / everyone.sum(), N_FAIR_DRAWS) / self.n_met
        statistics = (np.square(fair - everyone) / everyone).sum(axis=1)
        found = float((np.square(own - everyone) / everyone).sum())
        if (1 + np.count_nonzero(statistics >= found)) / (1 + N_FAIR_DRAWS) > CHANCE:
            return ()
        away = np.abs(own - everyone) / np.sqrt(everyone * (1 - everyone) / self.n_met)
        named = away >= min(STANDARD_ERRORS, away.max())
        return tuple(clip for clip, is_named in zip(self.shares, named, strict=True) if is_named)


def clip_shares(manifest: Manifest, conditions: Sequence[Condition], seed: int) -> list[GroupShares]:
    """Share of each recording, voice and room position in each group, bank by bank.

    Babble counts each of its voices. A bank of a single clip is the same for everyone and left out.
    """
    shares: list[GroupShares] = []
    for bank, met in _met(manifest, conditions, seed).items():
        everyone = met["clip"].value_counts(normalize=True).sort_index()
        if len(everyone) < 2:
            continue
        for dimension in manifest.sidecar.dimensions:
            tagged = met.merge(manifest.table[["utterance_id", dimension]].explode(dimension))
            for group, of_group in tagged.groupby(dimension):
                own = of_group["clip"].value_counts(normalize=True).reindex(everyone.index, fill_value=0.0)
                shares.append(
                    GroupShares(
                        bank,
                        dimension,
                        str(group),
                        of_group["utterance_id"].nunique(),
                        len(of_group),
                        _by_clip(own),
                        _by_clip(everyone),
                    )
                )
    return shares


def _by_clip(shares: pd.Series[float]) -> dict[str, float]:
    return {str(clip): float(share) for clip, share in shares.items()}


def _met(manifest: Manifest, conditions: Sequence[Condition], seed: int) -> dict[str, pd.DataFrame]:
    """Per bank, columns utterance_id and clip: what each utterance meets, the same in all its conditions."""
    speakers = speakers_of(manifest)
    ids = manifest.table["utterance_id"].dropna().tolist()
    rows: dict[str, list[tuple[str, str]]] = {}
    opened: set[str] = set()
    for condition in conditions:
        room, noise = condition.room, condition.noise
        if room is not None and f"room {room.room.id}" not in rows:
            rows[f"room {room.room.id}"] = [
                (each, f"position {draw_response(room, seed, each)}") for each in ids
            ]
        if noise is None or f"noise {noise.profile.id}" in opened:
            continue
        opened.add(f"noise {noise.profile.id}")
        for each in ids:
            drawn = drawn_clips(noise, seed=seed, utterance_id=each, speaker=speakers.get(each))
            for number, clips in drawn.items():
                rows.setdefault(f"noise {noise.profile.id}, source {number}", []).extend(
                    (each, clip) for clip in clips
                )
    return {bank: pd.DataFrame(pairs, columns=["utterance_id", "clip"]) for bank, pairs in rows.items()}
