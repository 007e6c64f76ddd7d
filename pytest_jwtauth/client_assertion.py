"""Build client assertions (RFC 7523 §3): correct for client, server and profile, or with one named fault.

No request, no judging, no clock but the current time as the default of ``now``.
"""

from __future__ import annotations

import json
import math
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from pytest_jwtauth import crypto, numeric_date, planted_faults
from pytest_jwtauth.errors import ConfigurationError, unknown_name
from pytest_jwtauth.jwa import ALGORITHMS, HMAC_ALGORITHMS
from pytest_jwtauth.jwk import PRIVATE_MEMBERS, Jwk, declares_other_alg, read_jwk, read_jwk_set, suits
from pytest_jwtauth.model import AuthorizationServer, Json, Profile, names_of
from pytest_jwtauth.planted_faults.draft import (
    Draft,
    Key,
    default_audience,
    demands,
    liked_algorithms,
    suitable_algorithms,
)
from pytest_jwtauth.profiles import profile_named
from pytest_jwtauth.registered_client import RegisteredClient, check_parties
from pytest_jwtauth.report import Secrets, masked, redact, secrets_among, sought_for
from pytest_jwtauth.written_forms import SHORTEST, everywhere, of_octets

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold keys.
__tracebackhide__ = True

LIFETIME = 60
"""Seconds from ``now`` to ``exp``, unless the profile's maximum is shorter."""
EXPLICIT_TYP = "client-authentication+jwt"
"""draft-ietf-oauth-rfc7523bis §4."""

MASKED = "‹masked›"

_PEM = re.compile("-----BEGIN.*", re.DOTALL)


class ClientAssertion(str):
    """A client assertion: as a ``str``, the text to send; with the header and the claims that went into it.

    Where a fault makes the JSON unreadable, or hides a member of it, `header` and `claims` are what was meant.

    Attributes:
        header: The JOSE header.
        claims: The claims set.
    """

    header: Mapping[str, Json]
    claims: Mapping[str, Json]
    _describe: Callable[[], str]

    def __new__(
        cls, text: str, *, header: Mapping[str, Json], claims: Mapping[str, Json], secrets: Iterable[str] = ()
    ) -> ClientAssertion:
        """Take *text* as it is; its repr shows none of *secrets*."""
        told = tuple(secrets)
        return cls._made(text, header, claims, lambda: (*told, *(form for one in told for form in everywhere(one))))

    @classmethod
    def _made(
        cls,
        text: str,
        header: Mapping[str, Json],
        claims: Mapping[str, Json],
        secrets: Callable[[], Iterable[str]],
    ) -> ClientAssertion:
        """One with *text*, and a repr without *secrets*: those are asked for when somebody wants to see it."""
        made = super().__new__(cls, text)
        shown_header, shown_claims = made.header, made.claims = (
            MappingProxyType(dict(header)),
            MappingProxyType(dict(claims)),
        )
        made._describe = lambda: _description(shown_header, shown_claims, secrets())
        return made

    @classmethod
    def signed(
        cls,
        *,
        client: RegisteredClient,
        server: AuthorizationServer,
        profile: str | Profile = "pingone",
        claims: Mapping[str, Json] = MappingProxyType({}),
        header: Mapping[str, Json] = MappingProxyType({}),
        without: Iterable[str] = (),
        lifetime: float | None = None,
        alg: str | None = None,
        key: Mapping[str, Any] | str | bytes | None = None,
        now: float | None = None,
        fault: str | None = None,
    ) -> ClientAssertion:
        """Make the assertion with which *client* authenticates at the token endpoint of *server*.

        Args:
            client: Whose assertion it is; its secret or first fitting private key signs.
            server: Whom it is for.
            profile: Name of a profile, or a `Profile`: decides on ``aud``, ``typ`` and the algorithm.
            claims: Claims to add, or to put in place of the default ones.
            header: Header members likewise. They change the header alone: ``header={"alg": …}`` is still signed as
                *alg* says.
            without: Names of claims or header members to leave out.
            lifetime: Seconds from *now* to ``exp``; 0 and negative numbers make an expired assertion. By default 60,
                or the profile's maximum if that is less.
            alg: What to sign with, and name in the header: by default the client's
                ``token_endpoint_auth_signing_alg``, else what suits its key and the profile.
            key: Sign with this in place of the client's own: a JWK, a private key in PEM, or a secret. For HMAC a
                text is always a secret.
            now: The time of making, a NumericDate in seconds; by default the current or frozen time.
            fault: Id of one rule to break; `PLANTABLE` lists them. It is planted last, over all other arguments.

        Raises:
            ConfigurationError: for a value that cannot be, or a fault that this client's assertion cannot have.
            TypeError: for an argument of the wrong type.
        """
        draft = _draft(client, server, profile, claims, header, lifetime=lifetime, alg=alg, key=key, now=now)
        signing_key = draft.key
        _leave_out(draft, _names(without))
        if fault is not None:
            planted_faults.plant(fault, draft)
        return cls._made(draft.write(), draft.header, draft.claims, lambda: _secrets(client, signing_key))

    @classmethod
    def edited(
        cls,
        edit: Callable[[Draft], None],
        *,
        client: RegisteredClient,
        server: AuthorizationServer,
        profile: str | Profile,
        now: float,
    ) -> ClientAssertion:
        """Make the right assertion and let *edit* change it: for tables of what no single rule names.

        Raises:
            ConfigurationError: as `signed` does, and what *edit* raises where this client's cannot be changed so.
        """
        draft = _draft(client, server, profile, {}, {}, now=now)
        signing_key = draft.key
        edit(draft)
        return cls._made(draft.write(), draft.header, draft.claims, lambda: _secrets(client, signing_key))

    def __repr__(self) -> str:
        return self._describe()

    def __reduce__(self) -> tuple[object, ...]:
        return _unpickled, (type(self), str(self), dict(self.header), dict(self.claims), repr(self))


