"""Logins on another device: what is asked for, how the client polls, what the user says and when."""

from __future__ import annotations

import re
from typing import Any

import pytest
from endpoints import WHOLE_SERVER, Clock, a_request, an_endpoint, header, members, send
from endpoints import refresh as send_refresh_token

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.messages import TokenResponse
from pytest_jwtauth.parameters import CIBA, DEVICE_CODE


class Login:
    """A client's login on another device, by either flow."""

    def __init__(self, flow: str, **fields: Any) -> None:
        self.clock = Clock()
        self.endpoint = an_endpoint(server=WHOLE_SERVER, now=self.clock)
        self.flow = flow
        self.started: dict[str, Any] = {}
        self.fields = {"scope": "openid profile", **fields}

    def start(self) -> TokenResponse:
        if self.flow == "device_code":
            response = send(self.endpoint, self.endpoint.device_authorization_url, client_id="client-1", **self.fields)
        else:
            url = self.endpoint.backchannel_authentication_url
            response = send(self.endpoint, url, **{"login_hint": "alice", **self.fields})
        self.started = members(response)
        return response

    def poll(self, **fields: Any) -> TokenResponse:
        grant = DEVICE_CODE if self.flow == "device_code" else CIBA
        sent = {"grant_type": grant, self.flow: self.started[self.flow], **fields}
        return self.endpoint.respond(a_request(self.endpoint, **sent))

    def error(self, **fields: Any) -> str:
        """The ``error`` of a poll, which breaks no rule."""
        response = self.poll(**fields)
        assert self.endpoint.verdicts[-1].rules == ()
        assert response.status == 400
        return str(members(response)["error"])

    @property
    def broken(self) -> list[str]:
        return [violation.rule for violation in self.endpoint.verdicts[-1].violations]


@pytest.fixture(params=["device_code", "auth_req_id"])
def login(request: pytest.FixtureRequest) -> Login:
    """A login by each flow, started."""
    login = Login(request.param)
    login.start()
    return login


def test_a_device_is_told_what_to_show_and_how_to_poll() -> None:
    login = Login("device_code")
    response = login.start()
    assert login.endpoint.verdicts[0].rules == ()
    assert response.status == 200
    assert header(response, "Cache-Control") == ["no-store"]
    got = login.started
    assert list(got) == [
        *("device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval"),
    ]
    assert re.fullmatch("[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", got["user_code"])
    assert got["verification_uri"] == f"{WHOLE_SERVER.issuer}/device"
    assert got["verification_uri_complete"] == f"{got['verification_uri']}?user_code={got['user_code']}"
    assert (got["expires_in"], got["interval"]) == (600, 5)


def test_a_backchannel_request_is_told_how_to_poll() -> None:
    login = Login("auth_req_id")
    response = login.start()
    assert login.endpoint.verdicts[0].rules == ()
    assert (response.status, list(login.started)) == (200, ["auth_req_id", "expires_in", "interval"])
    assert (login.started["expires_in"], login.started["interval"]) == (600, 5)


def test_a_patient_client_waits_until_the_user_has_agreed(login: Login) -> None:
    assert login.error() == "authorization_pending"
    login.clock.tick(5)
    assert login.error() == "authorization_pending"
    login.endpoint.approve()
    login.clock.tick(5)
    response = login.poll()
    assert response.status == 200
    assert login.endpoint.unexpected() == ()
    assert login.endpoint.warnings() == ()
    got = members(response)
    assert list(got) == ["access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"]
    assert got["scope"] == "openid profile"
    assert members(send_refresh_token(login.endpoint, got["refresh_token"]))["scope"] == "openid profile"


def test_a_hasty_client_is_told_to_slow_down_and_fails_the_test(login: Login) -> None:
    login.poll()
    login.clock.tick(4)
    response = login.poll()
    assert (response.status, members(response)["error"]) == (400, "slow_down")
    assert login.broken == ["multi-poll-too-fast"]
    # From now on 10 seconds have to pass (RFC 8628 §3.5).
    login.clock.tick(9)
    assert members(login.poll())["error"] == "slow_down"
    assert login.broken == ["multi-slow-down-ignored"]
    login.clock.tick(15)
    assert login.error() == "authorization_pending"


def test_a_hasty_client_gets_no_tokens_even_when_the_user_has_agreed(login: Login) -> None:
    login.poll()
    login.endpoint.approve()
    login.clock.tick(4)
    assert members(login.poll())["error"] == "slow_down"
    login.clock.tick(10)
    assert login.poll().status == 200


