"""Everything a rule may look at, gathered once: the request read, the assertion taken apart, the signature verified.

Also what could *not* be read, and why: a rule whose input is missing is not evaluated, never passed. No rule here, no
clock, no network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pytest_jwtauth import form_body, jws, numeric_date, verification
from pytest_jwtauth.form_body import FormBody
from pytest_jwtauth.history import (
    DPOP_JTI,
    METADATA,
    REMEMBERED_FIELDS,
    RESOURCE,
    History,
    Past,
    is_metadata_url,
    split_item,
)
from pytest_jwtauth.jwa import ALGORITHMS, Algorithm
from pytest_jwtauth.jws import Jws
from pytest_jwtauth.messages import HistoryItem, TokenRequest, TokenResponse
from pytest_jwtauth.model import TOKEN_ENDPOINT, Audience, AuthorizationServer, DecodedAssertion, Profile
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.urls import normalized_place, urlsplit_or_none
from pytest_jwtauth.verification import Verification

FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"
_NO_FORM = FormBody(())


@dataclass(slots=True, repr=False, eq=False)
class Evidence:
    """One request under judgement.

    Attributes:
        request, client, server, profile, now, leeway, expected, history: What `judge` was given.
        url: The request's URL split, or None if it cannot be.
        query: Decoded ``(name, value)`` pairs of its query.
        arrived: When it arrived, by the count that `history.Past` uses.
        endpoint: Which endpoint was called, or seems to have been meant; or ``metadata``, or ``resource`` where an
            issued access token was used.
        endpoint_url: That endpoint's configured URL.
        at_endpoint: Whether the URL is that of the endpoint.
        headers: Values by lower-case name.
        form: The body as a form; empty if it is none.
        not_a_form: Why the body cannot be read as a form, or None.
        grant: ``grant_type``.
        assertion: Text of the client assertion, or None.
        jws: The assertion taken apart, or None.
        signed: Header and payload of the assertion as received: what makes two assertions the same one.
        header, claims: JOSE header and claims set, or empty.
        alg, algorithm: The header's ``alg`` if it is a string, and what it names.
        verification: How the signature fared; None if it could not be tried.
        exp, nbf, iat: NumericDates that can be compared; None otherwise.
        audiences: ``aud`` as a list of strings; None if it is not that.
        jti: ``(iss, jti)``, if both are strings.
        unread: Evidence that is missing, with the reason.
    """

    request: TokenRequest
    client: RegisteredClient
    server: AuthorizationServer
    profile: Profile
    now: float
    leeway: float
    expected: Mapping[str, Any]
    history: History
    arrived: float = 0
    url: Any = None
    query: tuple[tuple[str, str], ...] = ()
    endpoint: str = TOKEN_ENDPOINT
    endpoint_url: str = ""
    at_endpoint: bool = False
    headers: dict[str, list[str]] = field(default_factory=dict)
    form: FormBody = _NO_FORM
    not_a_form: str | None = None
    grant: str | None = None
    assertion: str | None = None
    jws: Jws | None = None
    signed: str | None = None
    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    alg: str | None = None
    algorithm: Algorithm | None = None
    verification: Verification | None = None
    exp: float | None = None
    nbf: float | None = None
    iat: float | None = None
    audiences: tuple[str, ...] | None = None
    jti: tuple[str, str] | None = None
    unread: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Evidence of {self.request!r}>"

    def header_value(self, name: str) -> str | None:
        """The first value of the header *name* (lower case), or None."""
        values = self.headers.get(name)
        return values[0] if values else None

    def accepted_audiences(self) -> tuple[str, ...]:
        """The audiences that the profile accepts at this endpoint, likeliest first."""
        return accepted_audiences(self.profile, self.server, self.endpoint)

    def bearer_token(self) -> str | None:
        """The token of an Authorization header of scheme Bearer or DPoP, or None."""
        scheme, _, token = (self.header_value("authorization") or "").strip().partition(" ")
        return token.strip() if scheme.lower() in {"bearer", "dpop"} and token.strip() else None

    def decoded_assertion(self) -> DecodedAssertion | None:
        """Header and claims, if both could be read."""
        if "header" in self.unread or "claims" in self.unread:
            return None
        return DecodedAssertion(self.header, self.claims)

    def as_past(self, response: TokenResponse | None, answered: bool, *, left: float | None = None) -> Past:
        """This request as later ones will remember it; *left* is when the answer left, by the count of `arrived`."""
        fields = {name: value for name, value in self.form.fields if value and name in REMEMBERED_FIELDS}
        if "dpop" in self.headers:
            jti = (jws.take_apart(self.headers["dpop"][0]).claims or {}).get("jti")
            if isinstance(jti, str):
                fields[DPOP_JTI] = jti
        return Past(
            request=self.request,
            response=response,
            answered=answered,
            at=self.now,
            arrived=self.arrived,
            left=self.arrived if left is None else left,
            endpoint=self.endpoint,
            grant=self.grant,
            fields=fields,
            signed=self.signed,
            jti=self.jti,
            exp=self.exp,
        )


def gather(
    request: TokenRequest,
    *,
    client: RegisteredClient,
    server: AuthorizationServer,
    profile: Profile,
    now: float,
    leeway: float,
    history: History,
    expected: Mapping[str, Any],
    arrived: float | None = None,
) -> Evidence:
    """Read *request* as far as it can be read; never raises for any request."""
    evidence = Evidence(request, client, server, profile, now, leeway, expected, history)
    evidence.arrived = now if arrived is None else arrived
    headers = evidence.headers
    for name, value in request.headers:
        headers.setdefault(name.lower(), []).append(value)
    _read_url(evidence)
    if evidence.endpoint in {METADATA, RESOURCE}:
        return evidence  # no form and no client authentication belong there
    _read_form(evidence)
    evidence.assertion = evidence.form.get(profile.assertion_field)
    if evidence.assertion is None:
        reason = evidence.not_a_form or f"no {profile.assertion_field} was sent"
        evidence.unread.update(dict.fromkeys(_ASSERTION_EVIDENCE, reason))
    else:
        _read_assertion(evidence, evidence.assertion)
    return evidence


_CLAIM_EVIDENCE = ("claims", "iss", "sub", "aud", "exp", "nbf", "iat", "jti")
_OCTETS = ("header_octets", "payload_octets", "signature_octets")
_ASSERTION_EVIDENCE = ("assertion", "parts", *_OCTETS, "header", "alg", "signature", *_CLAIM_EVIDENCE)


def _read_url(evidence: Evidence) -> None:
    endpoints = evidence.server.endpoints
    text = evidence.request.url
    url = evidence.url = urlsplit_or_none(text)
    if url is None:
        evidence.unread["url"] = "the URL cannot be read"
        evidence.endpoint_url = endpoints[TOKEN_ENDPOINT]
        return
    if url.query:
        evidence.query = form_body.parse(url.query.encode("utf-8", "surrogatepass")).fields
    for name, configured in endpoints.items():
        if text == configured:  # the common case needs no normalisation
            evidence.endpoint, evidence.endpoint_url, evidence.at_endpoint = name, configured, True
            return
    place = normalized_place(text)
    evidence.endpoint_url = endpoints[TOKEN_ENDPOINT]
    likeness = None
    for name, configured in endpoints.items():
        known = normalized_place(configured)
        if known == place:
            evidence.endpoint, evidence.endpoint_url, evidence.at_endpoint = name, configured, True
            return
        if likeness is None and known is not None and place is not None and known[-1] == place[-1]:
            likeness = name
    if is_metadata_url(evidence.request.url):
        evidence.endpoint = METADATA
    elif (token := evidence.bearer_token()) is not None and evidence.history.issue_of("access_token", token):
        evidence.endpoint = RESOURCE
    elif likeness is not None:
        evidence.endpoint, evidence.endpoint_url = likeness, endpoints[likeness]


@lru_cache(maxsize=256)
def accepted_audiences(profile: Profile, server: AuthorizationServer, endpoint: str) -> tuple[str, ...]:
    """The values of ``aud`` that *profile* accepts at *endpoint*, in the profile's order of preference."""
    values: Mapping[Audience, tuple[str, ...]] = {
        "token_endpoint": (server.token_endpoint,),
        "issuer": (server.issuer,),
        "endpoint": (server.endpoints.get(endpoint, server.token_endpoint),),
        "any_endpoint": tuple(server.endpoints.values()),
    }
    kinds = profile.audiences.get(endpoint, profile.audiences[TOKEN_ENDPOINT])
    return tuple(dict.fromkeys([*profile.fixed_audiences, *(url for kind in kinds for url in values[kind])]))