def _unpickled(
    cls: type[ClientAssertion], text: str, header: dict[str, Json], claims: dict[str, Json], shown: str
) -> ClientAssertion:
    made = cls(text, header=header, claims=claims)
    made._describe = lambda: shown
    return made


def _draft(
    client: RegisteredClient,
    server: AuthorizationServer,
    profile: str | Profile,
    claims: Mapping[str, Json],
    header: Mapping[str, Json],
    *,
    now: float | None,
    lifetime: float | None = None,
    alg: str | None = None,
    key: Mapping[str, Any] | str | bytes | None = None,
) -> Draft:
    """The right assertion before it is signed, with *claims* and *header* over the default ones."""
    _check_types(client, server, claims, header)
    rules = profile_named(profile)
    moment = numeric_date.current_time() if now is None else number_of_seconds("now", now)
    seconds = default_lifetime(rules) if lifetime is None else number_of_seconds("lifetime", lifetime)
    signing_alg, signing_key = _signer(client, rules, alg, key)
    return Draft(
        client=client,
        server=server,
        profile=rules,
        now=moment,
        header={**_default_header(rules, signing_alg, signing_key), **header},
        claims={**_default_claims(client, server, rules, moment, seconds), **claims},
        alg=signing_alg,
        key=signing_key,
    )


def _check_types(client: object, server: object, claims: object, header: object) -> None:
    check_parties(client, server)
    for name, members in (("claims", claims), ("header", header)):
        if not isinstance(members, Mapping):
            raise TypeError(f"{name} is a mapping of names to JSON values; got {type(members).__name__}")
        for member in members:
            if not isinstance(member, str):
                raise TypeError(f"{name} has a name that is no str but {type(member).__name__}")


def _names(without: object) -> tuple[str, ...]:
    if not isinstance(without, (str, bytes)) and isinstance(without, Iterable):  # a text would leave out its letters
        names = tuple(without)
        if all(isinstance(name, str) for name in names):
            return names
    raise TypeError(f'without is a tuple of names, as in without=("jti",); got {type(without).__name__}')


