"""What a library did, in facts for a table: judged requests in, plain data out. Knows no library."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_jwtauth import jws
from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.model import AuthorizationServer, Json, Verdict
from pytest_jwtauth.received import Form, ReceivedRequest
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.verdict import judge

EXPECTED_FIELDS = frozenset(
    {
        *("grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope"),
        *("client_id", "client_assertion", "client_assertion_type", "assertion"),
    }
)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def what_was_sent(
    request: ReceivedRequest, *, client: RegisteredClient, server: AuthorizationServer, profiles: Sequence[str]
) -> dict[str, Json]:
    """The facts of one request: how it looks, and what each profile says of it."""
    fields = fields_of(request)
    facts: dict[str, Json] = {
        "content type": header_of(request, "content-type"),
        "fields": list(fields),
        "extra fields": [name for name in fields if name not in EXPECTED_FIELDS],
    }
    read = jws.take_apart(assertion_of(fields))
    if read.header is not None and read.claims is not None:
        facts |= {
            "header": {name: value if name in {"alg", "typ"} else "…" for name, value in read.header.items()},
            "claims": list(read.claims),
            "aud": _audience(read.claims.get("aud"), server),
            "lifetime": _lifetime(read.claims),
            "numbers": _numbers(read.claims),
            "jti": _jti_kind(read.claims.get("jti")),
        }
    facts["verdicts"] = {profile: _found(_judged(request, client, server, profile)) for profile in profiles}
    return facts


def fields_of(request: TokenRequest) -> Mapping[str, str]:
    """The fields of the form, or of what was sent in its place as JSON."""
    if (header_of(request, "content-type") or "").startswith("application/json"):
        sent: dict[str, str] = json.loads(request.body)
        return sent
    return Form(request.body)


def assertion_of(fields: Mapping[str, str]) -> str:
    """The client assertion, or the JWT that is the grant; empty if there is neither."""
    return fields.get("client_assertion") or fields.get("assertion") or ""


def _judged(request: TokenRequest, client: RegisteredClient, server: AuthorizationServer, profile: str) -> Verdict:
    # A real client has a redirect URI and a code that are right: the stub has said so already.
    return judge(request, client=client, server=server, profile=profile, now=request.received_at)


def _found(verdict: Verdict) -> dict[str, list[str]]:
    return {
        "errors": [violation.rule for violation in verdict.violations],
        "warnings": [violation.rule for violation in verdict.warnings],
    }


def header_of(request: TokenRequest, name: str) -> str | None:
    """The first value of a header field, or None."""
    values = [value for known, value in request.headers if known.lower() == name]
    return values[0] if values else None


def _audience(aud: Json, server: AuthorizationServer) -> str | None:
    if isinstance(aud, list):
        return f"[{', '.join(str(_audience(one, server)) for one in aud)}]"
    names = {server.token_endpoint: "token endpoint", server.issuer: "issuer"}
    return names.get(aud, aud)


def _lifetime(claims: Any) -> int | None:
    if "exp" not in claims or "iat" not in claims:
        return None
    seconds: int = round(claims["exp"] - claims["iat"])
    return seconds


def _numbers(claims: Any) -> str:
    kinds = {type(claims[name]).__name__ for name in ("exp", "iat", "nbf") if name in claims}
    return ", ".join({"int": "whole", "float": "with fractions"}.get(kind, kind) for kind in sorted(kinds))


def _jti_kind(jti: Json) -> str:
    if not isinstance(jti, str):
        return "none"
    return "UUID" if UUID.fullmatch(jti) else f"{len(jti)} characters"


def what_followed(first: TokenRequest, later: Sequence[ReceivedRequest]) -> str:
    """In words, how *later* requests differ from the *first* in what proves who the client is."""
    if not later:
        return "nothing"
    said, before = [], proof(first)
    for request in later:
        now = proof(request)
        said.append("the same assertion" if now == before else _in_words(before, now))
        before = now
    words = " and then ".join(dict.fromkeys(said))
    return words if len(later) == 1 else f"{len(later)} requests, each with {words}"


def proof(request: TokenRequest) -> tuple[str, ...]:
    """What proves who the client is: the scheme of an Authorization header, or the assertion."""
    authorization = next((value for name, value in request.headers if name.lower() == "authorization"), None)
    if authorization is not None:
        return ("Authorization", authorization.partition(" ")[0])
    assertion = assertion_of(fields_of(request))
    return ("assertion", assertion) if assertion else ("nothing",)


def _in_words(before: tuple[str, ...], now: tuple[str, ...]) -> str:
    if now[0] == "Authorization":
        return f"Authorization: {now[1]}"
    if now[0] == "nothing":
        return "no assertion"
    same_jti = before[0] == now[0] and _jti(before[1]) is not None and _jti(before[1]) == _jti(now[1])
    return "a new assertion with the same jti" if same_jti else "a new assertion"


def _jti(assertion: str) -> Json:
    claims = jws.take_apart(assertion).claims
    return claims.get("jti") if claims else None
