"""The two client assertions that SMART App Launch prints, RS384 and ES384, judged at the time they were made for.

They are HL7's and not in this repository: ``JWTAUTH_VECTORS`` names the folder that holds them.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from pytest_jwtauth import AuthorizationServer, RegisteredClient, TokenRequest, judge
from pytest_jwtauth.model import Verdict
from pytest_jwtauth.parameters import JWT_BEARER_ASSERTION_TYPE

FOLDER = os.environ.get("JWTAUTH_VECTORS", "")

pytestmark = [
    pytest.mark.vectors,
    pytest.mark.skipif(not FOLDER, reason="JWTAUTH_VECTORS names no folder with test vectors"),
]

SERVER = AuthorizationServer("https://authorize.smarthealthit.org", "https://authorize.smarthealthit.org/token")
CLIENT_ID = "https://bili-monitor.example.com"
EXP = 1422568860


def vector(alg: str) -> dict[str, Any]:
    text = Path(FOLDER, "smart", "smart_client_assertions.json").read_text(encoding="utf-8")
    found: dict[str, Any] = next(one for one in json.loads(text)["vectors"] if one["header"]["alg"] == alg)
    return found


def verdict_on(alg: str, *, now: float = EXP - 300, profile: str = "rfc7523", key_of: str | None = None) -> Verdict:
    fields = {
        "grant_type": "client_credentials",
        "scope": "system/*.rs",
        "client_assertion_type": JWT_BEARER_ASSERTION_TYPE,
        "client_assertion": vector(alg)["assertion"],
    }
    headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
    request = TokenRequest("POST", SERVER.token_endpoint, headers, urlencode(fields).encode("ascii"))
    client = RegisteredClient(CLIENT_ID, jwks={"keys": [vector(key_of or alg)["jwk"]]})
    return judge(request, client=client, server=SERVER, profile=profile, now=now)


def errors(verdict: Verdict) -> set[str]:
    return {violation.rule for violation in verdict.violations}


@pytest.mark.parametrize("alg", ["RS384", "ES384"])
class TestAssertion:
    def test_breaks_no_rule(self, alg: str) -> None:
        verdict = verdict_on(alg)
        assert (verdict.violations, verdict.not_evaluated) == ((), ())
        # Its jti is words and a number, as an example's may be.
        assert verdict.rules == ("jti-low-entropy",)
        assert verdict.assertion is not None
        assert verdict.assertion.header == vector(alg)["header"]

    def test_does_what_smart_demands(self, alg: str) -> None:
        assert errors(verdict_on(alg, profile="smart")) == set()

    def test_lives_until_its_exp(self, alg: str) -> None:
        assert errors(verdict_on(alg, now=EXP - 1)) == set()
        assert errors(verdict_on(alg, now=EXP)) == {"exp-expired"}

    def test_lives_longer_than_smart_allows_a_second_earlier(self, alg: str) -> None:
        assert errors(verdict_on(alg, now=EXP - 301, profile="smart")) == {"exp-too-far"}
        assert errors(verdict_on(alg, now=EXP - 301)) == set()

    def test_does_not_verify_with_the_key_of_the_other(self, alg: str) -> None:
        other = {"RS384": "ES384", "ES384": "RS384"}[alg]
        assert errors(verdict_on(alg, key_of=other))
