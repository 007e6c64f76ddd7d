"""The nouns: what was sent, to whom, which rules exist, and what a judgement says. No logic of judging, no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType, NoneType
from typing import Any, Literal, NoReturn, TypeAlias, get_args

from pytest_jwtauth.errors import ConfigurationError, InvalidTokenRequest, check_type, unknown_name
from pytest_jwtauth.urls import is_loopback, urlsplit_or_none

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold requests.
__tracebackhide__ = True

Json: TypeAlias = Any
"""A decoded JSON value."""

Level = Literal["error", "warning", "off"]
Strength = Literal["MUST", "SHOULD", "vendor", "hygiene"]
TOKEN_ENDPOINT = "token"
OTHER_ENDPOINTS = (
    "introspection",
    "revocation",
    "pushed_authorization_request",
    "device_authorization",
    "backchannel_authentication",
)
"""Names of the endpoints, besides the token endpoint, at which a client authenticates itself."""


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """The server that the client was told to use, in the words of RFC 8414 §2.

    All values are absolute URLs without userinfo. ``http`` is allowed for loopback hosts only.

    Raises:
        ConfigurationError: if a URL is not absolute, has userinfo, or is plain ``http`` for another host than loopback.
    """

    issuer: str
    token_endpoint: str
    jwks_uri: str | None = None
    introspection_endpoint: str | None = None
    revocation_endpoint: str | None = None
    pushed_authorization_request_endpoint: str | None = None
    device_authorization_endpoint: str | None = None
    backchannel_authentication_endpoint: str | None = None
    authorization_endpoint: str | None = None
    endpoints: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in _SERVER_URLS:
            url = getattr(self, name)
            if url is None and name not in {"issuer", "token_endpoint"}:
                continue
            _check_server_url(name, url)
        named = {TOKEN_ENDPOINT: self.token_endpoint}
        named |= {name: url for name in OTHER_ENDPOINTS if (url := getattr(self, f"{name}_endpoint")) is not None}
        object.__setattr__(self, "endpoints", MappingProxyType(named))

    def __reduce__(self) -> tuple[object, ...]:
        # A mapping proxy cannot be pickled, and what is derived need not be.
        return type(self), tuple(getattr(self, name) for name in _SERVER_URLS)


_OTHER_URLS = (*(f"{name}_endpoint" for name in OTHER_ENDPOINTS), "authorization_endpoint")
_SERVER_URLS = ("issuer", "token_endpoint", "jwks_uri", *_OTHER_URLS)


def _check_server_url(name: str, url: object) -> None:
    if not isinstance(url, str):
        raise ConfigurationError(f"AuthorizationServer.{name} is an absolute URL; got {type(url).__name__}")
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise ConfigurationError(
            f"AuthorizationServer.{name} is a URL without userinfo; got one with a user or a password before its host: "
            "every request there would break url-userinfo-present (RFC 9110 §4.2.4)"
        )
    parts = urlsplit_or_none(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        got = repr(url) if "@" not in url else "one that may hold a password"
        raise ConfigurationError(f"AuthorizationServer.{name} is an absolute https URL; got {got}")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ConfigurationError(
            f"AuthorizationServer.{name} is {url!r}: plain http is only for loopback hosts "
            "(127.0.0.0/8, ::1, localhost); use https (RFC 6749 §3.2)"
        )


@dataclass(frozen=True, slots=True, repr=False)
class Finding:
    """What a rule found wrong: the actual value, the expected one, and a level when it differs from the rule's.

    What was found is not masked yet, so it has no repr.
    """

    found: str
    expected: str | None = None
    level: Level | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One requirement: its id, where it comes from, and the function that looks for a breach.

    Attributes:
        id: Stable kebab-case name; what ``allow=`` and reports use.
        requirement: What is demanded, one sentence.
        spec: Where it is demanded.
        strength: What the source calls it: MUST, SHOULD, a vendor's demand, or hygiene.
        level: What a breach does unless a profile says otherwise: fail (error), warn (warning), nothing (off).
        needs: The evidence without which the rule is *not evaluated*.
        methods, endpoints, grants: Where the rule applies; empty means everywhere.
        when: What must be about a request for the rule to find anything: one of these traits; empty: always look.
        error: The ``error`` value with which an authorization server refuses the breach (RFC 6749 §5.2).
        check: The function; returns a `Finding`, or None.
        room: The module of ``pytest_jwtauth.rules`` it stands in.
    """

    id: str
    requirement: str
    spec: str
    strength: Strength
    level: Level
    needs: str
    check: Callable[[Any], Finding | str | None]
    room: str
    methods: frozenset[str] = frozenset()
    endpoints: frozenset[str] = frozenset()
    grants: frozenset[str] = frozenset()
    when: tuple[str, ...] = ()
    error: str = "invalid_request"

    def applies_to(self, method: str, endpoint: str, grant: str | None) -> bool:
        """Whether a request of this kind can break the rule at all."""
        return (
            (not self.methods or method in self.methods)
            and (not self.endpoints or endpoint in self.endpoints)
            and (not self.grants or grant in self.grants)
        )


