"""One row of the table of plantable faults, and the commonest edits. Plants nothing by itself and judges nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from pytest_jwtauth.model import Json
from pytest_jwtauth.planted_faults.draft import Draft

Edit: TypeAlias = Callable[[Draft], None]
"""Spoils a draft in one way; raises `ConfigurationError` with the reason where the draft cannot be spoilt so."""

CLIENT_SECRET_JWT = frozenset({"client_secret_jwt"})
PRIVATE_KEY_JWT = frozenset({"private_key_jwt"})
BOTH_METHODS = CLIENT_SECRET_JWT | PRIVATE_KEY_JWT

STRANGER = "https://stranger.example"
"""An origin that belongs to nobody (RFC 2606 §3): nothing there may be looked up, by anyone."""
STRANGERS_KEYS = f"{STRANGER}/keys"


@dataclass(frozen=True, slots=True)
class Fault:
    """A way to break one rule with one edit.

    Attributes:
        rule: Id of the rule that is broken.
        what: What is wrong with the assertion then, as a sentence without its full stop.
        edit: Breaks it.
        methods: Client authentication methods whose assertions can have the fault.
        follows: Ids of other rules that an assertion with this fault may break for the very same reason.
    """

    rule: str
    what: str
    edit: Edit
    methods: frozenset[str] = BOTH_METHODS
    follows: frozenset[str] = frozenset()


def follows(*rules: str) -> frozenset[str]:
    """The value of `Fault.follows`, to read well in a table."""
    return frozenset(rules)


def header(name: str, value: Json) -> Edit:
    """Set the header member *name*."""

    def edit(draft: Draft) -> None:
        draft.header[name] = value

    return edit


def no_header(name: str) -> Edit:
    """Leave the header member *name* out."""

    def edit(draft: Draft) -> None:
        draft.header.pop(name, None)

    return edit


def claim(name: str, value: Json) -> Edit:
    """Set the claim *name*."""

    def edit(draft: Draft) -> None:
        draft.claims[name] = value

    return edit


def no_claim(name: str) -> Edit:
    """Leave the claim *name* out."""

    def edit(draft: Draft) -> None:
        draft.claims.pop(name, None)

    return edit


def header_json(change: Callable[[bytes], bytes]) -> Edit:
    """Change the octets of the header's JSON text."""

    def edit(draft: Draft) -> None:
        draft.header_json = change

    return edit


def claims_json(change: Callable[[bytes], bytes]) -> Edit:
    """Change the octets of the claims' JSON text."""

    def edit(draft: Draft) -> None:
        draft.claims_json = change

    return edit


def signature(change: Callable[[bytes], bytes]) -> Edit:
    """Change the octets of the signature."""

    def edit(draft: Draft) -> None:
        draft.signature = change

    return edit


def text(change: Callable[[str], str]) -> Edit:
    """Change the finished text."""

    def edit(draft: Draft) -> None:
        draft.text = change

    return edit


def trailing_comma(octets: bytes) -> bytes:
    """A JSON object with a comma after its last member: JavaScript reads it, JSON does not know it."""
    return octets[:-1] + b",}"


def invalid_utf8(octets: bytes) -> bytes:
    """A JSON object with one more member, whose value is «é» in ISO 8859-1."""
    return octets[:-1] + b',"caf\xe9":true}'


def in_an_array(octets: bytes) -> bytes:
    """A JSON object inside an array."""
    return b"[" + octets + b"]"


def repeated(octets: bytes, name: str, value: bytes) -> bytes:
    """A JSON object that starts with the member *name* once more."""
    return b'{"' + name.encode() + b'":' + value + b"," + octets[1:]
