"""The outline of a card: the headings of AWS AI Service Cards, and what to write below each.

Headings as on "Amazon Transcribe" (AWS AI Service Cards, as of 26 May 2026).
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

TEXT_NAME = "card_text.md"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the card; `prompt` says what people are to write below it, empty for nothing."""

    title: str
    level: int
    prompt: str = ""


OVERVIEW = "Overview"
USES = "Intended use cases and limitations"
DESIGN = "Design of the system"
MACHINE_LEARNING = "Machine learning"
PERFORMANCE = "Performance expectations"
METHODOLOGY = "Test-driven methodology"
FAIRNESS = "Fairness"
ROBUSTNESS = "Robustness"
FURTHER = "Further information"

OUTLINE = (
    Heading(
        OVERVIEW,
        2,
        "What does the system do, for whom, and who provides it? Which version does this card speak of? Who "
        "made the card, when, and who answers questions about it?",
    ),
    Heading(
        USES,
        2,
        "For which tasks, places and speakers is the system meant? What happens with its transcripts, who "
        "checks them, and what can an error cost whom? For which tasks must it not be used? Languages, "
        "dialects, recording conditions and lengths that it was not made for.",
    ),
    Heading(DESIGN, 2),
    Heading(
        MACHINE_LEARNING,
        3,
        "How does the recogniser work, in a paragraph: kind of model, where it runs, what it was trained on "
        "as far as you know, what comes before and after it (speech detection, formatting, redaction)?",
    ),
    Heading(
        "Controllability",
        3,
        "What can those who use it set, and what does each setting change: vocabulary lists, language, "
        "models of a domain, formatting, thresholds?",
    ),
    Heading(
        PERFORMANCE,
        3,
        "What may people expect in everyday use, and what makes it better or worse: distance to the "
        "microphone, noise, several speakers, rare words? Which error rate is good enough for which task, "
        "and who decided that?",
    ),
    Heading(
        METHODOLOGY,
        3,
        "Why was it tested on this data and under these conditions? Who recorded, transcribed and checked "
        "it, and how were people found and asked? What else was tested, such as a trial in the place of use?",
    ),
    Heading(
        "Safety",
        3,
        "What harm can a wrong, missing or invented word do here, and what stands between it and a person: "
        "a second reader, a warning, a task that it may not be used for?",
    ),
    Heading(
        FAIRNESS,
        3,
        "What do the figures below mean for the people you serve? What will you do about groups for whom the "
        "error rate is higher, by when, and what can they use meanwhile? Which groups matter to you and were "
        "not measured?",
    ),
    Heading(
        ROBUSTNESS,
        3,
        "Which noise, rooms and handsets does the place of use have, and how near are the tested ones to "
        "them? What should people do where it is louder than in any test?",
    ),
    Heading(
        "Explainability",
        3,
        "What can people see of how a transcript came about: word times, confidence, alternatives, the audio "
        "beside the text?",
    ),
    Heading(
        "Privacy",
        3,
        "What is recorded, where is it sent and kept, for how long, who can hear or read it? Is it used for "
        "training? How does a person have it removed?",
    ),
    Heading(
        "Security",
        3,
        "How are audio and transcripts protected on their way and where they are kept? Who has access, and "
        "who looks after updates?",
    ),
    Heading(
        "Transparency",
        3,
        "How do speakers learn that a machine writes down what they say, and that it may mishear them? Where "
        "can they read this card?",
    ),
    Heading(
        "Governance",
        3,
        "Who approved the use, on what grounds, and who reviews it and when? Where are errors and complaints "
        "reported? What would end the use?",
    ),
    Heading(
        "Deployment and performance optimisation best practices",
        2,
        "What should those who set it up do: microphones and where they stand, settings, vocabulary, checks "
        "by a person, tests with own recordings before and after every update, and what to watch in use?",
    ),
    Heading(
        FURTHER,
        2,
        "Where is more to be read: documentation, the data, earlier cards, a person to ask?",
    ),
)

NOT_YET_WRITTEN = "Not yet written."


def text_template(title: str) -> str:
    """The file that people write in: every heading with its question in a comment, which no card shows."""
    parts = [
        f"# Text of the service card: {' '.join(title.split())}",
        _comment(
            "Write below the headings; keep the headings as they are. What stands in comments like this one "
            "is not on the card. asr-fair never changes this file: it joins it with figures into card.md, "
            "card.html and card.tex. Paragraphs, lists, **strong**, *emphasis* and "
            "[links](https://example.org) can be used. Write no figures here: those that stand in generated "
            "blocks keep up with the results, and yours would not."
        ),
    ]
    for heading in OUTLINE:
        if heading.prompt:
            parts += [f"## {heading.title}", _comment(heading.prompt)]
    return "\n\n".join(parts) + "\n"


def _comment(text: str) -> str:
    return textwrap.fill(f"<!-- {text} -->", width=100, break_long_words=False, break_on_hyphens=False)
