"""What a client does over several requests, met as a user meets it: a client on ``requests``, the stub, its verdicts.

Every rule on behaviour has a client that does it wrong and one that does it right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import pytest
import requests
from dpop_proofs import a_proof
from endpoints import CALLBACK, WHOLE_SERVER, Clock, an_assertion
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from pytest_jwtauth.adapters import for_responses
from pytest_jwtauth.parameters import DEVICE_CODE, JWT_BEARER_ASSERTION_TYPE
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.rules import RULES
from pytest_jwtauth.token_endpoint import TokenEndpoint

API = "https://api.example/v1/accounts"
MARGIN = 30
"""Seconds before its end in which an access token is not used any more."""


class Client:
    """An application that asks for tokens with a session of ``requests``, and a clock that it waits by."""

    def __init__(self, endpoint: TokenEndpoint, clock: Clock) -> None:
        self.endpoint = endpoint
        self.clock = clock
        self.session = requests.Session()
        self.session.trust_env = False

    def assertion(self, **how: Any) -> str:
        return an_assertion(self.endpoint, **how)

    def form(self, grant_type: str | None, *, assertion: str | None = None, **fields: str) -> dict[str, str]:
        """A form with an assertion of its own."""
        grant = {} if grant_type is None else {"grant_type": grant_type}
        signed = {"client_assertion_type": JWT_BEARER_ASSERTION_TYPE, "client_assertion": assertion or self.assertion()}
        return {**grant, **signed, **fields}

    def post(self, form: dict[str, str], *, url: str | None = None, **how: Any) -> requests.Response:
        return self.session.post(url or self.endpoint.url, data=form, timeout=5, **how)

    def token(self, *, assertion: str | None = None, headers: dict[str, str] | None = None) -> requests.Response:
        """Ask for a token of its own."""
        return self.post(self.form("client_credentials", assertion=assertion), headers=headers)

    def exchange(self, code: str | None = None, *, assertion: str | None = None) -> requests.Response:
        """Exchange a code, of a fresh login if none is given."""
        code = code or self.endpoint.issue_code(redirect_uri=CALLBACK)
        return self.post(self.form("authorization_code", assertion=assertion, code=code, redirect_uri=CALLBACK))

    def refresh(self, token: str) -> requests.Response:
        return self.post(self.form("refresh_token", refresh_token=token))

    def proven(self, *, assertion: str | None = None, **claims: Any) -> requests.Response:
        """Ask for a token that is bound to a key."""
        proof = a_proof(self.endpoint.url, now=self.clock.now, **claims)
        return self.token(assertion=assertion, headers={"DPoP": proof})

    def call_api(self, token: str) -> requests.Response:
        return self.session.get(API, headers={"Authorization": f"Bearer {token}"}, timeout=5)

    def begin_on_a_device(self) -> str:
        """Begin a login on a device, and return its device code."""
        form = self.form(None, client_id="client-1", scope="openid")
        code: str = self.post(form, url=self.endpoint.device_authorization_url).json()["device_code"]
        return code

    def poll(self, device_code: str) -> requests.Response:
        return self.post(self.form(DEVICE_CODE, device_code=device_code))

    def post_at_once(self, *forms: dict[str, str]) -> None:
        """Send two forms, the second before the first is answered."""
        both_are_there = Event()
        ticks, clock, arrived = self.endpoint._ticks, self.endpoint._clock, iter([False, True])

        class Ticks:
            def __next__(self) -> int:
                if next(arrived, False):
                    both_are_there.set()
                return next(ticks)

        def wait() -> float:
            assert both_are_there.wait(10)
            return clock()

        self.endpoint._ticks, self.endpoint._clock = Ticks(), wait  # type: ignore[assignment]
        with ThreadPoolExecutor(len(forms)) as pool:
            list(pool.map(self.post, forms))
        self.endpoint._ticks, self.endpoint._clock = ticks, clock


class Behaviour(NamedTuple):
    """What a client does that breaks one rule, and what it should do."""

    wrong: Callable[[Client], object]
    right: Callable[[Client], object]


def signs_once_for_two_logins(client: Client) -> None:
    assertion = client.assertion()
    client.exchange(assertion=assertion)
    client.exchange(assertion=assertion)


def signs_for_each_login(client: Client) -> None:
    client.exchange()
    client.exchange()


def has_one_jti(client: Client) -> None:
    for _ in range(2):
        client.exchange(assertion=client.assertion(claims={"jti": "2d5f6a1c-89a7-4e0b-b1c8-7c2f0f3a9e11"}))
        client.clock.tick(1)


def counts_its_jtis(client: Client) -> None:
    for number in range(3):
        client.exchange(assertion=client.assertion(claims={"jti": f"application-7f3a-request-{number:04}"}))


def signs_three_times(client: Client) -> None:
    for _ in range(3):
        client.exchange()


def caches_its_assertion_too_long(client: Client) -> None:
    assertion = client.assertion(lifetime=60)
    client.exchange(assertion=assertion)
    client.clock.tick(61)
    client.exchange(assertion=assertion)


def signs_anew_a_minute_later(client: Client) -> None:
    client.exchange(assertion=client.assertion(lifetime=60))
    client.clock.tick(61)
    client.exchange(assertion=client.assertion(lifetime=60))


def leaves_retries_to_the_transport(client: Client) -> None:
    client.endpoint.then(503)
    retries = Retry(total=1, status_forcelist=[503], allowed_methods=None)
    client.session.mount("https://", HTTPAdapter(max_retries=retries))
    client.token()


def signs_for_each_try(client: Client) -> None:
    client.endpoint.then(503)
    while client.token().status_code == 503:
        client.clock.tick(1)


def resends_the_assertion_with_the_nonce(client: Client) -> None:
    client.endpoint.dpop_nonce = "n-1"
    assertion = client.assertion()
    nonce = client.proven(assertion=assertion).headers["DPoP-Nonce"]
    client.proven(assertion=assertion, nonce=nonce)


def signs_for_the_nonce(client: Client) -> None:
    client.endpoint.dpop_nonce = "n-1"
    nonce = client.proven().headers["DPoP-Nonce"]
    assert client.proven(nonce=nonce).status_code == 200


def exchanges_a_code_twice(client: Client) -> None:
    code = client.endpoint.issue_code(redirect_uri=CALLBACK)
    client.exchange(code)
    client.exchange(code)


def retries_what_was_refused(client: Client) -> None:
    for _ in range(2):
        client.endpoint.then("invalid_grant")
        client.refresh("a-refresh-token-of-long-ago")


def gives_up_what_was_refused(client: Client) -> None:
    client.endpoint.then("invalid_grant")
    assert client.refresh(client.endpoint.issue_refresh_token()).status_code == 400
    client.exchange()


def calls_with_an_expired_token(client: Client) -> None:
    tokens = client.exchange().json()
    client.clock.tick(3600)
    assert client.call_api(tokens["access_token"]).status_code == 401


def refreshes_what_expired(client: Client) -> None:
    tokens = client.exchange().json()
    client.clock.tick(3600)
    tokens = client.refresh(tokens["refresh_token"]).json()
    assert client.call_api(tokens["access_token"]).status_code == 200


def calls_in_the_last_seconds(client: Client) -> None:
    tokens = client.exchange().json()
    client.clock.tick(3600 - MARGIN + 1)
    client.call_api(tokens["access_token"])


def calls_in_time(client: Client) -> None:
    tokens = client.exchange().json()
    client.clock.tick(3600 - MARGIN)
    client.call_api(tokens["access_token"])


def keeps_the_old_refresh_token(client: Client) -> None:
    old = client.exchange().json()["refresh_token"]
    client.refresh(old)
    client.refresh(old)


def takes_the_new_refresh_token(client: Client) -> None:
    token = client.exchange().json()["refresh_token"]
    for _ in range(3):
        token = client.refresh(token).json()["refresh_token"]


def forgets_the_refresh_token(client: Client) -> None:
    client.endpoint.refresh_rotation = "off"
    token = client.exchange().json()["refresh_token"]
    client.refresh(str(client.refresh(token).json().get("refresh_token")))


def keeps_the_refresh_token_where_no_new_one_comes(client: Client) -> None:
    client.endpoint.refresh_rotation = "off"
    token = client.exchange().json()["refresh_token"]
    for _ in range(3):
        token = client.refresh(token).json().get("refresh_token", token)


def refreshes_in_two_threads(client: Client) -> None:
    client.endpoint.refresh_rotation = "off"
    token = client.endpoint.issue_refresh_token()
    client.post_at_once(*(client.form("refresh_token", refresh_token=token) for _ in range(2)))


def refreshes_two_logins_in_two_threads(client: Client) -> None:
    tokens = [client.endpoint.issue_refresh_token() for _ in range(2)]
    client.post_at_once(*(client.form("refresh_token", refresh_token=token) for token in tokens))


def fetches_a_token_for_each_call(client: Client) -> None:
    for _ in range(2):
        client.call_api(client.token().json()["access_token"])


def keeps_its_token(client: Client) -> None:
    token = client.token().json()["access_token"]
    client.call_api(token)
    client.call_api(token)
    client.clock.tick(3600 - MARGIN)
    client.token()


def comes_back_at_once(client: Client) -> None:
    client.endpoint.then(429, retry_after=10)
    client.token()
    client.clock.tick(1)
    client.token()


def comes_back_when_told(client: Client) -> None:
    client.endpoint.then(429, retry_after=10)
    client.clock.tick(int(client.token().headers["Retry-After"]))
    assert client.token().status_code == 200


def hammers(client: Client) -> None:
    for _ in range(4):
        client.endpoint.then(500)
        client.token()
        client.clock.tick(0.01)


def backs_off(client: Client) -> None:
    for seconds in (1, 2, 4):
        client.endpoint.then(500)
        client.token()
        client.clock.tick(seconds)
    client.token()


def polls_every_second(client: Client) -> None:
    code = client.begin_on_a_device()
    for _ in range(2):
        client.clock.tick(1)
        client.poll(code)


def polls_as_told(client: Client) -> None:
    code = client.begin_on_a_device()
    for _ in range(2):
        client.clock.tick(5)
        assert client.poll(code).json()["error"] == "authorization_pending"
    client.endpoint.approve()
    client.clock.tick(5)
    assert "access_token" in client.poll(code).json()


def does_not_slow_down(client: Client) -> None:
    code = client.begin_on_a_device()
    client.endpoint.then_ok().then("slow_down").then_ok()
    for _ in range(3):
        client.clock.tick(5)
        client.poll(code)


def slows_down_for_good(client: Client) -> None:
    code = client.begin_on_a_device()
    client.endpoint.then_ok().then("slow_down").then_ok()
    for seconds in (5, 5, 10, 10):
        client.clock.tick(seconds)
        client.poll(code)


def polls_in_two_threads(client: Client) -> None:
    code = client.begin_on_a_device()
    client.clock.tick(5)
    client.post_at_once(*(client.form(DEVICE_CODE, device_code=code) for _ in range(2)))


def follows_a_redirect(client: Client) -> None:
    client.endpoint.then(307, location="https://elsewhere.example/token")
    client.token()
    first, second = client.endpoint.requests
    assert second.form["client_assertion"] == first.form["client_assertion"]


def follows_no_redirect(client: Client) -> None:
    client.endpoint.then(307, location="https://elsewhere.example/token")
    assert client.post(client.form("client_credentials"), allow_redirects=False).status_code == 307


def goes_where_an_answer_points(client: Client) -> None:
    client.endpoint.extra_members = {"token_endpoint": API}
    client.post(client.form("client_credentials"), url=client.token().json()["token_endpoint"])


def goes_where_it_was_told(client: Client) -> None:
    client.endpoint.extra_members = {"token_endpoint": API}
    client.refresh(client.exchange().json()["refresh_token"])


def reads_metadata(client: Client) -> str:
    """Configure itself, and ask where the metadata say; return their issuer."""
    metadata = client.session.get(client.endpoint.metadata_url, timeout=5).json()
    client.post(client.form("client_credentials"), url=metadata["token_endpoint"])
    return str(metadata["issuer"])


def believes_another_issuer(client: Client) -> None:
    client.endpoint.metadata["issuer"] = "https://another.example"
    assert reads_metadata(client) == "https://another.example"


def makes_a_proof_for_another_method(client: Client) -> None:
    client.proven(htm="GET")


def makes_a_proof(client: Client) -> None:
    assert client.proven().json()["token_type"] == "DPoP"


BEHAVIOUR: dict[str, Behaviour] = {
    "multi-assertion-reused": Behaviour(signs_once_for_two_logins, signs_for_each_login),
    "multi-jti-reused": Behaviour(has_one_jti, signs_for_each_login),
    "multi-jti-predictable": Behaviour(counts_its_jtis, signs_three_times),
    "multi-assertion-after-exp": Behaviour(caches_its_assertion_too_long, signs_anew_a_minute_later),
    "multi-retry-same-assertion": Behaviour(leaves_retries_to_the_transport, signs_for_each_try),
    "multi-dpop-nonce-retry-same-assertion": Behaviour(resends_the_assertion_with_the_nonce, signs_for_the_nonce),
    "multi-code-reused": Behaviour(exchanges_a_code_twice, signs_for_each_login),
    "multi-invalid-grant-retried": Behaviour(retries_what_was_refused, gives_up_what_was_refused),
    "multi-refresh-not-used": Behaviour(calls_with_an_expired_token, refreshes_what_expired),
    "multi-refresh-late": Behaviour(calls_in_the_last_seconds, calls_in_time),
    "multi-refresh-rotated-ignored": Behaviour(keeps_the_old_refresh_token, takes_the_new_refresh_token),
    "multi-refresh-token-lost": Behaviour(forgets_the_refresh_token, keeps_the_refresh_token_where_no_new_one_comes),
    "multi-refresh-stampede": Behaviour(refreshes_in_two_threads, refreshes_two_logins_in_two_threads),
    "multi-token-not-cached": Behaviour(fetches_a_token_for_each_call, keeps_its_token),
    "multi-retry-after-ignored": Behaviour(comes_back_at_once, comes_back_when_told),
    "multi-retry-no-backoff": Behaviour(hammers, backs_off),
    "multi-poll-too-fast": Behaviour(polls_every_second, polls_as_told),
    "multi-slow-down-ignored": Behaviour(does_not_slow_down, slows_down_for_good),
    "multi-poll-overlap": Behaviour(polls_in_two_threads, polls_as_told),
    "multi-redirect-followed": Behaviour(follows_a_redirect, follows_no_redirect),
    "multi-endpoint-from-response": Behaviour(goes_where_an_answer_points, goes_where_it_was_told),
    "multi-issuer-metadata-mismatch": Behaviour(believes_another_issuer, reads_metadata),
    "dpop-proof": Behaviour(makes_a_proof_for_another_method, makes_a_proof),
}
ELSEWHERE = {"log-credential-leak": "test_plugin_log.py"}
"""What no stub sees: the plugin reads the log."""


@pytest.fixture
def client() -> Iterator[Client]:
    """A client of a stub whose clock it moves, and that also answers for an API."""
    clock = Clock()
    registered = RegisteredClient.generate(client_id="client-1", redirect_uris=(CALLBACK,))
    profile = PROFILES["rfc7523"].but(refresh_margin=MARGIN)
    endpoint = TokenEndpoint(client=registered, server=WHOLE_SERVER, profile=profile, now=clock)
    endpoint.also_answers_for(API)
    with for_responses.mounted(endpoint):
        yield Client(endpoint, clock)


def test_every_rule_on_behaviour_is_met_here() -> None:
    rooms = {"history", "retries", "token_use", "dpop"}
    assert {*BEHAVIOUR, *ELSEWHERE} == {rule.id for rule in RULES.values() if rule.room in rooms}
    assert len(BEHAVIOUR) + len(ELSEWHERE) == 24


def test_what_is_met_elsewhere_is() -> None:
    here = Path(__file__).parent
    assert [rule for rule, name in ELSEWHERE.items() if rule not in here.joinpath(name).read_text("utf-8")] == []


@pytest.mark.parametrize("rule", BEHAVIOUR)
def test_a_client_that_does_it_wrong_is_found_out(rule: str, client: Client) -> None:
    BEHAVIOUR[rule].wrong(client)
    assert [rule in verdict.rules for verdict in client.endpoint.verdicts].count(True) == 1


@pytest.mark.parametrize("rule", BEHAVIOUR)
def test_a_client_that_does_it_right_is_left_alone(rule: str, client: Client) -> None:
    BEHAVIOUR[rule].right(client)
    assert client.endpoint.requests
    assert [verdict.rules for verdict in client.endpoint.verdicts if verdict.rules] == []
