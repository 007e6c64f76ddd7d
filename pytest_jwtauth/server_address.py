"""Where an authorization server is: the same one at another address, and which URLs are its. Knows no request."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import urlsplit, urlunsplit

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.model import AuthorizationServer
from pytest_jwtauth.urls import is_loopback, urlsplit_or_none

DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443}


def at_origin(server: AuthorizationServer, origin: str) -> AuthorizationServer:
    """*server* with all its URLs moved to *origin*, each with its path.

    Raises:
        ConfigurationError: if two endpoints that differ in their host alone would become one.
    """
    scheme, netloc = urlsplit(origin)[:2]
    moved: dict[str, Any] = {}
    for known in dataclasses.fields(server):
        value = getattr(server, known.name)
        if known.init and isinstance(value, str):
            moved[known.name] = urlunsplit(urlsplit(value)._replace(scheme=scheme, netloc=netloc))
    there = dataclasses.replace(server, **moved)
    if len(set(there.endpoints.values())) < len(set(server.endpoints.values())):
        raise ConfigurationError(
            "a server that listens has one host, and this AuthorizationServer has endpoints that differ in their host "
            f"alone: give them different paths ({', '.join(sorted(server.endpoints.values()))})"
        )
    return there


Place: TypeAlias = "tuple[str, int | None]"


@lru_cache(maxsize=64)  # each test has an endpoint of its own, and most of a suite stand for the same server
def whereabouts(server: AuthorizationServer) -> tuple[tuple[str, ...], frozenset[Place | None]]:
    """Where the endpoints are: the beginnings of their URLs as written, for a quick look, and their places."""
    split = map(urlsplit, server.endpoints.values())
    origins = {f"{parts.scheme}://{parts.netloc}/" for parts in split}
    return tuple(origins), frozenset(place_of(url) for url in server.endpoints.values())


def place_of(url: str) -> Place | None:
    """Host and port; no port where it is the default one of a host that is not loopback. None for no HTTP URL."""
    parts = urlsplit_or_none(url)
    if parts is None or not parts.hostname or parts.scheme not in DEFAULT_PORTS:
        return None
    default = DEFAULT_PORTS[parts.scheme]
    if parts.port not in {None, default}:
        return parts.hostname, parts.port
    return parts.hostname, default if is_loopback(parts.hostname) else None