def number_of_seconds(name: str, value: object) -> float:
    """*value*, if it can be a moment or a length of time; the error names the argument."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} is a number of seconds; got {type(value).__name__}")
    if numeric_date.is_out_of_range(value):
        shown = value if isinstance(value, float) else f"an integer of {value.bit_length()} bits"
        raise ConfigurationError(f"{name} is a number of seconds that a calendar can hold; got {shown}")
    return value


def default_lifetime(profile: Profile) -> int:
    """Seconds that an assertion lives unless somebody says otherwise."""
    return LIFETIME if profile.max_lifetime is None else min(LIFETIME, profile.max_lifetime)


def _default_header(profile: Profile, alg: str, key: Key) -> dict[str, Json]:
    typ = EXPLICIT_TYP if demands(profile, "typ-not-explicit") else next(iter(profile.typ_values), "JWT")
    header: dict[str, Json] = {"typ": typ, "alg": alg}
    if isinstance(key, Jwk) and key.kid is not None:
        header["kid"] = key.kid
    return header


def _default_claims(
    client: RegisteredClient, server: AuthorizationServer, profile: Profile, now: float, lifetime: float
) -> dict[str, Json]:
    claims: dict[str, Json] = {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": default_audience(profile, server),
        # Rounded down, both: an `iat` ahead of a clock with fractions would be one in the future.
        "exp": math.floor(now + lifetime),
        "iat": math.floor(now),
        "jti": str(uuid.uuid4()),
    }
    if demands(profile, "nbf-missing"):
        claims["nbf"] = math.floor(now)
    return claims


def _signer(
    client: RegisteredClient, profile: Profile, alg: str | None, key: Mapping[str, Any] | str | bytes | None
) -> tuple[str, Key]:
    """The algorithm, and what signs with it."""
    if alg is not None and not isinstance(alg, str):
        raise TypeError(f"alg is a string; got {type(alg).__name__}")
    if alg is not None and alg not in ALGORITHMS:
        raise unknown_name('alg to sign with (header={"alg": …} changes the header alone)', alg, ALGORITHMS)
    if key is not None:
        signing_key = _read_key(key, alg)
        return alg or _suitable(signing_key, client, profile), signing_key
    alg = alg or client.token_endpoint_auth_signing_alg
    if alg in HMAC_ALGORITHMS or (alg is None and client.hmac_key is not None):
        if client.hmac_key is None:
            raise ConfigurationError(f"{alg} is keyed with a secret and {client} has none: pass one as key=…")
        return alg or _suitable(client.hmac_key, client, profile), client.hmac_key
    return _private_signer(client, profile, alg)


def _private_signer(client: RegisteredClient, profile: Profile, alg: str | None) -> tuple[str, Key]:
    # A set may hold keys of other uses too, from which no signature can come.
    keys = read_jwk_set(client.jwks or {"keys": []})
    private = [key for key in keys if key.is_private and not key.faults and suitable_algorithms(key)]
    if not private:
        raise ConfigurationError(
            f"{client} has no private key to sign with. Put private keys into its jwks (a verdict uses the public part "
            "alone), or pass the private key as key=…, a JWK or PEM text"
        )
    named = [(alg or _suitable(key, client, profile), key) for key in private]
    fitting = [(name, key) for name, key in named if suits(key, ALGORITHMS[name]) is None]
    if not fitting:
        raise ConfigurationError(
            f"no private key of {client} is for {alg or 'signatures'}: pass one as key=…, a JWK or PEM text"
        )
    # The alg that was asked for may be another than the key's own: that is a fault worth testing with.
    return min(fitting, key=lambda signer: declares_other_alg(signer[1], signer[0]))


def _read_key(key: object, alg: str | None) -> Key:
    if isinstance(key, Mapping):
        jwk = read_jwk(key)
        if jwk.faults:
            raise ConfigurationError(f"the JWK passed as key cannot be used: {', '.join(jwk.faults)}")
        return jwk.octets("k") if jwk.kty == "oct" else jwk
    if not isinstance(key, (str, bytes)):
        raise TypeError(
            f"key is a JWK (a mapping), a private key in PEM, or a secret (str or bytes); got {type(key).__name__}"
        )
    octets = key.encode("utf-8") if isinstance(key, str) else key
    if octets.lstrip().startswith(b"-----BEGIN") and alg not in HMAC_ALGORITHMS:
        return read_jwk(crypto.jwk_from_pem(octets))
    return octets


def _suitable(key: Key, client: RegisteredClient, profile: Profile) -> str:
    """What *key* says it is for, or the first algorithm it can sign with that *profile* likes."""
    suitable = suitable_algorithms(key)
    if isinstance(key, Jwk) and key.alg is not None and key.alg in suitable:
        return key.alg
    liked = liked_algorithms(profile, client)
    return next((name for name in suitable if name in liked), suitable[0])


def _leave_out(draft: Draft, without: tuple[str, ...]) -> None:
    unknown = [name for name in without if name not in draft.header and name not in draft.claims]
    if unknown:
        raise ConfigurationError(
            f"without names {', '.join(map(repr, unknown))}, which the assertion does not have. "
            f"Header members: {names_of(draft.header)}. Claims: {names_of(draft.claims)}."
        )
    for name in without:
        draft.header.pop(name, None)
        draft.claims.pop(name, None)


def _secrets(client: RegisteredClient, key: Key) -> tuple[str, ...]:
    """What no repr may show: the client's credential, and the key that signed, in any form."""
    mine = [key] if isinstance(key, bytes) else [key.octets(name) for name in PRIVATE_MEMBERS & {*key.members}]
    # Octets that are no text cannot stand in one.
    texts = [octets.decode("utf-8", "replace") for octets in mine]
    if isinstance(key, Jwk):
        texts = [key.members[name] for name in PRIVATE_MEMBERS & {*key.members}]
    known = list(secrets_among(texts, client))
    return (*texts, *known, *(form for octets in mine for form in of_octets(octets)))


def _description(header: Mapping[str, Json], claims: Mapping[str, Json], secrets: Iterable[str]) -> str:
    hidden = tuple([secret for secret in dict.fromkeys(secrets) if secret])
    sought = sought_for(secret for secret in hidden if len(secret) >= SHORTEST)
    return f"<ClientAssertion {_show(header, hidden, sought)}.{_show(claims, hidden, sought)}.‹signature masked›>"


def _show(members: Mapping[str, Json], secrets: tuple[str, ...], sought: Secrets) -> str:
    # Secrets go first, for `masked` cuts long names, and half a secret is not found.
    shown = masked(_without_secrets(dict(members), secrets, sought))
    text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"), default=_name_of_type)
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in text)


def _without_secrets(value: Any, secrets: tuple[str, ...], sought: Secrets) -> Any:
    if isinstance(value, str):
        # A short one turns up by accident inside other texts; alone it is no accident.
        return MASKED if value in secrets else _PEM.sub(MASKED, redact(value, sought, lambda _: MASKED))
    if isinstance(value, dict):
        return {
            _without_secrets(name, secrets, sought): _without_secrets(member, secrets, sought)
            for name, member in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_without_secrets(member, secrets, sought) for member in value]
    return value


def _name_of_type(value: object) -> str:
    return f"‹{type(value).__name__}›"
