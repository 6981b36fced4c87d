"""What `asr-fair noise fit` finds in real recordings, and how near the fitted profile's sound comes to each.

    python benchmarks/noise_fit.py FOLDER [--pictures FOLDER] > benchmarks/results/noise_fit.md

A picture shows recording and profile, one above the other. It is made from the recording: mind its licence.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from asr_fair.cli.noise_fit import in_words
from asr_fair.pipeline.noise_fit import FittedProfile, fit_recording, write_comparison

SOUNDS = {".wav", ".flac", ".ogg", ".mp3"}


def main() -> None:
    """Fit every recording of a folder and print a Markdown report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=Path)
    asked = parser.parse_args()
    print("# Profiles fitted to real recordings\n")
    print(
        "Made by `benchmarks/noise_fit.py`. *Off by*: thirds of an octave of the rendered profile less those "
        "of the recording, at equal power: mean magnitude, and the largest. Of rhythm it says nothing: "
        "listen and look.\n"
    )
    print("| recording | s | what was found | off by, dB | warnings |\n|-|-|-|-|-|")
    for path in sorted(each for each in asked.folder.rglob("*") if each.suffix.lower() in SOUNDS):
        fitted = fit_recording(path, profile_id="fitted")
        print(f"| {' | '.join(cells(path.relative_to(asked.folder), fitted))} |")
        if asked.pictures:
            write_comparison(fitted, asked.pictures / f"{path.parent.name}-{path.stem}.png")


def cells(name: Path, fitted: FittedProfile) -> Iterator[str]:
    """One row of the table."""
    alike = fitted.resemblance
    yield f"{name}"
    yield f"{fitted.fit.duration_s:.1f}"
    yield "; ".join(f"{each.kind} {each.level_db:g} dB: {in_words(each)}" for each in fitted.fit.sources)
    yield f"{alike.mean_db:.1f}; {alike.largest_db:+.1f} at {alike.largest_at_hz:g} Hz"
    yield "; ".join(fitted.warnings) or "none"


if __name__ == "__main__":
    main()
