"""Whether a recogniser that was asked to detect the language took it for another one."""

from __future__ import annotations

import pandas as pd

from asr_fair.score.normalise import primary_subtag


def wrong_language(detected: pd.Series[str], spoken: pd.Series[str]) -> pd.Series[bool]:
    """Whether the language detected is another than the one spoken; NA where either is not known.

    Codes such as en, en-GB and EN_us are compared by their primary subtag. Both series have one index; the
    result is of the type 'boolean'.
    """
    heard, said = (
        codes.astype(object).map(primary_subtag, na_action="ignore") for codes in (detected, spoken)
    )
    return (heard != said).astype("boolean").mask(heard.isna() | said.isna())
