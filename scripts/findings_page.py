"""The page of all kinds of findings, from the kinds as they are: findings_page.py FILE."""

import sys
from collections.abc import Iterator
from pathlib import Path

from recovery.record.events import Severity
from recovery.steps.findings.kinds import KINDS, Kind

HEAD = """# What the investigation finds

<!-- Written by "make findings" from recovery/steps/findings/kinds.py. Not edited by hand. -->

Every kind of finding has an id, which stays the same: `pg-rekey investigate --json` and
`report.json` have it as `code`. The finding itself says what was seen, on which objects, and has
the SQL that shows it. A word in {braces} is filled in by the finding.

How the findings are shown: [the wizard's second screen](guide.md#2-investigation).
"""
SECTIONS = {
    Severity.BLOCKER: ("Blockers", "A later step removes it, as it says; or you have to, now."),
    Severity.WARNING: ("Warnings", "Know of it before you go on."),
    Severity.NOTE: ("Notes", "Nothing is wrong; it is good to know."),
}


def page() -> str:
    """The page in Markdown, the gravest kinds first."""
    return "\n".join([HEAD, *_sections()])


def _sections() -> Iterator[str]:
    for severity, (heading, means) in SECTIONS.items():
        yield f"## {heading}\n\n{means}\n"
        yield "| id | what it means | what to do |\n|---|---|---|"
        yield from (_row(kind) for kind in KINDS if kind.severity is severity)
        yield ""


def _row(kind: Kind) -> str:
    return f"| `{kind.code}` | {kind.means} | {kind.remedy} |"


def main() -> int:
    if len(sys.argv) != 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
