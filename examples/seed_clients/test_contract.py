"""The contract of the eleven clients: what each sends to a real port is judged, filled in and with placeholders.

As the document has it, a client is handed a finished assertion: one more variable, ``JWTAUTH_CLIENT_ASSERTION``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from clients import CLIENTS, SeedClient

from pytest_jwtauth import ClientAssertion

CALLBACK = "http://localhost:3000/callback"
SECONDS = 60

UNFILLED = {"code": "{{jwtAuthCode}}", "client_assertion": "{{jwtClientAssertion}}"}
SAYS_UNFILLED = ("jws-json-serialization", "jws-part-count", "jws-b64-alphabet", "code-mismatch")

Record: TypeAlias = Callable[[str, object], None]
Exchange: TypeAlias = Callable[..., Any]
Found: TypeAlias = Callable[[Any], "list[tuple[str, ...]]"]


@pytest.fixture
def exchange(workshop: Path) -> Exchange:
    """Run a client once, with a fresh code and a fresh assertion unless told otherwise; how it ended."""

    def exchange(
        endpoint: Any, client: SeedClient, *options: str, code: str | None = None, client_assertion: str | None = None
    ) -> Any:
        environment = endpoint.environment(code=code, redirect_uri=CALLBACK)
        environment["JWTAUTH_CLIENT_ASSERTION"] = client_assertion or ClientAssertion.signed(
            client=endpoint.client, server=endpoint.server
        )
        return endpoint.run([*client.run, *options], cwd=workshop, env=environment, timeout=SECONDS, check=False)

    return exchange


@pytest.fixture
def found(record_property: Record) -> Found:
    """The rules that each request to an endpoint broke, also for the table at the end."""

    def found(endpoint: Any) -> list[tuple[str, ...]]:
        rules = [verdict.rules for verdict in endpoint.verdicts]
        broken = ", ".join(rule for request in rules for rule in request)
        record_property("found", broken or "no violation" if rules else "nothing arrived")
        return rules

    return found


@pytest.fixture
def endpoint(jwtauth_live_token_endpoint: Any) -> Any:
    return jwtauth_live_token_endpoint


def test_a_client_that_is_filled_in_breaks_no_rule(
    endpoint: Any, client: SeedClient, exchange: Exchange, found: Found
) -> None:
    run = exchange(endpoint, client)
    run.check()
    assert found(endpoint) == [()]


def test_a_client_that_is_filled_in_breaks_no_rule_over_https(
    endpoint: Any, client: SeedClient, exchange: Exchange, found: Found
) -> None:
    if not client.https:
        pytest.skip(f"{client.library} takes no CA file")
    run = exchange(endpoint.https, client)
    run.check()
    assert found(endpoint.https) == [()]


def test_placeholders_that_were_left_in_are_found(
    endpoint: Any, client: SeedClient, exchange: Exchange, found: Found
) -> None:
    endpoint.issue_code(redirect_uri=CALLBACK)
    with endpoint.expect_violation(*SAYS_UNFILLED):
        run = exchange(endpoint, client, **UNFILLED)
    assert run.status != 0, "the client took a refusal for a token"
    assert found(endpoint) == [SAYS_UNFILLED]


def test_a_code_that_a_form_has_to_encode_arrives(
    endpoint: Any, client: SeedClient, exchange: Exchange, found: Found
) -> None:
    code = endpoint.issue_code(redirect_uri=CALLBACK, awkward=True)
    if client.awkward:
        with endpoint.expect_violation(*client.awkward):
            run = exchange(endpoint, client, code=code)
    else:
        run = exchange(endpoint, client, code=code)
    assert (run.status == 0) is not bool(client.awkward)
    assert found(endpoint) == [client.awkward]


def test_the_lines_that_are_printed_are_no_whole_request(
    endpoint: Any, make_ready: Callable[[SeedClient], str], exchange: Exchange, found: Found, record_property: Record
) -> None:
    http = next(client for client in CLIENTS if client.name == "HTTP")
    record_property("client", http.name)
    record_property("version", make_ready(http))
    # Without Content-Length there is no content (RFC 9112 §6.3), so nothing of the form arrives.
    with endpoint.expect_violation("client-assertion-missing", "grant-type-missing"):
        run = exchange(endpoint, http, "--as-printed")
    assert run.status != 0
    assert found(endpoint) == [("client-assertion-missing", "grant-type-missing")]
