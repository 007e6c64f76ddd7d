"""The fixtures, which `plugin` brings to pytest. Each imports what it makes when it makes it.

pytest loads this room at every start, also for suites that never ask for a token.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING

import pytest

from pytest_jwtauth import current_item
from pytest_jwtauth.current_item import WATCH
from pytest_jwtauth.profile_in_force import MARKER

if TYPE_CHECKING:
    from pytest_jwtauth.adapters.for_httpserver import LiveServer
    from pytest_jwtauth.client_assertion import ClientAssertion
    from pytest_jwtauth.clock import FrozenClock
    from pytest_jwtauth.expiry import ExpiryScenario
    from pytest_jwtauth.hostile import HostileAssertion
    from pytest_jwtauth.live_endpoint import LiveTokenEndpoint
    from pytest_jwtauth.model import AuthorizationServer, Profile
    from pytest_jwtauth.registered_client import RegisteredClient
    from pytest_jwtauth.token_endpoint import TokenEndpoint


@pytest.fixture(scope="session")
def jwtauth_client() -> RegisteredClient:
    """The client as the authorization server knows it, made anew for each session; override it in conftest.py.
    ``MyApp(jwtauth_client.client_id, jwtauth_client.client_secret)``
    """
    from pytest_jwtauth.registered_client import RegisteredClient

    return RegisteredClient.generate()


@pytest.fixture(scope="session")
def jwtauth_server() -> AuthorizationServer:
    """The authorization server that is stubbed, with addresses like PingOne's; override it in conftest.py.
    ``MyApp(token_endpoint=jwtauth_server.token_endpoint)``
    """
    from pytest_jwtauth.model import AuthorizationServer

    issuer = "https://auth.pingone.example/4f0c2d6e-58a1-4b7e-9a3d-0c61f7be2d95/as"
    return AuthorizationServer(
        issuer=issuer,
        token_endpoint=f"{issuer}/token",
        jwks_uri=f"{issuer}/jwks",
        introspection_endpoint=f"{issuer}/introspect",
        revocation_endpoint=f"{issuer}/revoke",
        pushed_authorization_request_endpoint=f"{issuer}/par",
        device_authorization_endpoint=f"{issuer}/device_authorization",
        backchannel_authentication_endpoint=f"{issuer}/bc-authorize",
        authorization_endpoint=f"{issuer}/authorize",
    )


@pytest.fixture(scope="session")
def jwtauth_profile() -> str | Profile:
    """The profile by which requests are judged: its name, or a `Profile`; override it in conftest.py.
    ``assert_token_request(sent, profile=jwtauth_profile, …)``
    """
    from pytest_jwtauth.steering import configured_profile

    return configured_profile(current_item.get().config)[1]


@pytest.fixture
def jwtauth_client_assertion(
    jwtauth_client: RegisteredClient,
    jwtauth_server: AuthorizationServer,
    jwtauth_profile: str | Profile,
) -> Callable[..., ClientAssertion]:
    """Make signed client assertions: a correct one, or one with the fault that a rule is named after.
    ``jwtauth_client_assertion(lifetime=60, fault="exp-expired")``; lifetime and now are in seconds.
    """
    from pytest_jwtauth.client_assertion import ClientAssertion

    profile = _profile_of_test(jwtauth_profile)
    return partial(ClientAssertion.signed, client=jwtauth_client, server=jwtauth_server, profile=profile)


@pytest.fixture
def jwtauth_clock() -> Iterator[FrozenClock]:
    """A clock that stands still, for the code under test, the stub and the judge alike.
    ``jwtauth_clock.tick(3601)``; in seconds, as is ``jwtauth_clock.now`` since 1970.
    """
    from contextlib import ExitStack

    from pytest_jwtauth.clock import FrozenClock
    from pytest_jwtauth.errors import ConfigurationError
    from pytest_jwtauth.neighbours import Neighbours

    config = current_item.get().config
    freezer = config.getini("jwtauth_clock")
    # A start of time-machine costs as much whatever there was before it.
    shared = freezer == "freezegun"
    with ExitStack() as stack:
        try:
            clock = stack.enter_context(Neighbours.of(config).clock() if shared else FrozenClock(freezer=freezer))
        except ConfigurationError as error:
            raise pytest.fail.Exception(f"fixture jwtauth_clock: {error}", pytrace=False) from None
        yield clock


HAVE_CASES = ("jwtauth_expiry_scenario", "jwtauth_hostile_assertion")
"""The fixtures with which a test runs once for each case."""


@pytest.fixture
def jwtauth_expiry_scenario(
    request: pytest.FixtureRequest,
    jwtauth_client: RegisteredClient,
    jwtauth_server: AuthorizationServer,
    jwtauth_profile: str | Profile,
) -> ExpiryScenario:
    """An assertion at an edge of its life and the verdict it deserves; the test runs once for each edge.
    ``assert verify(case.assertion, now=case.now) == case.accepted``; jwtauth_clock, if the test takes it, stands there.
    """
    from pytest_jwtauth.expiry import expiry_scenario, left_out
    from pytest_jwtauth.numeric_date import current_time

    # First, so that scenarios begin at the frozen time, and whichever of the two the test names first.
    clock = request.getfixturevalue("jwtauth_clock") if "jwtauth_clock" in request.fixturenames else None
    profile, name = _profile_of_test(jwtauth_profile), _case_of(request)
    if name in (reasons := left_out(profile)):
        pytest.skip(reasons[name])
    scenario = expiry_scenario(name, jwtauth_client, jwtauth_server, profile, current_time())
    if clock is not None:
        clock.move_to(scenario.now)
    return scenario


@pytest.fixture
def jwtauth_hostile_assertion(
    request: pytest.FixtureRequest,
    jwtauth_client: RegisteredClient,
    jwtauth_server: AuthorizationServer,
    jwtauth_profile: str | Profile,
) -> HostileAssertion:
    """An attack, or what only looks like one, and the verdict it deserves; the test runs once for each.
    ``assert verify(case.assertion) == case.accepted``
    """
    from pytest_jwtauth.hostile import hostile_assertion
    from pytest_jwtauth.numeric_date import current_time

    if "jwtauth_clock" in request.fixturenames:
        request.getfixturevalue("jwtauth_clock")
    profile, name = _profile_of_test(jwtauth_profile), _case_of(request)
    case = hostile_assertion(name, jwtauth_client, jwtauth_server, profile, current_time())
    if isinstance(case, str):
        pytest.skip(case)
    return case


def _case_of(request: pytest.FixtureRequest) -> str:
    name: str | None = getattr(request, "param", None)
    if name is None:
        pytest.fail(
            f"{request.fixturename} has a case for each run of a test: take it as an argument of the test, or of a "
            "fixture that the test takes; getfixturevalue() comes too late to run the test several times",
            pytrace=False,
        )
    return name


@pytest.fixture
def jwtauth_token_endpoint(
    jwtauth_client: RegisteredClient,
    jwtauth_server: AuthorizationServer,
    jwtauth_profile: str | Profile,
) -> Iterator[TokenEndpoint]:
    """A strict stub of the token endpoint, mounted on responses: a wrong request fails the test with every reason.
    ``login(jwtauth_token_endpoint.url)``; ``jwtauth_token_endpoint.clock_skew = 300`` is in seconds.
    """
    from pytest_jwtauth.adapters import for_responses, mount
    from pytest_jwtauth.token_endpoint import TokenEndpoint

    profile = _profile_of_test(jwtauth_profile)
    endpoint = TokenEndpoint(client=jwtauth_client, server=jwtauth_server, profile=profile, mounter=mount)
    with _watched(endpoint), for_responses.mounted(endpoint):
        yield endpoint


@pytest.fixture(scope="session")
def _jwtauth_live_server() -> Iterator[LiveServer]:
    """The server behind all live endpoints of a session, which is a worker's own under pytest-xdist."""
    from pytest_jwtauth.adapters.for_httpserver import LiveServer
    from pytest_jwtauth.errors import ConfigurationError

    try:
        server = LiveServer()
    except ConfigurationError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    yield server
    server.stop()