def _read_form(evidence: Evidence) -> None:
    body = evidence.request.body
    evidence.not_a_form = _why_not_a_form(body, evidence.headers)
    if evidence.not_a_form is None:
        evidence.form = form_body.parse(body)
        evidence.not_a_form = evidence.form.unread
    if evidence.not_a_form is not None:
        evidence.unread["form"] = evidence.not_a_form
    evidence.grant = evidence.form.get("grant_type")


_CODINGS = ("br", "compress", "deflate", "gzip", "x-compress", "x-gzip", "zstd")


def _compression(headers: Mapping[str, list[str]]) -> str:
    """The content codings (RFC 9110 §8.4.1) applied to the body; the empty text if there are none."""
    elements = ",".join(headers["content-encoding"]).lower().split(",")
    codings = [element.strip() for element in elements[:8] if element.strip() not in {"", "identity"}]
    return ", ".join(coding if coding in _CODINGS else "an unknown coding" for coding in codings)


def _why_not_a_form(body: bytes, headers: Mapping[str, list[str]]) -> str | None:
    if "content-encoding" in headers and (coding := _compression(headers)):
        return f"the body is compressed (Content-Encoding: {coding})"
    if not body or (body[:1].isalpha() and b"=" in body):
        return None  # the common case, told fast: what is told apart below begins with something other than a letter
    start = body[:64].lstrip()
    if start[:1] in {b"{", b"[", b'"'}:
        return "the body is JSON"
    if start[:1] == b"<":
        return "the body is XML or HTML"
    if start[:2] == b"--" and b"form-data" in body[:512].lower():
        return "the body is multipart/form-data"
    if b"=" not in body:
        return "the body has no «=»" + (", but «%3D»: it was encoded twice" if b"%3d" in body.lower() else "")
    return None


