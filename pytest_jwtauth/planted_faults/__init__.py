"""Every fault that can be planted in a client assertion, one row each: rule id, what is wrong, the edit that does it.

Judges nothing, and does not know how an assertion comes to be: see ``client_assertion``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pytest_jwtauth.errors import ConfigurationError, unknown_name
from pytest_jwtauth.planted_faults import claims, jose_header, keys, lifetimes, serialization
from pytest_jwtauth.planted_faults.draft import Draft
from pytest_jwtauth.planted_faults.fault import Fault

# A refusal points at the line that asked for the fault.
__tracebackhide__ = True

__all__ = ["NOT_PLANTABLE", "PLANTABLE", "Draft", "Fault", "plant"]

PLANTABLE: Mapping[str, Fault] = MappingProxyType(
    {row.rule: row for room in (serialization, jose_header, keys, claims, lifetimes) for row in room.FAULTS}
)
"""Rule id to the fault that breaks it."""

NOT_PLANTABLE: Mapping[str, str] = MappingProxyType(
    {
        "hmac-key-weak": (
            "it is about the client's registered secret, whatever signs. Use a RegisteredClient with a weak "
            "client_secret"
        ),
        "rsa-key-too-short": (
            "it is about the client's registered key, whatever signs. Use a RegisteredClient with an RSA key of fewer "
            "than 2,048 bits in its jwks"
        ),
    }
)
"""Rules about the assertion that no single assertion can break, with the reason."""


def plant(rule: str, draft: Draft) -> None:
    """Edit *draft* so that it breaks *rule*, and no other rule that does not follow from that.

    Raises:
        ConfigurationError: if *rule* is unknown, is not about the assertion, or cannot be broken by an assertion of
            this client; says what to change.
    """
    row = _row_of(rule)
    method = draft.client.method
    if method not in row.methods:
        raise ConfigurationError(
            f"fault={rule!r} is for a client registered for {' or '.join(sorted(row.methods))}; this one is registered "
            f"for {method}. Use RegisteredClient.generate({sorted(row.methods)[0]!r})."
        )
    try:
        row.edit(draft)
    except ConfigurationError as reason:
        raise ConfigurationError(f"fault={rule!r} cannot be planted here: {reason}.") from None


def _row_of(rule: str) -> Fault:
    if rule in PLANTABLE:
        return PLANTABLE[rule]
    if rule in NOT_PLANTABLE:
        raise ConfigurationError(f"fault={rule!r} cannot be planted in an assertion: {NOT_PLANTABLE[rule]}.")
    from pytest_jwtauth.rules import RULES  # the whole rule book, only for the message

    if rule in RULES:
        raise ConfigurationError(
            f"fault={rule!r} lies in the request around the assertion, not in the assertion: send that request "
            f"differently. Faults of an assertion: {', '.join(sorted(PLANTABLE))}."
        )
    raise unknown_name("fault", rule, PLANTABLE)
