"""A client that is only named, on a command line: a callable by its module, or a program in any language.

Knows no promise and no rule. What such a client has to know it gets by the names of its parameters, or by environment
variables.
"""

from __future__ import annotations

import importlib
import inspect
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pytest_jwtauth.client_under_test import Attempt, attempt
from pytest_jwtauth.errors import ConfigurationError, unknown_name
from pytest_jwtauth.login import begin_login, redirect_uri_of

if TYPE_CHECKING:
    from pytest_jwtauth.live_endpoint import LiveTokenEndpoint
    from pytest_jwtauth.token_endpoint import TokenEndpoint

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold credentials.
__tracebackhide__ = True

SCOPE = "openid"
ARGUMENTS: Mapping[str, str] = {
    "token_endpoint": "URL of the token endpoint",
    "issuer": "the server's issuer identifier",
    "client_id": "the client's identifier",
    "client_secret": "its secret; None if it has a private key",
    "private_key_pem": "its private key as PKCS #8 in PEM; None if it has a secret",
    "kid": "the key's kid; None if it has a secret",
    "code": "an authorization code, issued for this call",
    "redirect_uri": "where the code was sent",
    "code_verifier": "the PKCE verifier of the code; who names it has to send it",
    "nonce": "the nonce of the authorization request; who names it is held to check it",
    "scope": "what the user agreed to",
    "ca_file": "path of the certificate authority to trust; None without TLS",
}
"""What a callable may have as parameters, by their names, as tests have fixtures."""


class NamedClient(Protocol):
    """What the contract needs to know of a client that is only named.

    Attributes:
        checks_nonce: Whether it claims to check the nonce of ID Tokens.
        has_own_process: Whether it runs in a process of its own.
    """

    @property
    def checks_nonce(self) -> bool: ...

    @property
    def has_own_process(self) -> bool: ...

    def exchange(self, endpoint: Any, *, url: str | None, patience: float | None) -> Attempt:
        """Have it exchange a fresh code at *endpoint*, told that this is at *url*."""

    def exchange_in_new_process(self, endpoint: Any, *, patience: float | None) -> Attempt:
        """The same in a process that has only begun."""


class NamedCallable:
    """A callable by the name ``module:attribute``.

    Args:
        name: Where it is, as ``myapp.oauth:exchange``.

    Raises:
        ConfigurationError: if it cannot be found, or wants an argument that there is not.
    """

    has_own_process = False

    def __init__(self, name: str) -> None:
        self._name = name
        self._call = _find(name)
        self._wanted = _parameters(name, self._call)
        # What takes a nonce by its name takes it for that; what takes everything says nothing by it.
        self.checks_nonce = "nonce" in self._wanted and len(self._wanted) < len(ARGUMENTS)

    def exchange(self, endpoint: TokenEndpoint, *, url: str | None, patience: float | None) -> Attempt:
        """Call it with what it names."""
        known = _arguments(endpoint, pkce="code_verifier" in self._wanted)
        if url is not None:
            known["token_endpoint"] = url
        return self.call(known, patience=patience)

    def call(self, known: Mapping[str, str | None], *, patience: float | None) -> Attempt:
        """Call it with what it names of what is *known*."""
        return attempt(lambda: self._call(**{name: known[name] for name in self._wanted}), patience=patience)

    def exchange_in_new_process(self, endpoint: LiveTokenEndpoint, *, patience: float | None) -> Attempt:
        """Have a new interpreter call it."""
        environment = endpoint.environment(pkce="code_verifier" in self._wanted)
        environment["PYTHONPATH"] = os.pathsep.join(sys.path)
        start = "import sys; from pytest_jwtauth.named_client import call_once; sys.exit(call_once(sys.argv[1]))"
        return _run(endpoint, [sys.executable, "-c", start, self._name], environment, patience)


def call_once(name: str) -> int:
    """What a new interpreter does: call *name* with what the environment says, and return the exit status."""
    known: dict[str, str | None] = {one: os.environ.get(f"JWTAUTH_{one.upper()}") for one in ARGUMENTS}
    known["kid"] = os.environ.get("JWTAUTH_KEY_ID")
    if (place := os.environ.get("JWTAUTH_PRIVATE_KEY_FILE")) is not None:
        known["private_key_pem"] = Path(place).read_text("ascii")
    outcome = NamedCallable(name).call(known, patience=None)
    print(f"{name} {outcome.ending}", file=sys.stderr)
    return 0 if outcome.got_tokens else 1


