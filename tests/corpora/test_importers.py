import json
from pathlib import Path

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from asr_fair.cli.import_ import import_
from asr_fair.errors import ConfigError, FaultsError, UnknownNameError
from asr_fair.manifest.corpora import ImportSummary, import_corpus
from asr_fair.manifest.sidecar import Sidecar, parse_sidecar
from asr_fair.manifest.tables import read_table


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def sidecar_of(summary: ImportSummary) -> Sidecar:
    return parse_sidecar(summary.sidecar.read_text(encoding="utf-8"), name="sidecar")


def manifest_of(summary: ImportSummary) -> pd.DataFrame:
    return read_table(summary.manifest).frame.set_index("utterance_id")


@pytest.fixture
def artie(tmp_path: Path) -> Path:
    people = ["a" * 128, "a" * 20 + "b" * 108]  # alike in their first 20 digits
    write(
        tmp_path / "artie/artie-bias-corpus.tsv",
        "client_id\tpath\tsentence\tage\tgender\taccent\n"
        f'{people[0]}\tcv_1.mp3\t"Say ""hi"", now."\ttwenties\tmale\tNA\n'
        f"{people[1]}\tcv_2.mp3\tNA\tteens\tother\twales\n",
    )
    write(tmp_path / "artie/predictions/one.tsv", "path\tprediction\ncv_2.wav\tNA\ncv_1.wav\t\n")
    write(tmp_path / "artie/predictions/two.tsv", "path\tprediction\ncv_1.mp3\thi\ncv_9.mp3\twho\n")
    return tmp_path / "artie"


def test_artie_joins_on_the_name_without_its_ending(artie: Path, tmp_path: Path) -> None:
    summary = import_corpus("artie", artie, tmp_path / "out/m.csv")
    assert summary.transcripts == tmp_path / "out/m.transcripts.jsonl"
    rows = [json.loads(line) for line in summary.transcripts.read_text().splitlines()]
    assert [(row["system"], row["utterance_id"], row["text"], row["condition"]) for row in rows] == [
        ("one", "cv_2", "NA", "clean"),
        ("one", "cv_1", "", "clean"),
        ("two", "cv_1", "hi", "clean"),
    ]


def test_artie_accounts_for_every_prediction(artie: Path, tmp_path: Path) -> None:
    assert import_corpus("artie", artie, tmp_path / "m.jsonl").notes == (
        "one: 1 empty transcript, scored as all words deleted",
        "two: dropped 1 transcript of recordings that the corpus does not list",
        "two: 1 recording without a transcript, which scoring counts as missing",
    )


def test_artie_keeps_people_apart_and_declares_na_as_blank(artie: Path, tmp_path: Path) -> None:
    summary = import_corpus("artie", artie, tmp_path / "m.jsonl")
    table = manifest_of(summary)
    assert table["speaker_id"].tolist() == ["a" * 21, "a" * 20 + "b"]
    assert table["reference"].tolist() == ['Say "hi", now.', "NA"]
    dimensions = sidecar_of(summary).dimensions
    assert dimensions["accent"].blanks == ("NA",)
    assert dimensions["accent"].values == ("wales",)
    assert dimensions["age"].values == ("teens", "twenties")


def test_column_missing_in_another_release_is_named(artie: Path, tmp_path: Path) -> None:
    write(artie / "predictions/two.tsv", "path\ttranscript\ncv_1.mp3\thi\n")
    with pytest.raises(FaultsError, match=r"prediction: this column is missing\. The table has: path, tr"):
        import_corpus("artie", artie, tmp_path / "out/m.jsonl")
    assert not (tmp_path / "out").exists()


def test_two_predictions_for_one_recording_are_refused(artie: Path, tmp_path: Path) -> None:
    write(artie / "predictions/two.tsv", "path\tprediction\ncv_1.mp3\thi\ncv_1.wav\tho\n")
    with pytest.raises(FaultsError, match=r"two\.tsv:3: path: stands twice, got 'cv_1'"):
        import_corpus("artie", artie, tmp_path / "m.jsonl")


