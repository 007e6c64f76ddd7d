"""How real servers word their refusals, as data: a `Shape` for each name that ``Profile.error_shape`` takes.

Knows the ids of rules, but no rule, no request and no HTTP message. What its source does not say has no words here:
then the ids of the broken rules stand in their place.
"""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from pytest_jwtauth.model import ErrorShape, Json

RULES_MEMBER = "jwtauth_rules"
"""Extension member with the ids of the broken rules, in the shapes whose words do not name them."""

# RFC 6749 §5.2: what `error` and `error_description` consist of.
_FORBIDDEN = re.compile(r"[^\x20-\x21\x23-\x5B\x5D-\x7E]")


@dataclass(frozen=True, slots=True)
class Words:
    """What a server says of a fault, and its number for it, if it has one."""

    text: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """How one server words an error response.

    Attributes:
        title: The server.
        source: Where that is written, and what of it is not confirmed.
        invalid_client_status: HTTP status of ``invalid_client``.
        statuses: HTTP status by broken rule, where it does not follow from the error.
        renamed: What it calls the ``error`` values that it does not use.
        words: What it says, by broken rule; of several broken rules the first decides.
        otherwise: What it says of broken rules without words of their own, by ``error``.
        numbered: Before the words where they have a number: ``{number}``.
        template: Around the words: ``{words}``, ``{trace_id}``, ``{correlation_id}``, ``{timestamp}``.
        more: Further members, filled in likewise.
        numbers_member: Member with the list of numbers, if it has one.
        names_rules_apart: Whether the ids of the broken rules stand in a member of their own.
    """

    title: str
    source: str
    invalid_client_status: int = 401
    statuses: Mapping[str, int] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Words] = field(default_factory=dict)
    otherwise: Mapping[str, Words] = field(default_factory=dict)
    numbered: str = ""
    template: str = "{words}"
    more: Mapping[str, str] = field(default_factory=dict)
    numbers_member: str | None = None
    names_rules_apart: bool = False

    def status_of(self, rules: Sequence[str]) -> int | None:
        """The HTTP status that one of the broken *rules* brings, whatever the error."""
        return next((self.statuses[rule] for rule in rules if rule in self.statuses), None)

    def members(self, error: str, rules: Sequence[str], reason: str, now: float) -> dict[str, Json]:
        """The JSON object of an answer *error* at the time *now*, for *rules* broken or for a *reason* in words."""
        # The first broken rule decides on the error, so on the words as well.
        words = self.words.get(rules[0], self.otherwise.get(error)) if rules else None
        said, numbers = ", ".join(rules) or reason, []
        if words is not None:
            said = words.text
            if words.number is not None:
                said = self.numbered.format(number=words.number) + said
                numbers.append(words.number)
        filled = {
            "words": said,
            "timestamp": _timestamp(now),
            "trace_id": str(uuid.uuid4()),
            "correlation_id": str(uuid.uuid4()),
        }
        members: dict[str, Json] = {
            "error": error,
            "error_description": _FORBIDDEN.sub("?", self.template.format_map(filled)),
        }
        if self.numbers_member is not None:
            members[self.numbers_member] = numbers
        members |= {name: template.format_map(filled) for name, template in self.more.items()}
        if self.names_rules_apart and rules:
            members[RULES_MEMBER] = list(rules)
        return members


def _timestamp(now: float) -> str:
    try:
        return f"{datetime.datetime.fromtimestamp(int(now), datetime.timezone.utc):%Y-%m-%d %H:%M:%S}Z"
    except (OverflowError, ValueError, OSError):
        return "after the year 9999"


def _by_rule(*rows: tuple[Words, str]) -> Mapping[str, Words]:
    """Words by rule, written down as words and the rules that they stand for."""
    return MappingProxyType({rule: words for words, rules in rows for rule in rules.split()})


_REPLAY = "multi-assertion-reused multi-jti-reused multi-retry-same-assertion"

