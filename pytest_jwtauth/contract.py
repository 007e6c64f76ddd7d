"""The ready-made contract: a class to inherit, and the same for a client that is only named on the command line.

``pytest --pyargs pytest_jwtauth.contract --jwtauth-client myapp.oauth:exchange``. What is promised stands in the rooms
of ``promises``; here a client meets them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jwtauth.adapters import for_httpserver
from pytest_jwtauth.client_under_test import Attempt, Told, attempt
from pytest_jwtauth.current_item import WATCH
from pytest_jwtauth.errors import ConfigurationError, unknown_name
from pytest_jwtauth.named_client import named_client
from pytest_jwtauth.promises import PROMISES, Promises
from pytest_jwtauth.promises.bench import Bench, zones_as_before

if TYPE_CHECKING:
    from pytest_jwtauth.token_endpoint import TokenEndpoint

__all__ = ["TokenRequestContract"]

# `pytest --showlocals` prints the variables of every frame it shows; those of this module see a client at work.
__tracebackhide__ = True


class TokenRequestContract(Promises):
    """Everything that a client of a token endpoint promises, as tests. Inherit it and say how yours gets its tokens::

        class TestContract(TokenRequestContract):
            def exchange(self, endpoint):
                code = endpoint.issue_code(redirect_uri="http://localhost:3000/callback")
                return myapp.exchange(endpoint.url, endpoint.client.client_id, endpoint.client.client_secret, code)

    Methods may be ``async``. Each returns the token response, a mapping or an object with ``access_token``, or raises.
    More of them make more promises applicable, if there are any: ``refresh(self, endpoint, refresh_token)``;
    ``client_credentials(self, endpoint)``, which may keep its token as long as it is good; ``revoke(self, endpoint,
    token)``, which returns nothing; and ``exchange_in_new_process(self, endpoint)``, which starts the client anew.

    Attributes:
        stub: Where the endpoint is: ``"live"``, a loopback port, for any client (without the extra ``live`` this is
            ``"responses"``); ``"responses"``, for clients that use ``requests``, which waits for nothing; or the name
            of a fixture that is a stub library's mock.
        patience: Seconds that the client may take for one call.
        checks_id_token: Whether the client claims to check issuer, audience and expiry of ID Tokens.
        checks_nonce: Whether it claims to check their nonce.
    """

    stub: str = "live"
    patience: float = 10.0
    checks_id_token: bool = False
    checks_nonce: bool = False
    has_own_process: bool = False

    def exchange(self, endpoint: Any) -> object:  # noqa: ARG002  for those who inherit
        """Exchange a code for tokens at *endpoint*, a `TokenEndpoint`: ``endpoint.url``, ``endpoint.issue_code(…)``."""
        raise ConfigurationError(
            f"{type(self).__name__} inherits TokenRequestContract: give it exchange(self, endpoint)"
        )

    def offers(self, what: str) -> bool:
        """Whether the client has told how to do *what*."""
        return callable(getattr(self, what, None))

    def call(
        self, what: str, endpoint: TokenEndpoint, *args: str, patience: float | None, url: str | None = None
    ) -> Attempt:
        """Have the client do *what*, as if the token endpoint were at *url*."""
        method: Callable[..., object] = getattr(self, what)
        known = endpoint if url is None else Told(endpoint, url)
        return attempt(lambda: method(known, *args), patience=patience)

    @pytest.fixture
    def jwtauth_bench(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
        """The place of one promise: an endpoint for the client to ask, of which only that promise is judged."""
        config = request.config
        _refuse_without_plugin(config)
        try:
            skipped = skipped_promises(config.getoption("--jwtauth-skip"))
        except ConfigurationError as error:
            raise pytest.fail.Exception(str(error), pytrace=False) from None
        stub = _available(self.stub) if not self.has_own_process else self.stub
        endpoint = _endpoint(request, stub)
        # What the endpoint sees is the business of one promise, and for others that of theirs.
        request.node.stash[WATCH].release(endpoint)
        with pytest.MonkeyPatch.context() as monkeypatch:
            yield Bench(
                endpoint=endpoint,
                caller=self,
                item=request.node,
                monkeypatch=monkeypatch,
                freezer=config.getini("jwtauth_clock"),
                patience=self.patience,
                skipped=skipped,
                folder=tmp_path,
                heard=ONLY_REQUESTS if stub == "responses" else "",
            )
        zones_as_before()


def _refuse_without_plugin(config: pytest.Config) -> None:
    # It may go by another name than that of its entry point.
    if not hasattr(config.option, "jwtauth_client"):
        pytest.fail("the contract needs the plugin jwtauth, which this run has switched off", pytrace=False)


ONLY_REQUESTS = (
    "; here only clients that use requests are heard, and every client on the stub «live»: "
    'pip install "pytest-jwtauth[live]"'
)


def _available(stub: str) -> str:
    """*stub*, or the one that needs no extra where it cannot be had."""
    return "responses" if stub == "live" and not for_httpserver.is_installed() else stub


def _endpoint(request: pytest.FixtureRequest, stub: str) -> TokenEndpoint:
    if stub == "live":
        live: TokenEndpoint = request.getfixturevalue("jwtauth_live_token_endpoint")
        return live
    endpoint: TokenEndpoint = request.getfixturevalue("jwtauth_token_endpoint")
    if stub != "responses":
        endpoint.mount(request.getfixturevalue(stub))
    return endpoint


def skipped_promises(options: Iterable[str]) -> Mapping[str, str]:
    """The promises that are not to be looked at, with the reasons, as ``PROMISE=reason`` names them.

    Raises:
        ConfigurationError: for a promise that does not exist, and for one without a reason.
    """
    skipped = {}
    for option in options:
        name, _, reason = option.partition("=")
        if name not in PROMISES:
            raise ConfigurationError(f"--jwtauth-skip: {unknown_name('promise', name, PROMISES)}")
        if not reason.strip():
            raise ConfigurationError(
                f'--jwtauth-skip {name}: say why, as in --jwtauth-skip {name}="the vendor wants it"'
            )
        skipped[name] = reason.strip()
    return skipped


class TestClient(TokenRequestContract):
    """The contract for the client that the command line names."""

    @pytest.fixture(autouse=True)
    def _client_of_the_command_line(self, pytestconfig: pytest.Config) -> None:
        _refuse_without_plugin(pytestconfig)
        try:
            self._client = named_client(
                pytestconfig.getoption("--jwtauth-client"), pytestconfig.getoption("--jwtauth-command")
            )
        except ConfigurationError as error:
            raise pytest.fail.Exception(str(error), pytrace=False) from None
        self.stub = pytestconfig.getoption("--jwtauth-stub")
        self.patience = pytestconfig.getoption("--jwtauth-timeout")
        self.checks_nonce = self._client.checks_nonce
        self.has_own_process = self._client.has_own_process

    def offers(self, what: str) -> bool:
        """A client named on the command line exchanges codes, and that is all that is known of it."""
        # A new process asks at a real address.
        return what == "exchange" or (what == "exchange_in_new_process" and _available(self.stub) == "live")

    def call(
        self, what: str, endpoint: TokenEndpoint, *_args: str, patience: float | None, url: str | None = None
    ) -> Attempt:
        """Have the client exchange a code."""
        if what == "exchange_in_new_process":
            return self._client.exchange_in_new_process(endpoint, patience=patience)
        return self._client.exchange(endpoint, url=url, patience=patience)
