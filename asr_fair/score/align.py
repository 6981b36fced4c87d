"""Word alignment: integer counts of substitutions, deletions, insertions and hits."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.distance import Editops, Levenshtein

from asr_fair.records import ErrorCounts


def count_word_errors(reference: Sequence[str], hypothesis: Sequence[str]) -> ErrorCounts:
    """Counts of one best alignment, split into S, D, I and H exactly as jiwer 4 splits them.

    The total S + D + I is the Levenshtein distance and unique; the split is not, so it comes from the
    same routine that jiwer uses. An empty reference gives only insertions, an empty hypothesis only
    deletions.

    >>> count_word_errors("the room is quiet".split(), "the groom is".split())
    ErrorCounts(substitutions=1, deletions=1, insertions=0, hits=2)
    """
    tags = [tag for tag, _, _ in align_words(reference, hypothesis).as_list()]
    substitutions, deletions = tags.count("replace"), tags.count("delete")
    return ErrorCounts(
        substitutions=substitutions,
        deletions=deletions,
        insertions=tags.count("insert"),
        hits=len(reference) - substitutions - deletions,
    )


def align_words(reference: Sequence[str], hypothesis: Sequence[str]) -> Editops:
    """One best alignment as edit operations (replace, delete, insert), each with its two positions."""
    # Small integers, as in jiwer: rapidfuzz compares other values by their hash.
    codes: dict[str, int] = {}
    reference_codes = [codes.setdefault(word, len(codes)) for word in reference]
    hypothesis_codes = [codes.setdefault(word, len(codes)) for word in hypothesis]
    return Levenshtein.editops(reference_codes, hypothesis_codes)
