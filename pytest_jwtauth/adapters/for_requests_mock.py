"""Serve a `TokenEndpoint` through ``requests_mock``: its mocker, its adapter, or its fixture.

``requests_mock`` is imported inside `mount`. What leans on private names of its stands in `_adapter_of` and `mount`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from pytest_jwtauth.adapters import of_requests
from pytest_jwtauth.adapters.overlays import overlay
from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.token_endpoint import TokenEndpoint

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold requests and answers.
__tracebackhide__ = True


def mount(endpoint: TokenEndpoint, stub: Any) -> None:
    """Have *endpoint* answer through *stub*, a ``Mocker`` or an ``Adapter``, until it is closed.

    It goes before what the mock has for the same URL, whenever that is registered. The mock counts our requests among
    its ``request_history``.
    """
    from requests_mock import create_response

    adapter = _adapter_of(stub)
    moving = threading.Lock()

    def answer(seen: Any) -> Any:
        request, verify = getattr(seen, "_request", seen), seen.verify
        url = str(request.url)
        if endpoint.passes_through(url) or not endpoint.answers_for(url):
            return None
        raw, _ = of_requests.persist(
            request,
            lambda: of_requests.exchange(
                request, lambda sent: endpoint.respond(TokenRequest.of(sent), tls_verified=verify is not False)
            ),
        )
        return create_response(request, raw=raw)

    answer.reset = lambda: None  # type: ignore[attr-defined]  # every matcher has one: the mock's own reset() calls it

    def before(send: Callable[..., Any]) -> Callable[..., Any]:
        def send_or_answer(request: Any, **kwargs: Any) -> Any:
            # A mock asks its matchers from the newest to the oldest.
            with moving:
                if adapter._matchers[-1] is not answer:
                    adapter._matchers.remove(answer)
                    adapter.add_matcher(answer)
            return send(request, **kwargs)

        return send_or_answer

    adapter.add_matcher(answer)
    endpoint.on_close(lambda: adapter._matchers.remove(answer))
    endpoint.on_close(overlay(adapter, "send", before))


def _adapter_of(stub: Any) -> Any:
    """What a mocker puts in the place of every adapter of a session."""
    return getattr(stub, "_adapter", stub)
