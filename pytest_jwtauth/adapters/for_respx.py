"""Serve a `TokenEndpoint` through a router of ``respx``, whichever library that router intercepts.

``respx`` is imported inside `mount`; what is used of a router is public.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from pytest_jwtauth.adapters import of_httpx
from pytest_jwtauth.adapters.overlays import overlay
from pytest_jwtauth.token_endpoint import TokenEndpoint

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold requests and answers.
__tracebackhide__ = True


def mount(endpoint: TokenEndpoint, stub: Any) -> None:
    """Have *endpoint* answer through *stub*, a ``Router`` or the module ``respx``, until it is closed.

    No route is added, so ``assert_all_called`` and ``routes`` stay as the suite made them; ``calls`` has our requests.
    A router is told nothing about certificates: that a client does not verify them is not seen here.
    """
    from respx import Route
    from respx.models import SideEffectError

    router = getattr(stub, "mock", stub)
    route = Route()

    def answer(resolved: Any, request: Any) -> None:
        resolved.route = route
        # What the router intercepts raises its own exceptions: httpcore, unless it was told `using=` something else.
        errors = sys.modules.get(getattr(router, "using", None) or "")
        try:
            resolved.response = of_httpx.exchange(endpoint, request, errors=errors)
        except Exception as error:
            raise SideEffectError(route, origin=error) from error

    def before(resolve: Callable[..., Any]) -> Callable[..., Any]:
        def resolve_or_answer(request: Any) -> Any:
            if not of_httpx.answers(endpoint, request):
                return resolve(request)
            with router.resolver(request) as resolved:
                answer(resolved, request)
            return resolved

        return resolve_or_answer

    def before_async(resolve: Callable[..., Any]) -> Callable[..., Any]:
        async def resolve_or_answer(request: Any) -> Any:
            if not of_httpx.answers(endpoint, request):
                return await resolve(request)
            with router.resolver(request) as resolved:
                answer(resolved, request)
            return resolved

        return resolve_or_answer

    endpoint.on_close(overlay(router, "resolve", before))
    endpoint.on_close(overlay(router, "aresolve", before_async))
