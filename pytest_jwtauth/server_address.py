"""The same authorization server at another address. Knows no request and no server that listens."""

from __future__ import annotations

import dataclasses
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.model import AuthorizationServer


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
