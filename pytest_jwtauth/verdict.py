"""`judge`: the rules of a profile over the evidence of one request. Pure: no clock unless asked to look, no network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from pytest_jwtauth import numeric_date, report
from pytest_jwtauth.errors import unknown_name
from pytest_jwtauth.evidence import Evidence, gather, history_of
from pytest_jwtauth.history import METADATA, RESOURCE, History
from pytest_jwtauth.messages import HistoryItem, TokenRequest
from pytest_jwtauth.model import AuthorizationServer, Finding, Level, NotEvaluated, Profile, Rule, Verdict, Violation
from pytest_jwtauth.parameters import GRANT_TYPES
from pytest_jwtauth.profiles import profile_named
from pytest_jwtauth.registered_client import RegisteredClient, check_parties
from pytest_jwtauth.rules import RULES, level_of
from pytest_jwtauth.traits import traits

EXPECTED = frozenset(
    {
        *("grant_type", "code", "redirect_uri", "code_challenge", "code_challenge_method", "code_verifier"),
        *("refresh_token", "refresh_token_state", "refresh_grace", "granted_scope", "tls_verified"),
        *("logged", "dpop_nonce"),
    }
)
"""What a test, or the stub, may know beforehand."""


def judge(
    request: TokenRequest,
    *,
    client: RegisteredClient,
    server: AuthorizationServer,
    profile: str | Profile = "pingone",
    now: float | None = None,
    leeway: float = 0,
    history: Sequence[HistoryItem] | History = (),
    **expected: Any,
) -> Verdict:
    """Judge one request to an endpoint of an authorization server; never raises for any request.

    Args:
        request: What was sent; anything that `TokenRequest.of` reads.
        client: The registration of the client that should have sent it.
        server: The server that it should have been sent to; the URL tells which endpoint was called.
        profile: Name of a profile, or a `Profile`.
        now: The server's time, a NumericDate in seconds; the time of the call if None.
        leeway: Seconds by which the clocks may differ. 0 judges the client, not a server's tolerance; up to 1 forgives
            rounding, an ``nbf`` or ``iat`` that is ahead, but no ``exp`` that has passed.
        history: Earlier requests, oldest first, each alone or as a pair with its answer.
        expected: What the test knows: ``code=`` (the one issued), ``redirect_uri=`` and ``code_challenge=`` of the
            authorization request (None: it had none), ``code_challenge_method=``, ``grant_type=``, ``refresh_token=``
            (a live one), ``refresh_grace=`` (seconds for which a replaced one still works), ``granted_scope=``,
            ``tls_verified=``, ``dpop_nonce=``, ``logged=`` (what the client logged: text, or ``caplog.records``).

    Raises:
        ConfigurationError: for an unknown profile or an unknown name in *expected*, and for a time (also one of an
            item of *history*) that is not finite or beyond 2^53.
        TypeError: if *request* or an item of *history* is nothing that `TokenRequest.of` reads, or another argument is
            of the wrong type.
    """
    chosen = profile_named(profile)
    if not EXPECTED.issuperset(expected):
        raise unknown_name("expected value", next(name for name in expected if name not in EXPECTED), EXPECTED)
    check_parties(client, server)
    if now is None:
        now = numeric_date.current_time()
    numeric_date.check_seconds("now", now)
    numeric_date.check_seconds("leeway", leeway)
    past = history_of(history, client=client, server=server, profile=chosen, now=now)
    evidence = gather(
        TokenRequest.of(request),
        client=client,
        server=server,
        profile=chosen,
        now=now,
        leeway=leeway,
        history=past,
        expected=expected,
    )
    return weigh(evidence)


def weigh(evidence: Evidence, *, look_everywhere: bool = False, only: Rule | None = None) -> Verdict:
    """Apply the rules of the evidence's profile to it.

    Args:
        look_everywhere: Run every rule, also those whose traits are absent; slower, with the same outcome.
        only: Apply this one alone.
    """
    violations: list[Violation] = []
    warnings: list[Violation] = []
    not_evaluated: list[NotEvaluated] = []
    secrets: report.Secrets | None = None
    unread, profile = evidence.unread, evidence.profile
    # Any text can come as a grant type; plans are kept only for those that a rule knows.
    grant = evidence.grant if evidence.grant in GRANT_TYPES else None
    chosen = plan(profile, evidence.client.method, evidence.endpoint, grant)
    # Where something could not be read, each rule that needed it is to be named.
    everything = look_everywhere or any(unread.values())
    chosen_rules = (only,) if only else chosen.rules if everything else chosen.rules_for(evidence)
    for rule in chosen_rules:
        if unread and (reason := unread.get(rule.needs)) is not None:
            if reason:
                not_evaluated.append(NotEvaluated(rule.id, reason))
            continue
        finding = rule.check(evidence)
        if finding is None:
            continue
        if isinstance(finding, str):
            finding = Finding(finding)
        # What the user says of a rule outweighs what the rule says of this case, and that what the profile says.
        level: Level = profile.forced.get(rule.id) or finding.level or level_of(rule, profile)
        if level == "off":
            continue
        secrets = report.secrets_of(evidence) if secrets is None else secrets
        found = report.printable(finding.found, secrets)
        # A rule's own words hold nothing to hide.
        wanted = report.printable(finding.expected, secrets) if finding.expected else rule.requirement.replace("``", "")
        violation = Violation(rule.id, rule.requirement, found, wanted, rule.spec, level)
        (violations if level == "error" else warnings).append(violation)
    return Verdict(
        tuple(violations),
        tuple(warnings),
        tuple(not_evaluated),
        evidence.decoded_assertion(),
        profile.name,
        report.Reporter(evidence),
    )


Kind: TypeAlias = tuple[tuple[str, ...], ...]
"""What a request is made of, by names: its fields, those that are not empty, its headers, the members of the JOSE
header, the claims, what is expected of it, and its traits. Requests of one kind are looked at by the same rules."""
MOST_KINDS = 256
"""Kinds that a plan keeps."""
LARGEST_KIND = 200
"""Names that a kind has which is kept."""


class Plan:
    """The rules that one kind of request can break, and by which traits to choose among them."""

    __slots__ = ("_by_name", "_known", "rules")

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        self._known: dict[Kind, Sequence[Rule]] = {}
        kinds = ("field", "no-field", "header", "member", "claim", "expects", "")
        self._by_name: dict[str, dict[str, list[int]]] = {kind: {} for kind in kinds}
        for position, rule in enumerate(rules):
            for trait in rule.when:
                kind, _, name = trait.partition(":")
                table = self._by_name.get(kind)
                if table is None:
                    table, name = self._by_name[""], trait
                table.setdefault(name, []).append(position)

    def rules_for(self, evidence: Evidence) -> Sequence[Rule]:
        """The rules that may find something in *evidence*, in the order of the book."""
        fields = evidence.form.fields
        kind = (
            tuple([name for name, _ in fields]),
            tuple([name for name, value in fields if value]),
            tuple(evidence.headers),
            tuple(evidence.header),
            tuple(evidence.claims),
            tuple(evidence.expected),
            tuple(traits(evidence)),
        )
        rules = self._known.get(kind)
        if rules is None:
            rules = self._rules_of(kind)
            # Most requests of a suite are of few kinds.
            if len(self._known) < MOST_KINDS and sum(map(len, kind)) < LARGEST_KIND:
                self._known[kind] = rules
        return rules

    def _rules_of(self, kind: Kind) -> Sequence[Rule]:
        fields, filled, headers, members, claims, expected, found = kind
        chosen: set[int] = set()
        for name, names in (
            ("field", fields),
            ("header", headers),
            ("member", members),
            ("claim", claims),
            ("expects", expected),
            ("", found),
        ):
            table = self._by_name[name]
            chosen.update(*[table[one] for one in names if one in table])
        for name, positions in self._by_name["no-field"].items():
            if name not in filled:
                chosen.update(positions)
        return tuple([rule for at, rule in enumerate(self.rules) if at in chosen or not rule.when])


@lru_cache(maxsize=512)
def plan(profile: Profile, method: str, endpoint: str, grant: str | None) -> Plan:
    """The rules for a request of this kind under *profile*, chosen once."""
    return Plan(
        tuple(
            rule
            for rule in RULES.values()
            if level_of(rule, profile) != "off"
            and rule.applies_to(method, endpoint, grant)
            and (endpoint not in {METADATA, RESOURCE} or endpoint in rule.endpoints)
        )
    )
