"""Bounds made again from the counts are those of the analysis: of tolerances, and of combinations."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from asr_fair.config import Plan, Reference, Thresholds
from asr_fair.errors import FaultsError
from asr_fair.fairness.analyse import analyse
from asr_fair.fairness.results import ConditionInfo
from asr_fair.manifest.tables import write_table
from asr_fair.pipeline.evaluate import dimensions_of, people_of
from asr_fair.pipeline.gate.places import places_of_rules
from asr_fair.pipeline.gate.recount import Recount
from asr_fair.pipeline.score import score
from asr_fair.pipeline.stored_run import open_run
from asr_fair.policy import Measure
from asr_fair.report.gate.outcome import Place
from asr_fair.report.redact import shown_in_report
from pipeline.gate_policies import make_policy
from pipeline.test_score import SIDECAR, WORDS, write_inputs

WRONG = {"clean": 0, "hum@10dB": 1, "hum@0dB": 4}
"""Words that a condition makes wrong beyond those of the speaker."""


@pytest.fixture(scope="module")
def recount(tmp_path_factory: pytest.TempPathFactory) -> Recount:
    """Two accents and two handsets under three conditions, two of which make a curve."""
    folder = tmp_path_factory.mktemp("recount")
    manifest, transcripts = write_inputs(folder, n_speakers=10)
    rows = pd.read_json(manifest, lines=True)
    rows["handset"] = ["near" if number % 2 else "far" for number in range(len(rows))]
    write_table(rows, manifest)
    handset = "  handset: {title: Handset, source: device_log, level: utterance}\n"
    manifest.with_suffix(".yaml").write_text(SIDECAR + handset, encoding="utf-8")
    texts = pd.read_csv(transcripts)
    parts = []
    for condition, n_wrong in WRONG.items():
        kept = texts["text"].str.split().str[: len(WORDS) - n_wrong].str.join(" ")
        parts.append(texts.assign(condition=condition, text=kept, system="one"))
    away = texts["text"].where(texts.index % 4 > 0, (texts["text"] + " ") * 6)
    parts.append(texts.assign(condition="clean", system="two", text=away))
    write_table(pd.concat(parts), folder / "noisy.csv")
    plan = Plan(
        references={"accent": Reference(group="Scottish", reason="most patients")},
        intersections=(("accent", "handset"),),
        thresholds=Thresholds(n_draws=1000),
    )
    score(manifest, folder / "noisy.csv", folder / "run", plan=plan, normalisers=["whisper_en"])
    run = open_run(folder / "run")
    conditions = tuple(
        ConditionInfo(name=name, title=name, profile="hum", snr_db=float(name[4:-2]))
        if "@" in name
        else ConditionInfo(name=name, title=name)
        for name in WRONG
    )
    found = analyse(
        run.counts,
        people_of(run.manifest, {}),
        pd.DataFrame(columns=["utterance_id", "condition", "system", "kind", "reason"]),
        dimensions_of(run.manifest),
        plan,
        headline="whisper_en",
        expected=[*((name, "one") for name in WRONG), ("clean", "two")],
        conditions=conditions,
    )
    updated = {"conditions": conditions, "figures": found.figures, "comparisons": found.comparisons}
    results = run.results.model_copy(update=updated)
    return Recount(SimpleNamespace(results=results, manifest=run.manifest, counts=run.counts))


@pytest.mark.parametrize(
    ("measure", "stored", "versus", "dimension", "group", "condition"),
    [
        (Measure.TOLERANCE, "tolerance_db", None, "accent", "Indian", "hum"),
        (Measure.TOLERANCE, "tolerance_db", None, "overall", "all", "hum"),
        (Measure.TOLERANCE_DIFFERENCE, "tolerance_difference_db", "Scottish", "accent", "Indian", "hum"),
        (Measure.TOLERANCE_DIFFERENCE, "tolerance_difference_db", "rest", "handset", "near", "hum"),
        (Measure.GROUP_WER, "wer", None, "accent × handset", "Indian × far", "hum@0dB"),
        (Measure.GAP, "wer_gap", "rest", "accent × handset", "Indian × far", "hum@10dB"),
        (Measure.RATIO, "wer_ratio", "rest", "handset", "far", "hum@0dB"),
    ],
)
def test_the_bound_of_one_place_is_that_of_the_analysis(
    recount: Recount,
    measure: Measure,
    stored: str,
    versus: str | None,
    dimension: str,
    group: str,
    condition: str,
) -> None:
    figure = next(
        one
        for one in recount.results.figures
        if (one.dimension, one.group, one.condition, one.system, one.measure, one.versus)
        == (dimension, group, condition, "one", stored, versus)
    )
    assert figure.low is not None
    of = Place(dimension=dimension, group=group, condition=condition, system="one", versus=versus)
    assert recount.lower_bounds(measure, [of]) == {of: pytest.approx(figure.low, rel=1e-9)}


def test_the_bound_of_a_share_of_utterances_is_that_of_the_analysis(recount: Recount) -> None:
    of = Place(dimension="accent", group="Indian", condition="clean", system="two")
    figure = next(
        one
        for one in recount.results.figures
        if (one.dimension, one.group, one.system, one.measure) == ("accent", "Indian", "two", "share_runaway")
    )
    assert figure.low is not None
    assert figure.low > 0
    assert recount.lower_bounds(Measure.RUNAWAY, [of]) == {of: pytest.approx(figure.low, rel=1e-9)}


@pytest.mark.parametrize(("measure", "stored"), [(Measure.GAP, "gap_low"), (Measure.RATIO, "low")])
@pytest.mark.parametrize(("dimension", "group"), [("accent", "Indian"), ("handset", "near")])
def test_the_bounds_of_a_declared_family_are_those_of_its_comparisons(
    recount: Recount, measure: Measure, stored: str, dimension: str, group: str
) -> None:
    family = {
        Place(
            dimension=dimension, group=group, condition=one.condition, system="one", versus=one.versus
        ): getattr(one, stored)
        for one in recount.results.comparisons
        if (one.dimension, one.group, one.system) == (dimension, group, "one")
    }
    assert {place.condition for place in family} == set(WRONG)
    assert recount.lower_bounds(measure, list(family)) == pytest.approx(family, rel=1e-9)


def test_tolerances_of_several_places_have_lower_bounds(recount: Recount) -> None:
    places = [
        Place(dimension="accent", group=group, condition="hum", system="one")
        for group in ("Indian", "Scottish")
    ]
    (alone,) = recount.lower_bounds(Measure.TOLERANCE, places[:1]).values()
    together = recount.lower_bounds(Measure.TOLERANCE, places)[places[0]]
    assert together is not None
    assert alone is not None
    assert together < alone


def test_a_named_condition_that_a_named_system_never_met_is_refused(recount: Recount) -> None:
    rule = {"measure": "group_wer", "limit": "5 %", "systems": ["one", "two"], "conditions": ["hum@0dB"]}
    results = recount.results
    with pytest.raises(FaultsError, match=r"rules\.0: condition hum@0dB was not run with system two"):
        places_of_rules(make_policy(rule), results, shown_in_report(results), source="p")
