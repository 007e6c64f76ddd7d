"""What is odd about a request: its traits, by which the judge knows which rules may find something.

Most requests are right in most ways. A rule that could only find a repeated field need not run where no field is
repeated; it says so by ``when``, and looks only if the trait is there. Traits are wide: they may be there without a
fault, never the other way round, which a test proves by comparing with a judge that always looks everywhere.

The trait ``unread`` is not found here: where evidence is missing, no short cut is taken and every rule looks. It marks
the rules that find something only then, such as those about a claim that is absent.
"""

from __future__ import annotations

from pytest_jwtauth.evidence import FORM_MEDIA_TYPE, Evidence
from pytest_jwtauth.jws import SANE_TEXT
from pytest_jwtauth.parameters import GRANT_TYPES, JWT_BEARER_ASSERTION_TYPE, TOKEN_PARAMETERS

FRESH_LIFE = 300
FRESH_AGE = 60
"""Seconds; within these no rule about times finds anything in any profile without a shorter limit of its own."""

_ORDINARY_CONTENT_TYPE = [FORM_MEDIA_TYPE]
_ANY = ["*/*"]


def traits(evidence: Evidence) -> list[str]:
    """The traits of a request, as the ``when`` of rules names them; fields, headers, members and claims apart."""
    found: list[str] = []
    _add_of_request(found, evidence)
    if evidence.jws is not None:
        _add_of_assertion(found, evidence)
    if evidence.history.items or evidence.history.metadata:
        _add_of_past(found, evidence)
    return found


def _add_of_request(found: list[str], evidence: Evidence) -> None:
    request, form = evidence.request, evidence.form
    if request.method != "POST":
        found.append("odd:method")
    if request.url != evidence.endpoint_url or "#" in request.url or "@" in request.url:
        found.append("odd:url")
    if evidence.headers.get("content-type") != _ORDINARY_CONTENT_TYPE:
        found.append("odd:content-type")
    names = {name for name, _ in form.fields}
    values = [value for _, value in form.fields]
    if (
        len(names) != len(form.fields)
        or not names <= TOKEN_PARAMETERS
        or evidence.query
        or form.not_utf8
        or form.bad_escapes
        or evidence.not_a_form
        or "" in values
        or "%" in (joined := "".join(values))
        or joined.split(None, 1) != [joined]
    ):
        found.append("odd:form")
    if evidence.grant not in GRANT_TYPES or evidence.profile.grant_types or "grant_type" in evidence.expected:
        found.append("odd:grant")
    if evidence.headers.get("accept", _ANY) != _ANY:
        found.append("odd:accept")
    if not evidence.expected.get("tls_verified", True):
        found.append("odd:tls")
    if evidence.expected.get("code_challenge"):
        found.append("pkce")
    if _may_leak(evidence, values):
        found.append("odd:leak")
    if evidence.assertion is None:
        found.append("odd:assertion")
    if form.get("client_assertion_type") != JWT_BEARER_ASSERTION_TYPE:
        found.append("odd:assertion-type")


def _may_leak(evidence: Evidence, values: list[str]) -> bool:
    """Whether some form of a secret is anywhere in the request: one search through all of it."""
    request, headers = evidence.request, [value for _, value in evidence.request.headers]
    text = "\n".join((request.url, *headers, *values)).encode("utf-8", "replace")
    hidden = evidence.jws.hidden if evidence.jws is not None else b""
    everything = b"\n".join((text, hidden, request.body))
    if any(map(everything.__contains__, evidence.client.secret_needles())):
        return True
    assertion = evidence.assertion
    return b"PRIVATE KEY" in everything or (assertion is not None and any(assertion in value for value in headers))


def _add_of_assertion(found: list[str], evidence: Evidence) -> None:
    jws, header, claims = evidence.jws, evidence.header, evidence.claims
    assert jws is not None, "the caller looked"
    if not jws.clean or len(jws.text) > SANE_TEXT:
        found.append("odd:jws")
    for part in (jws.header_json, jws.claims_json):
        if part is None or part.fault is not None or part.duplicates:
            found.append("odd:json")
    if header.get("typ") != "JWT" or "JWT" not in evidence.profile.typ_values:
        found.append("odd:typ")
    if evidence.verification is None or evidence.verification.state != "valid":
        found.append("odd:signature")
    client_id = evidence.client.client_id
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        found.append("odd:party")
    if not isinstance(claims.get("aud"), str):
        found.append("odd:aud")
    if not claims.get("jti") or not isinstance(claims["jti"], str):
        found.append("odd:jti")
    for name in ("exp", "nbf", "iat"):
        if name in claims and type(getattr(evidence, name)) is not int:
            found.append("odd:times")
    if not _is_fresh(evidence):
        found.append("odd:clock")


def _is_fresh(evidence: Evidence) -> bool:
    """Whether the assertion was made within the last minute and dies soon, as almost all are that a suite sends."""
    exp, iat, now, profile = evidence.exp, evidence.iat, evidence.now, evidence.profile
    longest = min(FRESH_LIFE, profile.max_lifetime or FRESH_LIFE)
    if exp is None or evidence.nbf is not None or not now < exp <= now + longest:
        return False
    return iat is None or (now - min(FRESH_AGE, profile.iat_max_age) <= iat <= now and iat < exp <= iat + longest)


def _add_of_past(found: list[str], evidence: Evidence) -> None:
    history = evidence.history
    if history.metadata:
        found.append("past:metadata")
    last = history.last
    if last is None:
        return
    found.append("past:any")
    if history.any_failed:
        found.append("past:failed")
    if history.with_assertion(evidence.signed):
        found.append("past:same-assertion")
    if history.with_jti(evidence.jti):
        found.append("past:same-jti")