_KEYCLOAK = _by_rule(
    (Words("Parameter client_assertion_type is missing"), "client-assertion-type-missing"),
    (Words("client_assertion parameter missing"), "client-assertion-missing client-assertion-type-orphan"),
    (Words("Token sub claim is required"), "sub-missing"),
    (Words("client_id parameter does not match sub claim"), "client-id-mismatch"),
    (
        Words("Invalid signature algorithm"),
        "alg-missing alg-not-string alg-none alg-unknown alg-not-allowed alg-registered-mismatch alg-key-confusion",
    ),
    (Words("Invalid token audience"), "aud-missing aud-not-string-or-array aud-mismatch aud-endpoint-specific"),
    (Words("Multiple audiences not allowed"), "aud-multiple"),
    (Words("Token exp claim is required"), "exp-missing"),
    (Words("Token is not active"), "exp-expired nbf-in-future multi-assertion-after-exp"),
    (Words("Token was issued in the future"), "iat-in-future"),
    (Words("Token was issued too far in the past to be used now"), "iat-too-old"),
    (Words("Token expiration is too far in the future and iat claim not present in token"), "exp-too-far"),
    (Words("Token jti claim is required"), "jti-missing"),
    (Words("Token reuse detected"), _REPLAY),
)
_MASKINPORTEN = _by_rule(
    (
        Words("Invalid assertion. Client authentication failed. Invalid JWT claim aud", 110),
        "aud-missing aud-not-string-or-array aud-mismatch aud-not-issuer",
    ),
    (Words("Grant is used before", 12), _REPLAY),
    (Words("JWT is expired", 130), "exp-expired multi-assertion-after-exp"),
)
_ENTRA = _by_rule(
    (Words("The client assertion is not within its valid time range.", 700024), "exp-expired nbf-in-future"),
    (
        Words("The signature of the client assertion could not be verified.", 700027),
        "signature-empty signature-wrong-length signature-der-encoded signature-invalid header-x5t-missing",
    ),
    (
        Words("The audience of the client assertion is not this token endpoint.", 700023),
        "aud-missing aud-not-string-or-array aud-mismatch aud-not-token-endpoint",
    ),
    (
        Words("The client assertion names another application than client_id.", 700021),
        "client-id-mismatch iss-mismatch sub-mismatch",
    ),
    (Words("The request body must contain client_assertion or client_secret.", 7000218), "client-assertion-missing"),
    (Words("The authorization code was redeemed before.", 54005), "multi-code-reused"),
)
_ENTRA_OTHERWISE = MappingProxyType(
    {
        "invalid_client": Words("The client assertion is not valid.", 50027),
        "invalid_grant": Words("The grant is not valid, or has expired or been revoked.", 70000),
    }
)

SHAPES: Mapping[ErrorShape, Shape] = MappingProxyType(
    {
        "rfc6749": Shape("RFC 6749", "RFC 6749 §5.2"),
        "pingone": Shape(
            "PingOne",
            "the texts that the tests of Ping's command line tools look for; those for a bad assertion are not known",
            # The ids stand where Ping names the fault: «Invalid client credentials».
            template="Request denied: {words} (Correlation ID: {correlation_id})",
        ),
        "keycloak": Shape(
            "Keycloak",
            "Keycloak source, AbstractJWTClientValidator and AbstractBaseJWTValidator",
            invalid_client_status=400,
            words=_KEYCLOAK,
            names_rules_apart=True,
        ),
        "govuk": Shape(
            "GOV.UK One Login",
            "GOV.UK One Login technical documentation (August 2026); what it says in error_description is not known",
            invalid_client_status=400,
            statuses=MappingProxyType({"header-user-agent-missing": 403}),
        ),
        "maskinporten": Shape(
            "Maskinporten",
            "felleslosninger documentation (October 2024); how number and text are joined is not confirmed",
            invalid_client_status=400,
            # The assertion is the grant there.
            renamed=MappingProxyType({"invalid_client": "invalid_grant"}),
            words=_MASKINPORTEN,
            numbered="MP-{number:03}: ",
            names_rules_apart=True,
        ),
        "entra": Shape(
            "Microsoft Entra ID",
            "not confirmed by a document: the members are widely known, the numbers as well, the words are ours",
            words=_ENTRA,
            otherwise=_ENTRA_OTHERWISE,
            numbered="AADSTS{number}: ",
            template="{words} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}",
            numbers_member="error_codes",
            more=MappingProxyType(
                {"timestamp": "{timestamp}", "trace_id": "{trace_id}", "correlation_id": "{correlation_id}"}
            ),
            names_rules_apart=True,
        ),
    }
)
