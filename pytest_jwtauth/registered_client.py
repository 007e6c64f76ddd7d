"""The client as the authorization server knows it: metadata (RFC 7591) and a credential.

A client that can never succeed is refused when it is made, not in the verdict on its first request. Knows no
request and no profile; and neither its repr nor a message shows a secret or a private key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pytest_jwtauth import crypto, written_forms
from pytest_jwtauth.errors import ConfigurationError, check_type, unknown_name
from pytest_jwtauth.jwa import ALGORITHMS, ASYMMETRIC_ALGORITHMS, HMAC_ALGORITHMS
from pytest_jwtauth.jwk import PRIVATE_MEMBERS, Jwk, kind_mismatch, read_jwk, read_jwk_set, suits
from pytest_jwtauth.model import AuthorizationServer

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold credentials.
# Set for the module because only so it hides the `__init__` that dataclass generates.
__tracebackhide__ = True

Method = Literal["client_secret_jwt", "private_key_jwt"]

ALGORITHMS_OF_METHOD: Mapping[str, frozenset[str]] = {
    "client_secret_jwt": HMAC_ALGORITHMS,
    "private_key_jwt": ASYMMETRIC_ALGORITHMS,
}
"""What a client may sign with (OIDC Core §9); the keys are the methods a client can have here."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class RegisteredClient:
    """A client with its credential, in the words of RFC 7591 §2 and OIDC Registration §2.

    Args:
        client_id: The client identifier.
        client_secret: The shared secret of ``client_secret_jwt``; its UTF-8 octets are the HMAC key.
        jwks: A JWK Set, or one bare JWK, for ``private_key_jwt``. Private keys may be in it: the code under
            test may ask for them, a verdict uses the public part.
        token_endpoint_auth_method: ``client_secret_jwt`` or ``private_key_jwt``; by default what fits.
        token_endpoint_auth_signing_alg: The only ``alg`` the client may use; by default any of its method.
        redirect_uris: The redirection URIs registered.

    Attributes:
        keys: The public keys.
        hmac_key: The octets of the secret (OIDC Core §10.1), None without one.

    Raises:
        ConfigurationError: for a client that could never authenticate.
    """

    client_id: str
    client_secret: str | None = None
    jwks: Mapping[str, Any] | None = None
    token_endpoint_auth_method: str | None = None
    token_endpoint_auth_signing_alg: str | None = None
    redirect_uris: Sequence[str] = ()
    keys: tuple[Jwk, ...] = field(init=False)
    hmac_key: bytes | None = field(init=False)
    _keys_as_given: tuple[Jwk, ...] = field(init=False)
    _needles: tuple[bytes, ...] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        _check_text("client_id", self.client_id)
        keys = self._read_credential()
        object.__setattr__(self, "_keys_as_given", keys)
        object.__setattr__(self, "keys", tuple(read_jwk(key.public()) for key in keys))
        object.__setattr__(self, "redirect_uris", _redirect_uris(self.redirect_uris))
        fitting: Method = "private_key_jwt" if self.client_secret is None else "client_secret_jwt"
        if self.token_endpoint_auth_method is None:
            object.__setattr__(self, "token_endpoint_auth_method", fitting)
        self._check_method(fitting)
        self._check_signing_alg()

    def _read_credential(self) -> tuple[Jwk, ...]:
        if (self.client_secret is None) == (self.jwks is None):
            count = "neither" if self.jwks is None else "both"
            raise ConfigurationError(
                "a client has either client_secret (for client_secret_jwt) or jwks (for private_key_jwt); "
                f"this one has {count}"
            )
        if self.client_secret is not None:
            _check_text("client_secret", self.client_secret)
            object.__setattr__(self, "hmac_key", self.client_secret.encode("utf-8"))
            return ()
        object.__setattr__(self, "hmac_key", None)
        keys = read_jwk_set(self.jwks)
        object.__setattr__(self, "jwks", _plain(self.jwks))  # what the caller does to the original stays outside
        for position, key in enumerate(keys):
            _check_key(f"keys[{position}] of jwks (kid {key.kid!r})", key)
        return keys

    def _check_method(self, fitting: Method) -> None:
        method = self.token_endpoint_auth_method
        if method not in ALGORITHMS_OF_METHOD:
            raise unknown_name("token_endpoint_auth_method", method, ALGORITHMS_OF_METHOD)
        if method != fitting:
            needed, present = ("jwks", "client_secret") if fitting == "client_secret_jwt" else ("client_secret", "jwks")
            raise ConfigurationError(
                f"token_endpoint_auth_method {method} needs {needed}; this client has {present}: {fitting}"
            )

    def _check_signing_alg(self) -> None:
        alg, allowed = self.token_endpoint_auth_signing_alg, ALGORITHMS_OF_METHOD[self.method]
        if alg is not None and alg not in allowed:
            raise unknown_name(f"token_endpoint_auth_signing_alg for {self.method}", alg, allowed)
        if self.method == "client_secret_jwt":
            return
        reasons = [_unfit(key, allowed if alg is None else frozenset({alg})) for key in self.keys]
        if None not in reasons:
            what = "any signature" if alg is None else f"signatures of the registered {alg}"
            listed = "; ".join(f"{key}: {reason}" for key, reason in zip(self.keys, reasons, strict=True))
            raise ConfigurationError(f"no key in jwks can verify {what} ({listed or 'jwks is empty'})")

    @classmethod
    def generate(
        cls,
        method: str = "client_secret_jwt",
        *,
        alg: str | None = None,
        client_id: str | None = None,
        redirect_uris: Sequence[str] = (),
    ) -> RegisteredClient:
        """Make a client with a fresh credential: a secret of 64 characters, or a key pair for ES256 or *alg*.

        Raises:
            ConfigurationError: for an unknown *method*, or an *alg* that is not of it.
        """
        import secrets
        import uuid

        client_id = str(uuid.uuid4()) if client_id is None else client_id
        if method not in ALGORITHMS_OF_METHOD:
            raise unknown_name("token_endpoint_auth_method", method, ALGORITHMS_OF_METHOD)
        if alg is not None and alg not in ALGORITHMS_OF_METHOD[method]:
            raise unknown_name(f"alg for {method}", alg, ALGORITHMS_OF_METHOD[method])
        if method == "client_secret_jwt":
            secret = secrets.token_urlsafe(48)
            return cls(client_id, secret, None, method, alg, redirect_uris)
        jwks = {"keys": [crypto.generate_jwk(alg or "ES256")]}
        return cls(client_id, None, jwks, method, alg, redirect_uris)

    @property
    def method(self) -> Method:
        """The client authentication method, `token_endpoint_auth_method`."""
        return "private_key_jwt" if self.hmac_key is None else "client_secret_jwt"

    def private_key(self, kid: str | None = None) -> Jwk:
        """The private key, or the one of several that has the *kid*.

        Raises:
            ConfigurationError: if there is no such key, or more than one.
        """
        private = [key for key in self._keys_as_given if key.is_private]
        found = [key for key in private if kid is None or key.kid == kid]
        if len(found) == 1:
            return found[0]
        if not private:
            has = "public keys only" if self.client_secret is None else "client_secret"
            raise ConfigurationError(f"{self} has no private key: it was made with {has}")
        wanted = "name one by kid=" if kid is None else f"{len(found)} of them with kid {kid!r}"
        raise ConfigurationError(f"{self} has private keys with kid {[key.kid for key in private]}: {wanted}")

    def private_jwk(self, kid: str | None = None) -> dict[str, Any]:
        """The private key as a JWK, for the code under test; raises as `private_key` does."""
        return self.private_key(kid).as_dict()

    def private_key_pem(self, kid: str | None = None) -> str:
        """The private key as PKCS #8 in PEM, for the code under test; raises as `private_key` does."""
        return crypto.private_key_pem(self.private_key(kid))

    def secret_needles(self) -> tuple[bytes, ...]:
        """What to search for in a request, or a log, to find the secret or a private key in any textual form.

        Of base64 that part is there which stays the same whatever stands before and after. A secret of fewer
        than 8 characters gives nothing. PEM breaks base64 into lines: these do not find it.
        """
        if self._needles is None:
            texts = {form.encode("utf-8", "replace") for form in self._secret_forms()}
            forms = {form for form in texts if len(form) >= written_forms.SHORTEST}
            # Whoever finds the shorter has found the longer.
            needles = (form for form in forms if not any(other != form and other in form for other in forms))
            object.__setattr__(self, "_needles", tuple(sorted(needles)))
        assert self._needles is not None
        return self._needles

    def _secret_forms(self) -> Iterator[str]:
        if self.client_secret is not None and len(self.client_secret) >= written_forms.SHORTEST:
            yield from written_forms.in_requests(self.client_secret)
            yield from written_forms.of_octets(self.client_secret.encode("utf-8"))
        for key in self._keys_as_given:
            for name in PRIVATE_MEMBERS & key.members.keys():
                yield key.members[name]
            if "d" in key.members and not key.faults:
                yield from written_forms.of_octets(key.octets("d"))

    def private_members(self) -> Iterator[tuple[str, bytes]]:
        """The private members of its keys, as they stand in the JWK and what they stand for; of keys without faults."""
        for key in self._keys_as_given:
            for name in () if key.faults else PRIVATE_MEMBERS & key.members.keys():
                yield key.members[name], key.octets(name)

    # Equality is written out, for pytest explains the unequal fields of a dataclass by printing them.
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RegisteredClient):
            return NotImplemented
        return self._value() == other._value()

    def __hash__(self) -> int:
        return hash((self.client_id, self.method))

    def _value(self) -> tuple[object, ...]:
        mine = self.client_id, self.client_secret, self._keys_as_given
        return (*mine, self.token_endpoint_auth_signing_alg, self.redirect_uris)

    def __reduce__(self) -> tuple[object, ...]:
        given = self.client_id, self.client_secret, self.jwks, self.token_endpoint_auth_method
        return type(self), (*given, self.token_endpoint_auth_signing_alg, self.redirect_uris)

    def __repr__(self) -> str:
        kids = "" if self.hmac_key is not None else f" kids={[key.kid for key in self.keys]}"
        return f"<RegisteredClient {self.client_id!r} {self.method}{kids}>"


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise ConfigurationError(f"{name} is text; got {type(value).__name__}")
    if not value:
        raise ConfigurationError(f"{name} is empty")
    if re.search("[\ud800-\udfff]", value):
        raise ConfigurationError(f"{name} holds a lone surrogate, which UTF-8 cannot write")


