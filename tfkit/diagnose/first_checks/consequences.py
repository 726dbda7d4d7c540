"""Which findings are the trace of another one, that has to be mended first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tfkit.diagnose.first_checks.finding import Finding

#: A fault here shows again in the cost, whatever else is right.
CAUSES = (
    "label encoding",
    "varied targets",
    "target scale",
    "varied inputs",
    "input scale",
    "output activation",
)
#: What is measured by the cost.
CONSEQUENCES = ("loss at the start", "learning rate", "overfit one batch")


def traced_back(findings: Sequence[Finding]) -> list[Finding]:
    """Returns the findings, each fault reported where it has its cause.

    Beside a fault of data, labels or output, the checks that go by the cost cannot tell
    a fault of their own: they become warnings, whose advice names the cause.

    Args:
        findings: In the order of the checks.

    Example:
        >>> cause = Finding("target scale", "fault", "mean 2e5", "mean 0", "divide")
        >>> trace = Finding("learning rate", "fault", "cost 1 to 9", "", "a tenth")
        >>> traced_back([cause, trace])[1].advice
        'probably follows from: target scale'
    """
    causes = [f.name for f in findings if f.level == "fault" and f.name in CAUSES]
    if not causes:
        return list(findings)
    advice = f"probably follows from: {', '.join(dict.fromkeys(causes))}"
    return [
        replace(each, level="warning", advice=advice)
        if each.name in CONSEQUENCES and each.level != "ok"
        else each
        for each in findings
    ]
