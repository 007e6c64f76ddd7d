"""A row of the gallery, and the bugs of real clients that it has to have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SEEN: Mapping[int, tuple[str, str]] = {
    1: ("the same assertion on a retry", "box/box-python-sdk-gen#731"),
    2: ("one jti for ever, by a shared mapping of claims", "Authlib 1.9.9"),
    3: ("no jti", "okta/okta-sdk-golang#458"),
    4: ("an assertion that is kept beyond its exp", "AzureAD/microsoft-authentication-library-for-python#705"),
    5: ("a lifetime longer than the server allows", "authlib/authlib#857"),
    6: ("the audience of another server, or not the one this server wants", "keycloak/keycloak#30599"),
    7: ("the audience as an array where text is wanted", "panva/openid-client#348"),
    8: ("Basic, or the secret, beside the assertion", "requests/requests-oauthlib#249, psf/requests#3929"),
    9: ("the assertion in the URL, or JSON for a form", "okta/okta-sdk-python#424, okta/okta-sdk-python#429"),
    10: ("exp missing, as text, or in another unit", "mozilla/fxa-auth-server#825, bluesky-social/indigo#1147"),
    11: ("a clock that is ahead, and iat or nbf with it", "keycloak/keycloak#8966"),
    12: ("no kid, and more than one key", "okta/okta-sdk-python#289"),
    13: ("a JWT that is not in strict base64url", "azure-identity 1.27.0, jpadilla/pyjwt#676"),
    14: ("an answer that is no JSON crashes the client", "authlib/authlib#928"),
    15: ("wrong arithmetic with expires_in", "guillp/requests_oauth2client#22"),
    16: ("the secret or the assertion in a log", "klen/aioauth-client#191"),
    17: ("a secret too short for HS256", "quarkusio/quarkus#22969"),
    18: ("another kind of JWT in the place of the assertion", "panva/openid-client#300"),
    19: ("a typ that the server does not know", "DuendeSoftware/foss#141"),
}
"""Bugs that real clients had, and where that can be read."""


@dataclass(frozen=True)
class Broken:
    """One client of the gallery.

    Attributes:
        client: The class.
        promise: Which promise refuses it.
        ids: The ids with which the report begins: rules, or the promise's own.
        bug: Which bug of `SEEN` it has; 0 for none of them.
        over_sockets: Whether it takes a real connection to see it.
    """

    client: type[Any]
    promise: str
    ids: frozenset[str]
    bug: int = 0
    over_sockets: bool = False

    @property
    def name(self) -> str:
        return self.client.__name__

    @property
    def seen(self) -> str:
        """The number of the bug, and where it was seen."""
        return f"{self.bug}: {SEEN[self.bug][1]}" if self.bug else ""


def row(client: type[Any], promise: str, ids: str = "", bug: int = 0, *, over_sockets: bool = False) -> Broken:
    """A row; without *ids* the report begins with the promise's own name."""
    return Broken(client, promise, frozenset((ids or promise).split()), bug, over_sockets)