def _check_key(place: str, key: Jwk) -> None:
    if key.kty == "oct":
        raise ConfigurationError(
            f"{place} is symmetric (kty oct); private_key_jwt needs RSA, EC or OKP, and the shared secret of "
            "client_secret_jwt goes into client_secret"
        )
    # A client's set may hold keys for encryption, of types that are nothing to us (RFC 7517 §5).
    if key.faults and key.use != "enc":
        raise ConfigurationError(f"{place} cannot be used: {', '.join(key.faults)}")


def _unfit(key: Jwk, algs: frozenset[str]) -> str | None:
    """Why *key* can verify signatures of none of *algs*, or None if it can of one.

    Its own ``alg`` is left to a rule: «intended for use with» (RFC 7517 §4.4) stops no server.
    """
    for alg in sorted(algs):
        if kind_mismatch(key, ALGORITHMS[alg]) is None:
            return suits(key, ALGORITHMS[alg])
    return ", ".join(key.faults) or kind_mismatch(key, ALGORITHMS[min(algs)])


def _redirect_uris(uris: Sequence[str]) -> tuple[str, ...]:
    if isinstance(uris, str) or not all(isinstance(uri, str) for uri in uris):
        raise ConfigurationError(f"redirect_uris is a list of URIs, each a str; got {uris!r}")
    return tuple(uris)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(member) for name, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, (list, tuple)) else value


def check_parties(client: object, server: object) -> None:
    """Refuse what is no client, or no server.

    Raises:
        TypeError: says which.
    """
    check_type("client", client, RegisteredClient)
    check_type("server", server, AuthorizationServer)