def _read_assertion(evidence: Evidence, text: str) -> None:
    unread = evidence.unread
    parts = evidence.jws = jws.take_apart(text)
    if len(parts.segments) != 3:
        reason = "the assertion is too large" if parts.too_large else "the assertion is no compact JWS of three parts"
        unread.update(dict.fromkeys(_ASSERTION_EVIDENCE[1:], reason))
    else:
        evidence.signed = text.rpartition(".")[0]
        for name, segment in () if parts.clean else zip(_OCTETS, parts.segments, strict=True):
            if segment.octets is None:
                unread[name] = f"the {name.partition('_')[0]} part cannot be decoded"
    header, claims = parts.header, parts.claims
    if header is not None:
        unread.pop("header", None)
        evidence.header = header
        _read_signature(evidence, parts)
    else:
        unread.setdefault("header", "the header cannot be read")
        unread.setdefault("alg", "the header cannot be read")
        unread.setdefault("signature", "the header cannot be read")
    if claims is not None:
        for name in _CLAIM_EVIDENCE if unread else ():
            unread.pop(name, None)
        evidence.claims = claims
        _read_times(evidence, claims)
        _read_claims(evidence, claims)
    else:
        for name in _CLAIM_EVIDENCE:
            unread.setdefault(name, "the claims cannot be read")


def _read_signature(evidence: Evidence, parts: Jws) -> None:
    unread, header = evidence.unread, evidence.header
    alg = header.get("alg")
    if not isinstance(alg, str):
        unread["alg"] = unread["signature"] = "alg is no string"
        return
    unread.pop("alg", None)
    evidence.alg = alg
    evidence.algorithm = algorithm = ALGORITHMS.get(alg)
    if len(parts.segments) != 3:
        return
    if parts.signature is None:
        unread["signature"] = "the signature part cannot be decoded"
        return
    if algorithm is None:
        unread["signature"] = "alg names no known signature algorithm"
        return
    kid = header.get("kid")
    evidence.verification = verification.verify(
        parts, algorithm, evidence.client, kid if isinstance(kid, str) else None
    )
    if evidence.verification is None:
        unread["signature"] = f"the client has no key for {alg}"


def _read_times(evidence: Evidence, claims: Mapping[str, Any]) -> None:
    unread = evidence.unread
    for name in ("exp", "nbf", "iat"):
        if name not in claims:
            unread[name] = "" if name != "exp" else "exp is missing"
            continue
        value = claims[name]
        if type(value) is int and 0 < value < numeric_date.MILLISECONDS_FROM:
            setattr(evidence, name, value)  # the common case, told fast
        elif numeric_date.not_a_number(value):
            unread[name] = f"{name} is {jws.kind_of(value)}"
        elif numeric_date.is_out_of_range(value):
            unread[name] = f"{name} is out of range"
        elif numeric_date.looks_like_milliseconds(value):
            unread[name] = f"{name} is not in seconds"
        else:
            setattr(evidence, name, value)


def _read_claims(evidence: Evidence, claims: Mapping[str, Any]) -> None:
    unread = evidence.unread
    for name in ("iss", "sub", "jti"):
        value = claims.get(name)
        if not isinstance(value, str):
            missing = "" if name == "jti" else f"{name} is missing"
            unread[name] = f"{name} is no string" if name in claims else missing
    if "iss" not in unread and "jti" not in unread:
        evidence.jti = claims["iss"], claims["jti"]
    audience = claims.get("aud")
    if isinstance(audience, str):
        evidence.audiences = (audience,)
    elif isinstance(audience, list) and audience and all(isinstance(member, str) for member in audience):
        evidence.audiences = tuple(audience)
    else:
        unread["aud"] = "aud is no string or array of strings" if "aud" in claims else "aud is missing"


def history_of(
    items: Iterable[HistoryItem] | History,
    *,
    client: RegisteredClient,
    server: AuthorizationServer,
    profile: Profile,
    now: float,
) -> History:
    """Read earlier requests as a test lists them; a `History` is used as it is.

    Raises:
        ConfigurationError, TypeError: for a time that nobody can reckon with (`numeric_date.check_seconds`).
    """
    if isinstance(items, History):
        return items
    if not isinstance(items, Iterable):
        raise TypeError(f"history is a sequence of earlier requests, oldest first; got {type(items).__name__}")
    read = History()
    for item in items:
        request, response, answered = split_item(item)
        left = response.sent_at if response is not None else None
        for name, moment in (("received_at", request.received_at), ("sent_at", left)):
            if moment is not None:
                numeric_date.check_seconds(name, moment)
        at = now if request.received_at is None else request.received_at
        evidence = gather(
            request,
            client=client,
            server=server,
            profile=profile,
            now=at,
            leeway=0,
            history=read,
            expected={},
        )
        past = evidence.as_past(response, answered, left=left)
        past.timed = request.received_at is not None
        read.remember(past)
    return read
