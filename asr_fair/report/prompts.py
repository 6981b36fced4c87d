"""What somebody told a recogniser beforehand: a customer's own text, which stays in run.json."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

NOT_SHOWN = "not shown"
_HOLDS_A_TEXT = re.compile("prompt|hotword|phrase", re.IGNORECASE)
"""In the name of a setting, of our engines and of others'."""
ValueT = TypeVar("ValueT")


def without_prompts(settings: Mapping[str, ValueT]) -> dict[str, ValueT | str]:
    """The settings with the texts of prompts left out: those may hold names of patients, and pages travel.

    >>> without_prompts({"beam_size": 5, "initial_prompt": "Mrs Harrow", "prompt": None})
    {'beam_size': 5, 'initial_prompt': 'not shown', 'prompt': None}
    """
    return {
        name: NOT_SHOWN if value is not None and _HOLDS_A_TEXT.search(name) else value
        for name, value in settings.items()
    }
