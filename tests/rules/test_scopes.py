"""``scope``: what each rule refuses, and what it lets pass."""

from __future__ import annotations

from typing import Any

import pytest
from requests_under_test import CLIENT_ID, a_key
from rules.tables import Row, broken, check, each, kept

from pytest_jwtauth.registered_client import RegisteredClient

CODE_GRANT = "authorization_code"
CREDENTIALS = "client_credentials"
REFRESH = "refresh_token"


def scope(value: str, grant: str = CREDENTIALS, **expected: Any) -> dict[str, Any]:
    """A request for this scope."""
    return {"grant": grant, "fields": {"scope": value}, "expected": expected}


TABLES: dict[str, list[Row]] = {
    "scope-in-code-exchange": [
        broken("a scope", fields={"scope": "openid"}, says="authorization_code"),
        broken("a malformed one", fields={"scope": " openid"}, also=["scope-malformed"]),
        kept("an empty one", fields={"scope": ""}, also=["form-param-empty"]),
        kept("another grant", grant=REFRESH, fields={"scope": "openid"}),
        kept("none"),
    ],
    "refresh-scope-widened": [
        broken(
            "one more",
            **scope("openid admin", REFRESH, granted_scope="openid profile"),
            says="not granted before: admin",
            wants="'openid profile'",
        ),
        broken("a long one is cut", **scope("x" * 201, REFRESH, granted_scope="openid"), says="x" * 200),
        broken("two more", **scope("root openid admin", REFRESH, granted_scope="openid"), says="before: admin root"),
        broken("another case", **scope("OpenID", REFRESH, granted_scope="openid")),
        broken("nothing was granted", **scope("openid", REFRESH, granted_scope="")),
        broken("commas", **scope("a,b", REFRESH, granted_scope="a b"), also=["scope-comma-separated"]),
        kept("the same in another order", **scope("profile openid", REFRESH, granted_scope="openid profile")),
        kept("less", **scope("openid", REFRESH, granted_scope="openid profile")),
        kept("none", grant=REFRESH, expected={"granted_scope": "openid"}),
        kept("empty", **scope("", REFRESH, granted_scope="openid"), also=["form-param-empty"]),
        kept("nothing is known", **scope("admin", REFRESH)),
        kept("another grant", **scope("admin", granted_scope="openid")),
    ],
    "scope-missing": [
        broken("absent", grant=CREDENTIALS, says="no scope in the body"),
        broken("empty", **scope(""), also=["form-param-empty"]),
        broken(
            "by SMART",
            grant=CREDENTIALS,
            profile="smart",
            client=lambda: RegisteredClient(CLIENT_ID, jwks={"keys": [a_key("ES384", kid="1")]}),
        ),
        kept("there", **scope("system/*.read")),
        kept("another grant"),
    ],
    "scope-malformed": [
        broken("a space before it", **scope(" openid"), says="stray spaces: ' openid'"),
        broken("a space after it", **scope("openid "), says="stray spaces"),
        broken("two spaces", **scope("openid  profile"), says="stray spaces"),
        broken("a space alone", **scope(" "), says="stray spaces"),
        broken("long ones are cut", **scope(f"{'x' * 200}  y"), says=f"'{'x' * 200}'"),
        broken("a long one with a tab is cut", **scope(f"{'x' * 200}\ty"), says=f"cannot have: '{'x' * 200}'"),
        broken("a tab", **scope("openid\tprofile"), says="cannot have"),
        broken("a line feed", **scope("openid\nprofile")),
        broken("a line feed after it", **scope("openid\n"), says="stray spaces"),
        broken("a JSON array", **scope('["openid","x"]'), says="cannot have"),
        broken("0x22", **scope('a"b')),
        broken("0x5C", **scope("a\\b")),
        broken("0x7F", **scope("a\x7fb")),
        broken("0x00", **scope("a\0b")),
        broken("not ASCII", grant=CREDENTIALS, body=lambda right: right + b"&scope=%C3%A4", says="cannot have"),
        broken("at another endpoint", endpoint="device_authorization", fields={"scope": "a  b"}),
        broken("long, and cut", **scope(f" {'x' * 300}"), says="x" * 199),
        kept("one", **scope("openid")),
        kept("some", **scope("openid profile https://api.example/read")),
        kept("the limits: 0x21, 0x23, 0x5B, 0x5D, 0x7E", **scope("! # [ ] ~")),
        kept("a comma", **scope("a,b")),
        kept("empty", **scope(""), also=["form-param-empty"]),
    ],
    "scope-comma-separated": [
        broken("two", **scope("openid,profile"), says="'openid,profile'"),
        broken("one of them known", **scope("openid,x")),
        broken("a long one is cut", **scope(f"openid,{'x' * 200}"), says=f"'openid,{'x' * 193}'"),
        *[
            broken(f"{name} and an unknown one", **scope(f"x,{name}"))
            for name in ("profile", "email", "address", "phone", "offline_access")
        ],
        broken("a comma and a space", **scope("openid, profile")),
        broken(
            "one that was granted",
            **scope("a,b", REFRESH, granted_scope="b a"),
            also=["refresh-scope-widened"],
        ),
        broken("two of three", **scope("x address,phone")),
        kept("unknown ones", **scope("a,b")),
        kept("a space", **scope("openid profile")),
        kept("a known one beside a comma's token", **scope("openid patient/x.rs?a=b,c")),
        kept("a granted one that has a comma", **scope("a,openid", REFRESH, granted_scope="a,openid")),
        kept("empty", **scope(""), also=["form-param-empty"]),
    ],
    "scope-duplicate": [
        broken("twice", **scope("openid openid"), says="twice: openid"),
        broken("a long one is cut", **scope(" ".join(["x" * 201] * 2)), says="x" * 200),
        broken("thrice, and another twice", **scope("b a b a b"), says="twice: b, a"),
        broken("with two spaces", **scope("a  a"), also=["scope-malformed"]),
        kept("another case", **scope("openid OpenID")),
        kept("one within another", **scope("read read:all")),
        kept("empty", **scope(""), also=["form-param-empty"]),
    ],
}


@pytest.mark.parametrize(("rule_id", "row"), each(TABLES))
def test_request(rule_id: str, row: Row) -> None:
    check(rule_id, row)
