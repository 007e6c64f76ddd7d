"""After a failure, and while polling: what each rule refuses, and what it lets pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from requests_under_test import (
    ABSENT,
    CLIENT_ID,
    CODE,
    ISSUER,
    JTI,
    NOW,
    SERVER,
    a_key_client,
    an_answer,
    an_assertion,
)
from rules.earlier import LOST, alone, earlier
from rules.tables import Row, broken, check, each, kept

from pytest_jwtauth.messages import HistoryItem, TokenRequest, TokenResponse
from pytest_jwtauth.parameters import CIBA, DEVICE_CODE, JWT_BEARER, TOKEN_EXCHANGE

CC = "client_credentials"
REFRESH = "refresh_token"
HTTP_DATE = "Thu, 09 Oct 2025 08:53:{:02} GMT"
IN_OSLO = "Thu, 09 Oct 2025 10:53:{:02} +0200"
ASCTIME = "Thu Oct  9 08:53:{:02} 2025"
ELSEWHERE = "https://elsewhere.example/token"
TICK = "let it tick jwtauth_clock"
WIDE_PAST = NOW - 3600

Answer = TokenResponse | int | str | None
History = Callable[[], list[HistoryItem]]


def told_to_wait(value: str, status: int = 429, *, sent_at: float | None = None) -> TokenResponse:
    """An answer with Retry-After."""
    body = an_answer(status, error=ABSENT)
    return TokenResponse(status, [*body.headers, ("retry-AFTER", value)], body.body, sent_at)


def waited(value: str, seconds: float, status: int = 429, **changes: Any) -> History:
    """The history of a client that waited so many seconds after it was told to wait."""
    return lambda: [earlier(told_to_wait(value, status), at=NOW - seconds, grant=CC, **changes)]


def tries(answer: Answer, *gaps: float, grant: str = CC, **changes: Any) -> History:
    """The history of tries that all got the same answer, each so many seconds before the next."""
    return lambda: [
        earlier(answer, at=NOW - sum(gaps[position:]), grant=grant, **changes) for position in range(len(gaps))
    ]


def polls(*answers: tuple[Answer, float | None], grant: str = DEVICE_CODE) -> History:
    """The history of polls: each answer, and how many seconds before this poll it was asked for."""
    return lambda: [
        earlier(answer, at=None if seconds is None else NOW - seconds, grant=grant) for answer, seconds in answers
    ]


def pending(sent_at: float | None = None) -> TokenResponse:
    """What a poll gets while the user has not decided."""
    usual = an_answer(400, error="authorization_pending")
    return TokenResponse(400, usual.headers, usual.body, sent_at)


def issued(interval: object, *answers: tuple[Answer, float]) -> History:
    """The history of polls of a device code that was issued with this interval."""
    code = alone(grant=DEVICE_CODE)
    value = dict(pair.split(b"=") for pair in code.body.split(b"&"))[b"device_code"].decode("ascii")
    issue = an_answer(access_token=ABSENT, device_code=value, interval=interval)
    return lambda: [
        earlier(issue, at=WIDE_PAST, endpoint="device_authorization"),
        *polls(*answers)(),
    ]


def redirected(location: str | None, status: int = 307, **changes: Any) -> History:
    """The history of a client that was sent elsewhere."""
    headers = [] if location is None else [("Location", location)]
    return lambda: [earlier(TokenResponse(status, headers), grant=CC, **changes)]


def metadata(*answers: TokenResponse, **changes: Any) -> History:
    """The history of a client that read these documents."""
    url = f"{ISSUER}/.well-known/openid-configuration"
    return lambda: [(TokenRequest("GET", url, (), b""), answer) for answer in answers]


def document(status: int = 200, **members: Any) -> TokenResponse:
    """A metadata document."""
    return an_answer(
        status,
        access_token=ABSENT,
        error=ABSENT,
        **{"issuer": ISSUER, "token_endpoint": SERVER.token_endpoint, **members},
    )


def apple() -> dict[str, Any]:
    """A right request at Apple's: the assertion is the client secret."""

    def fields() -> dict[str, Any]:
        assertion = an_assertion(client=a_key_client("ES256"), claims={"aud": "https://appleid.apple.com"})
        nothing = {"client_assertion": ABSENT, "client_assertion_type": ABSENT}
        return {**nothing, "client_secret": assertion, "client_id": CLIENT_ID}

    return {"client": lambda: a_key_client("ES256"), "fields": fields}


