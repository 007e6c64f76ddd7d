"""The live endpoint answers clients at a real port, and judges what they send there."""

from __future__ import annotations

from conftest import InnerRun

LIVE = """
import requests

def send(endpoint, assertion, **how):
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion(server=endpoint.server),
    }
    return requests.post(endpoint.url, data=form, timeout=5, **how)
"""


def test_a_right_request_gets_tokens_over_http_and_over_https(inner: InnerRun) -> None:
    inner(
        LIVE
        + """
def test_both(jwtauth_live_token_endpoint, jwtauth_client_assertion):
    live = jwtauth_live_token_endpoint
    assert live.url.startswith("http://127.0.0.1:")
    assert send(live, jwtauth_client_assertion).json()["access_token"]
    assert live.https.url.startswith("https://127.0.0.1:")
    assert live.https.https is live.https
    assert send(live.https, jwtauth_client_assertion, verify=live.https.ca_file).json()["access_token"]
    assert len(live.requests) == len(live.https.requests) == 1
"""
    ).assert_outcomes(passed=1)


def test_a_wrong_request_fails_the_test_in_its_call_phase(inner: InnerRun) -> None:
    run = inner(
        LIVE
        + """
def test_http(jwtauth_live_token_endpoint, jwtauth_client_assertion):
    send(jwtauth_live_token_endpoint, jwtauth_client_assertion, auth=PASSWORD)

def test_https(jwtauth_live_token_endpoint, jwtauth_client_assertion):
    live = jwtauth_live_token_endpoint.https
    send(live, jwtauth_client_assertion, auth=PASSWORD, verify=live.ca_file)
"""
    )
    run.assert_outcomes(failed=2)
    run.stdout.fnmatch_lines(["auth-multiple-methods, auth-basic-present: 2 rules of profile 'pingone' broken"] * 2)