@pytest.fixture
def jwtauth_live_token_endpoint(
    _jwtauth_live_server: LiveServer,
    jwtauth_client: RegisteredClient,
    jwtauth_server: AuthorizationServer,
    jwtauth_profile: str | Profile,
) -> Iterator[LiveTokenEndpoint]:
    """The same strict stub behind a real loopback port, for clients in other processes and languages.
    ``jwtauth_live_token_endpoint.run(["node", "client.js"])``; with ``.https`` it speaks TLS.
    """
    from contextlib import ExitStack

    from pytest_jwtauth.adapters import for_responses, mount
    from pytest_jwtauth.live_endpoint import LiveTokenEndpoint
    from pytest_jwtauth.server_address import at_origin

    profile = _profile_of_test(jwtauth_profile)
    with ExitStack() as stack:

        def opened(*, tls: bool) -> LiveTokenEndpoint:
            __tracebackhide__ = True
            address = _jwtauth_live_server.open(tls=tls)
            endpoint = LiveTokenEndpoint(
                client=jwtauth_client,
                server=at_origin(jwtauth_server, address.origin),
                profile=profile,
                mounter=mount,
                ca_file=address.ca_file,
                open_https=partial(opened, tls=True),
            )
            stack.enter_context(_watched(endpoint))
            stack.callback(endpoint.close)
            if "responses" in sys.modules:
                for_responses.let_through(endpoint, f"{address.origin}/")
            # Closed first: nobody is heard any more when what came late is counted.
            stack.enter_context(address.answered_by(endpoint))
            return endpoint

        yield opened(tls=False)


def _watched(endpoint: TokenEndpoint) -> AbstractContextManager[None]:
    """Let what *endpoint* sees count for the test. Every fixture that makes an endpoint needs this."""
    from pytest_jwtauth.watch import Watch

    item = current_item.get()
    return item.stash.setdefault(WATCH, Watch(is_recorded=_is_recorded(item))).over(endpoint, item)


def _is_recorded(item: pytest.Item) -> bool:
    """Whether somebody wants to read what *item* sent: a report is to be written, or it is a test of a contract."""
    return bool(item.config.getoption("--jwtauth-report")) or "jwtauth_bench" in getattr(item, "fixturenames", ())


def _profile_of_test(profile: str | Profile) -> Profile:
    from pytest_jwtauth.errors import ConfigurationError
    from pytest_jwtauth.steering import adjusted

    item = current_item.get()
    try:
        return adjusted(profile, item.iter_markers(MARKER), item.config.getini("jwtauth_rules"))
    except ConfigurationError as error:
        raise pytest.fail.Exception(
            f"fixture jwtauth_profile, or the marker of this test: {error}", pytrace=False
        ) from None
