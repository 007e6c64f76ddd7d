"""The grant and what belongs to it: what each rule refuses, and what it lets pass."""

from __future__ import annotations

from typing import Any

import pytest
from requests_under_test import (
    ABSENT,
    CLIENT_ID,
    CODE,
    REDIRECT_URI,
    REFRESH_TOKEN,
    SECRET,
    a_key_client,
    a_request,
)
from rules.tables import Row, broken, check, each, kept

from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.parameters import CIBA, DEVICE_CODE, GRANT_TYPES, JWT_BEARER, JWT_BEARER_ASSERTION_TYPE
from pytest_jwtauth.registered_client import RegisteredClient

CODE_GRANT = "authorization_code"
CREDENTIALS = "client_credentials"
REFRESH = "refresh_token"
AWKWARD_CODE = "0123456789abcdef+/=%41&"
AWKWARD_CODE_READ = "0123456789abcdef /=A"
"""What a server reads if it was not encoded."""

LONG_URI = f"https://app.example/{'x' * 300}"

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""RFC 7636 appendix B."""


def after(**fields: Any) -> list[TokenRequest]:
    """An earlier request, with an assertion of its own, that had these *fields*."""
    return [a_request(fields={"code": "an earlier code", **fields}, claims={"jti": "an earlier one"})]


def registered(*uris: str) -> RegisteredClient:
    """The usual client with these redirect URIs."""
    return RegisteredClient(CLIENT_ID, SECRET, redirect_uris=uris)


def with_redirect(sent: Any, registered_uri: str = REDIRECT_URI) -> dict[str, Any]:
    """A redirect URI that is sent, and the only one that is registered."""
    return {"fields": {"redirect_uri": sent}, "client": registered(registered_uri)}


def verified(verifier: Any, **expected: Any) -> dict[str, Any]:
    """A code exchange with this verifier, and what is known of the challenge."""
    return {"fields": {"code_verifier": verifier}, "expected": expected}


TABLES: dict[str, list[Row]] = {
    "grant-type-missing": [
        broken("absent", fields={"grant_type": ABSENT}, says="no grant_type in the body"),
        broken("empty", fields={"grant_type": ""}, also=["form-param-empty"], says="grant_type is empty"),
        broken("its name in capitals", fields={"grant_type": ABSENT, "GRANT_TYPE": CODE_GRANT}),
        broken(
            "in the query",
            fields={"grant_type": ABSENT},
            query="grant_type=authorization_code",
            also=["url-form-params-in-query"],
        ),
        broken("an empty body", body=b"", also=["client-assertion-missing"]),
        broken("expected to be there", fields={"grant_type": ABSENT}, expected={"grant_type": CODE_GRANT}),
        kept("no form", body=b'{"code":"x"}', also=["form-not-urlencoded"]),
        kept("an empty one, then another", body=lambda right: b"grant_type=&" + right, also=["form-param-empty"]),
        kept("at another endpoint", endpoint="revocation"),
        kept("a right one"),
    ],
    "grant-type-unknown": [
        broken("a name that nobody knows", grant="code", says="'code'", wants=sorted(GRANT_TYPES)[0]),
        broken("in capitals", grant="AUTHORIZATION_CODE"),
        broken("a hyphen in it", grant="client-credentials"),
        broken("space before it", grant=" client_credentials", also=["form-value-whitespace"]),
        broken("one character less", grant="authorization_cod"),
        broken("one character more", grant="authorization_codes"),
        broken("the scheme of the URN in capitals", grant=DEVICE_CODE.replace("urn", "URN")),
        broken("the URN in capitals", grant=JWT_BEARER.upper()),
        broken("the type of a client assertion", grant=JWT_BEARER_ASSERTION_TYPE, says="client-assertion-type"),
        broken("the type of a token", grant="urn:ietf:params:oauth:token-type:jwt"),
        broken("a scheme alone", grant="urn:"),
        broken("white space in a URN", grant="urn:example:a grant"),
        broken("a control character before a URN", grant="\x01urn:example:grant"),
        broken("a URN that is not ASCII", grant="urn:example:gränt"),
        broken("a path", grant="/grants/mine"),
        broken("long, and cut", grant="x" * 300, says="x" * 100),
        broken(
            "another than expected", grant=CREDENTIALS, expected={"grant_type": CODE_GRANT}, wants=f"'{CODE_GRANT}'"
        ),
        broken("another, before it in the alphabet", expected={"grant_type": CREDENTIALS}, wants=f"'{CREDENTIALS}'"),
        broken("another, long, and cut", grant="x" * 300, expected={"grant_type": CODE_GRANT}, says=f"'{'x' * 100}'"),
        broken("an extension that was not expected", grant="urn:example:grant", expected={"grant_type": CODE_GRANT}),
        broken("expected, and unknown", grant="code", expected={"grant_type": "code"}, wants="one of"),
        broken(
            "one that the deployment does not have",
            grant=CREDENTIALS,
            profile="google-sa",
            client=lambda: a_key_client("RS256"),
            fields={"client_assertion": ABSENT, "client_assertion_type": ABSENT},
            also=["client-assertion-missing"],
            wants=f"one of {JWT_BEARER}",
        ),
        kept("as expected", expected={"grant_type": CODE_GRANT}),
        kept("an extension's URN", grant="urn:example:grant"),
        kept("an extension's URL", grant="http://auth0.com/oauth/grant-type/mfa-otp"),
        kept("a URN of OAuth's own", grant="urn:ietf:params:oauth:grant-type:pre-authorized_code"),
        kept("none", fields={"grant_type": ABSENT}, also=["grant-type-missing"]),
        kept("at another endpoint", endpoint="revocation", fields={"grant_type": "x"}, also=["grant-type-unexpected"]),
    ],
    "grant-type-password": [
        broken("a user's password", grant="password", says="grant_type is password"),
        broken("by another profile", grant="password", profile="pingone"),
        broken(
            "without the user", grant="password", fields={"username": ABSENT, "password": ABSENT}, says="is password"
        ),
        kept("another case", grant="Password", also=["grant-type-unknown"]),
        kept("a password with another grant", fields={"password": "x"}),
    ],
    "code-missing": [
        broken("absent", fields={"code": ABSENT}, says="no code in the body"),
        broken("empty", fields={"code": ""}, also=["form-param-empty"], says="code is empty"),
        broken("another name", fields={"code": ABSENT}, more_fields=[("Code", CODE)]),
        broken("an expected one", fields={"code": ABSENT}, expected={"code": CODE}),
        broken("in the query", fields={"code": ABSENT}, query="code=x", also=["url-credentials-in-query"]),
        kept("an empty one, then another", body=lambda right: b"code=&" + right, also=["form-param-empty"]),
        kept("another grant", grant=CREDENTIALS),
        kept("no grant type", fields={"code": ABSENT, "grant_type": ABSENT}, also=["grant-type-missing"]),
    ],
    "code-malformed": [
        broken("0x1F", fields={"code": "a\x1fb"}, says="outside 0x20–0x7E"),
        broken("0x7F", fields={"code": "a\x7fb"}),
        broken("not ASCII", body=lambda right: right.replace(b"code=f", b"code=%C3%A4f")),
        broken(
            "not UTF-8",
            body=lambda right: right.replace(b"&code=f", b"&code=%E4f"),
            also=["form-charset-not-utf8"],
        ),
        broken("a line feed after it", fields={"code": f"{CODE}\n"}, also=["form-value-whitespace"]),
        kept("0x20 and 0x7E", fields={"code": "a b~c"}),
        kept("all signs of ASCII", fields={"code": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}),
        kept("none", fields={"code": ABSENT}, also=["code-missing"]),
    ],
    "code-mismatch": [
        broken("another", expected={"code": "0" * 36}, says="‹f1c0… 36 characters›", wants="‹0000… 36 characters›"),
        broken("another case", fields={"code": CODE.upper()}, expected={"code": CODE}),
        broken("none was issued", expected={"code": ""}, says="no code was issued", wants="a code the server issued"),
        broken("one character less", fields={"code": CODE[:-1]}, expected={"code": CODE}, says="(cut off at 'b')"),
        broken("cut off at «#»", fields={"code": CODE}, expected={"code": f"{CODE}#x"}, says="(cut off at '#')"),
        broken("one character more", fields={"code": f"{CODE}0"}, expected={"code": CODE}),
        broken(
            "a template that was never filled in",
            fields={"code": "{{jwtAuthCode}}"},
            expected={"code": CODE},
            says="(a placeholder that was not filled in)",
        ),
        broken(
            "encoded twice",
            fields={"code": "0123456789abcdef%2B"},
            expected={"code": "0123456789abcdef+"},
            also=["form-double-encoded"],
            says="(percent-encoded twice)",
        ),
        broken(
            "a plus that became a space",
            fields={"code": "0123456789 abcdef"},
            expected={"code": "0123456789+abcdef"},
            also=["form-plus-not-encoded"],
            says="(a «+» that was not encoded)",
        ),
        broken(
            "not encoded",
            fields={"code": ABSENT},
            body=lambda right: right + f"&code={AWKWARD_CODE}".encode(),
            expected={"code": AWKWARD_CODE},
            says="(it was not encoded)",
        ),
        broken(
            "not encoded before it was encoded",
            fields={"code": AWKWARD_CODE_READ},
            expected={"code": AWKWARD_CODE},
            says="(it was not encoded)",
        ),
        broken("a brace at its start", fields={"code": "{0123456789abcdef"}, expected={"code": CODE}),
        broken("a brace at its end", fields={"code": "0123456789abcdef}"}, expected={"code": CODE}),
        broken(
            "another than one that UTF-8 cannot write",
            fields={"code": "0123456789abcdef"},
            expected={"code": "0123456789abcde\ud800"},
        ),
        broken(
            "a space before it",
            fields={"code": f" {CODE}"},
            expected={"code": CODE},
            also=["form-value-whitespace"],
            says="(white space around it)",
        ),
        kept("the right one", expected={"code": CODE}),
        kept("the right one, awkward", fields={"code": AWKWARD_CODE}, expected={"code": AWKWARD_CODE}),
        kept("none is known"),
        kept("none", fields={"code": ABSENT}, expected={"code": CODE}, also=["code-missing"]),
        kept("another grant", grant=CREDENTIALS, expected={"code": CODE}),
    ],
    "redirect-uri-missing": [
        broken("absent", fields={"redirect_uri": ABSENT}, says="no redirect_uri in the body"),
        broken(
            "absent, where one was sent",
            fields={"redirect_uri": ABSENT},
            expected={"redirect_uri": REDIRECT_URI},
            wants=f"'{REDIRECT_URI}'",
        ),
        broken(
            "empty",
            fields={"redirect_uri": ""},
            expected={"redirect_uri": REDIRECT_URI},
            also=["form-param-empty"],
            says="redirect_uri is empty",
        ),
        kept("absent, where none was sent", fields={"redirect_uri": ABSENT}, expected={"redirect_uri": None}),
        kept("another grant", grant=REFRESH),
        kept("there"),
    ],
    "redirect-uri-mismatch": [
        broken(
            "a slash after it",
            fields={"redirect_uri": f"{REDIRECT_URI}/"},
            expected={"redirect_uri": REDIRECT_URI},
            says="callback/'",
            wants=f"'{REDIRECT_URI}'",
        ),
        broken(
            "another port",
            fields={"redirect_uri": REDIRECT_URI.replace("3000", "3001")},
            expected={"redirect_uri": REDIRECT_URI},
        ),
        broken(
            "the default port",
            fields={"redirect_uri": "https://app.example:443/cb"},
            expected={"redirect_uri": "https://app.example/cb"},
        ),
        broken(
            "another case",
            fields={"redirect_uri": "https://APP.example/cb"},
            expected={"redirect_uri": "https://app.example/cb"},
        ),
        broken(
            "an address for its name",
            fields={"redirect_uri": REDIRECT_URI.replace("localhost", "127.0.0.1")},
            expected={"redirect_uri": REDIRECT_URI},
        ),
        broken(
            "an escape in another case",
            fields={"redirect_uri": "https://app.example/%c3%a4"},
            expected={"redirect_uri": "https://app.example/%C3%A4"},
        ),
        broken(
            "a loopback address with another port",
            fields={"redirect_uri": "http://127.0.0.1:49152/cb"},
            expected={"redirect_uri": "http://127.0.0.1:49153/cb"},
        ),
        broken(
            "a registered one, but another",
            client=registered("https://app.example/a", "https://app.example/b"),
            fields={"redirect_uri": "https://app.example/a"},
            expected={"redirect_uri": "https://app.example/b"},
        ),
        broken(
            "a long one is cut",
            fields={"redirect_uri": LONG_URI},
            expected={"redirect_uri": REDIRECT_URI},
            says=f"'{LONG_URI[:200]}'",
        ),
        broken("a long one that is not registered is cut", **with_redirect(LONG_URI), says=f"'{LONG_URI[:200]}'"),
        broken(
            "none of two that are registered",
            client=registered("https://app.example/a", "https://app.example/b"),
            wants="a registered one: 'https://app.example/a', 'https://app.example/b'",
        ),
        broken(
            "none that is registered", **with_redirect(f"{REDIRECT_URI}/"), wants=f"a registered one: '{REDIRECT_URI}'"
        ),
        broken("another port of localhost", **with_redirect("http://localhost:3001/callback")),
        broken("another path of loopback", **with_redirect("http://127.0.0.1:1/b", "http://127.0.0.1/a")),
        broken(
            "loopback with userinfo",
            **with_redirect("http://127.0.0.1:1@evil.example/", "http://127.0.0.1@evil.example/"),
        ),
        broken("another port, not of loopback", **with_redirect("http://127.0.0.2:1/", "http://127.0.0.2/")),
        broken("another port, by TLS", **with_redirect("https://127.0.0.1:1/", "https://127.0.0.1/")),
        kept("the same", expected={"redirect_uri": REDIRECT_URI}),
        kept(
            "the same, not registered", client=registered("https://x.example/"), expected={"redirect_uri": REDIRECT_URI}
        ),
        kept("one of the registered ones", client=registered("https://app.example/a", REDIRECT_URI)),
        kept("none is registered"),
        kept("loopback and some port", **with_redirect("http://127.0.0.1:49152/cb", "http://127.0.0.1/cb")),
        kept("loopback and another port", **with_redirect("http://[::1]:49152", "http://[::1]:1")),
        kept(
            "none was sent before",
            client=registered("https://app.example/a"),
            expected={"redirect_uri": None},
            also=["redirect-uri-unexpected"],
        ),
        kept("none", fields={"redirect_uri": ABSENT}, client=registered(REDIRECT_URI), also=["redirect-uri-missing"]),
        kept("another grant", grant=CREDENTIALS, fields={"resource": "https://x.example/"}, client=registered("x:/y")),
    ],
    "redirect-uri-unexpected": [
        broken("none was sent before", expected={"redirect_uri": None}, says="the authorization request had none"),
        kept("nothing is known"),
        kept("one was sent before", expected={"redirect_uri": REDIRECT_URI}),
        kept("neither", fields={"redirect_uri": ABSENT}, expected={"redirect_uri": None}),
        kept("empty", fields={"redirect_uri": ""}, expected={"redirect_uri": None}, also=["form-param-empty"]),
    ],
    "code-verifier-missing": [
        broken("a challenge before", expected={"code_challenge": CHALLENGE}, says="no code_verifier"),
        broken("an empty one", **verified("", code_challenge=CHALLENGE), also=["form-param-empty"]),
        broken(
            "of the method plain",
            expected={"code_challenge": CHALLENGE, "code_challenge_method": "plain"},
            also=["code-challenge-plain"],
        ),
        kept("no challenge before", expected={"code_challenge": None}),
        kept("nothing is known"),
        kept("a verifier", **verified(VERIFIER, code_challenge=CHALLENGE)),
        kept("another grant", grant=REFRESH, expected={"code_challenge": CHALLENGE}),
    ],
    "code-verifier-unexpected": [
        broken("no challenge before", **verified(VERIFIER, code_challenge=None), says="had no code_challenge"),
        broken("malformed too", **verified("x", code_challenge=None), also=["code-verifier-malformed"]),
        kept("nothing is known", **verified(VERIFIER)),
        kept("empty", **verified("", code_challenge=None), also=["form-param-empty"]),
        kept("a challenge before", **verified(VERIFIER, code_challenge=CHALLENGE)),
        kept("neither", expected={"code_challenge": None}),
    ],
    "code-verifier-malformed": [
        broken("42 characters", **verified("a" * 42), says="42 characters", wants="43 to 128"),
        broken("129 characters", **verified("a" * 129), says="129 characters"),
        broken("a UUID", **verified("8bd53cc4-3a3e-4c1c-9d0c-6d3e5b4b4b1e"), says="36 characters"),
        broken("padding", **verified("a" * 43 + "="), says="44 characters, among them '='"),
        broken("the standard alphabet", **verified("+/" + "a" * 43), says="among them '+/'"),
        broken("a line feed after it", **verified("a" * 43 + "\n"), also=["form-value-whitespace"]),
        broken("not ASCII", body=lambda right: right + b"&code_verifier=%C3%A4" + b"a" * 43),
        broken("each foreign character once, at most eight", **verified("!!#$%&'()*" + "a" * 43), says="!#$%&'()\""),
        kept("43 characters", **verified("a" * 43)),
        kept("128 characters", **verified("a" * 128)),
        kept("all characters", **verified("-._~AZaz09" * 5)),
        kept("empty", **verified(""), also=["form-param-empty"]),
        kept("another grant", grant=REFRESH, fields={"code_verifier": "x"}),
    ],
    "code-verifier-mismatch": [
        broken(
            "another",
            **verified("a" * 43, code_challenge=CHALLENGE),
            says="hashes to another challenge",
            wants=CHALLENGE,
        ),
        broken(
            "another, before the challenge in the alphabet",
            **verified("A" * 43, code_challenge=CHALLENGE),
            says="hashes to another challenge",
        ),
        broken("the challenge itself", **verified(CHALLENGE, code_challenge=CHALLENGE), says="is the challenge itself"),
        broken("another case", **verified(VERIFIER.lower(), code_challenge=CHALLENGE)),
        broken("padding in the challenge", **verified(VERIFIER, code_challenge=f"{CHALLENGE}=")),
        broken(
            "the method S256, named",
            **verified(CHALLENGE, code_challenge=CHALLENGE, code_challenge_method="S256"),
        ),
        broken(
            "the hash, where the method is plain",
            **verified(VERIFIER, code_challenge=CHALLENGE, code_challenge_method="plain"),
            also=["code-challenge-plain"],
            says="‹dBjf… 43 characters›",
            wants="the method is plain",
        ),
        broken(
            "the hash, where no method was sent",
            **verified(VERIFIER, code_challenge=CHALLENGE, code_challenge_method=None),
            also=["code-challenge-plain"],
        ),
        broken(
            "not UTF-8",
            body=lambda right: right + b"&code_verifier=%E4" + b"a" * 43,
            expected={"code_challenge": CHALLENGE},
            also=["form-charset-not-utf8", "code-verifier-malformed"],
        ),
        kept("what hashes to it", **verified(VERIFIER, code_challenge=CHALLENGE)),
        kept(
            "the method in small letters, which is no plain",
            **verified(VERIFIER, code_challenge=CHALLENGE, code_challenge_method="s256"),
            also=["code-challenge-plain"],
        ),
        kept("the method named", **verified(VERIFIER, code_challenge=CHALLENGE, code_challenge_method="S256")),
        kept(
            "the challenge itself, by plain",
            **verified(CHALLENGE, code_challenge=CHALLENGE, code_challenge_method="plain"),
            also=["code-challenge-plain"],
        ),
        kept("nothing is known", **verified("a" * 43)),
        kept("empty", **verified("", code_challenge=CHALLENGE), also=["form-param-empty", "code-verifier-missing"]),
    ],
    "code-challenge-plain": [
        broken(
            "known of the login",
            **verified("a" * 43, code_challenge="a" * 43, code_challenge_method="plain"),
            says="'plain'",
            wants="S256",
        ),
        broken("no method in the login", **verified("a" * 43, code_challenge="a" * 43, code_challenge_method=None)),
        broken("pushed", endpoint="pushed_authorization_request", fields={"code_challenge_method": "plain"}),
        broken(
            "pushed, another hash", endpoint="pushed_authorization_request", fields={"code_challenge_method": "S128"}
        ),
        broken("pushed, left out", endpoint="pushed_authorization_request", fields={"code_challenge_method": ABSENT}),
        broken(
            "pushed, empty",
            endpoint="pushed_authorization_request",
            fields={"code_challenge_method": ""},
            also=["form-param-empty"],
        ),
        broken(
            "pushed, in small letters",
            endpoint="pushed_authorization_request",
            fields={"code_challenge_method": "s256"},
            says="'s256'",
        ),
        broken(
            "pushed, long, and cut",
            endpoint="pushed_authorization_request",
            fields={"code_challenge_method": "x" * 300},
            says=f"'{'x' * 40}'",
        ),
        broken(
            "an error to FAPI",
            endpoint="pushed_authorization_request",
            profile="fapi1a",
            client=lambda: a_key_client("ES256"),
            fields={"code_challenge_method": "plain"},
            level="error",
        ),
        kept("S256", **verified(VERIFIER, code_challenge=CHALLENGE)),
        kept("S256, pushed", endpoint="pushed_authorization_request"),
        kept(
            "a method alone, pushed",
            endpoint="pushed_authorization_request",
            fields={"code_challenge": ABSENT, "code_challenge_method": "plain"},
        ),
        kept("no challenge", expected={"code_challenge": None, "code_challenge_method": None}),
    ],
    "code-verifier-reused": [
        broken("with another code", **verified(VERIFIER), history=lambda: after(code_verifier=VERIFIER)),
        broken(
            "with another code, behind it in the alphabet",
            **verified(VERIFIER),
            history=lambda: after(code_verifier=VERIFIER, code="the code before"),
        ),
        kept("another verifier", **verified(VERIFIER), history=lambda: after(code_verifier="a" * 43)),
        kept(
            "with the same code",
            **verified(VERIFIER),
            history=lambda: after(code_verifier=VERIFIER, code=CODE),
            also=["multi-code-reused"],
        ),
        kept("without a code", history=lambda: after(code_verifier=VERIFIER, code=ABSENT), **verified(VERIFIER)),
        kept(
            "with no code now",
            fields={"code_verifier": VERIFIER, "code": ABSENT},
            history=lambda: after(code_verifier=VERIFIER),
            also=["code-missing"],
        ),
        kept("none", history=lambda: after(code_verifier=VERIFIER)),
        kept("nothing before", **verified(VERIFIER)),
    ],
    "refresh-token-missing": [
        broken("absent", grant=REFRESH, fields={"refresh_token": ABSENT}, says="no refresh_token in the body"),
        broken("empty", grant=REFRESH, fields={"refresh_token": ""}, also=["form-param-empty"], says="is empty"),
        broken(
            "an expected one",
            grant=REFRESH,
            fields={"refresh_token": ABSENT},
            expected={"refresh_token": REFRESH_TOKEN},
        ),
        kept("another grant"),
        kept("there", grant=REFRESH),
    ],
    "refresh-token-mismatch": [
        broken(
            "another",
            grant=REFRESH,
            expected={"refresh_token": "0" * 36},
            says=("not a live one", "‹rt.8… 39 characters›"),
            wants="‹0000… 36 characters›",
        ),
        broken(
            "none was issued",
            grant=REFRESH,
            expected={"refresh_token": "", "refresh_token_state": None},
            says="39 characters›",
            wants="a refresh token the server issued",
        ),
        broken(
            "one that was replaced",
            grant=REFRESH,
            expected={"refresh_token": "0" * 36, "refresh_token_state": "it was replaced"},
            says="not a live one: it was replaced",
        ),
        broken(
            "one character less",
            grant=REFRESH,
            fields={"refresh_token": REFRESH_TOKEN[:-1]},
            expected={"refresh_token": REFRESH_TOKEN},
            says="(cut off at '1')",
        ),
        kept("the right one", grant=REFRESH, expected={"refresh_token": REFRESH_TOKEN}),
        kept("none is known", grant=REFRESH),
        kept(
            "none",
            grant=REFRESH,
            fields={"refresh_token": ABSENT},
            expected={"refresh_token": REFRESH_TOKEN},
            also=["refresh-token-missing"],
        ),
        kept("another grant", expected={"refresh_token": REFRESH_TOKEN}),
    ],
    "client-credentials-extra-params": [
        broken("a code", grant=CREDENTIALS, fields={"code": "x"}, says="with client_credentials: code"),
        broken("a redirect URI", grant=CREDENTIALS, fields={"redirect_uri": REDIRECT_URI}),
        broken("a user", grant=CREDENTIALS, fields={"username": "alice", "password": "x"}, says="username, password"),
        broken("a refresh token", grant=CREDENTIALS, fields={"refresh_token": "x"}),
        broken("a verifier", grant=CREDENTIALS, fields={"code_verifier": VERIFIER}),
        kept("an empty code", grant=CREDENTIALS, fields={"code": ""}, also=["form-param-empty"]),
        kept("what belongs there", grant=CREDENTIALS, fields={"scope": "read", "resource": "https://api.example"}),
        kept("another grant"),
    ],
    "device-code-missing": [
        broken("absent", grant=DEVICE_CODE, fields={"device_code": ABSENT}, says="no device_code"),
        broken("empty", grant=DEVICE_CODE, fields={"device_code": ""}, also=["form-param-empty"]),
        kept("there", grant=DEVICE_CODE),
        kept("another grant"),
    ],
    "ciba-auth-req-id-missing": [
        broken("absent", grant=CIBA, fields={"auth_req_id": ABSENT}, says="no auth_req_id"),
        broken("empty", grant=CIBA, fields={"auth_req_id": ""}, also=["form-param-empty"]),
        kept("there", grant=CIBA),
        kept("another grant"),
    ],
}


@pytest.mark.parametrize(("rule_id", "row"), each(TABLES))
def test_request(rule_id: str, row: Row) -> None:
    check(rule_id, row)
