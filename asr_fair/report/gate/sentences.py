"""What a gate came to, in a few sentences that stand in the terminal and in the summary alike."""

from __future__ import annotations

from collections.abc import Iterator

from asr_fair.errors import ExitStatus
from asr_fair.policy import Measure
from asr_fair.report.gate.outcome import GateOutcome, Outcome
from asr_fair.wording import counted, listed

CANNOT_TELL_MEANS = (
    "“Cannot tell” is no pass: this data allows neither. More speakers in the groups concerned would help; "
    "`asr-fair plan` says how many."
)


def result_words(gate: GateOutcome) -> str:
    """'FAIL: of 5 rules, 1 fails, 2 cannot be told and 2 pass'."""
    verbs = {Outcome.FAIL: "fail", Outcome.CANNOT_TELL: "cannot tell", Outcome.PASS: "pass"}
    counts = {outcome: sum(rule.outcome is outcome for rule in gate.rules) for outcome in verbs}
    parts = [f"{count} {verbs[outcome]}" for outcome, count in counts.items() if count]
    return f"{gate.outcome.in_words.upper()}: of {counted(len(gate.rules), 'rule')}, {listed(parts)}"


def status_words(gate: GateOutcome) -> str:
    """The exit status, and what the policy says of not being able to tell."""
    meaning = {
        ExitStatus.GATE_FAILED: "a rule fails",
        ExitStatus.GATE_CANNOT_TELL: "no rule fails, and the policy blocks what cannot be told",
        ExitStatus.DONE: "nothing blocks",
    }[ExitStatus(gate.exit_status)]
    if gate.exit_status == ExitStatus.DONE and gate.outcome is Outcome.CANNOT_TELL:
        meaning = "not everything could be told; this policy only warns of that"
    return f"Exit status {gate.exit_status}: {meaning}."


def basis_words(gate: GateOutcome) -> str:
    """What was judged, and on what."""
    level = f"{100 * gate.confidence:.4g} %"
    against = f", against the baseline run {gate.baseline}" if gate.baseline else ""
    run = f"Run {gate.run} ({gate.run_title}){against}"
    return f"{run}; normaliser {gate.normaliser}; {level} intervals by speaker."


def explanations(gate: GateOutcome) -> Iterator[str]:
    """How to read it, as far as this outcome needs it."""
    yield from gate.notes
    sides = (
        "A pass rests on the upper bound of the interval. A fail rests on its lower bound, which is set "
        "lower where a rule looks at several places together: one of many comes out high by chance."
    )
    if any(rule.measure is not Measure.LOSSES for rule in gate.rules):
        yield sides
    if any(rule.outcome is Outcome.CANNOT_TELL for rule in gate.rules):
        yield CANNOT_TELL_MEANS
    ignored = sum(rule.count(Outcome.IGNORED) for rule in gate.rules)
    if ignored:
        yield (
            f"{counted(ignored, 'place')} not judged: groups with too few speakers or words, which this "
            "policy ignores. Nothing is known of them."
        )
