"""One login as the client will meet it: the code that was issued, and what has to be sent or checked with it.

Asks an endpoint for the code. Judges nothing and calls no client.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from pytest_jwtauth import base64url
from pytest_jwtauth.token_endpoint import TokenEndpoint

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold codes.
__tracebackhide__ = True

DEFAULT_REDIRECT_URI = "http://localhost:3000/callback"


@dataclass(frozen=True, slots=True, repr=False)
class Login:
    """What the authorization request said, and the code that answered it.

    Attributes:
        code: The authorization code.
        redirect_uri: Where it was sent.
        nonce: The nonce that its ID Token will repeat.
        code_verifier: What the code is bound to (RFC 7636), or None.
    """

    code: str
    redirect_uri: str
    nonce: str
    code_verifier: str | None

    def __repr__(self) -> str:
        return f"<Login sent to {self.redirect_uri}>"


def redirect_uri_of(endpoint: TokenEndpoint) -> str:
    """Where codes for the endpoint's client are sent: to the first URI that it has registered."""
    return next(iter(endpoint.client.redirect_uris), DEFAULT_REDIRECT_URI)


def begin_login(endpoint: TokenEndpoint, *, redirect_uri: str, scope: str, pkce: bool) -> Login:
    """Have a user log in at *endpoint*, with a fresh nonce and, if *pkce*, a fresh code challenge."""
    nonce = secrets.token_urlsafe(16)
    verifier = secrets.token_urlsafe(32) if pkce else None
    challenge = None
    if verifier is not None:
        challenge = base64url.encode(hashlib.sha256(verifier.encode("ascii")).digest())
    code = endpoint.issue_code(
        redirect_uri=redirect_uri,
        scope=scope,
        nonce=nonce,
        code_challenge=challenge,
        code_challenge_method=None if challenge is None else "S256",
    )
    return Login(code, redirect_uri, nonce, verifier)
