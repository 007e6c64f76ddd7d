"""What one test has to tell the report of its suite, as JSON: the requests its endpoints saw, and what came of it.

It travels as a text in an attribute of the test's last report, which pytest-xdist takes to the process that writes.
Knows no layout. Nothing in it is secret.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache, reduce
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jwtauth.exercised import exercised
from pytest_jwtauth.masking import masking
from pytest_jwtauth.model import Json, Violation
from pytest_jwtauth.report import NO_SECRETS, evidence_of, masked, printable, secrets_of, shown_url
from pytest_jwtauth.report_words import shown_name

if TYPE_CHECKING:
    from pytest_jwtauth.received import ReceivedRequest
    from pytest_jwtauth.token_endpoint import TokenEndpoint
    from pytest_jwtauth.watch import Watch

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold requests.
__tracebackhide__ = True

ATTRIBUTE = "jwtauth_record"
"""Of the report of a test's teardown; a JSON text."""

NEITHER = ("not applicable", "not judged", "skipped")
"""How the reason begins for which a promise is neither kept nor broken."""

MOST_FIELDS = 20
LONGEST_REASON = 2000


def seen_by(endpoint: TokenEndpoint) -> dict[str, Any]:
    """What *endpoint* saw, without what is secret."""
    requests = endpoint.requests
    hide = masking(requests, endpoint.client, endpoint.secrets_told)

    @cache
    def clean(text: str) -> str:
        return printable(hide(text), NO_SECRETS)

    counted: Counter[str] = Counter()
    return {
        "requests": [_request(request, clean, counted) for request in requests],
        "exercised": counted,
        "broken": list(dict.fromkeys(one.rule for verdict in endpoint.unexpected() for one in verdict.violations)),
        "warned": [one.rule for one in endpoint.warnings()],
        "profile": clean(endpoint.profile.name),
        "hide": clean,
    }


def _request(request: ReceivedRequest, clean: Callable[[str], str], counted: Counter[str]) -> dict[str, Any]:
    verdict = request.verdict
    evidence = evidence_of(verdict)
    counted.update(exercised(evidence))
    secrets = secrets_of(evidence)

    def shown(text: str) -> str:
        return clean(printable(text, secrets))

    told: dict[str, Any] = {
        "at": request.received_at,
        "method": shown(request.method[:20]),
        "url": shown(shown_url(request.url)),
        "endpoint": evidence.endpoint,
        "grant_type": shown(evidence.grant[:100]) if evidence.grant else None,
        "fields": [shown(shown_name(name)) for name, _ in evidence.form.fields[:MOST_FIELDS]],
        "assertion": None,
        "status": request.response.status if request.response else None,
        "violations": [_violation(one, clean) for one in (*verdict.violations, *verdict.warnings)],
        "not_evaluated": [one.rule for one in verdict.not_evaluated],
    }
    if verdict.assertion is not None:
        told["assertion"] = {
            "header": _plain(masked(dict(verdict.assertion.header)), shown),
            "claims": _plain(masked(dict(verdict.assertion.claims)), shown),
            "signature": evidence.verification.state if evidence.verification else "not verified",
        }
    return told


def _violation(violation: Violation, clean: Callable[[str], str]) -> dict[str, str]:
    return {
        "rule": violation.rule,
        "level": violation.level,
        "found": clean(violation.found),
        "expected": clean(violation.expected),
        "source": violation.spec,
    }


def _plain(value: Json, shown: Callable[[str], str]) -> Any:
    """*value* without what is secret, and as RFC 8259 would have it: it knows no NaN."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {shown(name): _plain(member, shown) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(member, shown) for member in value]
    return value if not isinstance(value, float) or math.isfinite(value) else str(value)


def add(item: pytest.Item, watch: Watch, report: pytest.TestReport, excinfo: pytest.ExceptionInfo[Any] | None) -> None:
    """Note how a phase of *item* ended; to the report of the last phase, attach all that is known."""
    if not report.passed or report.when == "call":
        watch.ended = (report.outcome, _words(excinfo))
    if report.when != "teardown" or not watch.seen:
        return
    outcome, words = watch.ended
    hide = _of_all([one["hide"] for one in watch.seen])
    told: dict[str, Any] = {
        "test": hide(item.nodeid),
        "outcome": outcome,
        "profile": watch.seen[0]["profile"],
        "broken": _merged(one["broken"] for one in watch.seen),
        "warned": _merged(one["warned"] for one in watch.seen),
        "requests": [request for one in watch.seen for request in one["requests"]],
        "exercised": sum((one["exercised"] for one in watch.seen), Counter()),
        "promise": None,
    }
    properties = []
    if watch.promise is not None:
        promised = watch.promise
        verdict, reason = _kept_or_not(outcome, words)
        told["broken"] = [rule for rule in told["broken"] if rule in promised.rules]
        told["broken"] += [rule for rule in told["warned"] if rule in promised.strict]
        told["promise"] = {
            "id": promised.id,
            "sentence": promised.sentence,
            "source": promised.source,
            "verdict": verdict,
            "reason": "\n".join(hide(line) for line in reason[:LONGEST_REASON].splitlines()),
        }
        properties.append(("jwtauth_promise", f"{promised.id}: {verdict}"))
    if told["broken"]:
        properties.append(("jwtauth_rules", ", ".join(told["broken"])))
    report.user_properties += properties
    report.__dict__[ATTRIBUTE] = json.dumps(told, allow_nan=False)
    watch.seen = []  # a plugin may run the test again


def _of_all(hiding: Iterable[Callable[[str], str]]) -> Callable[[str], str]:
    """What hides everything that one of *hiding* hides."""
    return lambda text: reduce(lambda shown, hide: hide(shown), hiding, text)


def _merged(lists: Iterable[list[str]]) -> list[str]:
    return list(dict.fromkeys(one for names in lists for one in names))


def _words(excinfo: pytest.ExceptionInfo[Any] | None) -> str:
    """In which words the phase ended; of an exception of the test's own, whose words may be long, its name alone."""
    if excinfo is None:
        return ""
    ended = excinfo.value
    if isinstance(ended, (pytest.fail.Exception, pytest.skip.Exception)):
        return str(ended.msg)
    return type(ended).__name__


def _kept_or_not(outcome: str, words: str) -> tuple[str, str]:
    if outcome != "skipped":
        return ("kept" if outcome == "passed" else "broken"), words
    verdict, _, reason = words.partition(": ")
    return (verdict, reason) if verdict in NEITHER else ("skipped", words)
