"""What promises are made of, and what becomes of a call."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

import pytest
from broken_clients import driver
from broken_clients.driver import hold
from broken_clients.gallery import GALLERY
from broken_clients.right import Client
from broken_clients.under_contract import Contract

from pytest_jwtauth import RULES, RegisteredClient
from pytest_jwtauth.client_under_test import Attempt, attempt, holds_access_token
from pytest_jwtauth.named_client import call_once
from pytest_jwtauth.promises import PROMISES

NOT_OF_A_CODE_EXCHANGE = {
    *("multi-poll-too-fast", "multi-slow-down-ignored", "multi-poll-overlap"),
    *("multi-endpoint-from-response", "multi-issuer-metadata-mismatch"),
}
"""Rules about polling and discovery, which no promise has the client do."""


def test_every_rule_is_the_business_of_a_promise() -> None:
    covered = frozenset().union(*(promise.rules for promise in PROMISES.values()))
    assert set(RULES) - covered == NOT_OF_A_CODE_EXCHANGE
    assert covered <= set(RULES)


@pytest.mark.parametrize("promise", PROMISES.values(), ids=list(PROMISES))
def test_every_promise_is_a_sentence_with_a_source(promise: Any) -> None:
    assert promise.sentence.endswith(".")
    assert promise.sentence[0].isupper()
    assert promise.source
    assert promise.strict <= promise.rules


def test_every_promise_is_broken_by_a_client_of_the_gallery() -> None:
    assert {row.promise for row in GALLERY} == set(PROMISES)


@pytest.mark.parametrize(
    ("result", "holds"),
    [
        ({"access_token": "a"}, True),
        ({"access_token": ""}, False),
        ({"access_token": None}, False),
        ({}, False),
        ("a", True),
        ("", False),
        (None, False),
        (Attempt(), False),
        (type("Token", (), {"access_token": "a"})(), True),
    ],
)
def test_tokens_are_a_mapping_an_object_or_a_text(result: object, holds: bool) -> None:
    assert holds_access_token(result) is holds


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (Attempt(timed_out=True), "was still busy when its time was up"),
        (Attempt(status=3), "ended with status 3"),
        (Attempt(error=KeyError("s3cret")), "raised KeyError"),
        (Attempt({"access_token": "s3cret"}, got_tokens=True), "came back with an access token"),
        (Attempt({"error": "s3cret"}), "returned a mapping without access_token"),
        (Attempt(), "returned None"),
        (Attempt(7), "returned an object of int without access_token"),
    ],
)
def test_how_a_call_ended_is_told_without_what_it_said(made: Attempt, words: str) -> None:
    assert made.ending == words
    assert repr(made) == f"<Attempt that {words}>"


def test_a_call_is_waited_for_as_long_as_patience_lasts() -> None:
    assert attempt(lambda: "token", patience=5).got_tokens
    assert attempt(lambda: time.sleep(30), patience=0.05).timed_out


def test_a_server_without_revocation_has_none_to_be_held_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "SERVER", dataclasses.replace(driver.SERVER, revocation_endpoint=None))
    outcome = hold(Contract(Client), "revocation", RegisteredClient.generate())
    assert outcome.text == "not applicable: the server has no revocation_endpoint"


@pytest.mark.parametrize(("method", "status"), [("client_secret_jwt", 1), ("private_key_jwt", 0)])
def test_a_new_interpreter_is_told_by_its_environment(
    method: str, status: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if method == "private_key_jwt":
        (tmp_path / "key.pem").write_text("PEM", "ascii")
        monkeypatch.setenv("JWTAUTH_PRIVATE_KEY_FILE", str(tmp_path / "key.pem"))
        monkeypatch.setenv("JWTAUTH_KEY_ID", "k1")
    assert call_once(f"{__name__}:gives_back_its_key") == status
    assert capfd.readouterr().err == (
        f"{__name__}:gives_back_its_key {'came back with an access token' if not status else 'returned None'}\n"
    )


def gives_back_its_key(private_key_pem: str | None, kid: str | None) -> str | None:
    return private_key_pem and kid


def test_a_system_without_time_zones_is_not_asked_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(time, "tzset")
    outcome = hold(Contract(Client), "in-new-york", RegisteredClient.generate())
    assert (outcome.state, outcome.text) == ("not applicable", "not applicable: this system has no time.tzset")


def test_a_rule_that_only_warns_warns_once() -> None:
    class LivesLong(Client):
        lifetime = 1800

    outcome = hold(Contract(LivesLong), "before-and-after-the-hour", RegisteredClient.generate())
    assert outcome.state == "kept"
    assert [warning.partition(":")[0] for warning in outcome.warnings] == ["exp-lifetime-hygiene"]


def test_a_client_that_cannot_revoke_breaks_the_promise_to() -> None:
    class FailsToRevoke(Client):
        def revoke(self, token: str) -> None:
            raise OSError

    outcome = hold(Contract(FailsToRevoke), "revocation", RegisteredClient.generate())
    assert outcome.text.startswith("revocation: asked to revoke a token, the client raised OSError")
