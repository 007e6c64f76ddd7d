"""Expiry scenarios: an assertion, the moment at which it arrives, and the verdict that it deserves then.

The edges themselves stand in ``boundaries``. Judges nothing. No pytest, no freezer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_jwtauth import numeric_date
from pytest_jwtauth.boundaries import ABSENT, BOUNDARIES, Boundary
from pytest_jwtauth.client_assertion import ClientAssertion, number_of_seconds
from pytest_jwtauth.deserved import check_algorithm, refused_by
from pytest_jwtauth.errors import ConfigurationError, unknown_name
from pytest_jwtauth.model import AuthorizationServer, Profile
from pytest_jwtauth.planted_faults.draft import Draft
from pytest_jwtauth.profiles import profile_named
from pytest_jwtauth.registered_client import RegisteredClient

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold keys.
__tracebackhide__ = True


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ExpiryScenario:
    """A client assertion at one moment of its life.

    Attributes:
        name: Stable kebab-case name; what ``scenarios=[…]`` takes.
        assertion: The signed assertion; nothing but its times is out of the ordinary.
        now: When the server receives it, a NumericDate in whole seconds.
        leeway: Seconds by which the server lets the clocks differ.
        accepted: Whether a server of the profile accepts it then.
        rule: Id of the rule that refuses it, or None.
        explanation: What it is about, one sentence.
    """

    name: str
    assertion: ClientAssertion
    now: int
    leeway: int
    accepted: bool
    rule: str | None
    explanation: str

    def __repr__(self) -> str:
        verdict = "accepted" if self.accepted else f"refused by {self.rule}"
        return f"<ExpiryScenario {self.name} at {numeric_date.show(self.now)}: {verdict}>"


def expiry_scenarios(
    client: RegisteredClient, server: AuthorizationServer, profile: str | Profile = "pingone", now: float | None = None
) -> tuple[ExpiryScenario, ...]:
    """Every scenario that exists in *profile*, signed by *client* for *server*.

    Args:
        client: Whose assertions they are; it needs the credential that signs.
        server: Whom they are for.
        profile: Name of a profile, or a `Profile`: what is accepted depends on it.
        now: The moment in most of them, a NumericDate of which the fraction is cut off; by default the current or
            frozen time. Those about the calendar have a moment of their own.

    Raises:
        ConfigurationError: for a client whose assertions *profile* never accepts, and as `ClientAssertion.signed` does.
        TypeError: for an argument of the wrong type.
    """
    chosen = profile_named(profile)
    moment = numeric_date.current_time() if now is None else number_of_seconds("now", now)
    missing = left_out(chosen)
    return tuple([_scenario(name, client, server, chosen, moment) for name in BOUNDARIES if name not in missing])


def expiry_scenario(
    name: str, client: RegisteredClient, server: AuthorizationServer, profile: str | Profile, now: float
) -> ExpiryScenario:
    """The one scenario called *name*; see `expiry_scenarios`.

    Raises:
        ConfigurationError: for an unknown name, and one that does not exist in *profile*, with the reason.
    """
    if name not in BOUNDARIES:
        raise unknown_name("expiry scenario", name, BOUNDARIES)
    return _scenario(name, client, server, profile_named(profile), now)


def left_out(profile: str | Profile) -> Mapping[str, str]:
    """The scenarios that do not exist in *profile*, each with the reason."""
    chosen = profile_named(profile)
    return {name: reason for name, row in BOUNDARIES.items() if (reason := row.unfit(chosen))}


def _scenario(
    name: str, client: RegisteredClient, server: AuthorizationServer, profile: Profile, now: float
) -> ExpiryScenario:
    row = BOUNDARIES[name]
    if reason := row.unfit(profile):
        raise ConfigurationError(f"there is no expiry scenario {name!r} here: {reason}")
    moment = int(now) if row.at is None else row.at

    def edit(draft: Draft) -> None:
        check_algorithm(draft)
        _set_times(draft, row, moment)

    assertion = ClientAssertion.edited(edit, client=client, server=server, profile=profile, now=moment)
    rule = refused_by(row.found(profile), profile)
    return ExpiryScenario(name, assertion, moment, row.leeway, rule is None, rule, row.explanation)


def _set_times(draft: Draft, row: Boundary, moment: int) -> None:
    changes = row.times(draft.profile, moment)
    draft.claims.update({claim: value for claim, value in changes.items() if value is not ABSENT})
    for claim, value in changes.items():
        if value is ABSENT:
            draft.claims.pop(claim, None)
    iat = draft.claims.get("iat", moment)
    if "nbf" in draft.claims and "nbf" not in changes and iat < moment:
        draft.claims["nbf"] = iat  # as old as the rest, where the profile demands one
    if row.exp_json:
        right = f'"exp":{draft.claims["exp"]}'.encode()
        draft.claims_json = lambda octets: octets.replace(right, f'"exp":{row.exp_json}'.encode())
