"""Every text that a row makes a rule say, to the letter: ``python tests/rules/wording.py`` writes them down anew.

A row that is not in the file yet is not compared, so that a new rule needs its function and its rows and nothing else.
Texts that name a key made in this run differ from run to run and are left out, and so is what Python words.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

FILE = Path(__file__).with_suffix(".json")

WORDED_BY_PYTHON = frozenset({"header-not-json", "payload-not-json"})
"""Rules whose texts hold what the JSON reader says, which differs from version to version."""

Wording = dict[str, dict[str, list[str]]]
"""Rule id, sentence of the row: what was found, what was expected."""


@cache
def known() -> Wording:
    """The texts as they were written down."""
    read: Wording = json.loads(FILE.read_text(encoding="utf-8"))
    return read


def said() -> Wording:
    """The texts as they are."""
    from rules.tables import verdict_on

    texts: Wording = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for rule_id, rows in import_module(f"rules.{path.stem}").TABLES.items():
            for row in rows:
                if not row.breaks:
                    continue
                verdict = verdict_on(rule_id, row)
                for violation in (*verdict.violations, *verdict.warnings):
                    if violation.rule == rule_id:
                        texts.setdefault(rule_id, {})[row.sentence] = [violation.found, violation.expected]
    return texts


def write() -> None:
    """Write down what two processes, which make keys of their own, both say."""
    command = [sys.executable, "-c", "import json; from rules.wording import said; print(json.dumps(said()))"]
    first, second = (json.loads(subprocess.check_output(command, cwd=Path(__file__).parent.parent)) for _ in range(2))
    agreed = {
        rule_id: {sentence: text for sentence, text in texts.items() if second[rule_id][sentence] == text}
        for rule_id, texts in first.items()
        if rule_id not in WORDED_BY_PYTHON
    }
    FILE.write_text(_with_a_line_for_each_row(agreed), encoding="utf-8")


def _with_a_line_for_each_row(wording: Wording) -> str:
    rules = []
    for rule_id, texts in wording.items():
        rows = [f"  {_json(sentence)}: {_json(text)}" for sentence, text in texts.items()]
        rules.append(f" {_json(rule_id)}: {{\n{chr(10).join(f'{row},' for row in rows)[:-1]}\n }}")
    return f"{{\n{(',' + chr(10)).join(rules)}\n}}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    write()