def granting(subject: str, jti: str, **changes: Any) -> dict[str, Any]:
    """The field of a grant that is a JWT, for this user."""
    return {"assertion": an_assertion(claims={"sub": subject, "jti": jti}, **changes)}


NOW_AND_THEN: list[tuple[Answer, float]] = [
    *((503, 100), (pending(), 90), (503, 80), (pending(), 70)),
    *((503, 60), (503, 50), (pending(), 40), (503, 30)),
]
INVALID_CLIENT = an_answer(401, error="invalid_client")
ANOTHER_URL = ["url-endpoint-mismatch"]

LONG_NAME: dict[str, Any] = {"x" * 61: ELSEWHERE}

TABLES: dict[str, list[Row]] = {
    "multi-invalid-grant-retried": [
        broken("refused as invalid_grant", grant=REFRESH, history=tries("invalid_grant", 60, grant=REFRESH)),
        broken(
            "something else was done between",
            grant=REFRESH,
            history=lambda: [
                earlier("invalid_grant", grant=REFRESH),
                earlier(an_answer(active=True), endpoint="introspection"),
                earlier(grant=REFRESH, fields={"refresh_token": "another-token-of-another-user"}),
            ],
        ),
        broken(
            "refused as invalid_grant, and before for another reason",
            grant=REFRESH,
            history=lambda: [earlier("invalid_request", grant=REFRESH), earlier("invalid_grant", grant=REFRESH)],
            says="after invalid_grant",
        ),
        broken("invalid_client twice", grant=CC, history=tries(INVALID_CLIENT, 60, 60), says="after invalid_client"),
        broken(
            "invalid_client, same assertion",
            grant=CC,
            history=tries("invalid_client", 60, claims={"jti": JTI}),
            also=["multi-assertion-reused"],
        ),
        broken(
            "a grant's JWT again",
            grant=JWT_BEARER,
            fields=granting("alice", "a"),
            history=tries("invalid_grant", 60, grant=JWT_BEARER, fields=granting("alice", "a")),
        ),
        broken(
            "a grant that is no JWT again",
            grant=JWT_BEARER,
            fields={"assertion": "no-jwt"},
            history=tries("invalid_grant", 60, grant=JWT_BEARER, fields={"assertion": "no-jwt"}),
            also=["jwt-bearer-claims"],
        ),
        broken(
            "a grant's JWT, the third",
            grant=JWT_BEARER,
            fields=granting("alice", "c"),
            history=lambda: [
                earlier("invalid_grant", grant=JWT_BEARER, fields=granting("alice", "a")),
                earlier("invalid_grant", grant=JWT_BEARER, fields=granting("alice", "b")),
            ],
        ),
        broken(
            "at another endpoint",
            endpoint="introspection",
            history=tries("invalid_client", 9, 9, grant="", endpoint="introspection"),
        ),
        *(
            kept(
                f"invalid_client once, and a new assertion{where}",
                grant=CC,
                history=tries("invalid_client", 60, claims={"jti": jti}),
            )
            for where, jti in (("", "z" * 16), (" that sorts behind it", "0" * 16))
        ),
        kept(
            "invalid_client twice, and success after it",
            grant=CC,
            history=lambda: [*tries("invalid_client", 120, 60)(), earlier(an_answer(expires_in=ABSENT), grant=CC)],
        ),
        kept(
            "a grant's JWT signed anew",
            grant=JWT_BEARER,
            fields=granting("alice", "b"),
            history=tries("invalid_grant", 60, grant=JWT_BEARER, fields=granting("alice", "a")),
        ),
        kept(
            "a grant's JWT signed anew, before the last one in the alphabet",
            grant=JWT_BEARER,
            fields=granting("alice", "a"),
            history=tries("invalid_grant", 60, grant=JWT_BEARER, fields=granting("alice", "b")),
        ),
        kept(
            "a grant for another user",
            grant=JWT_BEARER,
            fields=granting("bob", "b"),
            history=lambda: [
                earlier("invalid_grant", grant=JWT_BEARER, fields=granting("alice", "a")),
                earlier("invalid_grant", grant=JWT_BEARER, fields=granting("carol", "c")),
            ],
        ),
        kept(
            "another password",
            grant="password",
            fields={"password": "the right one"},
            history=tries("invalid_grant", 60, grant="password"),
            also=["grant-type-password"],
        ),
        kept(
            "another token to exchange",
            grant=TOKEN_EXCHANGE,
            fields={"subject_token": "the-token-of-another-user"},
            history=tries("invalid_grant", 60, grant=TOKEN_EXCHANGE),
        ),
        kept(
            "another refresh token",
            grant=REFRESH,
            fields={"refresh_token": "another-token-of-another-user"},
            history=tries("invalid_grant", 60, grant=REFRESH),
        ),
        kept("another error", grant=REFRESH, history=tries("invalid_request", 60, grant=REFRESH)),
        kept("nothing is known of the answer", grant=REFRESH, history=lambda: [alone(grant=REFRESH)]),
        kept("no answer", grant=REFRESH, history=tries(LOST, 60, grant=REFRESH)),
        kept(
            "the answer left later",
            grant=REFRESH,
            history=lambda: [
                earlier(TokenResponse(400, (), an_answer(400).body, NOW + 0.1), at=NOW - 1, grant=REFRESH),
            ],
            also=["multi-refresh-stampede"],
        ),
    ],
    "multi-retry-after-ignored": [
        broken(
            "a second too early",
            grant=CC,
            history=waited("30", 29),
            says=("29 s after an answer 429", "30 s", TICK),
            wants="at least 30 s later",
        ),
        broken("503", grant=CC, history=waited("30", 29, 503), says="after an answer 503"),
        broken("at once, under a frozen clock", grant=CC, history=waited("1", 0), says="0 s after"),
        broken("a part of a second too early", grant=CC, history=waited("1", 0.5), says="0.500 s after"),
        broken("white space around it", grant=CC, history=waited(" 30 ", 29)),
        broken("more than is sensible", grant=CC, history=waited("9" * 5000, 29)),
        broken("until a date", grant=CC, history=waited(HTTP_DATE.format(21), 10), says="with Retry-After 11 s"),
        broken("until a date of another zone", grant=CC, history=waited(IN_OSLO.format(21), 10), says="11 s"),
        broken("until a date in the old form", grant=CC, history=waited(ASCTIME.format(21), 10)),
        broken("something else at that endpoint", grant=REFRESH, history=waited("30", 29)),
        broken(
            "another endpoint was asked between",
            grant=CC,
            history=lambda: [*waited("30", 29)(), earlier(an_answer(active=True), endpoint="introspection")],
        ),
        broken("beyond the leeway", grant=CC, leeway=5, history=waited("30", 24)),
        broken(
            "counted from the answer",
            grant=CC,
            history=lambda: [earlier(told_to_wait("30", sent_at=NOW - 29), at=NOW - 35, grant=CC)],
            says="29 s after",
        ),
        kept("just in time", grant=CC, history=waited("30", 30)),
        kept("within the leeway", grant=CC, leeway=5, history=waited("30", 25)),
        kept("the date has come", grant=CC, history=waited(HTTP_DATE.format(20), 10)),
        kept("the date in the old form has come", grant=CC, history=waited(ASCTIME.format(20), 10)),
        kept("a date of the past", grant=CC, history=waited(HTTP_DATE.format(0), 0)),
        kept("no time at all", grant=CC, history=waited("0", 0)),
        *(
            kept(f"unreadable: {value!r}", grant=CC, history=waited(value, 1))
            for value in (
                *("", "soon", "-5", "1.5", "²", "Thu, 99 Oct 2025 08:53:20 GMT"),
                # Numbers that a calendar does not hold.
                *(f"Thu, 09 Oct {'9' * 20} 08:53:20 GMT", f"Thu, 09 Oct 2025 08:53:20 +{'9' * 20}"),
            )
        ),
        kept("none", grant=CC, history=tries(429, 1)),
        kept("another status", grant=CC, history=waited("30", 29, 500)),
        kept("another endpoint", grant=CC, history=waited("30", 29, endpoint="introspection")),
        kept(
            "an API said so",
            grant=CC,
            history=lambda: [
                earlier(an_answer(expires_in=ABSENT), grant=CC),
                (
                    TokenRequest(
                        "GET",
                        "https://api.example/",
                        [("Authorization", "Bearer at.2YotnFZFEjr1zCsicMWpAA")],
                        b"",
                        NOW - 1,
                    ),
                    told_to_wait("30"),
                ),
            ],
        ),
        kept(
            "an answer came since",
            grant=CC,
            history=lambda: [*waited("30", 9)(), earlier("invalid_scope", at=NOW, grant=CC)],
        ),
        kept("when is not known", grant=CC, history=lambda: [earlier(told_to_wait("30"), at=None, grant=CC)]),
        kept("the clock was put back", grant=CC, history=waited("30", -5)),
        kept("the clock was put back half a second", grant=CC, history=waited("30", -0.5)),
        kept("no answer", grant=CC, history=tries(LOST, 1)),
        kept(
            "it left after this was sent",
            grant=CC,
            history=lambda: [earlier(told_to_wait("30", sent_at=NOW + 1), at=NOW - 1, grant=CC)],
        ),
    ],
    "multi-retry-no-backoff": [
        broken("the sixth try", grant=CC, history=tries(503, 1, 2, 4, 8, 16), says="try number 6", wants="at most 5"),
        broken("the ninth try", grant=CC, history=tries(500, *[9] * 8), says="try number 9"),
        broken("the sixth without an answer", grant=CC, history=tries(LOST, 1, 2, 4, 8, 16)),
        broken("the sixth under a frozen clock", grant=CC, history=tries(502, 0, 0, 0, 0, 0)),
        broken(
            "signing its grant anew",
            grant=JWT_BEARER,
            history=lambda: [
                earlier(503, grant=JWT_BEARER, fields=granting("alice@example.com", f"number {n}")) for n in range(5)
            ],
        ),
        broken(
            "the fourth after hardly a wait",
            grant=CC,
            history=tries(503, 0.05, 0.05, 0.099),
            says="3 retries less than 0.1 s apart",
        ),
        broken(
            "the fifth after hardly a wait",
            grant=CC,
            history=tries(503, 0.05, 0.05, 0.05, 0.05),
            says="4 retries less than 0.1 s apart",
        ),
        broken("the fourth, two of them at one moment", grant=CC, history=tries(503, 0.05, 0, 0.05)),
        broken(
            "two things by turns",
            grant=CC,
            history=lambda: [
                request
                for n in range(5)
                for request in (earlier(503, grant=CC), earlier(503, grant=CC, fields={"scope": "b"}))
            ],
        ),
        kept("the fifth try", grant=CC, history=tries(503, 1, 2, 4, 8)),
        kept("the fourth, one wait long enough", grant=CC, history=tries(503, 0.05, 0.1, 0.05)),
        kept("the third after hardly a wait", grant=CC, history=tries(503, 0.05, 0.05)),
        kept("the fourth under a frozen clock", grant=CC, history=tries(503, 0, 0, 0)),
        kept("the clock was put back", grant=CC, history=tries(503, 0.05, -10, 0.05)),
        kept("the clock was put back a little", grant=CC, history=tries(503, 0.05, -0.05, 0.05)),
        kept(
            "success between",
            grant=CC,
            history=lambda: [
                *tries(503, 90, 9, 9)(),
                earlier(an_answer(expires_in=ABSENT), grant=CC),
                *tries(503, 9, 9)(),
            ],
        ),
        kept(
            "each for another scope",
            grant=CC,
            history=lambda: [earlier(503, grant=CC, fields={"scope": f"scope{n}"}) for n in range(6)],
        ),
        kept(
            "each about another token",
            endpoint="introspection",
            history=lambda: [
                earlier(503, endpoint="introspection", fields={"token": f"token number {n}"}) for n in range(6)
            ],
        ),
        kept(
            "each for another resource",
            grant=CC,
            more_fields=[("resource", "https://a.example/"), ("resource", "https://z.example/")],
            history=lambda: [
                earlier(
                    503,
                    grant=CC,
                    more_fields=[("resource", f"https://{n}.example/"), ("resource", "https://z.example/")],
                )
                for n in "bcdefg"
            ],
        ),
        kept("errors that call for no retry", grant=CC, history=tries("invalid_scope", *[1] * 6)),
        kept(
            "busy now and then while polling",
            grant=DEVICE_CODE,
            history=polls(*NOW_AND_THEN),
        ),
        kept("nothing is known of the answers", grant=CC, history=lambda: [alone(grant=CC) for _ in range(6)]),
    ],
    "multi-poll-too-fast": [
        broken(
            "4 s by default",
            grant=DEVICE_CODE,
            history=polls((pending(), 4)),
            says=("polled again after 4 s", TICK),
            wants="at least 5 s",
        ),
        broken("a little less than 5 s", grant=DEVICE_CODE, history=polls((pending(), 4.999))),
        broken("under a frozen clock", grant=DEVICE_CODE, history=polls((pending(), 0)), says="after 0 s"),
        broken("CIBA", grant=CIBA, history=polls((pending(), 4), grant=CIBA)),
        broken("after no answer", grant=DEVICE_CODE, history=polls((LOST, 4))),
        broken("a longer interval", grant=DEVICE_CODE, history=issued(10, (pending(), 9)), wants="at least 10 s"),
        broken(
            "the longest interval that says anything",
            grant=DEVICE_CODE,
            history=issued(10**6 - 1, (pending(), 4)),
            wants="at least 999999 s",
        ),
        broken("the last of several", grant=DEVICE_CODE, history=polls((pending(), 40), (pending(), 4))),
        *(
            broken(
                f"an interval that says nothing: {value!r}",
                grant=DEVICE_CODE,
                history=issued(value, (pending(), 4)),
                wants="at least 5 s",
            )
            for value in (ABSENT, None, True, "10", -1, 10**6, float("nan"), 10**400)
        ),
        broken("beyond the leeway", grant=DEVICE_CODE, leeway=1, history=polls((pending(), 3.9))),
        kept("5 s by default", grant=DEVICE_CODE, history=polls((pending(), 5))),
        kept("within the leeway", grant=DEVICE_CODE, leeway=1, history=polls((pending(), 4))),
        kept("a longer interval kept", grant=DEVICE_CODE, history=issued(10, (pending(), 10))),
        kept("a shorter interval kept", grant=DEVICE_CODE, history=issued(1.5, (pending(), 1.5))),
        kept("no interval at all", grant=DEVICE_CODE, history=issued(0, (pending(), 0))),
        kept("the first poll", grant=DEVICE_CODE, history=issued(10)),
        kept(
            "another code",
            grant=DEVICE_CODE,
            fields={"device_code": "the-code-of-another-device"},
            history=polls((pending(), 1)),
        ),
        kept("held by the server", grant=CIBA, history=lambda: [earlier(pending(NOW - 1), at=NOW - 30, grant=CIBA)]),
        kept("again with the nonce that was asked for", grant=DEVICE_CODE, history=polls(("use_dpop_nonce", 0))),
        kept("when is not known", grant=DEVICE_CODE, history=polls((pending(), None))),
        kept("the clock was put back", grant=DEVICE_CODE, history=polls((pending(), -3))),
        kept(
            "no code",
            grant=DEVICE_CODE,
            fields={"device_code": ABSENT},
            history=polls((pending(), 1)),
            also=["device-code-missing"],
        ),
        kept(
            "another grant",
            grant=CC,
            more_fields=[("device_code", "x" * 9)],
            history=lambda: [earlier("invalid_request", at=NOW, grant=CC, more_fields=[("device_code", "x" * 9)])],
        ),
    ],
    "multi-slow-down-ignored": [
        broken("9 s", grant=DEVICE_CODE, history=polls(("slow_down", 9)), says="after 9 s", wants="at least 10 s"),
        broken(
            "two of them", grant=DEVICE_CODE, history=polls(("slow_down", 30), ("slow_down", 14)), wants="at least 15 s"
        ),
        broken("for all later polls", grant=DEVICE_CODE, history=polls(("slow_down", 30), (pending(), 9))),
        broken("less than the interval itself", grant=CIBA, history=polls(("slow_down", 1), grant=CIBA)),
        broken(
            "added to the server's interval",
            grant=DEVICE_CODE,
            history=issued(10, ("slow_down", 14)),
            wants="at least 15 s",
        ),
        kept("10 s", grant=DEVICE_CODE, history=polls(("slow_down", 10))),
        kept("two of them, 15 s", grant=DEVICE_CODE, history=polls(("slow_down", 30), ("slow_down", 15))),
        kept("within the leeway", grant=DEVICE_CODE, leeway=1, history=polls(("slow_down", 9))),
        kept("when is not known", grant=DEVICE_CODE, history=polls(("slow_down", None))),
        kept(
            "said of another code",
            grant=DEVICE_CODE,
            fields={"device_code": "the-code-of-another-device"},
            history=polls(("slow_down", 1)),
        ),
        kept("never said", grant=DEVICE_CODE, history=polls((pending(), 5))),
    ],
    "multi-poll-overlap": [
        broken(
            "one is held",
            grant=CIBA,
            history=lambda: [earlier(pending(NOW + 1), at=NOW - 9, grant=CIBA)],
            says="unanswered",
        ),
        broken(
            "of a device",
            grant=DEVICE_CODE,
            history=lambda: [earlier(pending(NOW + 0.1), at=NOW - 9, grant=DEVICE_CODE)],
        ),
        broken(
            "not the last one",
            grant=CIBA,
            history=lambda: [
                earlier(pending(NOW + 1), at=NOW - 20, grant=CIBA),
                earlier(pending(NOW - 9), at=NOW - 9, grant=CIBA),
            ],
        ),
        kept("just answered", grant=CIBA, history=lambda: [earlier(pending(NOW), at=NOW - 9, grant=CIBA)]),
        kept(
            "of another request",
            grant=CIBA,
            fields={"auth_req_id": "of-another-request"},
            history=lambda: [earlier(pending(NOW + 1), at=NOW - 9, grant=CIBA)],
        ),
        kept(
            "the clock was put back",
            grant=CIBA,
            history=lambda: [earlier(pending(NOW + 101), at=NOW + 100, grant=CIBA)],
        ),
        kept("when is not known", grant=CIBA, history=polls((pending(), None), grant=CIBA)),
    ],
    "multi-redirect-followed": [
        broken(
            "307 to another host",
            grant=CC,
            url=ELSEWHERE,
            history=redirected(ELSEWHERE),
            also=ANOTHER_URL,
            says="the redirect 307 was followed, with the assertion",
            wants="allow_redirects=False",
        ),
        *(
            broken(
                f"{status} to another host",
                grant=CC,
                url=ELSEWHERE,
                history=redirected(ELSEWHERE, status),
                also=ANOTHER_URL,
            )
            for status in (301, 302, 303, 308)
        ),
        broken(
            "to another port",
            grant=CC,
            url="https://auth.example:8443/token",
            history=redirected("https://auth.example:8443/token"),
            also=ANOTHER_URL,
        ),
        broken(
            "to the same server",
            grant=CC,
            url=f"{ISSUER}/token/",
            history=redirected(f"{ISSUER}/token/"),
            also=ANOTHER_URL,
            level="warning",
        ),
        broken(
            "to a relative place",
            grant=CC,
            url=f"{ISSUER}/v2",
            history=redirected("v2"),
            also=ANOTHER_URL,
            level="warning",
        ),
        broken(
            "to another spelling of a place",
            grant=CC,
            url=ELSEWHERE,
            history=redirected("https://ELSEWHERE.example:443/./token?x=y"),
            also=ANOTHER_URL,
        ),
        broken("back to the right place", grant=CC, history=redirected(SERVER.token_endpoint, url=ELSEWHERE)),
        broken(
            "with the assertion in the field of the profile",
            profile="apple",
            grant=CC,
            url=ELSEWHERE,
            **apple(),
            history=redirected(ELSEWHERE),
            also=ANOTHER_URL,
            says="with the assertion",
        ),
        broken(
            "with an assertion in a field where the profile has none",
            profile="apple",
            client=lambda: a_key_client("ES256"),
            grant=CC,
            url=ELSEWHERE,
            history=redirected(ELSEWHERE),
            also=["client-assertion-missing", "client-id-missing", *ANOTHER_URL],
            says="with the assertion",
        ),
        broken(
            "by GET",
            method="GET",
            url=ELSEWHERE,
            body=b"",
            history=redirected(ELSEWHERE, 302),
            also=[
                "http-method-not-post",
                "client-assertion-missing",
                "grant-type-missing",
                *ANOTHER_URL,
            ],
            headers=(),
            says="without the form",
        ),
        broken(
            "from the revocation endpoint",
            endpoint="revocation",
            url="https://elsewhere.example/as/revoke",
            history=redirected("/as/revoke", url="https://elsewhere.example/x"),
            also=["aud-mismatch", "grant-type-missing", *ANOTHER_URL],
            level="warning",
        ),
        kept("not followed", grant=CC, history=redirected(ELSEWHERE)),
        kept("no Location", grant=CC, history=redirected(None)),
        kept("a Location that cannot be read", grant=CC, history=redirected("http://[")),
        kept("a port that cannot be read", grant=CC, history=redirected("http://a:b/")),
        kept("304 is no redirect", grant=CC, history=redirected(SERVER.token_endpoint, 304)),
        kept("201 is no redirect", grant=CC, history=redirected(SERVER.token_endpoint, 201)),
        kept("no answer", grant=CC, history=tries(LOST, 9)),
    ],
    "multi-endpoint-from-response": [
        broken(
            "from the response before",
            grant=CC,
            url=ELSEWHERE,
            history=lambda: [earlier(an_answer(token_endpoint=ELSEWHERE, expires_in=ABSENT), grant=CC)],
            also=ANOTHER_URL,
            says="'token_endpoint'",
        ),
        broken(
            "a long name is cut",
            grant=CC,
            url=ELSEWHERE,
            history=lambda: [earlier(an_answer(**LONG_NAME, expires_in=ABSENT), grant=CC)],
            also=ANOTHER_URL,
            says=f"as '{'x' * 60}'",
        ),
        broken(
            "from an earlier response",
            grant=CC,
            url=ELSEWHERE,
            history=lambda: [
                earlier(an_answer(next=f"{ELSEWHERE}?a=b", expires_in=ABSENT), grant=CC),
                earlier("invalid_scope", grant=CC),
            ],
            also=ANOTHER_URL,
        ),
        broken(
            "with a query of its own",
            grant=CC,
            url=ELSEWHERE,
            query="a=b",
            history=lambda: [earlier(an_answer(400, error="invalid_scope", error_uri=ELSEWHERE), grant=CC)],
            also=ANOTHER_URL,
        ),
        kept(
            "from nowhere",
            grant=CC,
            url=ELSEWHERE,
            history=lambda: [earlier("invalid_scope", grant=CC)],
            also=ANOTHER_URL,
        ),
        kept(
            "no text",
            grant=CC,
            url=ELSEWHERE,
            history=lambda: [earlier(an_answer(400, error="invalid_scope", urls=[ELSEWHERE]), grant=CC)],
            also=ANOTHER_URL,
        ),
        kept("the first request", grant=CC, url=ELSEWHERE, also=ANOTHER_URL),
        kept(
            "the configured one",
            grant=CC,
            query="a=b",
            history=lambda: [earlier(an_answer(400, error="invalid_scope", error_uri=SERVER.token_endpoint), grant=CC)],
        ),
    ],
    "multi-issuer-metadata-mismatch": [
        broken(
            "another issuer",
            history=metadata(document(issuer="https://evil.example")),
            says="'https://evil.example'",
            wants=ISSUER,
        ),
        broken("a slash more", history=metadata(document(issuer=f"{ISSUER}/"))),
        broken(
            "a long one is cut",
            history=metadata(document(issuer=f"https://evil.example/{'x' * 200}")),
            says=f"https://evil.example/{'x' * 179}', and",
        ),
        broken("no issuer", history=metadata(document(issuer=ABSENT)), says="named no issuer"),
        broken("no text", history=metadata(document(issuer=[ISSUER]))),
        broken("the last of two", history=metadata(document(), document(issuer="https://evil.example"))),
        broken("at another endpoint", endpoint="revocation", history=metadata(document(issuer="https://evil.example"))),
        broken(
            "after other requests",
            history=lambda: [
                *metadata(document(issuer="https://evil.example"))(),
                alone(fields={"code": f"not {CODE}"}),
            ],
        ),
        kept("the right one", history=metadata(document())),
        kept("a right one after a wrong one", history=metadata(document(issuer="https://evil.example"), document())),
        kept("not found", history=metadata(document(404, issuer="https://evil.example"))),
        kept("no JSON", history=metadata(TokenResponse(200, (), b"<html>"))),
        kept("no JSON object", history=metadata(TokenResponse(200, (), b"[]"))),
        kept("too deep to read", history=metadata(TokenResponse(200, (), b"[" * 100_000))),
    ],
}


@pytest.mark.parametrize(("rule_id", "row"), each(TABLES))
def test_request(rule_id: str, row: Row) -> None:
    check(rule_id, row)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone of a process cannot be changed here")
def test_a_date_that_names_no_zone_is_utc_wherever_the_suite_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    [row] = [row for row in TABLES["multi-retry-after-ignored"] if row.sentence == "until a date in the old form"]
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        check("multi-retry-after-ignored", row)
    finally:
        monkeypatch.undo()
        time.tzset()
