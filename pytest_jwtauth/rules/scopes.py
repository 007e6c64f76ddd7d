"""``scope``: how it is written, and where it may stand (RFC 6749 §3.3)."""

from __future__ import annotations

import re

from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.model import Finding
from pytest_jwtauth.parameters import AUTHORIZATION_CODE, CLIENT_CREDENTIALS, REFRESH_TOKEN
from pytest_jwtauth.rules.registry import TOKEN, Room

room = Room(__name__, error="invalid_scope", needs="form")

_SCOPE = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*")
_WELL_KNOWN_SCOPES = ("openid", "profile", "email", "address", "phone", "offline_access")


@room.rule(
    "scope-in-code-exchange",
    spec="hygiene (RFC 6749 §4.1.3 defines none)",
    strength="hygiene",
    level="warning",
    endpoints=TOKEN,
    grants=(AUTHORIZATION_CODE,),
    when="field:scope",
)
def scope_in_code_exchange(evidence: Evidence) -> Finding | str | None:
    """A code is exchanged without ``scope``: the authorization request settled it."""
    return "scope was sent with grant_type=authorization_code" if evidence.form.get("scope") else None


@room.rule(
    "refresh-scope-widened",
    spec="RFC 6749 §6",
    endpoints=TOKEN,
    grants=(REFRESH_TOKEN,),
    when="field:scope",
)
def refresh_scope_widened(evidence: Evidence) -> Finding | str | None:
    """A refresh asks for no scope that was not granted."""
    granted, asked = evidence.expected.get("granted_scope"), evidence.form.get("scope")
    if granted is None or asked is None:
        return None
    wider = sorted(set(asked.split()) - set(granted.split()))
    return Finding(f"not granted before: {' '.join(wider)[:200]}", f"at most {granted!r}") if wider else None


@room.rule(
    "scope-missing",
    spec="SMART App Launch «backend-services»; CDR Register",
    strength="vendor",
    level="off",
    endpoints=TOKEN,
    grants=(CLIENT_CREDENTIALS,),
)
def scope_missing(evidence: Evidence) -> Finding | str | None:
    """``scope`` is sent with client_credentials."""
    return None if evidence.form.get("scope") else "no scope in the body"


@room.rule("scope-malformed", spec="RFC 6749 §3.3, appendix A.4", when="field:scope")
def scope_malformed(evidence: Evidence) -> Finding | str | None:
    """``scope`` is a list of tokens with one space between them."""
    scope = evidence.form.get("scope")
    if scope is None or _SCOPE.fullmatch(scope):
        return None
    if scope != scope.strip() or "  " in scope:
        return f"stray spaces: {scope[:200]!r}"
    return f"characters that a scope cannot have: {scope[:200]!r}"


@room.rule(
    "scope-comma-separated",
    spec="hygiene (RFC 6749 §3.3)",
    strength="hygiene",
    level="warning",
    when="field:scope",
)
def scope_comma_separated(evidence: Evidence) -> Finding | str | None:
    """Scopes are separated by spaces, not commas."""
    scope = evidence.form.get("scope")
    if scope is None or "," not in scope:
        return None
    known = {*_WELL_KNOWN_SCOPES, *(evidence.expected.get("granted_scope") or "").split()}
    # A comma is a legal character of a scope, so only a familiar name beside one makes it a mistake.
    listed = any(
        part in known for token in scope.split() if "," in token and token not in known for part in token.split(",")
    )
    return f"scope is {scope[:200]!r}" if listed else None


@room.rule("scope-duplicate", spec="hygiene", strength="hygiene", level="warning", when="field:scope")
def scope_duplicate(evidence: Evidence) -> Finding | str | None:
    """No scope is asked for twice."""
    scope = evidence.form.get("scope")
    if scope is None:
        return None
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for token in scope.split():
        if token in seen:
            twice[token] = None
        seen.add(token)
    return f"twice: {', '.join(twice)[:200]}" if twice else None
