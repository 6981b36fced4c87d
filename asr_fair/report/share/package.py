"""The files of a shared package, and the list of them that it carries."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime

from asr_fair import __version__
from asr_fair.fairness.results import Results
from asr_fair.report.texts import shared_words
from asr_fair.report.write import report_files

MANIFEST_NAME = "MANIFEST.json"
README_NAME = "README.md"
RESULTS_NAME = "shared.json"
FORMAT = "asr-fair shared package 1"
HASHED = "HMAC-SHA-256 under a key that stays with the holders of the data"

WHAT = {
    "report.html": "the report: figures, intervals, verdicts; opens in any browser, needs no network",
    "card.md": "the service card in Markdown",
    "card.html": "the service card as a page",
    "card.tex": "the service card for LaTeX",
    RESULTS_NAME: "all figures that are shown, for programs, in the schema of asr-fair's results.json",
    README_NAME: "what this is",
}
LEFT_OUT = {
    "audio, reference transcripts and transcripts of the systems": "they are people's voices and words",
    "what people wrote on the card of the run (card_text.md)": "somebody's words, which may name people and "
    "numbers of few; publish that card by itself once you have read it",
    "examples of words that a normaliser changed": "they are people's words",
    "identifiers of speakers, households, utterances and recordings": "they name people; no pseudonyms are "
    "needed, as nothing here is about one person",
    "names and places of files, of the run, of users and machines": "they may name people or places",
    "groups of few people, and groups that would reveal them": "few people's figure is nearly one's",
    "intersections of tags, and figures within the levels of another tag": "a group less its other "
    "combinations would reveal a small one",
    "comparisons of systems where one of them lost few people's utterances": "the difference to the "
    "system's own rate would be those people's",
    "warnings of the run": "they may name files, utterances and small groups",
    "digests of the data and of the plan": f"they are there as {HASHED} only, so that nobody can confirm a "
    "guess; the holders of the key can",
}


def package_files(public: Results, *, now: datetime, package_id: str) -> dict[str, bytes]:
    """Name and content of every file: what the report is made of, and last the list of all the others."""
    texts = report_files(public, public)
    texts[RESULTS_NAME] = public.model_dump_json(indent=1) + "\n"
    texts[README_NAME] = _readme(public, now)
    files = {name: text.encode("utf-8") for name, text in texts.items()}
    return files | {MANIFEST_NAME: _manifest(public, files, now, package_id)}


def as_zip(files: Mapping[str, bytes], *, folder: str, now: datetime) -> bytes:
    """The files in one folder of a ZIP archive, which holds no name or time of this machine's."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{folder}/{name}", now.timetuple()[:6])
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def is_package(content: bytes) -> bool:
    """Whether this is the list of a shared package."""
    try:
        listed = json.loads(content)
    except ValueError:
        return False
    return isinstance(listed, dict) and listed.get("format") == FORMAT


def files_listed(content: bytes) -> set[str]:
    """Names of the files that the list of a shared package tells of, without its own."""
    return {str(one["name"]) for one in json.loads(content).get("files", ())}


def _manifest(public: Results, files: Mapping[str, bytes], now: datetime, package_id: str) -> bytes:
    shared = public.shared
    content = {
        "format": FORMAT,
        "package": package_id,
        "made_at": now.isoformat(),
        "made_with": f"asr-fair {__version__}",
        "min_speakers": None if shared is None else shared.min_speakers,
        "groups_left_out": {} if shared is None else shared.n_hidden,
        "data": {
            "name": public.manifest.name,
            "version": public.manifest.version,
            "digest": public.manifest.digest,
            "plan_digest": public.plan.digest,
            "hashed": HASHED,
        },
        "files": [
            {
                "name": name,
                "what": _what(name),
                "bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            for name, content in sorted(files.items())
        ],
        "left_out": [{"what": what, "why": why} for what, why in LEFT_OUT.items()],
    }
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def _what(name: str) -> str:
    return "a table of the report for a spreadsheet" if name.startswith("tables/") else WHAT[name]


def _readme(public: Results, now: datetime) -> str:
    words = "" if public.shared is None else f"{shared_words(public.shared)}\n\n"
    inside = "\n".join(f"- `{name}`: {what}" for name, what in WHAT.items() if name != README_NAME)
    left_out = "\n".join(f"- {what}: {why}" for what, why in LEFT_OUT.items())
    return f"""# How well a speech recogniser works for whom: figures to share

Made with asr-fair {__version__} on {now:%Y-%m-%d}. Begin with `report.html`.

{words}Inside:

{inside}
- `tables/`: the tables of the report for a spreadsheet
- `{MANIFEST_NAME}`: this list for programs, with the SHA-256 of each file

Left out, and why:

{left_out}
"""
