"""What transcripts leave out."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from asr_fair.manifest.transcripts import NO_TRANSCRIPT

LOSS_COLUMNS = ("utterance_id", "condition", "system", "kind", "reason")


def find_losses(transcripts: pd.DataFrame, known_ids: Collection[str]) -> pd.DataFrame:
    """Utterances without a text, for every (condition, system) that occurs among the transcripts.

    Parameters
    ----------
    transcripts : DataFrame
        Columns utterance_id, condition, system, text, error.
    known_ids : collection of str
        Ids of all utterances of the manifest.

    Returns
    -------
    DataFrame
        Columns utterance_id, condition, system, kind, reason. kind is 'error' with the error as reason,
        or 'missing' with the reason 'no_transcript'.
    """
    failed = transcripts.loc[transcripts["text"].isna(), ["utterance_id", "condition", "system", "error"]]
    errors = failed.rename(columns={"error": "reason"}).assign(kind="error")
    ids = pd.Series(list(known_ids), dtype=object)
    parts = [errors[list(LOSS_COLUMNS)]]
    for (condition, system), rows in transcripts.groupby(["condition", "system"], sort=True):
        absent = ids[~ids.isin(rows["utterance_id"])]
        parts.append(
            absent.to_frame("utterance_id").assign(
                condition=str(condition), system=str(system), kind="missing", reason=NO_TRANSCRIPT
            )
        )
    return pd.concat(parts, ignore_index=True)
