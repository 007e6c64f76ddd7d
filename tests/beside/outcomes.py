"""What a run of the suite comes to: what pytest printed of each test, and what it should have."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

WRONG = "Failed: auth-multiple-methods, auth-basic-present: 2 rules of profile 'pingone' broken"
EXPIRED = "Failed: exp-expired: 1 rule of profile 'pingone' broken"
NO_LIVE = (
    "Failed: the live token endpoint needs pytest-httpserver, which is not installed: "
    'pip install "pytest-jwtauth[live]"'
)

Expected = Mapping[str, str]
"""By the name of a test what is printed of it: the outcome, and how the message begins, if there is one."""

PLAIN: Expected = {
    "documented.py::documented.double": "PASSED",
    "documented.py::documented.wrongly_documented": "FAILED",
    "rows.yaml::row_right": "PASSED",
    "rows.yaml::row_wrong": "FAILED",
    "test_cases.py::PlainTest::test_right": "PASSED",
    "test_cases.py::PlainTest::test_wrong": "FAILED AssertionError: 3 != 2",
    "test_plain.py::test_right": "PASSED",
    "test_plain.py::test_wrong": "FAILED AssertionError: assert {'a': 1} == {'a': 2}",
    "test_plain.py::test_warned": "PASSED",
    "test_plain.py::test_expected": "XFAIL known",
    "test_plain.py::test_letter[a]": "PASSED",
    "test_plain.py::test_letter[b]": "FAILED AssertionError: assert 'b' == 'a'",
    "test_plain.py::test_torn_down": "PASSED, ERROR RuntimeError: at teardown",
}
"""Of the tests that use nothing of ours."""

LOGINS: Expected = {
    "documented.py::documented.logs_in": f"FAILED {WRONG}",
    "test_cases.py::LoginTest::test_right": "PASSED",
    "test_cases.py::LoginTest::test_wrong": f"FAILED {WRONG}",
    "test_logins.py::test_right": "PASSED",
    "test_logins.py::test_wrong": f"FAILED {WRONG}",
    "test_logins.py::test_wrong_and_failing": "FAILED RuntimeError: on its own",
    "test_logins.py::test_warned": "PASSED",
    "test_logins.py::test_allowed": "PASSED",
    "test_logins.py::test_expected": "PASSED",
    "test_logins.py::test_expired": f"FAILED {EXPIRED}",
    "test_logins.py::test_renewed": "PASSED",
    "test_logins.py::test_scenario[fresh]": "PASSED",
    "test_logins.py::test_scenario[exactly-at-exp]": "PASSED",
    "test_logins.py::test_hostile[alg-none]": "PASSED",
    "test_logins.py::test_mounted": "PASSED",
    "test_logins.py::test_region[eu]": "PASSED",
    "test_logins.py::test_region[us]": f"FAILED {WRONG}",
    "test_logins.py::test_late": f"PASSED, ERROR {WRONG}",
}

LIVE: Expected = {
    "test_live.py::test_right": "PASSED",
    "test_live.py::test_wrong": f"FAILED {WRONG}",
    "test_live.py::test_https": "PASSED",
}
WITHOUT_LIVE: Expected = dict.fromkeys(LIVE, f"ERROR {NO_LIVE}")

FAIL_BY_THEMSELVES = ("::test_wrong_and_failing", "::test_hangs")
"""Tests that send a wrong request, and whose own failure has the report beside it."""

SKIPPED = 2
WARNINGS = 2
"""How many tests are skipped, of which pytest prints no name, and how many warnings there are: one is ours."""

_LINE = re.compile(r"(PASSED|FAILED|ERROR|XFAIL|XPASS|RERUN) ([^ ]+\.(?:py|yaml)::\S+)(?: - (.*))?")


def of_each_test(output: str) -> dict[str, str]:
    """What the summary of ``pytest -rA`` prints of each test; of one that is run again, what it came to last."""
    found: dict[str, list[str]] = {}
    summary = output.rpartition("short test summary info")[2]
    for line in summary.splitlines():
        if (match := _LINE.fullmatch(line.strip())) and match[1] != "RERUN":
            found.setdefault(match[2], []).append(f"{match[1]} {match[3] or ''}".strip())
    # Passed, then an error at the teardown; twice, if pytest-rerunfailures runs it again for that.
    return {name: ", ".join(sorted({*told}, key=lambda one: one.startswith("ERROR"))) for name, told in found.items()}


def totals(output: str) -> Counter[str]:
    """The figures of pytest's closing line, «2 warnings» as «warning»."""
    closing = output.strip().splitlines()[-1]
    return Counter({word.removesuffix("s"): int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", closing)})


def differences(output: str, expected: Expected, warnings: int) -> list[str]:
    """What differs from *expected* in what was printed: nothing, if all is as it should be."""
    actual = of_each_test(output)
    differ = [
        f"{name}: {actual.get(name, 'did not run')!r} instead of {expected.get(name, 'not running')!r}"
        for name in sorted({*actual, *expected})
        if name not in actual or name not in expected or not actual[name].startswith(expected[name])
    ]
    counted = totals(output)
    differ += [
        f"{counted[word]} instead of {number} {word}"
        for word, number in {"skipped": SKIPPED, "warning": WARNINGS + warnings}.items()
        if counted[word] != number
    ]
    if "\nwhat this suite says of row_wrong\n" not in output:
        differ.append("the words of the suite's own items are missing")
    reports = len(re.findall(r"^-+ jwtauth -+$", output, re.MULTILINE))
    if reports != (number := sum(name.endswith(FAIL_BY_THEMSELVES) for name in expected)):
        differ.append(f"{reports} instead of {number} reports beside failures")
    # What we raise ourselves ends at the user's line, and what is ours to say has no traceback.
    insides = re.findall(r"^\S*pytest_jwtauth\S*:\d+: .*", output.partition("warnings summary")[0], re.MULTILINE)
    differ += [f"shows our insides: {line}" for line in insides]
    return differ
