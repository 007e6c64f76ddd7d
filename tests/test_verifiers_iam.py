"""A whole authorization server against the same cases: Canaille, which pytest-iam runs, with a client of ES256.

Its dependencies are many, so it has an environment of its own, ``tox -e verifiers``. The outcomes are pinned in
verifiers_iam.json; ``JWTAUTH_UPDATE_VERIFIERS=1`` writes the present ones.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from real_verifiers import KINDS, comparable, kind_of
from signing_clients import client_for

from pytest_jwtauth import AuthorizationServer
from pytest_jwtauth.clock import FrozenClock
from pytest_jwtauth.expiry import ExpiryScenario, expiry_scenarios
from pytest_jwtauth.hostile import HostileAssertion, hostile_assertions
from pytest_jwtauth.parameters import JWT_BEARER_ASSERTION_TYPE

pytestmark = pytest.mark.skipif(
    find_spec("pytest_iam") is None, reason="pytest-iam is not installed: run tox -e verifiers"
)

PINNED = Path(__file__).with_name("verifiers_iam.json")
NOW = 1_760_000_000
WITHIN_ITS_LEEWAY = frozenset(
    {
        *("exactly-at-exp", "one-second-after-exp", "leap-second-over"),
        *("nbf-one-second-ahead", "nbf-ahead", "nbf-half-a-second-ahead"),
    }
)
"""Scenarios without a leeway; this server has always one, of 60 seconds."""


@pytest.fixture
def outcome(request: pytest.FixtureRequest) -> Any:
    """Authenticates at the server with an assertion; ``accepted``, ``refused``, or the name of an exception."""
    iam: Any = request.getfixturevalue("iam_server")
    client = client_for("ES256")
    registered = iam.models.Client(
        client_id=client.client_id,
        client_name="a client",
        grant_types=["password"],
        redirect_uris=["https://client.example/callback"],
        token_endpoint_auth_method="private_key_jwt",
        jwks=json.dumps({"keys": [client.keys[0].public()]}),
        scope=["openid"],
    )
    iam.backend.save(registered)

    def ask(text: str) -> str:
        form = {
            # The only grant here that is refused for the user after the client was authenticated.
            "grant_type": "password",
            "username": "nobody",
            "password": "nothing",
            "client_assertion_type": JWT_BEARER_ASSERTION_TYPE,
            "client_assertion": text,
        }
        try:
            answer = iam.test_client.post(
                "/oauth/token",
                data=urlencode(form),
                content_type="application/x-www-form-urlencoded",
                base_url=iam.url,
            )
        except Exception as crash:  # TESTING lets them through; a server in earnest answers 500
            return type(crash).__name__
        error = answer.json["error"]
        return {"invalid_client": "refused", "invalid_request": "accepted"}.get(error, str(error))

    yield ask
    iam.backend.delete(registered)


def test_the_server_does_what_it_did(outcome: Any, iam_server_port: int) -> None:
    origin = f"http://localhost:{iam_server_port}"
    server = AuthorizationServer(origin, f"{origin}/oauth/token")
    client = client_for("ES256")
    found: dict[str, Any] = {kind: [] for kind in KINDS[:3]} | {KINDS[3]: {}}
    sent: tuple[HostileAssertion | ExpiryScenario, ...] = (
        *hostile_assertions(client, server, "oidc", NOW),
        *expiry_scenarios(client, server, "oidc", NOW),
    )
    with FrozenClock(NOW) as clock:
        for case in sent:
            if case.name in WITHIN_ITS_LEEWAY:
                continue
            clock.move_to(case.now)
            did = outcome(str(case.assertion))
            kind = kind_of(case.name, did, accepted=case.accepted, rule=case.rule)
            if kind == KINDS[3]:
                found[kind][case.name] = did
            elif kind is not None:
                found[kind].append(case.name)
    data: Mapping[str, Any] = {"Canaille": {"version": version("Canaille"), "ES256": found}}
    if os.environ.get("JWTAUTH_UPDATE_VERIFIERS"):
        PINNED.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    pinned = json.loads(PINNED.read_text(encoding="utf-8"))["Canaille"]
    assert pinned["version"] == data["Canaille"]["version"]
    assert comparable(pinned["ES256"]) == comparable(found)
    assert "right" not in found[KINDS[2]]
    assert not {"alg-none", "signature-bit-flipped"} & set(found[KINDS[0]])
