"""Serve a `TokenEndpoint` through ``httpx_mock`` of pytest-httpx, or ``httpx2_mock`` of httpx2-pytest.

Neither is imported. What leans on their private names stands in `mount` and `_verifies`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_jwtauth.adapters import of_httpx
from pytest_jwtauth.adapters.overlays import overlay
from pytest_jwtauth.token_endpoint import TokenEndpoint

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold requests and answers.
__tracebackhide__ = True


def mount(endpoint: TokenEndpoint, stub: Any) -> None:
    """Have *endpoint* answer through *stub*, an ``HTTPXMock``, until it is closed.

    Nothing is added to its responses: what it asserts at the end, about responses that nobody requested and requests
    that nobody expected, stays as the suite made it. It still lists our requests in ``get_requests()``.
    """

    def before(find: Callable[..., Any]) -> Callable[..., Any]:
        def get_callback(transport: Any, request: Any) -> Any:
            if not of_httpx.answers(endpoint, request):
                return find(transport, request)
            verified = _verifies(transport)
            return lambda request: of_httpx.exchange(endpoint, request, tls_verified=verified)

        return get_callback

    endpoint.on_close(overlay(stub, "_get_callback", before))


def _verifies(transport: Any) -> bool:
    """Whether *transport* verifies certificates; True also where that cannot be seen."""
    context = getattr(getattr(transport, "_pool", None), "_ssl_context", None)
    return getattr(context, "verify_mode", None) != 0  # ssl.CERT_NONE
