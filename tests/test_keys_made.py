"""RSA keys take 40 to 120 ms to make: a session makes one where something is signed with it, and none otherwise."""

from __future__ import annotations

import pytest
from conftest import InnerRun

COUNTS = """
from cryptography.hazmat.primitives.asymmetric import rsa

MADE = []
GENERATE = rsa.generate_private_key

def generate(**how):
    MADE.append(how)
    return GENERATE(**how)

rsa.generate_private_key = generate

def pytest_unconfigure():
    print("RSA KEYS:", len(MADE))
"""
USUAL = """
@pytest.mark.parametrize("number", range(3))
def test_usual(jwtauth_token_endpoint, jwtauth_client_assertion, number):
    assert login(jwtauth_token_endpoint, jwtauth_client_assertion()).json()["id_token"]
"""
RS256 = """
@pytest.mark.parametrize("number", range(3))
def test_rs256(jwtauth_token_endpoint, jwtauth_client_assertion, number):
    jwtauth_token_endpoint.id_token_signing_alg = "RS256"
    assert login(jwtauth_token_endpoint, jwtauth_client_assertion()).json()["id_token"]
    assert jwtauth_token_endpoint.jwks()["keys"]

@pytest.mark.parametrize("number", range(3))
def test_live(jwtauth_live_token_endpoint, jwtauth_client_assertion, number):
    live = jwtauth_live_token_endpoint
    live.id_token_signing_alg = "RS256"
    assert login(live, jwtauth_client_assertion(server=live.server)).json()["id_token"]
"""
CLIENT = """
from pytest_jwtauth import RegisteredClient

@pytest.fixture(scope="session")
def jwtauth_client():
    return RegisteredClient.generate("private_key_jwt", alg="RS256")

@pytest.mark.parametrize("number", range(3))
def test_of_a_stranger(jwtauth_token_endpoint, jwtauth_client_assertion, number):
    with jwtauth_token_endpoint.expect_violation():
        login(jwtauth_token_endpoint, jwtauth_client_assertion(fault="signature-invalid"))
"""


@pytest.mark.parametrize(
    ("source", "keys"),
    [(USUAL, 0), (USUAL + RS256, 1), (CLIENT + USUAL, 1), (CLIENT + USUAL + RS256, 2)],
    ids=["nothing signed by RSA", "ID Tokens", "the client's assertions", "both"],
)
def test_an_rsa_key_is_made_once_for_a_session_where_it_is_used(inner: InnerRun, source: str, keys: int) -> None:
    run = inner(source, "-s", conftest=COUNTS, subprocess=True)
    assert run.ret == 0
    assert f"RSA KEYS: {keys}" in run.stdout.str()