@pytest.fixture
def edacc(tmp_path: Path) -> Path:
    references = {
        "Irish English": ["SO <LAUGH> YES", "<NO-SPEECH>", "IGNORE_TIME_SEGMENT_IN_SCORING"],
        "French": ["<FOREIGN> OUI", "WELL"],
        "Don't know": ["I<OVERLAP> SEE"],
    }
    rows = [
        {"utt_id": f"{accent}-{i}", "speaker": accent, "accent": accent, "ref_raw": text, "hyp_raw": " x"}
        for accent, texts in references.items()
        for i, text in enumerate(texts)
    ]
    write(tmp_path / "edacc/transcripts.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    groups = {"dataset_revision": "r1", "groups": {"Irish English": {}}, "pooled_into_other": {}}
    write(tmp_path / "edacc/groups.json", json.dumps(groups))
    return tmp_path / "edacc"


def test_edacc_drops_only_what_the_rules_name_and_says_so(edacc: Path, tmp_path: Path) -> None:
    summary = import_corpus("edacc", edacc, tmp_path / "m.jsonl")
    assert manifest_of(summary)["reference"].tolist() == ["SO YES", ""]
    assert summary.notes == (
        "dropped 1 utterance marked IGNORE_TIME_SEGMENT_IN_SCORING",
        "dropped 1 utterance marked <FOREIGN>",
        "dropped 2 of 4 utterances, in 2 accents outside the published groups (--option groups=all keeps "
        "them)",
        "removed markers such as <LAUGH> from 2 references",
        "1 reference without any word, whose insertions count",
    )


def test_edacc_keeps_all_accents_on_request(edacc: Path, tmp_path: Path) -> None:
    summary = import_corpus("edacc", edacc, tmp_path / "m.jsonl", groups="all")
    assert manifest_of(summary)["reference"].tolist() == ["SO YES", "", "WELL", "I SEE"]
    accent = sidecar_of(summary).dimensions["accent"]
    assert (accent.values, accent.blanks) == (("French", "Irish English"), ("Don't know",))


@pytest.fixture
def kaldi(tmp_path: Path) -> Path:
    folder = tmp_path / "data/so762"
    write(folder / "train/text", "u1\tHELLO THERE\nu2 YES\n")
    write(folder / "train/wav.scp", "u1\tWAVE/s1/u1.WAV\nu2\tWAVE/s2/u2 b.WAV\n")
    write(folder / "train/utt2spk", "u1 s1\nu2 s2\n")
    write(folder / "train/spk2age", "s1\t11\n")
    write(folder / "train/spk2gender", "s1\tf\ns2\tm\n")
    write(folder / "WAVE/s1/u1.WAV", "")
    return folder


def test_speechocean762_reads_the_lists_and_names_what_is_missing(kaldi: Path, tmp_path: Path) -> None:
    summary = import_corpus("speechocean762", kaldi, tmp_path / "data/m.jsonl")
    assert manifest_of(summary).loc["u1"].to_dict() == {
        "audio": "WAVE/s1/u1.WAV",
        "reference": "HELLO THERE",
        "speaker_id": "s1",
        "language": "en",
        "split": "train",
        "age": 11,
        "gender": "female",
    }
    assert manifest_of(summary).loc["u2", ["audio", "age"]].tolist() == ["WAVE/s2/u2 b.WAV", None]
    assert summary.notes[1:] == (
        "1 absent audio file, such as WAVE/s2/u2 b.WAV, whose rows are kept",
        "1 utterance of speakers without age: read as unknown",
    )
    assert sidecar_of(summary).audio_root == "so762"


def test_audio_outside_the_manifests_folder_gets_an_absolute_root(kaldi: Path, tmp_path: Path) -> None:
    summary = import_corpus("speechocean762", kaldi, tmp_path / "elsewhere/m.jsonl")
    assert sidecar_of(summary).audio_root == str(kaldi.resolve())


def test_lists_of_different_utterances_are_refused(kaldi: Path, tmp_path: Path) -> None:
    write(kaldi / "train/utt2spk", "u1 s1\n")
    with pytest.raises(ConfigError, match="1 utterance, such as 'u2', missing in one of"):
        import_corpus("speechocean762", kaldi, tmp_path / "m.jsonl")


def test_unknown_corpus_option_and_folder_are_refused(edacc: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'edacc'"):
        import_corpus("edac", edacc, tmp_path / "m.jsonl")
    with pytest.raises(UnknownNameError, match="Did you mean 'groups'"):
        import_corpus("edacc", edacc, tmp_path / "m.jsonl", group="all")
    with pytest.raises(ConfigError, match="published, all, got 'big'"):
        import_corpus("edacc", edacc, tmp_path / "m.jsonl", groups="big")
    with pytest.raises(ConfigError, match="is not a folder"):
        import_corpus("edacc", tmp_path / "absent", tmp_path / "m.jsonl")
    with pytest.raises(ConfigError, match="must end in"):
        import_corpus("edacc", edacc, tmp_path / "m.txt")


def test_what_an_import_changed_stands_in_the_description_of_the_data(edacc: Path, tmp_path: Path) -> None:
    summary = import_corpus("edacc", edacc, tmp_path / "m.jsonl")
    description = sidecar_of(summary).description or ""
    assert description.split(" On import: ")[1] == "; ".join(summary.notes) + "."


def test_the_remedy_that_a_note_names_works_on_the_command_line(edacc: Path, tmp_path: Path) -> None:
    plain = CliRunner().invoke(import_, ["edacc", str(edacc), "--out", str(tmp_path / "m.jsonl")])
    remedy = plain.stderr.split("(")[1].split(" keeps")[0].split()
    assert remedy == ["--option", "groups=all"]
    out = tmp_path / "all.jsonl"
    everything = CliRunner().invoke(import_, ["edacc", str(edacc), "--out", str(out), *remedy])
    assert everything.stdout.startswith("4 utterances, 3 speakers\n")
    assert len(read_table(out).lines) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["groups"], "'groups' is not of the form KEY=VALUE"),
        (["=all"], "'=all' is not of the form KEY=VALUE"),
        (["groups=all", "groups=published"], "'groups' is given twice"),
    ],
)
def test_a_malformed_option_is_refused(options: list[str], message: str, tmp_path: Path) -> None:
    arguments = [part for option in options for part in ("--option", option)]
    result = CliRunner().invoke(import_, ["edacc", str(tmp_path), "--out", "m.jsonl", *arguments])
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize("option", ["source", "out", "name"])
def test_an_option_that_the_importer_itself_uses_is_unknown(option: str, edacc: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown option of corpus 'edacc'"):
        import_corpus("edacc", edacc, tmp_path / "m.jsonl", **{option: "x"})


@pytest.mark.shared
def test_real_speechocean762_comes_over_whole(shared_data: Path, tmp_path: Path) -> None:
    summary = import_corpus("speechocean762", shared_data / "speechocean762", tmp_path / "m.jsonl")
    assert (summary.n_utterances, summary.n_speakers, len(summary.notes)) == (500, 125, 1)
    table = manifest_of(summary)
    root = Path(sidecar_of(summary).audio_root)
    assert all((root / path).is_file() for path in table["audio"])
    people = table.drop_duplicates("speaker_id")
    assert people["gender"].value_counts().to_dict() == {"female": 67, "male": 58}
    bands = sidecar_of(summary).dimensions["age"].bins or ()
    # Counted by hand from spk2age: 13+10+2+11+2+7 children, 7+2+4 from 12 to 17.
    assert [sum(band.holds(age) for age in people["age"]) for band in bands] == [45, 13, 67]


@pytest.mark.shared
def test_real_artie_comes_over_whole(shared_data: Path, tmp_path: Path) -> None:
    summary = import_corpus("artie", shared_data / "artie_bias_corpus", tmp_path / "m.jsonl")
    assert (summary.n_utterances, summary.n_speakers, summary.n_transcripts) == (1712, 969, 5 * 1712)
    assert len(summary.systems) == 5
    # Figures of the corpus's own datasheet.
    table = manifest_of(summary)
    assert table["gender"].value_counts().to_dict() == {"male": 1431, "female": 257, "NA": 20, "other": 4}
    assert (table["accent"] == "NA").sum() == 562
    assert table["speaker_id"].str.len().eq(16).all()


def test_sidecar_keeps_its_order_and_unicode(edacc: Path, tmp_path: Path) -> None:
    summary = import_corpus("edacc", edacc, tmp_path / "m.jsonl")
    content = yaml.safe_load(summary.sidecar.read_text(encoding="utf-8"))
    assert next(iter(content)) == "name"
    assert set(content["dimensions"]["accent"]) == {
        "title", "source", "source_note", "level", "values", "multiple", "sensitive", "blanks",
    }  # fmt: skip
