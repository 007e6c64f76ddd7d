"""The token endpoint at a real address: what a client in another thread, process or language needs to be told.

Knows no HTTP and no sockets: it is given its address, and requests come to it as they come to any `TokenEndpoint`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jwtauth import numeric_date
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.login import begin_login, redirect_uri_of
from pytest_jwtauth.model import AuthorizationServer
from pytest_jwtauth.token_endpoint import TokenEndpoint

if TYPE_CHECKING:
    from pytest_jwtauth.client_run import ClientRun

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold credentials.
__tracebackhide__ = True


PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})
"""Variables, in small letters, by which clients find a proxy."""

NOT_BY_PROXY = "127.0.0.1,localhost,::1"
CA_VARIABLES = ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Where OpenSSL (Python, Ruby, PHP, Go), Node, requests and curl look for certificate authorities to trust."""


class ServerClock:
    """The clock of the live endpoint: the time that this process sees, and what it was advanced by.

    Where `jwtauth_clock` freezes the time of this process, this clock stands still with it.
    """

    def __init__(self) -> None:
        self._advanced = 0.0

    @property
    def now(self) -> float:
        """The time it shows, a NumericDate."""
        return numeric_date.current_time() + self._advanced

    def advance(self, seconds: float) -> float:
        """Let *seconds* pass for the server alone, and return what its clock shows then, a NumericDate.

        Raises:
            ConfigurationError: for a negative number; `TokenEndpoint.clock_skew` sets a clock back.
        """
        if numeric_date.not_a_number(seconds):
            raise TypeError(f"advance takes a number of seconds; got {type(seconds).__name__}")
        if not 0 <= seconds <= numeric_date.LARGEST:
            raise ConfigurationError(
                f"advance({seconds}): time passes forwards; for a clock that is behind set clock_skew"
            )
        self._advanced += seconds
        return self.now

    def __repr__(self) -> str:
        return f"<ServerClock {numeric_date.show(self.now)}>"