def test_a_slow_down_that_the_test_scripts_is_no_fault_of_the_client(login: Login) -> None:
    login.endpoint.then("slow_down")
    assert login.error() == "slow_down"
    login.clock.tick(10)
    assert login.error() == "authorization_pending"


@pytest.mark.parametrize("interval", [1, 30, None])
def test_the_interval_is_the_one_that_the_answer_named(login: Login, interval: int | None) -> None:
    login.endpoint.polling_interval = interval
    login.start()
    assert login.started.get("interval") == interval
    login.poll()
    login.clock.tick((interval or 5) - 0.5)
    login.poll()
    assert login.broken == ["multi-poll-too-fast"]


def test_a_user_who_refuses_is_final(login: Login) -> None:
    login.endpoint.deny()
    assert login.error() == "access_denied"
    with pytest.raises(ConfigurationError, match="the newest was denied already"):
        login.endpoint.approve()


def test_a_user_may_take_too_long(login: Login) -> None:
    login.clock.tick(599.75)
    assert login.error() == "authorization_pending"
    login.clock.tick(5)
    assert login.error() == "expired_token"
    with pytest.raises(ConfigurationError, match=r"no login waits for the user: the newest expired 4.750 s before"):
        login.endpoint.approve()


def test_tokens_that_nobody_fetches_in_time_are_lost(login: Login) -> None:
    login.endpoint.approve()
    login.clock.tick(600)
    assert login.error() == "expired_token"


def test_how_long_the_user_may_take_can_be_set(login: Login) -> None:
    login.endpoint.approval_lifetime = 30
    login.start()
    assert login.started["expires_in"] == 30
    login.clock.tick(30)
    assert login.error() == "expired_token"


def test_tokens_are_fetched_once(login: Login) -> None:
    login.endpoint.approve()
    assert login.poll().status == 200
    login.clock.tick(5)
    assert login.error() == "invalid_grant"


def test_what_nobody_issued_is_no_grant(login: Login) -> None:
    assert login.error(**{login.flow: "x" * 43}) == "invalid_grant"


@pytest.mark.parametrize(("flow", "other"), [("device_code", "auth_req_id"), ("auth_req_id", "device_code")])
def test_one_flow_does_not_poll_for_the_other(flow: str, other: str) -> None:
    login = Login(flow)
    login.start()
    login.endpoint.approve()
    login.started[other] = login.started[flow]
    login.flow = other
    assert login.error() == "invalid_grant"


def test_without_openid_in_the_scope_a_device_gets_no_id_token() -> None:
    login = Login("device_code", scope=None)
    login.start()
    login.endpoint.approve()
    assert not {"id_token", "scope"} & members(login.poll()).keys()


def test_a_refused_client_starts_no_login() -> None:
    login = Login("device_code", fault="exp-expired")
    assert login.start().status == 401
    with pytest.raises(ConfigurationError, match="none was asked for"):
        login.endpoint.approve()


@pytest.mark.parametrize(
    ("asked", "got"), [("30", 30), ("9000", 600), ("0", 600), ("soon", 600), ("³", 600), ("9" * 5000, 600)]
)
def test_a_backchannel_request_may_ask_for_a_shorter_wait(asked: str, got: int) -> None:
    login = Login("auth_req_id", requested_expiry=asked)
    login.start()
    assert login.started["expires_in"] == got


def test_of_several_logins_the_user_means_the_newest_or_the_one_named(login: Login) -> None:
    first = dict(login.started)
    login.start()
    second = dict(login.started)
    login.endpoint.approve()
    login.endpoint.deny(first[login.flow])
    for started, expected in ((first, "access_denied"), (second, None)):
        login.started = started
        assert members(login.poll()).get("error") == expected


def test_when_the_newest_is_decided_the_user_means_the_one_before(login: Login) -> None:
    first = dict(login.started)
    login.start()
    login.endpoint.approve()
    login.endpoint.approve()
    login.started = first
    assert login.poll().status == 200


def test_a_user_code_may_be_typed_as_users_type() -> None:
    login = Login("device_code")
    login.start()
    first = login.started["user_code"]
    login.start()
    login.endpoint.deny(f" {first.lower().replace('-', ' ')}")
    assert login.error() == "authorization_pending"


def test_a_login_that_nobody_started_cannot_be_approved(login: Login) -> None:
    with pytest.raises(ConfigurationError, match="that login does not wait for the user: 1 were asked for"):
        login.endpoint.approve("WXYZ-WXYZ")
    login.endpoint.approve(login.started[login.flow])
    with pytest.raises(ConfigurationError, match="that login does not wait for the user: it was approved already"):
        login.endpoint.deny(login.started[login.flow])
