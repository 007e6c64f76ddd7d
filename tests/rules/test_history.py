"""What one request may not repeat of those before it: what each rule refuses, and what it lets pass."""

from __future__ import annotations

import pytest
from requests_under_test import ABSENT, CLIENT_ID, CODE, JTI, NOW, a_key_client, an_answer, an_assertion
from rules.earlier import LOST, alone, earlier
from rules.tables import Row, broken, check, each, kept

from pytest_jwtauth import base64url
from pytest_jwtauth.messages import HistoryItem, TokenResponse

SAME = {"jti": JTI}
CC = "client_credentials"
OTHER_CODE = {"code": "another-code-of-another-login"}
REUSED = "multi-assertion-reused"


def with_jtis(*values: str, **claims: str) -> list[HistoryItem]:
    """Earlier requests, each with its own code, whose assertions had these ids."""
    return [
        alone(fields={"code": f"code-number-{position}"}, claims={"jti": jti, **claims})
        for position, jti in enumerate(values)
    ]


def high_twin(signature: bytes) -> bytes:
    """The other ECDSA signature of the same input: s replaced by n - s."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    s = int.from_bytes(signature[32:], "big")
    return signature[:32] + (order - s).to_bytes(32, "big")


def a_twin(right: str) -> str:
    """The same header and payload with the other signature."""
    signed, _, signature = right.rpartition(".")
    return f"{signed}.{base64url.encode(high_twin(base64url.decode(signature)))}"


def secret_of_apple() -> dict[str, object]:
    """The fields of a request whose secret is a JWT."""
    claims = {"aud": "https://appleid.apple.com", "iss": "TEAM"}
    return {
        "client_assertion": ABSENT,
        "client_assertion_type": ABSENT,
        "client_id": CLIENT_ID,
        "client_secret": an_assertion(client=a_key_client(), claims=claims),
    }


TABLES: dict[str, list[Row]] = {
    "multi-assertion-reused": [
        broken(
            "once before",
            history=lambda: [alone(claims=SAME, fields=OTHER_CODE)],
            says="the same assertion was sent before",
        ),
        broken("twice before", history=lambda: [alone(claims=SAME, fields=OTHER_CODE)] * 2, says="sent 2 times before"),
        broken("not the last time", history=lambda: [alone(claims=SAME, fields=OTHER_CODE), earlier(grant=CC)]),
        broken("at another endpoint", history=lambda: [alone(claims=SAME, endpoint="token", grant=CC)]),
        broken("it was accepted", history=lambda: [earlier(claims=SAME, fields=OTHER_CODE)]),
        broken(
            "where jti is not looked at",
            profile="pingone",
            level="warning",
            history=lambda: [alone(claims=SAME, fields=OTHER_CODE)],
        ),
        broken(
            "with the other signature of ECDSA",
            client=a_key_client,
            text=a_twin,
            history=lambda: [alone(client=a_key_client(), claims=SAME, fields=OTHER_CODE)],
        ),
        kept("it is new", history=lambda: [alone(fields=OTHER_CODE)]),
        kept(
            "another header",
            header={"typ": "client-authentication+jwt"},
            history=lambda: [alone(claims=SAME, fields=OTHER_CODE)],
            also=["multi-jti-reused"],
        ),
        kept(
            "where the JWT may be used again",
            profile="apple",
            client=a_key_client,
            fields=secret_of_apple,
            history=lambda: [alone(client=a_key_client(), fields={**secret_of_apple(), **OTHER_CODE})],
        ),
        kept(
            "one of two parts",
            text=lambda right: right.rpartition(".")[0],
            history=lambda: [alone(fields=OTHER_CODE, text=lambda right: right.rpartition(".")[0], claims=SAME)],
            also=["jws-part-count"],
        ),
    ],
    "multi-jti-reused": [
        broken(
            "another time, same jti",
            history=lambda: [alone(fields=OTHER_CODE, claims={**SAME, "iat": NOW - 1})],
            says="another assertion had the same jti",
            wants="new jti",
        ),
        broken(
            "the first has expired",
            history=lambda: [alone(fields=OTHER_CODE, at=NOW - 4000, claims={**SAME, "exp": NOW - 3700})],
        ),
        broken(
            "of two one is this assertion",
            history=lambda: [
                alone(fields=OTHER_CODE, claims=SAME),
                alone(fields=OTHER_CODE, claims={**SAME, "iat": NOW - 1}),
            ],
            also=[REUSED],
        ),
        broken(
            "also in PingOne",
            profile="pingone",
            history=lambda: [alone(fields=OTHER_CODE, claims={**SAME, "iat": NOW - 1})],
        ),
        broken(
            "not the last time",
            history=lambda: [alone(fields=OTHER_CODE, claims={**SAME, "iat": NOW - 1}), earlier(grant=CC)],
        ),
        kept("the same assertion", history=lambda: [alone(fields=OTHER_CODE, claims=SAME)], also=[REUSED]),
        kept(
            "of another issuer",
            history=lambda: [alone(fields=OTHER_CODE, claims={**SAME, "iss": "another", "sub": "another"})],
        ),
        kept("in other case", history=lambda: [alone(fields=OTHER_CODE, claims={"jti": JTI.upper()})]),
        kept(
            "numbers are no strings",
            claims={"jti": 7},
            history=lambda: [alone(fields=OTHER_CODE, claims={"jti": 7, "iat": NOW - 1})],
            also=["jti-not-string"],
        ),
    ],
    "multi-jti-predictable": [
        broken(
            "it counts",
            claims={"jti": "d9cb469f-a165-login-0012"},
            history=lambda: with_jtis("d9cb469f-a165-login-0010", "d9cb469f-a165-login-0011"),
            says="differ by 1 each",
            wants="random",
        ),
        broken(
            "it counts on from nine",
            claims={"jti": "d9cb469f-a165-login-11"},
            history=lambda: with_jtis("d9cb469f-a165-login-9", "d9cb469f-a165-login-10"),
        ),
        broken(
            "down, by tens",
            claims={"jti": "d9cb469f-a165-login-70"},
            history=lambda: with_jtis("d9cb469f-a165-login-90", "d9cb469f-a165-login-80"),
            says="differ by -10 each",
        ),
        broken(
            "at the end of many digits",
            claims={"jti": "00000000000000000000000000000003"},
            history=lambda: with_jtis("00000000000000000000000000000001", "00000000000000000000000000000002"),
            also=["jti-low-entropy"],
        ),
        broken(
            "in the middle",
            claims={"jti": "portal-3-d9cb469fa16570867728950e"},
            history=lambda: with_jtis("portal-1-d9cb469fa16570867728950e", "portal-2-d9cb469fa16570867728950e"),
        ),
        broken(
            "behind the first letter",
            claims={"jti": "p3-d9cb469fa16570867728950e"},
            history=lambda: with_jtis("p1-d9cb469fa16570867728950e", "p2-d9cb469fa16570867728950e"),
        ),
        broken(
            "with a repeated one between",
            claims={"jti": "d9cb469f-a165-login-0012"},
            history=lambda: with_jtis(*["d9cb469f-a165-login-0010"] * 2, "d9cb469f-a165-login-0011"),
        ),
        broken(
            "the last three of four",
            claims={"jti": "d9cb469f-a165-login-0012"},
            history=lambda: with_jtis(*(f"d9cb469f-a165-login-00{number}" for number in ("07", "10", "11"))),
            says="differ by 1 each",
        ),
        broken(
            "the last eighteen digits count",
            claims={"jti": "d9cb469f-a165-login-9000000000000000003"},
            history=lambda: with_jtis(*(f"d9cb469f-a165-login-{n}00000000000000000{n}" for n in (1, 2))),
        ),
        kept(
            "two of a kind",
            claims={"jti": "d9cb469f-a165-login-0012"},
            history=lambda: with_jtis("d9cb469f-a165-login-0011"),
        ),
        kept(
            "unequal steps",
            claims={"jti": "d9cb469f-a165-login-0013"},
            history=lambda: with_jtis("d9cb469f-a165-login-0010", "d9cb469f-a165-login-0011"),
        ),
        kept(
            "two numbers change",
            claims={"jti": "c-3-d9cb-7070123412341234"},
            history=lambda: with_jtis("c-1-d9cb-1234123412341234", "c-2-d9cb-9876987698769876"),
        ),
        kept(
            "other words each time",
            claims={"jti": "d9cb469f-a165-login-0012"},
            history=lambda: with_jtis("d9cb469f-a165-visit-0010", "d9cb469f-b165-login-0011"),
        ),
        kept(
            "the first in other words",
            claims={"jti": "d9cb469f-a165-login-0012"},
            history=lambda: with_jtis("d9cb469f-a165-visit-0010", "d9cb469f-a165-login-0011"),
        ),
        kept(
            "digits in other places",
            claims={"jti": "login-0012-d9cb469f-a165-login-"},
            history=lambda: with_jtis("d9cb469f-a165-login-0010-", "d9cb469f-a165-login-0011-"),
        ),
        kept(
            "the same number, longer",
            claims={"jti": "d9cb469f-a165-login-010"},
            history=lambda: with_jtis("d9cb469f-a165-login-10", "d9cb469f-a165-login-0010"),
        ),
        kept(
            "the last one again",
            claims={"jti": "d9cb469f-a165-login-0011"},
            history=lambda: with_jtis("d9cb469f-a165-login-0010", "d9cb469f-a165-login-0011"),
            also=[REUSED],
        ),
        kept(
            "of other issuers",
            claims={"jti": "d9cb469f-a165-login-0012"},
            history=lambda: with_jtis("d9cb469f-a165-login-0010", "d9cb469f-a165-login-0011", iss="another"),
        ),
        kept("random ones", history=lambda: with_jtis("a81bc81b-dead-4e5d-abff-90865d1e13b1", "3d6f4f30-9f9d-4a51")),
        kept(
            "of nobody",
            claims={"jti": "d9cb469f-a165-login-0012", "iss": ABSENT},
            history=lambda: with_jtis("d9cb469f-a165-login-0010", "d9cb469f-a165-login-0011"),
            also=["iss-missing"],
        ),
        kept("no text", claims={"jti": 3}, history=lambda: with_jtis("1", "2"), also=["jti-not-string"]),
        kept(
            "by ten, then by five",
            claims={"jti": "d9cb469f-a165-login-0025"},
            history=lambda: with_jtis("d9cb469f-a165-login-0010", "d9cb469f-a165-login-0020"),
        ),
        kept(
            "the eighteenth digit from the end does not",
            claims={"jti": "d9cb469f-a165-login-900000000000000003"},
            history=lambda: with_jtis(*(f"d9cb469f-a165-login-{n}0000000000000000{n}" for n in (1, 2))),
        ),
        kept(
            "another number once",
            claims={"jti": "d9cb469f-2-login-3"},
            history=lambda: with_jtis("d9cb469f-1-login-1", "d9cb469f-1-login-2"),
        ),
        kept(
            "the same three times",
            claims={"jti": "d9cb469f-a165-login-0012"},
            history=lambda: with_jtis("d9cb469f-a165-login-0010", "d9cb469f-a165-login-0012"),
            also=["multi-assertion-reused"],
        ),
    ],
    "multi-assertion-after-exp": [
        broken(
            "at its exp",
            now=NOW + 300,
            history=lambda: [alone(claims=SAME, fields=OTHER_CODE)],
            also=[REUSED, "exp-expired"],
            says="sent again after its exp",
        ),
        broken(
            "a leeway of a second forgives nothing",
            now=NOW + 300,
            leeway=1,
            history=lambda: [alone(claims=SAME, fields=OTHER_CODE)],
            also=[REUSED, "exp-expired"],
        ),
        broken(
            "beyond the leeway",
            now=NOW + 360,
            leeway=60,
            history=lambda: [alone(claims=SAME, fields=OTHER_CODE)],
            also=[REUSED, "exp-expired"],
        ),
        kept("a second before", now=NOW + 299, history=lambda: [alone(claims=SAME, fields=OTHER_CODE)], also=[REUSED]),
        kept(
            "within the leeway",
            now=NOW + 359,
            leeway=60,
            history=lambda: [alone(claims=SAME, fields=OTHER_CODE)],
            also=[REUSED],
        ),
        kept("expired, but new", now=NOW + 300, history=lambda: [alone(fields=OTHER_CODE)], also=["exp-expired"]),
        kept(
            "an exp that is no number",
            claims={"exp": "soon"},
            history=lambda: [alone(claims={**SAME, "exp": "soon"}, fields=OTHER_CODE)],
            also=[REUSED, "claim-time-not-number"],
        ),
    ],
    "multi-retry-same-assertion": [
        *(
            broken(
                f"after {status}",
                grant=CC,
                history=lambda status=status: [earlier(status, grant=CC, claims=SAME)],
                also=[REUSED],
                says=f"after the answer {status}",
                wants="a new assertion for each try",
            )
            for status in (401, 408, 425, 429, 500, 502, 503, 504, 599)
        ),
        broken(
            "after no answer",
            grant=CC,
            history=lambda: [earlier(LOST, grant=CC, claims=SAME)],
            also=[REUSED],
            says="after no answer",
        ),
        broken(
            "the try before the last",
            grant=CC,
            history=lambda: [earlier(503, grant=CC, claims=SAME), earlier(503, grant=CC)],
            also=[REUSED],
        ),
        broken(
            "also in PingOne",
            profile="pingone",
            grant=CC,
            history=lambda: [earlier(503, grant=CC, claims=SAME)],
            also=[REUSED],
        ),
        kept("a new one", grant=CC, history=lambda: [earlier(503, grant=CC)]),
        kept("nothing is known of the answer", grant=CC, history=lambda: [alone(grant=CC, claims=SAME)], also=[REUSED]),
        *(
            kept(
                f"after {error}",
                grant=CC,
                history=lambda error=error: [earlier(error, grant=CC, claims=SAME)],
                also=[REUSED],
            )
            for error in ("invalid_request", "invalid_scope")
        ),
        kept(
            "after success",
            grant=CC,
            history=lambda: [earlier(an_answer(expires_in=0), grant=CC, claims=SAME)],
            also=[REUSED],
        ),
    ],
    "multi-dpop-nonce-retry-same-assertion": [
        broken(
            "the same",
            history=lambda: [earlier("use_dpop_nonce", claims=SAME)],
            also=[REUSED],
            says="after use_dpop_nonce",
        ),
        broken(
            "with 401",
            history=lambda: [earlier(an_answer(401, error="use_dpop_nonce"), claims=SAME)],
            also=[REUSED, "multi-retry-same-assertion"],
        ),
        kept("a new one", history=lambda: [earlier("use_dpop_nonce")]),
        kept(
            "the word in a success",
            grant=CC,
            history=lambda: [earlier(an_answer(error="use_dpop_nonce", expires_in=0), grant=CC, claims=SAME)],
            also=[REUSED],
        ),
    ],
    "multi-code-reused": [
        broken("once before", history=lambda: [earlier()], says="the code was exchanged before"),
        broken("twice before", history=lambda: [earlier(), earlier(504)], says="exchanged 2 times before"),
        broken("after a failure", history=lambda: [earlier("invalid_request")]),
        broken(
            "after another refusal", history=lambda: [earlier("invalid_grant")], also=["multi-invalid-grant-retried"]
        ),
        broken("after a server's fault", history=lambda: [earlier(500)]),
        broken("after a gateway's", history=lambda: [earlier(504)]),
        broken(
            "after an answer that got lost",
            level="warning",
            history=lambda: [earlier(LOST)],
            says="no usable answer came",
        ),
        broken(
            "after one that got lost and one of which nothing is known",
            level="warning",
            history=lambda: [earlier(LOST), alone()],
            says="its answer is not known",
        ),
        broken(
            "after a success that is cut off",
            level="warning",
            history=lambda: [earlier(TokenResponse(200, (), b'{"access_token":"at'))],
        ),
        broken(
            "after a success that is no token",
            level="warning",
            history=lambda: [earlier(an_answer(access_token=ABSENT))],
        ),
        broken(
            "after a success without a token_type",
            level="warning",
            history=lambda: [earlier(an_answer(token_type=ABSENT))],
        ),
        broken(
            "after a success said to be no JSON",
            level="warning",
            history=lambda: [earlier(TokenResponse(200, [("Content-Type", "text/html")], an_answer().body))],
        ),
        broken(
            "after a success behind a byte order mark",
            level="warning",
            history=lambda: [earlier(TokenResponse(200, (), b"\xef\xbb\xbf" + an_answer().body))],
        ),
        broken("after one lost and one not", history=lambda: [earlier(LOST), earlier("invalid_request")]),
        broken("not the last time", history=lambda: [earlier(), earlier(fields=OTHER_CODE)]),
        broken("also in PingOne", profile="pingone", history=lambda: [earlier()]),
        broken(
            "of one answer nothing is known",
            history=lambda: [alone(), earlier(500)],
            says="the code was exchanged before",
        ),
        broken(
            "of no answer anything is known",
            level="warning",
            history=lambda: [alone()],
            says="its answer is not known",
        ),
        *(
            kept(f"after {status} with a new assertion", history=lambda status=status: [earlier(status)])
            for status in (401, 408, 425, 429, 503)
        ),
        *(
            kept(f"after {error} with a new assertion", history=lambda error=error: [earlier(error)])
            for error in ("invalid_client", "use_dpop_nonce")
        ),
        kept("invalid_client with 401", history=lambda: [earlier(an_answer(401, error="invalid_client"))]),
        kept("another code", history=lambda: [earlier(fields=OTHER_CODE)]),
        kept("in other case", fields={"code": CODE.upper()}, history=lambda: [earlier()]),
        kept("no code", fields={"code": ""}, history=lambda: [earlier()], also=["code-missing", "form-param-empty"]),
        kept(
            "with another grant",
            grant=CC,
            more_fields=[("code", CODE)],
            history=lambda: [earlier()],
            also=["client-credentials-extra-params"],
        ),
        kept("a first code"),
    ],
}


@pytest.mark.parametrize(("rule_id", "row"), each(TABLES))
def test_request(rule_id: str, row: Row) -> None:
    check(rule_id, row)
