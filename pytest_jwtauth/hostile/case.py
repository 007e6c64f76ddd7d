"""One row of the table of hostile assertions, and the commonest ways to make one. Signs nothing, judges nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from pytest_jwtauth import base64url, crypto
from pytest_jwtauth.deserved import Found
from pytest_jwtauth.jwk import Jwk, read_jwk
from pytest_jwtauth.planted_faults import PLANTABLE
from pytest_jwtauth.planted_faults.draft import Draft
from pytest_jwtauth.planted_faults.fault import BOTH_METHODS, Edit, text

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold keys.
__tracebackhide__ = True

Findings: TypeAlias = "Callable[[Draft], tuple[Found, ...]]"


@dataclass(frozen=True, slots=True)
class Case:
    """An assertion that somebody may send, and what there is to find in it.

    Attributes:
        explanation: What it is, one sentence.
        source: Where the attack, or the rule, is written down.
        edit: Makes it out of a right assertion; raises `ConfigurationError` with the reason where it cannot be made.
        found: What the rules find in it, the most telling one first; nothing: it is right.
        methods: Client authentication methods whose assertions can be so.
    """

    explanation: str
    source: str
    edit: Edit
    found: Findings
    methods: frozenset[str] = BOTH_METHODS


def refused(explanation: str, source: str, edit: Edit, *rules: str, methods: frozenset[str] = BOTH_METHODS) -> Case:
    """A case in which each of *rules* finds something at its usual level."""
    found: tuple[Found, ...] = tuple([(rule, None) for rule in rules])
    return Case(explanation, source, edit, lambda _draft: found, methods)


def planted(explanation: str, source: str, rule: str, *others: str) -> Case:
    """The plantable fault of *rule*; *others* find something in it, too."""
    fault = PLANTABLE[rule]
    return refused(explanation, source, fault.edit, rule, *others, methods=fault.methods)


def both(first: Edit, second: Edit) -> Edit:
    """Make two edits, one after the other."""

    def edit(draft: Draft) -> None:
        first(draft)
        second(draft)

    return edit


def part(position: int, change: Callable[[bytes], bytes]) -> Edit:
    """Change the octets of a part of the finished text: the signature is over what stood there before."""

    def changed(compact: str) -> str:
        parts = compact.split(".")
        parts[position] = base64url.encode(change(base64url.decode(parts[position])))
        return ".".join(parts)

    return text(changed)


def members(change: Callable[[dict[str, Any]], None]) -> Callable[[bytes], bytes]:
    """Change the members of a JSON object, and write it as before."""

    def changed(octets: bytes) -> bytes:
        value = json.loads(octets)
        change(value)
        return json.dumps(value, separators=(",", ":")).encode("ascii")

    return changed


def by_a_stranger(draft: Draft) -> None:
    """Sign with a key of the right kind that nobody registered."""
    if isinstance(draft.key, Jwk):
        draft.key = strangers_key(draft.alg)
    else:
        draft.key = b"a secret that belongs to no client, of sixty-four octets or more, whatever the hash"


@cache
def strangers_key(alg: str) -> Jwk:
    """A private key for *alg* that nobody registered, the same one for the whole run: RSA takes 120 ms."""
    return read_jwk({**crypto.generate_jwk(alg), "kid": "stranger"})
