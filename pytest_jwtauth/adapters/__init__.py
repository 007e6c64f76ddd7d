"""Which adapter belongs to which stub library. Recognises a stub by the name of its class, so that none is imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_jwtauth.token_endpoint import TokenEndpoint


@dataclass(frozen=True, slots=True)
class Supported:
    """One kind of stub.

    Attributes:
        title: What messages call it.
        recognises: Whether an object is one.
        adapter: Module of this package whose ``mount(endpoint, stub)`` connects the two.
    """

    title: str
    recognises: Callable[[object], bool]
    adapter: str


def _of_class(module: str, name: str) -> Callable[[object], bool]:
    """Whether an object's class, or one that it inherits from, has this name and stands in this package."""
    return lambda stub: any(
        kind.__name__ == name and kind.__module__.partition(".")[0] == module for kind in type(stub).__mro__
    )


def _is_module(name: str) -> Callable[[object], bool]:
    return lambda stub: type(stub).__name__ == "module" and getattr(stub, "__name__", None) == name


SUPPORTED: tuple[Supported, ...] = (
    Supported("responses.RequestsMock", _of_class("responses", "RequestsMock"), "for_responses"),
    Supported("the module responses", _is_module("responses"), "for_responses"),
    Supported("requests_mock.Mocker", _of_class("requests_mock", "MockerCore"), "for_requests_mock"),
    Supported("requests_mock.Adapter", _of_class("requests_mock", "Adapter"), "for_requests_mock"),
    Supported("httpx_mock of pytest-httpx", _of_class("pytest_httpx", "HTTPXMock"), "for_pytest_httpx"),
    Supported("httpx2_mock of httpx2-pytest", _of_class("pytest_httpx2", "HTTPXMock"), "for_pytest_httpx"),
    Supported("respx.Router", _of_class("respx", "Router"), "for_respx"),
    Supported("the module respx", _is_module("respx"), "for_respx"),
    Supported("pytest_httpserver.HTTPServer", _of_class("pytest_httpserver", "HTTPServerBase"), "for_httpserver"),
)


def mount(endpoint: TokenEndpoint, stub: object) -> None:
    """Let *endpoint* answer through *stub* until the endpoint is closed.

    Raises:
        TypeError: for an object that is none of `SUPPORTED`; the message lists them.
    """
    for supported in SUPPORTED:
        if supported.recognises(stub):
            import_module(f"{__name__}.{supported.adapter}").mount(endpoint, stub)
            return
    titles = ", ".join(supported.title for supported in SUPPORTED)
    advice = _ADVICE.get(type(stub).__name__, "Whatever drives a WSGI application takes the wsgi_app of an endpoint")
    raise TypeError(
        f"mount() takes a stub of a library it knows ({titles}); got {type(stub).__qualname__}. {advice}; "
        "jwtauth_live_token_endpoint serves every client of every library"
    )


_ADVICE: Mapping[str, str] = {
    "aioresponses": "aioresponses sees what aiohttp was asked for, not the request that it would send",
}
"""What else there is to say, by the class of what cannot be mounted on."""