Audience = Literal["token_endpoint", "issuer", "endpoint", "any_endpoint"]
ErrorShape = Literal["rfc6749", "pingone", "keycloak", "govuk", "maskinporten", "entra"]
LifetimeFrom = Literal["now", "iat", "now without iat"]
_TEXT, _NUMBER, _SEVERAL = (str,), (int, float), (tuple, list, set, frozenset)
_KINDS: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("name", "title", "source", "assertion_field"), _TEXT),
    **dict.fromkeys(("advised_lifetime", "iat_skew", "nbf_skew", "iat_far", "iat_max_age", "refresh_margin"), _NUMBER),
    **dict.fromkeys(("longest_parameter", "longest_jti"), _NUMBER),
    **dict.fromkeys(("max_lifetime", "invalid_client_status"), (*_NUMBER, NoneType)),
    **dict.fromkeys(("fixed_audiences", "typ_values", "grant_types"), _SEVERAL),
    **dict.fromkeys(("algorithms", "audiences", "levels", "forced"), (Mapping,)),
}
"""Of the values of a profile, the types that rules can reckon with: a text among several would be one letter each."""
_ONE_OF = {"error_shape": get_args(ErrorShape), "lifetime_from": get_args(LifetimeFrom)}


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What one deployment, or one specification, demands. Data only; derive your own with `but`.

    Attributes:
        name: What ``profile=`` takes.
        title: The deployment or specification in words.
        source: The documents the values come from, with their date.
        algorithms: Signature algorithms accepted, by client authentication method; a method left out is not offered.
        audiences: What ``aud`` may be, by endpoint: the issuer, the token endpoint, the endpoint called, or any.
        fixed_audiences: Values of ``aud`` that the deployment documents literally, whatever the server's URLs.
        max_lifetime, advised_lifetime: Seconds that an assertion may live (None: the source sets no limit), and should.
        lifetime_from: What the former is measured from: ``now``, ``iat``, or ``now`` if there is no ``iat``.
        iat_skew, nbf_skew: Seconds that ``iat`` and ``nbf`` may lie ahead of the server's clock.
        iat_far: Seconds ahead from which on an ``iat`` is an error whatever the level of its rule.
        iat_max_age: Seconds after which an ``iat`` counts as old.
        kid_required: ``kid`` is demanded even of a client with a single key.
        kid_must_match: A ``kid`` that is not registered is an error even where a single key is.
        x5c_expected: A certificate chain may stand in the header, and in the place of ``kid``.
        typ_values: Values of ``typ`` accepted.
        grant_types: Values of ``grant_type`` that the deployment knows; empty: those of the specifications.
        assertion_field: The form field in which the assertion travels.
        longest_parameter, longest_jti: Characters a parameter or a ``jti`` may have, where the rule for that is on.
        refresh_margin: Seconds before its expiry from which on an access token should have been replaced.
        levels: Rule id to level, where it differs from the rule's own.
        forced: Rule id to level, as the user wants it; outweighs everything else.
        error_shape: How the stub words its errors.
        invalid_client_status: The HTTP status the stub gives to ``invalid_client``; None: that of *error_shape*.

    Raises:
        ConfigurationError: for an unknown *error_shape*, *lifetime_from* or audience; and, where the profile is used,
            for an unknown rule or level.
        TypeError: for a value of another type.
    """

    name: str
    title: str
    source: str
    algorithms: Mapping[str, frozenset[str]]
    audiences: Mapping[str, tuple[Audience, ...]]
    fixed_audiences: tuple[str, ...] = ()
    max_lifetime: int | None = None
    advised_lifetime: int = 300
    lifetime_from: LifetimeFrom = "now"
    iat_skew: float = 0
    nbf_skew: float = 0
    iat_far: float = 300
    iat_max_age: int = 3600
    kid_required: bool = False
    kid_must_match: bool = False
    x5c_expected: bool = False
    typ_values: tuple[str, ...] = ("JWT", "client-authentication+jwt")
    grant_types: frozenset[str] = frozenset()
    assertion_field: str = "client_assertion"
    longest_parameter: int = 4000
    longest_jti: int = 255
    refresh_margin: float = 0
    levels: Mapping[str, Level] = field(default_factory=dict)
    forced: Mapping[str, Level] = field(default_factory=dict)
    error_shape: ErrorShape = "rfc6749"
    invalid_client_status: int | None = None

    def __post_init__(self) -> None:
        for name, kinds in _KINDS.items():
            check_type(f"profile value {name}", getattr(self, name), *kinds)
        for name, known in _ONE_OF.items():
            if getattr(self, name) not in known:
                raise unknown_name(name, getattr(self, name), known)
        for audience in {one for several in self.audiences.values() for one in several}:
            if audience not in get_args(Audience):
                raise unknown_name("audience", audience, get_args(Audience))

    def but(
        self, *, levels: Mapping[str, Level] | None = None, forced: Mapping[str, Level] | None = None, **changes: Any
    ) -> Profile:
        """This profile with some values changed; *levels* and *forced* are merged over the present ones.

        Raises:
            ConfigurationError, TypeError: for a value that profiles do not have, or that cannot be; the message lists
                those that can.
        """
        known = set(Profile.__slots__)
        for name in changes:
            if name not in known:
                raise unknown_name("profile value", name, known)
        return replace(
            self, levels={**self.levels, **(levels or {})}, forced={**self.forced, **(forced or {})}, **changes
        )


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: what was demanded, what was found. ``level`` is ``error`` or ``warning``."""

    rule: str
    requirement: str
    found: str
    expected: str
    spec: str
    level: Level


