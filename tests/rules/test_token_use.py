"""What a client does with its tokens: what each rule refuses, and what it lets pass."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from requests_under_test import (
    ABSENT,
    CODE,
    JTI,
    NOW,
    REFRESH_TOKEN,
    SECRET,
    a_key_client,
    a_request,
    an_answer,
    an_assertion,
)
from rules.earlier import LOST, alone, earlier
from rules.tables import Row, broken, check, each, kept

from pytest_jwtauth.messages import HistoryItem, TokenRequest, TokenResponse
from pytest_jwtauth.parameters import DEVICE_CODE
from pytest_jwtauth.profiles import PROFILES

CC = "client_credentials"
REFRESH = "refresh_token"
API = "https://api.example/users"
ACCESS_TOKEN = "at.2YotnFZFEjr1zCsicMWpAA"
NEW_TOKEN = "rt.the-new-one-that-came-instead"
MARGIN = PROFILES["rfc7523"].but(refresh_margin=60)

History = Callable[[], list[HistoryItem]]


def tokens(age: float = 60, *, grant: str = CC, at_most: float | None = None, **members: Any) -> History:
    """The history of a client that got these tokens so many seconds ago."""
    body = an_answer(**members).body
    answer = TokenResponse(200, [("Content-Type", "application/json")], body, at_most)
    return lambda: [earlier(answer, at=NOW - age, grant=grant)]


def using(token: str = ACCESS_TOKEN, scheme: str = "Bearer") -> dict[str, Any]:
    """A call of an API with this access token."""
    return {"method": "GET", "url": API, "headers": [("Authorization", f"{scheme} {token}")], "body": b""}


GRACE = {"refresh_grace": 30}


def refreshed(*new: object, age: float = 60) -> History:
    """The history of refreshes with the token that is sent now, and the refresh token that each answer brought."""
    return lambda: [earlier(an_answer(refresh_token=token), at=NOW - age, grant=REFRESH) for token in new]


def then(history: History, *more: HistoryItem) -> History:
    """The history, and more."""
    return lambda: [*history(), *more]


def an_api_call(status: int) -> HistoryItem:
    """A call of an API with the access token, and its answer."""
    return TokenRequest("GET", API, [("Authorization", f"Bearer {ACCESS_TOKEN}")], b"", NOW - 9), TokenResponse(status)


UNTOLD: tuple[object, ...] = (ABSENT, None, True, "soon", "60.0", [], float("inf"), float("nan"), 10**400, "²")
HELD: dict[str, Any] = {"expires_in": 60, "refresh_token": REFRESH_TOKEN}


def a_log_record(line: int, text: str, exception: Exception | None = None) -> logging.LogRecord:
    """Logged by ``app`` at that line of ``oauth.py``."""
    exc_info = None if exception is None else (type(exception), exception, None)
    return logging.LogRecord("app", logging.INFO, "oauth.py", line, "%s", (text,), exc_info)


def brought(name: str) -> dict[str, Any]:
    """A member of an answer."""
    return {name: "brought-before"}


TABLES: dict[str, list[Row]] = {
    "multi-refresh-not-used": [
        broken("just expired", **using(), history=tokens(60, **HELD), says="expired 0 s before"),
        broken(
            "a second before", **using(), history=tokens(61, **HELD), says=("expired 1 s before", "a refresh token")
        ),
        broken("as a DPoP token", **using(scheme="dpop"), history=tokens(61, **HELD)),
        kept("the one before could not be read", grant=CC, history=tokens(0, access_token=ABSENT)),
        broken("its life in a text", **using(), history=tokens(61, **{**HELD, "expires_in": "60"})),
        broken("half a second of life", **using(), history=tokens(1, **{**HELD, "expires_in": 0.5})),
        broken("dead when it came", **using(), history=tokens(0, **{**HELD, "expires_in": 0})),
        broken("dead before it came", **using(), history=tokens(0, **{**HELD, "expires_in": -60})),
        broken(
            "the old refresh token is still there",
            **using(),
            history=lambda: [earlier(an_answer(expires_in=60), at=NOW - 61, grant=REFRESH)],
        ),
        broken("beyond the leeway", **using(), leeway=5, history=tokens(65, **HELD)),
        broken(
            "of two that are the same the latest",
            **using(),
            history=lambda: [*tokens(900, **HELD)(), *tokens(61, **HELD)()],
            says="expired 1 s before",
        ),
        kept("a second left", **using(), history=tokens(59, **HELD)),
        kept("within the leeway", **using(), leeway=5, history=tokens(64, **HELD)),
        kept("counted from the answer", **using(), history=tokens(61, at_most=NOW - 59, **HELD)),
        kept("no refresh token", **using(), history=tokens(61, expires_in=60)),
        kept("no refresh token from a device's login", **using(), history=tokens(61, grant=DEVICE_CODE, expires_in=60)),
        *(
            kept(f"its life is not told: {life!r}", **using(), history=tokens(10**6, **{**HELD, "expires_in": life}))
            for life in UNTOLD
        ),
        kept("a long life in ten digits", **using(), history=tokens(10**8 + 1, **{**HELD, "expires_in": "1000000000"})),
        kept(
            "a life in more digits than make a number",
            **using(),
            history=tokens(61, **{**HELD, "expires_in": "9" * 5000}),
        ),
        kept(
            "refreshed and replaced",
            **using("the-new-token"),
            history=lambda: [*tokens(61, **HELD)(), *tokens(1, grant=REFRESH, access_token="the-new-token", **HELD)()],
        ),
    ],
    "multi-refresh-late": [
        broken(
            "a second left", **using(), profile=MARGIN, history=tokens(59, **HELD), says="had 1 s left", wants="60 s"
        ),
        broken("less than the margin", **using(), profile=MARGIN, history=tokens(1, **HELD), says="had 59 s left"),
        broken("without a refresh token", **using(), profile=MARGIN, history=tokens(59, expires_in=60)),
        kept("just the margin", **using(), profile=MARGIN, history=tokens(0, **HELD)),
        kept("no margin", **using(), history=tokens(59, **HELD)),
        kept("expired", **using(), profile=MARGIN, history=tokens(60, **HELD), also=["multi-refresh-not-used"]),
        kept("its life is not told", **using(), profile=MARGIN, history=tokens(59, expires_in=ABSENT)),
    ],
    "multi-refresh-rotated-ignored": [
        broken("the old one again", grant=REFRESH, history=refreshed(NEW_TOKEN), says="brought a new one"),
        broken("the new one sorts before it", grant=REFRESH, history=refreshed("a-new-one"), says="brought a new one"),
        broken(
            "later than the next",
            grant=REFRESH,
            history=lambda: [
                *refreshed(NEW_TOKEN)(),
                earlier(an_answer(refresh_token="rt.third"), grant=REFRESH, fields={REFRESH: NEW_TOKEN}),
            ],
        ),
        broken("replaced the second time", grant=REFRESH, history=refreshed(ABSENT, NEW_TOKEN)),
        broken("under a frozen clock", grant=REFRESH, history=refreshed(NEW_TOKEN, age=0)),
        broken(
            "when its grace is over",
            grant=REFRESH,
            history=refreshed(NEW_TOKEN, age=30),
            expected={"refresh_grace": 30},
        ),
        broken("long after its grace", grant=REFRESH, history=refreshed(NEW_TOKEN), expected=GRACE),
        broken(
            "of two that brought one the second has no grace any more",
            grant=REFRESH,
            history=lambda: [*refreshed(NEW_TOKEN, age=1)(), *refreshed(NEW_TOKEN)()],
            expected=GRACE,
        ),
        broken("with no grace", grant=REFRESH, history=refreshed(NEW_TOKEN, age=-30), expected={"refresh_grace": 0}),
        kept("within its grace", grant=REFRESH, history=refreshed(NEW_TOKEN, age=29.5), expected={"refresh_grace": 30}),
        kept("the new one", grant=REFRESH, fields={REFRESH: NEW_TOKEN}, history=refreshed(NEW_TOKEN)),
        kept(
            "the new one came in an answer said to be no JSON",
            grant=REFRESH,
            history=lambda: [
                earlier(
                    TokenResponse(200, [("content-type", "text/plain")], an_answer(refresh_token=NEW_TOKEN).body),
                    grant=REFRESH,
                )
            ],
        ),
        *(
            kept(f"no new one came: {new!r}", grant=REFRESH, history=refreshed(new))
            for new in (ABSENT, None, "", 7, REFRESH_TOKEN)
        ),
        kept("the answer got lost", grant=REFRESH, history=lambda: [earlier(LOST, grant=REFRESH)]),
        kept("nothing is known of the answer", grant=REFRESH, history=lambda: [alone(grant=REFRESH)]),
        kept(
            "a refusal that names one",
            grant=REFRESH,
            history=lambda: [earlier(an_answer(400, error="invalid_scope", refresh_token=NEW_TOKEN), grant=REFRESH)],
        ),
        kept("it came with a login", grant=REFRESH, history=lambda: [earlier(an_answer(refresh_token=REFRESH_TOKEN))]),
        *(
            kept(
                f"another login came since, by {grant}",
                grant=REFRESH,
                history=[
                    earlier(an_answer(refresh_token=NEW_TOKEN), grant=grant, more_fields=[(REFRESH, REFRESH_TOKEN)])
                ],
            )
            for grant in ("authorization_code", DEVICE_CODE)
        ),
        kept("of another user", grant=REFRESH, fields={REFRESH: "rt.of-another-user"}, history=refreshed(NEW_TOKEN)),
        kept(
            "none",
            grant=REFRESH,
            fields={REFRESH: ABSENT},
            history=refreshed(NEW_TOKEN),
            also=["refresh-token-missing"],
        ),
    ],
    "multi-refresh-token-lost": [
        broken(
            "none",
            grant=REFRESH,
            fields={REFRESH: ABSENT},
            history=refreshed(ABSENT),
            also=["refresh-token-missing"],
            says="now none is sent",
        ),
        broken(
            "an empty one",
            grant=REFRESH,
            fields={REFRESH: ""},
            history=refreshed(ABSENT),
            also=["refresh-token-missing", "form-param-empty"],
        ),
        *(
            broken(
                f"the text {text}",
                grant=REFRESH,
                fields={REFRESH: text},
                history=refreshed(ABSENT),
                says="is sent",
            )
            for text in ("None", "null", "undefined", "NaN", "false")
        ),
        broken("null in the answer", grant=REFRESH, fields={REFRESH: "None"}, history=refreshed(None)),
        broken(
            "something else was done between",
            grant=REFRESH,
            fields={REFRESH: "None"},
            history=then(refreshed(ABSENT), earlier("invalid_scope", grant=CC)),
        ),
        kept("the old one", grant=REFRESH, history=refreshed(ABSENT)),
        kept(
            "the answer brought one",
            grant=REFRESH,
            fields={REFRESH: ABSENT},
            history=refreshed(NEW_TOKEN),
            also=["refresh-token-missing"],
        ),
        kept(
            "the first refresh",
            grant=REFRESH,
            fields={REFRESH: ABSENT},
            history=lambda: [earlier()],
            also=["refresh-token-missing"],
        ),
        kept(
            "the refresh before failed",
            grant=REFRESH,
            fields={REFRESH: ABSENT},
            history=lambda: [earlier("invalid_scope", grant=REFRESH)],
            also=["refresh-token-missing"],
        ),
    ],
    "multi-refresh-stampede": [
        broken(
            "two", grant=REFRESH, history=tokens(1, grant=REFRESH, at_most=NOW + 1), says="2 refreshes of one token"
        ),
        broken(
            "three", grant=REFRESH, history=lambda: tokens(1, grant=REFRESH, at_most=NOW + 1)() * 2, says="3 refreshes"
        ),
        broken(
            "one is done, one is not",
            grant=REFRESH,
            history=lambda: [*tokens(1, grant=REFRESH, at_most=NOW + 1)(), *tokens(1, grant=REFRESH, at_most=NOW)()],
            says="2 refreshes",
        ),
        broken(
            "a new one is on its way",
            grant=REFRESH,
            history=tokens(1, grant=REFRESH, at_most=NOW + 1, refresh_token=NEW_TOKEN),
        ),
        kept("one after the other", grant=REFRESH, history=tokens(1, grant=REFRESH, at_most=NOW)),
        kept(
            "of two users",
            grant=REFRESH,
            fields={REFRESH: "rt.of-another-user"},
            history=tokens(1, grant=REFRESH, at_most=NOW + 1),
        ),
        kept("all at one frozen moment", grant=REFRESH, history=tokens(0, grant=REFRESH, at_most=NOW)),
        kept("the clock was put back", grant=REFRESH, history=tokens(-9, grant=REFRESH, at_most=NOW + 10)),
        kept(
            "no token",
            grant=REFRESH,
            fields={REFRESH: ABSENT},
            history=lambda: [
                earlier(TokenResponse(400, (), b"", NOW + 1), at=NOW - 1, grant=REFRESH, fields={REFRESH: ABSENT})
            ],
            also=["refresh-token-missing"],
        ),
    ],
    "multi-token-not-cached": [
        broken("at once", grant=CC, history=tokens(0), says="3600 s of 3600 s left"),
        broken("a second before half of its life", grant=CC, history=tokens(1799), says="1801 s of 3600 s left"),
        broken("its life in a text", grant=CC, history=tokens(60, expires_in="3600")),
        broken(
            "two scopes by turns",
            grant=CC,
            fields={"scope": "a"},
            history=lambda: [earlier(grant=CC, fields={"scope": scope}) for scope in "ab"],
        ),
        broken("a failure between", grant=CC, history=then(tokens(60), earlier("invalid_scope", grant=CC))),
        broken("the API refused something else", grant=CC, history=then(tokens(60), an_api_call(403))),
        broken("the API took the token", grant=CC, history=then(tokens(60), an_api_call(200))),
        broken(
            "the token was found to be active",
            grant=CC,
            history=then(
                tokens(60), earlier(an_answer(active=True), endpoint="introspection", fields={"token": ACCESS_TOKEN})
            ),
        ),
        broken(
            "another token was revoked",
            grant=CC,
            history=then(tokens(60), earlier(TokenResponse(200), endpoint="revocation")),
        ),
        broken(
            "another token was found to be inactive",
            grant=CC,
            history=then(tokens(60), earlier(an_answer(active=False), endpoint="introspection")),
        ),
        *(
            broken(
                f"{endpoint} was refused",
                grant=CC,
                history=then(tokens(60), earlier(401, endpoint=endpoint, fields={"token": ACCESS_TOKEN})),
            )
            for endpoint in ("introspection", "revocation")
        ),
        broken(
            "to revoke it failed",
            grant=CC,
            history=then(
                tokens(60), earlier(TokenResponse(503), endpoint="revocation", fields={"token": ACCESS_TOKEN})
            ),
        ),
        kept("half of its life is over", grant=CC, history=tokens(1800)),
        kept("more than half of its life is over", grant=CC, history=tokens(1801)),
        kept("half of a life of three seconds is over", grant=CC, history=tokens(1.5, expires_in=3)),
        kept("its life is not told", grant=CC, history=tokens(1, expires_in=ABSENT)),
        kept("no life at all", grant=CC, history=tokens(0, expires_in=0)),
        kept("another scope", grant=CC, fields={"scope": "b"}, history=tokens(1)),
        kept(
            "another audience",
            grant=CC,
            more_fields=[("audience", "https://b.example")],
            history=lambda: [earlier(grant=CC, more_fields=[("audience", "https://a.example")])],
        ),
        kept(
            "another resource of two",
            grant=CC,
            more_fields=[("resource", "https://b.example"), ("resource", "https://c.example")],
            history=lambda: [
                earlier(grant=CC, more_fields=[("resource", "https://a.example"), ("resource", "https://c.example")])
            ],
        ),
        kept("another grant", grant=REFRESH, history=tokens(1)),
        kept("the same of another grant", grant=CC, history=tokens(1, grant=REFRESH)),
        kept("none came", grant=CC, history=lambda: [earlier("invalid_scope", grant=CC)]),
        kept("nothing is known of the answer", grant=CC, history=lambda: [alone(grant=CC)]),
        kept("the API refused it", grant=CC, history=then(tokens(60), an_api_call(401))),
        kept(
            "it was revoked",
            grant=CC,
            history=then(
                tokens(60), earlier(TokenResponse(200), endpoint="revocation", fields={"token": ACCESS_TOKEN})
            ),
        ),
        kept(
            "it was found to be inactive",
            grant=CC,
            history=then(
                tokens(60), earlier(an_answer(active=False), endpoint="introspection", fields={"token": ACCESS_TOKEN})
            ),
        ),
        kept("the answer was still on its way", grant=CC, history=tokens(1, at_most=NOW + 1)),
        kept("the clock was put back", grant=CC, history=tokens(-9)),
    ],
    "log-credential-leak": [
        broken("the secret", expected={"logged": f"x{SECRET}y"}, says="the client's secret or private key"),
        broken(
            "the private key",
            client=a_key_client,
            expected=lambda: {"logged": a_key_client().private_jwk()["d"]},
            says="private key",
        ),
        broken("the assertion", expected=lambda: {"logged": an_assertion()}, says="the client assertion"),
        broken(
            "the body",
            expected=lambda: {"logged": repr(a_request(claims={"jti": JTI}).body)},
            says=("the client assertion", "code"),
        ),
        broken("the code", expected={"logged": f"GET /callback?code={CODE}"}, says="in the log: code"),
        broken(
            "the code as it is sent",
            fields={"code": "a/b+c/d+e"},
            expected={"logged": "code=a%2Fb%2Bc%2Fd%2Be"},
            says="code",
        ),
        broken(
            "a password",
            grant="password",
            expected={"logged": "correct horse battery"},
            also=["grant-type-password"],
            says="password",
        ),
        broken("the refresh token", grant=REFRESH, expected={"logged": REFRESH_TOKEN}, says="refresh_token"),
        broken(
            "an access token of before",
            history=lambda: [earlier(fields={"code": "x"})],
            expected={"logged": ACCESS_TOKEN},
            says="access_token",
        ),
        broken(
            "of long before",
            history=lambda: [earlier(fields={"code": "x"}), earlier("invalid_scope", grant=CC)],
            expected={"logged": ACCESS_TOKEN},
        ),
        broken(
            "the refresh token of before, and the one that is sent",
            grant=REFRESH,
            history=lambda: [earlier(an_answer(refresh_token=REFRESH_TOKEN), fields={"code": "x"})],
            expected={"logged": REFRESH_TOKEN},
            says="in the log: refresh_token",
        ),
        broken(
            "what is not UTF-8",
            fields={"code": ABSENT},
            body=lambda right: right + b"&code=%FF%FE%FF%FE%FF%FE%FF%FE%FF%FE",
            expected={"logged": "\udcff\udcfe" * 5},
            also=["form-charset-not-utf8", "code-malformed"],
        ),
        broken(
            "a record",
            expected=lambda: {"logged": [a_log_record(7, SECRET), a_log_record(7, CODE), a_log_record(8, "nothing")]},
            says="in the log: the client's secret or private key, code (app, INFO, oauth.py:7)",
        ),
        broken(
            "an exception",
            expected=lambda: {"logged": [a_log_record(7, "failed", ValueError(CODE))]},
            says="in the log: code (app, INFO, oauth.py:7)",
        ),
        broken(
            "records at three places",
            expected=lambda: {"logged": [a_log_record(line, CODE) for line in range(3)]},
            says="code (app, INFO, oauth.py:2)",
        ),
        broken(
            "records at five places",
            expected=lambda: {"logged": [a_log_record(line, CODE) for line in range(5)]},
            says="code (app, INFO, oauth.py:2); and at 2 more places",
        ),
        broken(
            "what a request before sent",
            history=lambda: [earlier(an_answer(device_code="a-device-code"), fields={"code": "another-code"})],
            expected={"logged": "another-code for a-device-code"},
            says="in the log: code, device_code",
        ),
        broken(
            "records at seven places",
            expected=lambda: {"logged": [a_log_record(line, CODE) for line in range(7)]},
            says="code (app, INFO, oauth.py:2); and at 4 more places",
        ),
        broken(
            "the assertion of a request before",
            history=lambda: [earlier(claims={"jti": JTI[::-1]}, fields={"code": "x"})],
            expected=lambda: {"logged": an_assertion(claims={"jti": JTI[::-1]})},
            says="in the log: the client assertion",
        ),
        *(
            broken(
                f"{name} of a request before",
                history=[earlier(fields={"code": "x", name: "sent-before"})],
                expected={"logged": "sent-before"},
                says=f"in the log: {name}",
            )
            for name in (
                *("code", "code_verifier", "refresh_token", "assertion", "subject_token", "actor_token", "token"),
                *("device_code", "auth_req_id", "password"),
            )
        ),
        *(
            broken(
                f"{name} of an answer before",
                history=[earlier(an_answer(**brought(name)), fields={"code": "x"})],
                expected={"logged": "brought-before"},
                says=f"in the log: {name}",
            )
            for name in ("access_token", "refresh_token", "id_token", "device_code", "auth_req_id")
        ),
        kept("nothing", expected={"logged": ""}),
        kept("records of nothing", expected=lambda: {"logged": [a_log_record(7, "nothing")]}),
        kept("nothing of it", expected={"logged": "POST /token 200"}),
        kept("a part of the secret", expected={"logged": SECRET[:32]}),
        broken("a code of eight characters", fields={"code": "eight-88"}, expected={"logged": "eight-88"}, says="code"),
        kept("a short code by chance", fields={"code": "seven77"}, expected={"logged": "seven77"}),
        kept(
            "a short assertion by chance",
            fields={"client_assertion": "a.b.c"},
            expected={"logged": "a.b.c"},
            also=["jws-b64-length"],
        ),
        kept(
            "no token",
            history=lambda: [earlier(an_answer(access_token=12345678), fields={"code": "x"})],
            expected={"logged": "12345678"},
        ),
    ],
}


@pytest.mark.parametrize(("rule_id", "row"), each(TABLES))
def test_request(rule_id: str, row: Row) -> None:
    check(rule_id, row)