def _arguments(endpoint: TokenEndpoint, *, pkce: bool) -> dict[str, str | None]:
    """A value for each of `ARGUMENTS`, with a code issued for this call."""
    client = endpoint.client
    login = begin_login(endpoint, redirect_uri=redirect_uri_of(endpoint), scope=SCOPE, pkce=pkce)
    has_key = client.client_secret is None
    return {
        "token_endpoint": endpoint.url,
        "issuer": endpoint.server.issuer,
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "private_key_pem": client.private_key_pem() if has_key else None,
        "kid": client.private_key().kid if has_key else None,
        "ca_file": None,
        "redirect_uri": login.redirect_uri,
        "scope": SCOPE,
        "nonce": login.nonce,
        "code_verifier": login.code_verifier,
        "code": login.code,
    }


def _find(name: str) -> Callable[..., object]:
    module_name, colon, path = name.partition(":")
    if not colon or not module_name or not path:
        raise ConfigurationError(f"a client is named module:callable, as in myapp.oauth:exchange; got {name!r}")
    try:
        found: Any = importlib.import_module(module_name)
    except ImportError as error:
        raise ConfigurationError(f"the module {module_name!r} cannot be imported: {error}") from error
    for part in path.split("."):
        if not hasattr(found, part):
            raise unknown_name(f"name in {module_name}", part, [name for name in dir(found) if name[0] != "_"])
        found = getattr(found, part)
    if not callable(found):
        raise ConfigurationError(f"{name} cannot be called: it is an object of {type(found).__qualname__}")
    called: Callable[..., object] = found
    return called


def _parameters(name: str, call: Callable[..., object]) -> tuple[str, ...]:
    """The parameters of *call* that it is to be given; one that takes nothing but ``**known`` is given everything."""
    parameters = inspect.signature(call).parameters.values()
    if [parameter.kind for parameter in parameters] == [inspect.Parameter.VAR_KEYWORD]:
        return tuple(ARGUMENTS)
    wanted = []
    for parameter in parameters:
        if parameter.name in ARGUMENTS and parameter.kind is not parameter.POSITIONAL_ONLY:
            wanted.append(parameter.name)
        elif parameter.default is parameter.empty and parameter.kind not in {
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        }:
            raise ConfigurationError(f"{name}: {unknown_name('parameter', parameter.name, ARGUMENTS)}")
    return tuple(wanted)


class NamedCommand:
    """A program in any language: what it has to know stands in its environment, and its status says how it went.

    Args:
        command: The program and its arguments, with a shell's quotes; no shell reads it.

    Raises:
        ConfigurationError: for a command that is empty or whose quotes are not closed.
    """

    checks_nonce = False
    has_own_process = True

    def __init__(self, command: str) -> None:
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise ConfigurationError(f"--jwtauth-command cannot be read: {error}") from None
        if not self._words:
            raise ConfigurationError("--jwtauth-command is empty; it takes a command such as «node client.js»")

    def exchange(self, endpoint: LiveTokenEndpoint, *, url: str | None, patience: float | None) -> Attempt:
        """Run it once."""
        environment = endpoint.environment()
        if url is not None:
            environment["JWTAUTH_TOKEN_ENDPOINT"] = url
        return _run(endpoint, self._words, environment, patience)

    def exchange_in_new_process(self, endpoint: LiveTokenEndpoint, *, patience: float | None) -> Attempt:
        """Run it once: every run is a process of its own."""
        return self.exchange(endpoint, url=None, patience=patience)


def _run(
    endpoint: LiveTokenEndpoint, words: Sequence[str], environment: Mapping[str, str], patience: float | None
) -> Attempt:
    run = endpoint.run(words, timeout=patience or LONGEST_RUN, env=environment, check=False)
    streams = (("stdout", run.stdout.masked), ("stderr", run.stderr.masked))
    output = "\n".join(f"{name}: {text[-2000:].strip()}" for name, text in streams if text.strip())
    return Attempt(timed_out=run.timed_out, got_tokens=run.status == 0, status=run.status, output=output)


LONGEST_RUN = 60.0
"""Seconds that a command may take where nothing else is said."""


def named_client(callable_name: str | None, command: str | None) -> NamedClient:
    """The client that the options name.

    Raises:
        ConfigurationError: unless it is named in one way, and can be found.
    """
    if callable_name and not command:
        return NamedCallable(callable_name)
    if command and not callable_name:
        return NamedCommand(command)
    raise ConfigurationError(
        "name the client in one way: --jwtauth-client module:callable, or --jwtauth-command «a command»"
    )