class LiveTokenEndpoint(TokenEndpoint):
    """A `TokenEndpoint` that answers at a port of this machine, for clients in every language.

    Args:
        server: The authorization server, its URLs at the address where it listens.
        ca_file: The certificate authority to trust, a PEM file, where it speaks TLS.
        open_https: Opens a second endpoint that speaks TLS; what `https` calls.
        settings: As for `TokenEndpoint`, but for ``now``.

    Attributes:
        clock: The server's clock; ``clock.advance(3601)`` makes what it issued expire.
        ca_file: As given.
    """

    def __init__(
        self,
        *,
        server: AuthorizationServer,
        ca_file: Path | None = None,
        open_https: Callable[[], LiveTokenEndpoint] | None = None,
        **settings: Any,
    ) -> None:
        self.clock = ServerClock()
        super().__init__(server=server, now=lambda: self.clock.now, **settings)
        self.ca_file = ca_file
        self._open_https = open_https
        self._https: LiveTokenEndpoint | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._told: list[str] = []

    @property
    def https(self) -> LiveTokenEndpoint:
        """The endpoint that speaks TLS: this one if it does, otherwise a second one with requests of its own.

        The client has to trust `ca_file`.
        """
        if self.ca_file is not None:
            return self
        if self._https is None:
            if self._open_https is None:
                raise ConfigurationError("this LiveTokenEndpoint was made without open_https=")
            self._https = self._open_https()
        return self._https

    def environment(
        self,
        *,
        code: str | None = None,
        redirect_uri: str | None = None,
        scope: str = "openid",
        pkce: bool = False,
    ) -> dict[str, str]:
        """All the environment variables of a process that is the client: those of this one, and what it has to know.

        Those are ``JWTAUTH_TOKEN_ENDPOINT``, ``JWTAUTH_ISSUER``, ``JWTAUTH_CLIENT_ID``, ``JWTAUTH_CLIENT_SECRET`` or
        ``JWTAUTH_PRIVATE_KEY_FILE`` (PEM) with ``JWTAUTH_KEY_ID``, ``JWTAUTH_CODE``, ``JWTAUTH_REDIRECT_URI``,
        ``JWTAUTH_SCOPE``, ``JWTAUTH_NONCE``, and with *pkce* ``JWTAUTH_CODE_VERIFIER``. With TLS there is
        ``JWTAUTH_CA_FILE``, and so are the variables by which OpenSSL, Node, curl and requests find it. Proxies are
        taken out.

        Args:
            code: A code issued before; by default a fresh one.
            redirect_uri: Where the code was sent; by default the first that the client has registered.
            scope: What the user agreed to.
            pkce: Issue the code for a ``code_challenge`` (RFC 7636), so that the client has to send a verifier.

        Raises:
            ConfigurationError: for *code* together with *pkce*, whose challenge belongs to another code.
        """
        if code is not None and pkce:
            raise ConfigurationError(
                "environment(code=…, pkce=True): the challenge belongs to the code, issued already"
            )
        redirect_uri = redirect_uri_of(self) if redirect_uri is None else redirect_uri
        known = {
            "JWTAUTH_TOKEN_ENDPOINT": self.url,
            "JWTAUTH_ISSUER": self.server.issuer,
            "JWTAUTH_CLIENT_ID": self.client.client_id,
            "JWTAUTH_REDIRECT_URI": redirect_uri,
            "JWTAUTH_SCOPE": scope,
            **self._credential(),
            **self._trust(),
        }
        if code is None:
            login = begin_login(self, redirect_uri=redirect_uri, scope=scope, pkce=pkce)
            code, known["JWTAUTH_NONCE"] = login.code, login.nonce
            if login.code_verifier is not None:
                known["JWTAUTH_CODE_VERIFIER"] = login.code_verifier
        known["JWTAUTH_CODE"] = code
        self._told += [code, known.get("JWTAUTH_CODE_VERIFIER", "")]
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("JWTAUTH_") and name.lower() not in PROXIES
        }
        return {**inherited, "NO_PROXY": NOT_BY_PROXY, "no_proxy": NOT_BY_PROXY, **known}

    def _credential(self) -> dict[str, str]:
        if self.client.client_secret is not None:
            return {"JWTAUTH_CLIENT_SECRET": self.client.client_secret}
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="jwtauth-key-")
            self.on_close(self._folder.cleanup)
            self._told += self.client.private_key_pem().splitlines()[1:-1]
        path = Path(self._folder.name, "private_key.pem")
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(self.client.private_key_pem(), "ascii")
        kid = self.client.private_key().kid
        return {"JWTAUTH_PRIVATE_KEY_FILE": str(path), **({} if kid is None else {"JWTAUTH_KEY_ID": kid})}

    def _trust(self) -> dict[str, str]:
        if self.ca_file is None:
            return {}
        return {name: str(self.ca_file) for name in ("JWTAUTH_CA_FILE", *CA_VARIABLES)}

    def run(
        self,
        command: Sequence[str | os.PathLike[str]],
        *,
        timeout: float = 60,
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        stdin: str = "",
        check: bool = True,
    ) -> ClientRun:
        """Run a client in a process of its own, and return how it ended and what it sent.

        Args:
            command: The program and its arguments; no shell.
            timeout: Seconds, after which it is killed with all that it started.
            env: All its environment variables, or those that are added to `environment` or replace some of it.
            cwd: Its working directory.
            stdin: What it can read.
            check: Fail if it does not end with status 0, as ``ClientRun.check`` does.

        Raises:
            AssertionError: if *check* is set and the client failed, with its masked output and the verdicts.
            ConfigurationError: if there is no such program.
        """
        # Here, because most tests have no client that is a process, and these are felt at the first token.
        from pytest_jwtauth import child_process
        from pytest_jwtauth.client_run import ClientRun

        environment = dict(env) if env is not None and "JWTAUTH_CODE" in env else {**self.environment(), **(env or {})}
        before = len(self.requests)
        ended = child_process.run(command, timeout=timeout, env=environment, cwd=cwd, stdin=stdin)
        words = [os.fspath(word) for word in command]
        run = ClientRun.of(words, ended, timeout, self.requests[before:], self._masking())
        return run.check() if check else run

    def __repr__(self) -> str:
        return f"<LiveTokenEndpoint {self.url} profile={self.profile.name!r}, {len(self._recorded)} requests>"

    @property
    def secrets_told(self) -> tuple[str, ...]:
        """What a client was told that proves something, besides its registration."""
        return (*self._told, *self.issued)

    def _masking(self) -> Callable[[str], str]:
        """What takes everything secret out of a text that this endpoint's client may have written."""
        from pytest_jwtauth.masking import masking

        return masking(self.requests, self.client, self.secrets_told)
