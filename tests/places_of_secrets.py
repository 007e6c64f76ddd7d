"""Every place of a request in which a secret may stand, and every text that is made of the verdict on it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from pytest_jwtauth.errors import InvalidTokenRequest
from pytest_jwtauth.model import Verdict
from pytest_jwtauth.report import describe_failures, describe_warning

Place = Callable[[str], dict[str, Any]]
PLACES: dict[str, Place] = {
    "nowhere else": lambda s: {},
    "the method": lambda s: {"method": s},
    "the scheme": lambda s: {"url": f"{s}://auth.example/as/token"},
    "the userinfo": lambda s: {"url": f"https://app-1:{s}@auth.example/as/token"},
    "the host": lambda s: {"url": f"https://{s}.example/as/token"},
    "the path": lambda s: {"url": f"https://auth.example/as/{s}"},
    "the path, encoded": lambda s: {"url": f"https://auth.example/as/{quote(s, safe='')}"},
    "a value in the query": lambda s: {"query": f"client_secret={quote(s, safe='')}"},
    "a name in the query": lambda s: {"query": f"{quote(s, safe='')}=1"},
    "the query, without a name": lambda s: {"query": s},
    "the fragment": lambda s: {"url": f"https://auth.example/as/token#{s}"},
    "the media type": lambda s: {"headers": [("Content-Type", s)]},
    "the charset": lambda s: {"headers": [("Content-Type", f"application/x-www-form-urlencoded; charset={s}")]},
    "Accept": lambda s: {
        "more_headers": [("Accept", s)],
        "headers": [("Content-Type", "application/x-www-form-urlencoded")],
    },
    "Content-Encoding": lambda s: {"more_headers": [("Content-Encoding", s)]},
    "Authorization: Basic": lambda s: {
        "more_headers": [("Authorization", "Basic " + base64.b64encode(f"app-1:{s}".encode()).decode())]
    },
    "Authorization: Bearer": lambda s: {"more_headers": [("Authorization", f"Bearer {s}")]},
    "the scheme of Authorization": lambda s: {"more_headers": [("Authorization", f"{s} x")]},
    "Authorization": lambda s: {"more_headers": [("Authorization", s)]},
    "Cookie": lambda s: {"more_headers": [("Cookie", s)]},
    "DPoP": lambda s: {"more_headers": [("DPoP", s)]},
    "another header": lambda s: {"more_headers": [("X-Debug", s)]},
    "the name of a header": lambda s: {"more_headers": [(s, s)]},
    "client_secret": lambda s: {"more_fields": [("client_secret", s)]},
    "client_id": lambda s: {"more_fields": [("client_id", s)]},
    "client_id, in the middle": lambda s: {"more_fields": [("client_id", f"{'x' * 70}{s}y")]},
    "client_id, cut off": lambda s: {"more_fields": [("client_id", f"{'x' * 85}{s}")]},
    "grant_type": lambda s: {"more_fields": [("grant_type", s)]},
    "the only grant_type": lambda s: {"body": lambda right: b"grant_type=" + quote(s).encode() + b"&" + right},
    "scope": lambda s: {"more_fields": [("scope", s)]},
    "scope, cut off": lambda s: {"more_fields": [("scope", f"{'x' * 190}{s}")]},
    "scope, far behind": lambda s: {"more_fields": [("scope", f"{'x' * 390}{s}")]},
    "scope, twice encoded": lambda s: {"more_fields": [("scope", quote(s, safe=""))]},
    "redirect_uri": lambda s: {
        "body": lambda right: right.replace(b"redirect_uri=", b"redirect_uri=" + quote(s).encode())
    },
    "client_assertion_type": lambda s: {
        "body": lambda right: right.replace(b"client_assertion_type=", b"client_assertion_type=" + quote(s).encode())
    },
    "a field that nobody knows": lambda s: {"more_fields": [("state", s)]},
    "a field that is repeated": lambda s: {"more_fields": [("scope", s), ("scope", s), ("resource", s)]},
    "the name of a field": lambda s: {"more_fields": [(s, "x")]},
    "the name of a field without a value": lambda s: {"more_fields": [(s, ""), (f"{s}[]", "")]},
    "the only name of a body": lambda s: {"body": quote(s).encode() + b"="},
    "a body that is no form": lambda s: {"body": s.encode()},
    "a body in JSON": lambda s: {"body": b'{"x": "' + s.encode() + b'"}'},
    "a body that is encoded twice": lambda s: {
        "body": lambda right: quote(right, safe="").encode() + b"=" + quote(s).encode()
    },
    "iss": lambda s: {"claims": {"iss": s}},
    "sub, cut off": lambda s: {"claims": {"sub": f"{'x' * 80}{s}"}},
    "aud": lambda s: {"claims": {"aud": s}},
    "aud, cut off": lambda s: {"claims": {"aud": f"{'x' * 170}{s}"}},
    "an array of aud": lambda s: {"claims": {"aud": [s, f"https://{s}/"]}},
    "jti": lambda s: {"claims": {"jti": s}},
    "exp": lambda s: {"claims": {"exp": s}},
    "a claim": lambda s: {"claims": {"note": s}},
    "a nested claim": lambda s: {"claims": {"note": {"a": [{"b": s}]}}},
    "a deep claim": lambda s: {"claims": {"note": [[[[[[s]]]]]]}},
    "the name of a claim": lambda s: {"claims": {s: 1}},
    "the name of a claim, cut off": lambda s: {"claims": {f"{'x' * 45}{s}": 1}},
    "a repeated claim": lambda s: {"payload": f'{{"x":1,"x":{json.dumps(s)}}}'.encode()},
    "kid": lambda s: {"header": {"kid": s}},
    "kid, cut off": lambda s: {"header": {"kid": f"../{'x' * 65}{s}"}},
    "typ": lambda s: {"header": {"typ": s}},
    "cty": lambda s: {"header": {"cty": s}},
    "alg": lambda s: {"header": {"alg": s}},
    "crit": lambda s: {"header": {"crit": [s, "x"], "x": s}},
    "the name of a header member": lambda s: {"header": {s: 1, "crit": [s]}},
    "the assertion itself": lambda s: {"text": s},
    "the assertion in quotes": lambda s: {"text": f'"{s}"'},
}


def texts_of(verdict: Verdict) -> Iterator[str]:
    """Everything that a verdict can print."""
    yield str(verdict)
    yield repr(verdict)
    yield repr(verdict.assertion)
    yield describe_failures([verdict, verdict])
    for violation in (*verdict.violations, *verdict.warnings):
        yield from (repr(violation), describe_warning(violation))
    yield repr(verdict.not_evaluated)
    yield str(InvalidTokenRequest(str(verdict), (verdict,)))
