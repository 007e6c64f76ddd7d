"""Real verifiers of JWTs, each configured as its documentation says, for one client of one authorization server.

The page docs/verifiers.md shows the functions below as they stand here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import joserfc.errors
import jwcrypto.common
import jwcrypto.jwk
import jwcrypto.jwt
import jwt
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwk as joserfc_jwk
from joserfc import jwt as joserfc_jwt

from pytest_jwtauth import RULES


@dataclass(frozen=True)
class Registration:
    """What a server knows: the client, its key as a JWK, its one algorithm, and the values of aud that are accepted."""

    client_id: str
    key: Mapping[str, Any]
    alg: str
    audiences: list[str]


def verify_with_pyjwt(text: str, known: Registration, leeway: int) -> None:
    jwt.decode(
        text,
        jwt.PyJWK.from_dict(dict(known.key), algorithm=known.alg),
        algorithms=[known.alg],
        audience=known.audiences,
        issuer=known.client_id,
        subject=known.client_id,
        leeway=leeway,
        options={"require": ["iss", "sub", "aud", "exp", "jti"]},
    )


def verify_with_joserfc(text: str, known: Registration, leeway: int) -> None:
    key = joserfc_jwk.import_key(dict(known.key))
    token = joserfc_jwt.decode(text, key, algorithms=[known.alg])
    claims = joserfc_jwt.JWTClaimsRegistry(
        leeway=leeway,
        iss={"essential": True, "value": known.client_id},
        sub={"essential": True, "value": known.client_id},
        aud={"essential": True, "values": known.audiences},
        exp={"essential": True},
        jti={"essential": True},
    )
    claims.validate(token.claims)


def verify_with_jwcrypto(text: str, known: Registration, leeway: int) -> None:
    token = jwcrypto.jwt.JWT(
        algs=[known.alg],
        expected_type="JWS",
        strict_serialization=True,
        check_claims={
            "iss": known.client_id,
            "sub": known.client_id,
            "aud": known.audiences,
            "exp": None,
            "jti": None,
        },
    )
    token.leeway = leeway
    token.deserialize(text, jwcrypto.jwk.JWK(**known.key))


def verify_with_authlib(text: str, known: Registration, leeway: int) -> None:
    class ClientAssertion(JWTBearerClientAssertion):
        def get_audiences(self) -> list[str]:
            return known.audiences

        def validate_jti(self, claims: Any, jti: Any) -> bool:
            return True  # each is shown once

        def resolve_client_public_key(self, client: Any) -> Any:
            return joserfc_jwk.import_key(dict(known.key))

    client = SimpleNamespace(check_endpoint_auth_method=lambda _method, _endpoint: True)
    form = {"client_assertion_type": ClientAssertion.CLIENT_ASSERTION_TYPE, "client_assertion": text}
    authenticate = ClientAssertion(leeway=leeway)
    if authenticate({known.client_id: client}.get, SimpleNamespace(form=form, client=None)) is None:
        raise OAuth2Error("no client is authenticated")


@dataclass(frozen=True)
class Verifier:
    """A library: how it is asked, and what it says no with, by its documentation."""

    name: str
    distribution: str
    verify: Callable[[str, Registration, int], None]
    refusals: tuple[type[Exception], ...]
    #: Whose version tells as much about what it does as its own.
    reads_by: str | None = None

    @property
    def version(self) -> str:
        return version(self.distribution)

    @property
    def configuration(self) -> str:
        return inspect.getsource(self.verify)

    def outcome(self, text: str, known: Registration, leeway: int) -> str:
        """``accepted``, ``refused``, or the name of an exception that its documentation does not mention."""
        try:
            self.verify(text, known, leeway)
        except self.refusals:
            return "refused"
        except Exception as crash:
            return type(crash).__name__
        return "accepted"


VERIFIERS = (
    Verifier("PyJWT", "PyJWT", verify_with_pyjwt, (jwt.PyJWTError,)),
    Verifier("joserfc", "joserfc", verify_with_joserfc, (joserfc.errors.JoseError,)),
    Verifier("Authlib", "Authlib", verify_with_authlib, (OAuth2Error,), reads_by="joserfc"),
    # `JWT.deserialize` documents ValueError for another serialization; its TypeError for a JWE stands nowhere.
    Verifier("jwcrypto", "jwcrypto", verify_with_jwcrypto, (jwcrypto.common.JWException, ValueError)),
)

KINDS = (
    *("accepts what a MUST forbids", "accepts what is only advised against"),
    *("refuses what nothing forbids", "crashes"),
)
LEGAL = frozenset({"exp-milliseconds", "year-9999"})
"""As numbers of seconds these are legal: that nobody means them is good sense, and no MUST."""


def kind_of(name: str, outcome: str, *, accepted: bool, rule: str | None) -> str | None:
    """What is wrong about *outcome* of a case that should have been *accepted*, or not for *rule*; None: nothing."""
    if outcome == "accepted" and not accepted:
        assert rule is not None
        return KINDS[0] if RULES[rule].strength == "MUST" and name not in LEGAL else KINDS[1]
    if outcome == "refused" and accepted:
        return KINDS[2]
    return None if outcome in {"accepted", "refused"} else KINDS[3]


DEPENDS_ON_PYTHON = frozenset({"payload-deep", "payload-deep-and-open"})
"""How deep the JSON reader of the standard library goes differs from one Python to the next."""


def comparable(of_alg: Mapping[str, Any]) -> dict[str, Any]:
    """*of_alg* without what depends on the Python that runs."""
    kept: dict[str, Any] = {}
    for kind, names in of_alg.items():
        here = [name for name in names if name not in DEPENDS_ON_PYTHON]
        kept[kind] = {name: names[name] for name in here} if isinstance(names, dict) else here
    return kept
