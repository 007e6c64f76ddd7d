"""Every broken client is refused by the promise that is meant for its fault; every right one keeps all promises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from broken_clients.driver import hold, promises
from broken_clients.gallery import GALLERY
from broken_clients.right_clients import RIGHT, Right
from broken_clients.row import SEEN, Broken
from broken_clients.under_contract import Contract, registered

from pytest_jwtauth.adapters.for_httpserver import LiveServer

IN_PROCESS = [row for row in GALLERY if not row.over_sockets]


@pytest.mark.parametrize("row", IN_PROCESS, ids=lambda row: f"{row.name}-{row.promise}")
def test_a_broken_client_is_refused_by_the_promise_meant_for_it(row: Broken) -> None:
    fresh: Any = type(row.client.__name__, (row.client,), {})
    outcome = hold(Contract(fresh), row.promise, registered(fresh), profile=fresh.profile)
    assert outcome.state == "broken", outcome.text
    assert frozenset(outcome.ids) == row.ids, outcome.text


@pytest.mark.parametrize("promise", promises())
@pytest.mark.parametrize("right", RIGHT, ids=lambda right: right.client.__name__)
def test_a_right_client_keeps_every_promise(right: Right, promise: str) -> None:
    kind = right.client
    outcome = hold(Contract(kind), promise, registered(kind), profile=kind.profile)
    assert outcome.state == ("not applicable" if promise in right.not_applicable else "kept"), outcome.text
    assert outcome.warnings == ()


@pytest.fixture(scope="module")
def live() -> Iterator[LiveServer]:
    server = LiveServer()
    yield server
    server.stop()


AT_A_REAL_ADDRESS = [
    "redirect-not-followed",
    "redirect-to-another-origin-not-followed",
    "connection-reset",
    "connection-refused",
    "no-other-credentials",
    "revocation",
]
"""Promises that go by addresses and connections."""
OVER_SOCKETS = [row for row in GALLERY if row.over_sockets or row.promise in AT_A_REAL_ADDRESS]


@pytest.mark.parametrize("row", OVER_SOCKETS, ids=lambda row: f"{row.name}-{row.promise}")
def test_a_broken_client_is_refused_over_sockets_too(row: Broken, live: LiveServer) -> None:
    outcome = hold(Contract(row.client), row.promise, registered(row.client), live=live)
    assert outcome.state == "broken", outcome.text
    assert frozenset(outcome.ids) == row.ids, outcome.text


@pytest.mark.parametrize("promise", AT_A_REAL_ADDRESS)
@pytest.mark.parametrize("right", [RIGHT[0], RIGHT[9]], ids=lambda right: right.client.__name__)
def test_a_right_client_keeps_promises_over_sockets_too(right: Right, promise: str, live: LiveServer) -> None:
    outcome = hold(Contract(right.client), promise, registered(right.client), live=live)
    assert outcome.state == ("not applicable" if promise in right.not_applicable else "kept"), outcome.text


def test_every_promise_is_kept_by_a_right_client() -> None:
    assert not frozenset.intersection(*(right.not_applicable for right in RIGHT))
    assert frozenset().union(*(right.not_applicable for right in RIGHT)) < set(promises())


def test_every_bug_of_a_real_client_stands_in_the_gallery() -> None:
    assert {row.bug for row in GALLERY} - {0} == set(SEEN) == set(range(1, 20))
