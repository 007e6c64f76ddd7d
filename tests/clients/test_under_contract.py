"""Real libraries as they come are held to the contract, and what it finds stands in their source.

Run by ``tox -e libraries``, where each has the version that is written down.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import suppress

import pytest
from broken_clients.driver import hold, promises
from clients.under_contract import FINDINGS, Findings

from pytest_jwtauth import RegisteredClient
from pytest_jwtauth.adapters.for_httpserver import LiveServer

pytestmark = pytest.mark.libraries

CLIENT = RegisteredClient.generate()


@pytest.fixture(autouse=True)
def no_news() -> None:
    """Authlib puts a filter of its own before all others when it is imported."""
    with warnings.catch_warnings():
        with suppress(ImportError):
            import authlib.deprecate
        warnings.simplefilter("ignore")
        import authlib.integrations.httpx_client  # noqa: F401


@pytest.fixture(scope="module")
def live() -> Iterator[LiveServer]:
    server = LiveServer()
    yield server
    server.stop()


@pytest.mark.parametrize("promise", [name for name in promises() if name != "timeout"])
@pytest.mark.parametrize("found", FINDINGS, ids=lambda found: found.use.__name__)
def test_a_library_keeps_every_promise_but_those_named(found: Findings, promise: str) -> None:
    # freezegun looks at every attribute of every module, which makes auth0-python import what cannot be imported then.
    outcome = hold(found.use(), promise, CLIENT, freezer="time-machine")
    assert (outcome.state == "broken") == (promise in found.broken), outcome.text
    assert outcome.state != "not judged", outcome.text


@pytest.mark.parametrize(
    "found", [found for found in FINDINGS if "timeout" in found.broken], ids=lambda found: found.use.__name__
)
def test_a_library_without_a_time_out_is_found_over_sockets(found: Findings, live: LiveServer) -> None:
    outcome = hold(found.use(), "timeout", CLIENT, live=live)
    assert outcome.text.startswith("timeout: the client was still busy after 0.5 s"), outcome.text
