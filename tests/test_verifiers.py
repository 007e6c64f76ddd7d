"""Real verifiers against the hostile assertions and the expiry scenarios: what each accepts, refuses and crashes on.

The outcomes are pinned in verifiers.json with the versions, and docs/verifiers.md is made of them. With
``JWTAUTH_UPDATE_VERIFIERS=1`` the present outcomes are written into both instead, for a diff to be read.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from real_verifiers import KINDS, VERIFIERS, Registration, Verifier, comparable, kind_of
from signing_clients import CLIENT, SERVER, client_for

from pytest_jwtauth import PROFILES, RegisteredClient
from pytest_jwtauth.clock import FrozenClock
from pytest_jwtauth.expiry import expiry_scenarios
from pytest_jwtauth.hostile import hostile_assertions

PINNED = Path(__file__).with_name("verifiers.json")
PINNED_SERVER = Path(__file__).with_name("verifiers_iam.json")
PAGE = Path(__file__).resolve().parents[1] / "docs" / "verifiers.md"
UPDATE = bool(os.environ.get("JWTAUTH_UPDATE_VERIFIERS"))

PINNED_VERSIONS_DEMANDED = bool(os.environ.get("JWTAUTH_PINNED_VERIFIERS"))
"""Set by `tox -e verifiers`, which installs the versions pinned; elsewhere another version is a reason to skip."""
ANOTHER_VERSION = "pin the new one, run tox -e verifiers with JWTAUTH_UPDATE_VERIFIERS=1, read the diff"

NOW = 1_760_000_000
PROFILE = PROFILES["oidc"]
"""A specification, not a vendor: no limit to the life, jti demanded."""


class Sent(NamedTuple):
    """What a verifier is shown, and what it should make of it."""

    text: str
    now: int
    leeway: int
    accepted: bool
    rule: str | None
    explanation: str


@cache
def clients() -> Mapping[str, RegisteredClient]:
    return {"HS256": CLIENT, "ES256": client_for("ES256")}


def registration(alg: str) -> Registration:
    client = clients()[alg]
    if client.client_secret is None:
        key = dict(client.keys[0].public())
    else:
        octets = base64.urlsafe_b64encode(client.client_secret.encode()).decode().rstrip("=")
        key = {"kty": "oct", "k": octets}
    return Registration(client.client_id, key, alg, [SERVER.issuer, SERVER.token_endpoint])


@cache
def cases(alg: str) -> Mapping[str, Sent]:
    client = clients()[alg]
    hostile = {
        one.name: Sent(one.assertion, one.now, 0, one.accepted, one.rule, one.explanation)
        for one in hostile_assertions(client, SERVER, PROFILE, NOW)
    }
    edges = {
        one.name: Sent(one.assertion, one.now, one.leeway, one.accepted, one.rule, one.explanation)
        for one in expiry_scenarios(client, SERVER, PROFILE, NOW)
    }
    assert not hostile.keys() & edges.keys()
    return {**hostile, **edges}


def outcomes(verifier: Verifier, alg: str) -> dict[str, Any]:
    """By kind, the cases in which *verifier* departs from the verdict deserved; of a crash with the exception."""
    found: dict[str, Any] = {kind: [] for kind in KINDS[:3]} | {KINDS[3]: {}}
    known = registration(alg)
    with FrozenClock(NOW) as clock:
        for name, case in cases(alg).items():
            clock.move_to(case.now)
            outcome = verifier.outcome(case.text, known, case.leeway)
            kind = kind_of(name, outcome, accepted=case.accepted, rule=case.rule)
            if kind == KINDS[3]:
                found[kind][name] = outcome
            elif kind is not None:
                found[kind].append(name)
    return found


def measured() -> dict[str, Any]:
    """What `PINNED` holds, as it is now."""
    return {
        verifier.name: {"version": verifier.version, **{alg: outcomes(verifier, alg) for alg in clients()}}
        for verifier in VERIFIERS
    }


def pinned() -> dict[str, Any]:
    if UPDATE:
        PINNED.write_text(json.dumps(measured(), indent=1) + "\n", encoding="utf-8")
    read: dict[str, Any] = json.loads(PINNED.read_text(encoding="utf-8"))
    return read


def demand_the_version_pinned(verifier: Verifier) -> None:
    """Go on only if *verifier*, and what it reads by, are the versions whose outcomes are known."""
    for one in VERIFIERS:
        kept = pinned()[one.name]["version"]
        if one.name in {verifier.name, verifier.reads_by} and one.version != kept:
            say = pytest.fail if PINNED_VERSIONS_DEMANDED else pytest.skip
            say(f"{one.name} {one.version} is not {kept}, whose outcomes are known: {ANOTHER_VERSION}")


@pytest.mark.parametrize("alg", ["HS256", "ES256"])
@pytest.mark.parametrize("verifier", VERIFIERS, ids=lambda verifier: verifier.name)
def test_a_verifier_does_what_it_did(verifier: Verifier, alg: str) -> None:
    demand_the_version_pinned(verifier)
    assert comparable(outcomes(verifier, alg)) == comparable(pinned()[verifier.name][alg])


@pytest.mark.parametrize("alg", ["HS256", "ES256"])
@pytest.mark.parametrize("verifier", VERIFIERS, ids=lambda verifier: verifier.name)
def test_a_verifier_is_configured_so_that_it_tells_right_from_wrong(verifier: Verifier, alg: str) -> None:
    demand_the_version_pinned(verifier)
    known, sent = registration(alg), cases(alg)
    with FrozenClock(NOW):
        verdicts = {
            name: verifier.outcome(sent[name].text, known, 0)
            for name in (
                "right",
                "unknown-claims",
                "alg-none",
                "signature-bit-flipped",
                "iss-part",
                "aud-slash",
                "no-jti",
            )
        }
    assert [name for name, verdict in verdicts.items() if verdict == "accepted"] == ["right", "unknown-claims"]
    assert set(verdicts.values()) == {"accepted", "refused"}


@pytest.mark.parametrize("demanded", [True, False])
def test_another_version_than_the_pinned_one_is_no_silent_pass(demanded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "PINNED_VERSIONS_DEMANDED", demanded)
    monkeypatch.setitem(globals(), "pinned", lambda: {"PyJWT": {"version": "0.0.1"}})
    outcome = pytest.fail.Exception if demanded else pytest.skip.Exception
    with pytest.raises(outcome, match=r"PyJWT \S+ is not 0\.0\.1, whose outcomes are known: pin the new one"):
        demand_the_version_pinned(VERIFIERS[0])


def test_an_outcome_that_is_another_is_noticed() -> None:
    careless = Verifier("careless", "PyJWT", lambda *_: None, ())
    wrong = outcomes(careless, "HS256")
    assert "alg-none" in wrong[KINDS[0]]
    assert "kid-path" not in wrong[KINDS[0]]
    assert wrong[KINDS[2]] == []
    assert comparable(wrong) != comparable(pinned()["PyJWT"]["HS256"])


def explained(name: str) -> str:
    return next(cases(alg)[name].explanation for alg in clients() if name in cases(alg))


def rows(data: Mapping[str, Any], kind: str) -> Iterator[str]:
    """A line for each case of *kind*: the case, and for each library what it did, with which algorithm."""
    for name in {**cases("HS256"), **cases("ES256")}:
        cells = []
        for column in data.values():
            possible = [alg for alg in clients() if alg in column and name in cases(alg)]
            did = {alg: column[alg][kind] for alg in possible if name in column[alg][kind]}
            crashes = {names[name] for names in did.values() if isinstance(names, dict)}
            only = "" if list(did) == possible else f" {next(iter(did), '')}"
            cells.append(f"{' '.join(sorted(crashes)) or '×'}{only}" if did else "")
        if any(cells):
            yield f"| `{name}` | {explained(name)} | {' | '.join(cells)} |"


def count(of_library: Mapping[str, Any], kind: str) -> int:
    return len({name for alg in clients() if alg in of_library for name in of_library[alg][kind]})


def page(data: Mapping[str, Any]) -> str:
    everything = {**cases("HS256"), **cases("ES256")}
    header = " | ".join(f"{name} {column['version']}" for name, column in data.items())
    rule = " --- |" * len(data)
    lines = [
        "# Real verifiers",
        "",
        f"What libraries make of the {len(everything)} [hostile assertions](hostile.md) and [expiry",
        "scenarios](expiry.md) that exist for a client with HS256 or ES256 under the profile `oidc`.",
        "`tests/test_verifiers.py` writes this page, and fails when an outcome is another. Each library is configured",
        "as its documentation says; the functions stand [below](#configuration). They verify JWTs, not client",
        "assertions: this is the list of what the application around one has to look at itself. Canaille is a whole",
        "authorization server on Authlib, run by pytest-iam 0.3.0, with a client of ES256 and a leeway of 60 seconds;",
        "`tests/test_verifiers_iam.py` asks it.",
        "",
        f"| of {len(everything)} cases | {header} |",
        f"| --- |{rule}",
        *(f"| {kind} | {' | '.join(str(count(column, kind)) for column in data.values())} |" for kind in KINDS),
        "",
        "Whether a MUST forbids it is what the rule says that refuses it: see [rules](rules.md). A **crash** is an",
        "exception that the documentation does not name for a bad token: in a server it is a 500 that anybody can",
        "cause. «×» is for both algorithms, or for the one with which the case exists.",
    ]
    for kind in KINDS:
        lines += ["", f"## {kind[0].upper()}{kind[1:]}", "", f"| case | what it is | {header} |"]
        lines += [f"| --- | --- |{rule}", *rows(data, kind)]
    lines += ["", "`payload-deep` and `payload-deep-and-open` depend on the Python: 3.11 raises RecursionError.", ""]
    lines += [
        "## Configuration",
        "",
        "`known` holds the client's id, key, algorithm, and the values of `aud` that count.",
        "",
    ]
    for verifier in VERIFIERS:
        refusals = ", ".join(f"`{refusal.__name__}`" for refusal in verifier.refusals)
        lines += [
            f"{verifier.name} refuses with {refusals}:",
            "",
            "```python",
            verifier.configuration.rstrip(),
            "```",
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


def test_the_page_shows_the_outcomes() -> None:
    text = page({**pinned(), **json.loads(PINNED_SERVER.read_text(encoding="utf-8"))})
    if UPDATE:
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text, "run this file with JWTAUTH_UPDATE_VERIFIERS=1, and read the diff"
