"""Hold one client to one promise, without a pytest run around it: quick enough for a gallery of clients."""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import httpx
import pytest

from pytest_jwtauth import AuthorizationServer, RegisteredClient, TokenEndpoint
from pytest_jwtauth.adapters import for_responses, mount, of_httpx
from pytest_jwtauth.adapters.for_httpserver import LiveServer
from pytest_jwtauth.contract import TokenRequestContract
from pytest_jwtauth.current_item import WATCH
from pytest_jwtauth.live_endpoint import LiveTokenEndpoint
from pytest_jwtauth.profiles import profile_named
from pytest_jwtauth.promises import PROMISES
from pytest_jwtauth.promises.bench import Bench, zones_as_before
from pytest_jwtauth.server_address import at_origin

State = Literal["kept", "broken", "not applicable", "not judged"]
ISSUER = "https://auth.pingone.example/4f0c2d6e-58a1-4b7e-9a3d-0c61f7be2d95/as"
SERVER = AuthorizationServer(
    issuer=ISSUER,
    token_endpoint=f"{ISSUER}/token",
    jwks_uri=f"{ISSUER}/jwks",
    revocation_endpoint=f"{ISSUER}/revoke",
)


@dataclass(frozen=True)
class Outcome:
    """What a promise came to: its state, the text, the ids of the rules named at its beginning, warnings."""

    state: State
    text: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The rule ids, or the promise's id, with which a report begins."""
        match = re.match(r"[a-z0-9-]+(, [a-z0-9-]+)*(?=:)", self.text)
        return tuple(match[0].split(", ")) if match else ()


class _Item:
    """As much of a pytest item as a bench needs."""

    def __init__(self) -> None:
        self.warned: list[str] = []
        self.stash = {WATCH: SimpleNamespace(promise=None)}

    def warn(self, warning: Warning) -> None:
        self.warned.append(str(warning))


def hold(
    contract: TokenRequestContract,
    promise: str,
    client: RegisteredClient,
    *,
    live: LiveServer | None = None,
    profile: str = "pingone",
    freezer: str = "freezegun",
) -> Outcome:
    """Hold the client of *contract* to *promise*; through *live*, or in this process if that is None."""
    item: Any = _Item()
    settings: dict[str, Any] = {"client": client, "profile": profile_named(profile)}
    test = getattr(contract, "test_" + promise.replace("-", "_"))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        endpoint = stack.enter_context(_mounted(settings) if live is None else _listening(live, settings))
        with pytest.MonkeyPatch.context() as monkeypatch:
            bench = Bench(
                endpoint=endpoint,
                caller=contract,
                item=item,
                monkeypatch=monkeypatch,
                freezer=freezer,
                patience=contract.patience,
                skipped={},
                folder=folder,
            )
            outcome = _outcome(test, bench)
        zones_as_before()
    return Outcome(outcome.state, outcome.text, tuple(item.warned))


def _outcome(test: Any, bench: Bench) -> Outcome:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            test(bench)
    except pytest.skip.Exception as skipped:
        reason = str(skipped)
        return Outcome("not judged" if reason.startswith("not judged") else "not applicable", reason)
    except pytest.fail.Exception as failed:
        return Outcome("broken", str(failed))
    return Outcome("kept")


@contextmanager
def _mounted(settings: dict[str, Any]) -> Iterator[TokenEndpoint]:
    endpoint = TokenEndpoint(server=SERVER, mounter=mount, **settings)

    async def exchange(_transport: object, request: httpx.Request) -> Any:
        await request.aread()
        return of_httpx.exchange(endpoint, request)

    with for_responses.mounted(endpoint), pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda _, sent: of_httpx.exchange(endpoint, sent))
        monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", exchange)
        yield endpoint


@contextmanager
def _listening(live: LiveServer, settings: dict[str, Any]) -> Iterator[TokenEndpoint]:
    address = live.open()
    endpoint = LiveTokenEndpoint(server=at_origin(SERVER, address.origin), **settings)
    with address.answered_by(endpoint):
        yield endpoint
    endpoint.close()


def promises() -> list[str]:
    """Every promise's id."""
    return list(PROMISES)