@dataclass(frozen=True, slots=True)
class NotEvaluated:
    """A rule that could not be applied, and why: never to be read as «passed»."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class DecodedAssertion:
    """Header and claims of a client assertion as decoded, *not* thereby verified."""

    header: Mapping[str, Json]
    claims: Mapping[str, Json]

    def __repr__(self) -> str:
        # Names, too, are what somebody sent; a secret in the wrong place may be one.
        return f"<DecodedAssertion of {len(self.header)} header members and {len(self.claims)} claims>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DecodedAssertion):
            return NotImplemented
        return (self.header, self.claims) == (other.header, other.claims)

    __hash__ = None  # type: ignore[assignment]  # claims are what JSON gives: dicts


@dataclass(frozen=True, slots=True)
class _Told:
    """A report that was made before."""

    report: str

    def __call__(self, _: Verdict) -> str:
        return self.report


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Verdict:
    """Everything `judge` has to say about one request. ``str(verdict)`` is the report.

    Attributes:
        violations: Broken rules of level error.
        warnings: Broken rules of level warning.
        not_evaluated: Rules whose input could not be read, each with the reason.
        assertion: Decoded header and claims, or None if they could not be decoded.
        profile: Name of the profile judged by.
    """

    violations: tuple[Violation, ...]
    warnings: tuple[Violation, ...]
    not_evaluated: tuple[NotEvaluated, ...]
    assertion: DecodedAssertion | None
    profile: str
    _describe: Callable[[Verdict], str]

    @property
    def rules(self) -> tuple[str, ...]:
        """Ids of all broken rules, errors first."""
        return tuple(violation.rule for violation in (*self.violations, *self.warnings))

    def check(self) -> None:
        """Raise `InvalidTokenRequest`, an `AssertionError` with the report, if a rule of level error is broken."""
        __tracebackhide__ = True
        if self.violations:
            raise InvalidTokenRequest(str(self), (self,))

    def __str__(self) -> str:
        return self._describe(self)

    def __repr__(self) -> str:
        broken = ", ".join(self.rules) or "no rule broken"
        return f"<Verdict by profile {self.profile!r}: {broken}>"

    def __reduce__(self) -> tuple[object, ...]:
        # What stands behind a report holds the client's credential: to another process goes only the text.
        told = (self.violations, self.warnings, self.not_evaluated, self.assertion, self.profile)
        return Verdict, (*told, _Told(str(self)))

    def __bool__(self) -> NoReturn:
        raise TypeError("a Verdict is neither true nor false: call .check(), or look at .violations and .warnings")


def names_of(values: Iterable[str]) -> str:
    """A sorted, comma-separated list for messages."""
    return ", ".join(sorted(values))
