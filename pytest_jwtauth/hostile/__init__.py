"""Hostile, malformed and merely odd assertions by name, each with the verdict that it deserves.

For whoever writes a verifier. Nothing here looks anything up or waits: URLs name loopback or reserved hosts. Judges
nothing, knows no pytest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pytest_jwtauth import numeric_date
from pytest_jwtauth.client_assertion import ClientAssertion, number_of_seconds
from pytest_jwtauth.deserved import Found, check_algorithm, refused_by
from pytest_jwtauth.errors import ConfigurationError, unknown_name
from pytest_jwtauth.hostile import acceptable, claims, jose_header, serialization, signatures
from pytest_jwtauth.hostile.case import Case
from pytest_jwtauth.model import AuthorizationServer, Profile
from pytest_jwtauth.planted_faults.draft import Draft
from pytest_jwtauth.profiles import profile_named
from pytest_jwtauth.registered_client import RegisteredClient, check_parties

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold keys.
__tracebackhide__ = True

CASES: Mapping[str, Case] = MappingProxyType(
    {
        name: case
        for room in (acceptable, serialization, jose_header, signatures, claims)
        for name, case in room.CASES.items()
    }
)
"""Name to row, in the order in which tests run."""

NO_SINGLE_ASSERTION: Mapping[str, str] = MappingProxyType(
    {
        "an assertion used twice (RFC 7523 §3 item 7)": (
            "it takes two requests, and each assertion is right: send «right» twice, and have the second refused"
        ),
        "a nonce of ECDSA used twice (RFC 8725 §3.2)": "it takes two signatures, and who verifies cannot notice it",
        "plaintext that leaks through the length of a ciphertext (RFC 8725 §2.4)": (
            "it betrays who encrypts, and a client assertion is not encrypted"
        ),
        "a weak key (RFC 8725 §2.2, §3.5)": (
            "it is about what is registered, whatever signs: refuse it at registration; «secret-guessed» tries the "
            "weakest one"
        ),
    }
)
"""Attacks that no single assertion can show, with the reason."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class HostileAssertion:
    """What a server may get in the place of a client assertion, and what it should make of it.

    Attributes:
        name: Stable kebab-case name; what ``hostile=[…]`` takes.
        assertion: The text.
        now: When it is received, a NumericDate in whole seconds; it is within its life then.
        accepted: Whether a server of the profile accepts it: most are to be refused, those that only look odd are not.
        rule: Id of the rule that refuses it, or None.
        explanation: What it is, one sentence.
        source: Where the attack, or the rule, is written down.
    """

    name: str
    assertion: ClientAssertion
    now: int
    accepted: bool
    rule: str | None
    explanation: str
    source: str

    def __repr__(self) -> str:
        return f"<HostileAssertion {self.name}: {'accepted' if self.accepted else f'refused by {self.rule}'}>"


def hostile_assertions(
    client: RegisteredClient, server: AuthorizationServer, profile: str | Profile = "pingone", now: float | None = None
) -> tuple[HostileAssertion, ...]:
    """Every case that an assertion of *client* can be, for *server*.

    Args:
        client: Whose assertions they are, or pretend to be; it needs the credential that signs.
        server: Whom they are for.
        profile: Name of a profile, or a `Profile`: what is accepted depends on it.
        now: When they are received, a NumericDate of which the fraction is cut off; by default the current or frozen
            time.

    Raises:
        ConfigurationError: for a client whose assertions *profile* never accepts, and as `ClientAssertion.signed` does.
        TypeError: for an argument of the wrong type.
    """
    moment = numeric_date.current_time() if now is None else number_of_seconds("now", now)
    made = [_made(name, client, server, profile_named(profile), moment) for name in CASES]
    return tuple([one for one in made if isinstance(one, HostileAssertion)])


def left_out(
    client: RegisteredClient, server: AuthorizationServer, profile: str | Profile = "pingone"
) -> Mapping[str, str]:
    """The cases that an assertion of *client* cannot be, each with the reason."""
    made = {name: _made(name, client, server, profile_named(profile), 0) for name in CASES}
    return {name: reason for name, reason in made.items() if isinstance(reason, str)}


def hostile_assertion(
    name: str, client: RegisteredClient, server: AuthorizationServer, profile: str | Profile, now: float
) -> HostileAssertion | str:
    """The one case called *name*, or the reason why an assertion of *client* cannot be so; see `hostile_assertions`.

    Raises:
        ConfigurationError: for an unknown name, and as `hostile_assertions` does.
    """
    if name not in CASES:
        raise unknown_name("hostile assertion", name, CASES)
    return _made(name, client, server, profile_named(profile), now)


def _made(
    name: str, client: RegisteredClient, server: AuthorizationServer, profile: Profile, now: float
) -> HostileAssertion | str:
    check_parties(client, server)
    case = CASES[name]
    if client.method not in case.methods:
        return f"it is about {' and '.join(sorted(case.methods))}, and the client is registered for {client.method}"
    found: tuple[Found, ...] = ()
    impossible = ""

    def edit(draft: Draft) -> None:
        nonlocal found, impossible
        check_algorithm(draft)
        found = case.found(draft)
        try:
            case.edit(draft)
        except ConfigurationError as reason:
            impossible = str(reason)

    assertion = ClientAssertion.edited(edit, client=client, server=server, profile=profile, now=int(now))
    if impossible:
        return impossible
    rule = refused_by(found, profile)
    return HostileAssertion(name, assertion, int(now), rule is None, rule, case.explanation, case.source)
