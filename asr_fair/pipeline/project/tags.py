"""Tags that people are often asked for: what each is called, who says it, and how to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

AGE_BANDS: tuple[Mapping[str, Any], ...] = (
    {"label": "below 18", "high": 18},
    {"label": "18 to 39", "low": 18, "high": 40},
    {"label": "40 to 64", "low": 40, "high": 65},
    {"label": "65 and over", "low": 65},
)


@dataclass(frozen=True)
class KnownTag:
    """A tag, and the question that fills it; `examples` are two cells of the table."""

    title: str
    question: str
    examples: tuple[str, str]
    source: str = "self_report"
    level: Literal["speaker", "utterance"] = "speaker"
    multiple: bool = False
    sensitive: bool = True
    bins: tuple[Mapping[str, Any], ...] = ()


KNOWN: Mapping[str, KnownTag] = {
    "accent": KnownTag(
        "Accent", "Which accent, or accents, would you say you speak with?", ("Scottish", "Indian|Scottish"),
        multiple=True,
    ),
    "dialect": KnownTag(
        "Dialect", "Which dialect, or dialects, do you speak at home or at work?", ("Glaswegian", "declined"),
        multiple=True,
    ),
    "first_language": KnownTag(
        "First language", "Which language, or languages, did you speak first as a child?",
        ("English", "Hindi|English"),
        multiple=True,
    ),
    "age": KnownTag("Age", "How old are you, in years?", ("34", "declined"), bins=AGE_BANDS),
    "gender": KnownTag("Gender", "What is your gender, in your own words?", ("woman", "man")),
    "ethnicity": KnownTag(
        "Ethnicity", "How would you describe your ethnicity, in your own words?",
        ("Scottish", "Indian|Scottish"),
        multiple=True,
    ),
    "speech": KnownTag(
        "Speech or voice condition",
        "Is there anything about your voice or speech that people sometimes do not understand, such as a "
        "stammer or the effects of a stroke?",
        ("no condition", "stammer"),
        multiple=True,
    ),
    "role": KnownTag("Role", "What is your role here?", ("nurse", "patient"), sensitive=False),
    "handset": KnownTag(
        "Handset", "Which device was it recorded with?", ("ward phone", "headset"),
        source="device_log", level="utterance", sensitive=False,
    ),
    "place": KnownTag(
        "Place", "Where was it recorded?", ("bay 2", "corridor"),
        source="device_log", level="utterance", sensitive=False,
    ),
}  # fmt: skip

USUAL = ("accent", "age", "gender", "handset")
"""What `init` proposes."""


def known_or_own(name: str, source: str) -> KnownTag:
    """A tag of the list; of any other name, one that is about people unless a device says it."""
    if name in KNOWN:
        return KNOWN[name]
    title = name.replace("_", " ").capitalize()
    of_device = source in ("device_log", "synthetic")
    return KnownTag(
        title,
        f"{title}: how would you describe yourself?",
        ("a value", "another value") if of_device else ("an answer", "declined"),
        source=source,
        level="utterance" if of_device else "speaker",
        multiple=not of_device,
        sensitive=not of_device,
    )
