"""Generated client assertions, each with the rules that it breaks, inside a token request that is right otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from pytest_jwtauth import AuthorizationServer, RegisteredClient, TokenRequest, judge
from pytest_jwtauth.model import Verdict
from pytest_jwtauth.parameters import JWT_BEARER_ASSERTION_TYPE

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "assertions" / "client_assertions.json").read_text(encoding="utf-8")
)
CASES: dict[str, dict[str, Any]] = {case["id"]: case for case in VECTORS["cases"]}
SERVER = AuthorizationServer(VECTORS["issuer"], VECTORS["token_endpoint"])
CLIENTS = {
    "client_secret_jwt": RegisteredClient(VECTORS["client_id"], VECTORS["client_secret"]),
    "private_key_jwt": RegisteredClient(VECTORS["client_id"], jwks=VECTORS["jwks"]),
}


def cases(expectation: str) -> list[str]:
    return [name for name, case in CASES.items() if case["expect"] == expectation]


def verdict_on(name: str) -> Verdict:
    case = CASES[name]
    fields = {
        "grant_type": "client_credentials",
        "client_assertion_type": JWT_BEARER_ASSERTION_TYPE,
        "client_assertion": case["assertion"],
    }
    request = TokenRequest(
        "POST",
        SERVER.token_endpoint,
        [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")],
        urlencode(fields, errors="surrogatepass").encode("ascii"),
    )
    return judge(
        request,
        client=CLIENTS[case["method"]],
        server=SERVER,
        profile="rfc7523",
        now=VECTORS["clock"],
        leeway=VECTORS["leeway"],
    )


def reported(verdict: Verdict, level: str) -> list[str]:
    return [violation.rule for violation in (*verdict.violations, *verdict.warnings) if violation.level == level]


def test_the_vectors_are_whole() -> None:
    assert len(CASES) == VECTORS["count"] == 109
    assert {case["expect"] for case in CASES.values()} == {"accept", "warn", "reject"}


@pytest.mark.parametrize("name", cases("accept"))
def test_what_is_to_be_accepted_breaks_nothing(name: str) -> None:
    verdict = verdict_on(name)
    assert (verdict.violations, verdict.warnings) == ((), ())


@pytest.mark.parametrize("name", cases("warn"))
def test_what_is_to_be_warned_of_gives_these_warnings_and_no_error(name: str) -> None:
    verdict = verdict_on(name)
    assert reported(verdict, "error") == []
    assert set(CASES[name]["rules"]) <= set(reported(verdict, "warning"))
    assert verdict.warnings


@pytest.mark.parametrize("name", cases("reject"))
def test_what_is_to_be_refused_breaks_all_the_rules_named(name: str) -> None:
    verdict = verdict_on(name)
    assert verdict.violations
    assert set(CASES[name]["rules"]) - set(verdict.rules) == set()


@pytest.mark.parametrize("name", CASES)
def test_every_report_can_be_printed_and_holds_no_assertion(name: str) -> None:
    text = str(verdict_on(name))
    text.encode("utf-8")  # a lone surrogate could not be
    assert text.replace("\n", "").isprintable()
    assertion = CASES[name]["assertion"]
    assert len(assertion) < 80 or assertion not in text
    assert VECTORS["client_secret"] not in text
