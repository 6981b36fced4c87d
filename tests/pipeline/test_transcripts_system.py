"""A run with a system whose texts stand in a file: what the file leaves out or adds is said beforehand."""

from __future__ import annotations

from pathlib import Path

from asr_fair.config import read_config
from asr_fair.manifest.tables import read_table
from asr_fair.pipeline.prepare import prepare
from fakes.demo import write_small_manifest, write_small_run


def test_what_the_file_leaves_out_and_what_the_manifest_does_not_know_is_said(tmp_path: Path) -> None:
    ids = read_table(write_small_manifest(tmp_path, n_utterances=6)).frame["utterance_id"].tolist()
    rows = [f"{each},clean,hello" for each in [*ids[:4], "nobody", "noone"]]
    (tmp_path / "t.csv").write_text("\n".join(["utterance_id,condition,text", *rows]), encoding="utf-8")
    config = write_small_run(tmp_path, systems="  - {name: vendor, engine: transcripts, path: t.csv}\n")
    prepared = prepare(read_config(config), allow_bad_audio=False)
    said = [line for line in prepared.warnings if line.startswith("system vendor:")]
    assert said == [
        "system vendor: its transcripts hold 2 utterances that the manifest does not: not used",
        "system vendor: no transcript of 2 of 6 utterances in clean",
        "system vendor: no transcript of 6 of 6 utterances in scanner@5dB",
    ]
