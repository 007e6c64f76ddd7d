"""What an assertion shows of itself: header and claims, and nothing that anybody could use."""

from __future__ import annotations

import base64
import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from signing_clients import (
    ANOTHER_SECRET,
    CLIENT,
    NOW,
    SECRET,
    SERVER,
    client_for,
    signed,
)

from pytest_jwtauth.client_assertion import ClientAssertion
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.registered_client import RegisteredClient

STRANGER = client_for("ES256")


def test_a_repr_shows_header_and_claims_and_no_signature() -> None:
    assertion = signed(claims={"jti": "7"}, without=["iat"])
    assert repr(assertion) == (
        '<ClientAssertion {"typ":"JWT","alg":"HS256"}.{"iss":"c11e27ab","sub":"c11e27ab",'
        f'"aud":"{SERVER.token_endpoint}","exp":1760000060,"jti":"7"}}.‹signature masked›>'
    )


SHOWN_SECRETS: dict[str, tuple[dict[str, Any], str]] = {
    "the secret as a claim": ({"claims": {"note": f"it is {SECRET}!"}}, SECRET),
    "the secret as a header member": ({"header": {SECRET: 1}}, SECRET),
    "the secret in base64": (
        {"claims": {"note": base64.b64encode(SECRET.encode()).decode()}},
        base64.b64encode(SECRET.encode()).decode()[4:-4],
    ),
    "the planted secret": ({"fault": "secret-leaked"}, SECRET),
    "the planted private key": (
        {"client": STRANGER, "fault": "secret-leaked"},
        STRANGER.private_jwk()["d"],
    ),
    "a secret that is long enough to be searched for": (
        {"client": RegisteredClient("c", "s3cret-8"), "claims": {"note": "it is s3cret-8!"}},
        "s3cret-8",
    ),
    "a short secret": ({"client": RegisteredClient("c", "s3cret"), "claims": {"note": "s3cret"}}, "s3cret"),
    "a secret with quotes": (
        {"client": RegisteredClient("c", 'a "quoted" secret'), "claims": {"note": 'a "quoted" secret'}},
        "quoted",
    ),
    "a secret beyond ASCII": (
        {"client": RegisteredClient("c", "ein schlüssel"), "claims": {"note": "ein schlüssel"}},
        "ein schl",
    ),
    "another secret": ({"key": ANOTHER_SECRET, "claims": {"note": ANOTHER_SECRET}}, ANOTHER_SECRET),
    "another private key": (
        {"key": STRANGER.private_jwk(), "claims": {"note": [STRANGER.private_jwk()["d"]]}},
        STRANGER.private_jwk()["d"],
    ),
    "a private key in PEM": (
        {"client": STRANGER, "claims": {"note": STRANGER.private_key_pem()}},
        STRANGER.private_key_pem().splitlines()[1],
    ),
    "another assertion": ({"claims": {"note": str(signed())}}, str(signed()).split(".")[2]),
}


@pytest.mark.parametrize(("changes", "secret"), SHOWN_SECRETS.values(), ids=SHOWN_SECRETS)
def test_a_repr_shows_no_secret(changes: dict[str, Any], secret: str) -> None:
    shown = repr(signed(**changes))
    assert secret not in shown
    assert "‹" in shown.removesuffix(".‹signature masked›>")


def test_a_short_secret_inside_another_text_is_taken_for_an_accident() -> None:
    assert "as7s3cret" in repr(signed(client=RegisteredClient("c", "7s3cret"), claims={"note": "as7s3cret"}))


def test_a_repr_never_shows_the_text() -> None:
    assertion = signed()
    header, claims, signature = assertion.split(".")
    for piece in (header, claims, signature):
        assert piece not in repr(assertion)
        assert piece not in repr([assertion])
        assert piece not in f"{assertion!r}"


def test_a_repr_of_anything_can_be_printed() -> None:
    assertion = signed(claims={"sub": "\ud800\n\x1b", "big": list(range(100)), "long": "x" * 5000})
    assert repr(assertion).isprintable()
    assert len(repr(assertion)) < 1000


def test_a_repr_of_a_text_made_elsewhere_knows_its_secrets_only_if_told() -> None:
    made = ClientAssertion(
        "a.b.c", header={}, claims={"note": "open sesame", "odd": object()}, secrets=iter(["open sesame"])
    )
    assert repr(made) == '<ClientAssertion {}.{"note":"‹masked›","odd":"‹object›"}.‹signature masked›>'


@pytest.mark.parametrize("copied", [lambda made: pickle.loads(pickle.dumps(made)), copy.copy, copy.deepcopy])
def test_a_copy_is_the_same_and_as_discreet(copied: Any) -> None:
    assertion = signed(claims={"note": SECRET})
    again = copied(assertion)
    assert type(again) is ClientAssertion
    assert (str(again), again.header, again.claims) == (str(assertion), assertion.header, assertion.claims)
    assert repr(again) == repr(assertion)
    assert SECRET not in repr(again)


FAILING = f"""
from pytest_jwtauth.client_assertion import ClientAssertion
from pytest_jwtauth.model import AuthorizationServer
from pytest_jwtauth.registered_client import RegisteredClient

CLIENT = RegisteredClient("c", "{SECRET}")
SERVER = AuthorizationServer("https://auth.example", "https://auth.example/token")

@pytest.mark.parametrize(
    "changes",
    [
        dict(fault="exp-expird"),
        dict(fault="kid-missing"),
        dict(alg="RS256"),
        dict(claims=dict(note=b"octets")),
        dict(without="jti"),
    ],
)
def test_refused(changes):
    ClientAssertion.signed(client=CLIENT, server=SERVER, **changes)

@pytest.mark.parametrize("fault", [None, "secret-leaked", "signature-invalid"])
def test_compared(fault):
    assertion = ClientAssertion.signed(client=CLIENT, server=SERVER, fault=fault)
    assert [assertion] == [None]
"""


def test_a_failing_test_prints_no_secret_and_no_assertion(inner: Callable[..., pytest.RunResult]) -> None:
    result = inner(FAILING, "-vv", "--showlocals", "--tb=long")
    result.assert_outcomes(failed=8)
    printed = result.stdout.str()
    assert "<ClientAssertion {" in printed
    assert SECRET not in printed
    assert "eyJ" not in printed


def test_a_draft_shows_no_value() -> None:
    from pytest_jwtauth.planted_faults.draft import Draft

    draft = Draft(CLIENT, SERVER, PROFILES["rfc7523"], NOW, {"alg": "HS256"}, {"sub": SECRET}, "HS256", SECRET.encode())
    assert repr(draft) == "<Draft of 1 header members and 1 claims>"
