"""JWK and JWK Set (RFC 7517, RFC 7518 §6, RFC 8037 §2): read them, find their faults, choose among them.

Makes no signature and verifies none: all that needs `cryptography` is in ``crypto``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pytest_jwtauth import base64url
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.jwa import Algorithm

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold keys.
__tracebackhide__ = True


@dataclass(frozen=True, slots=True)
class Curve:
    """y² = x³ + ax + b modulo p; coordinates of so many *octets*, a base point of that *order*."""

    octets: int
    p: int
    a: int
    b: int
    order: int

    def has_point(self, x: int, y: int) -> bool:
        """Whether (*x*, *y*) lies on the curve."""
        return x < self.p and y < self.p and (y * y - x * x * x - self.a * x - self.b) % self.p == 0


CURVES: Mapping[str, Curve] = MappingProxyType(
    {
        "P-256": Curve(
            octets=32,
            p=2**256 - 2**224 + 2**192 + 2**96 - 1,
            a=-3,
            b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
            order=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        ),
        "P-384": Curve(
            octets=48,
            p=2**384 - 2**128 - 2**96 + 2**32 - 1,
            a=-3,
            b=int(
                "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
                16,
            ),
            order=2**384 - int("389cb27e0bc8d220a7e5f24db74f58851313e695333ad68d", 16),
        ),
        "P-521": Curve(
            octets=66,
            p=2**521 - 1,
            a=-3,
            b=int(
                "51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e1561939"
                "51ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
                16,
            ),
            order=2**521 - int("5ae79787c40d069948033feb708f65a2fc44a36477663b851449048e16ec79bf7", 16),
        ),
        "secp256k1": Curve(
            octets=32,
            p=2**256 - 2**32 - 977,
            a=0,
            b=7,
            order=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
        ),
    }
)
"""The curves of ECDSA by their JWK name (NIST SP 800-186 §3.2.1; SEC 2 §2.4.1, RFC 8812 §3.1)."""

EDWARDS_OCTETS: Mapping[str, int] = MappingProxyType({"Ed25519": 32, "Ed448": 57})
"""Length of ``x`` and ``d`` on the curves of EdDSA (RFC 8032 §5.1.5, §5.2.5)."""

PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""Members that only the owner of a key may know (RFC 7518 §6.2.2, §6.3.2, §6.4; RFC 8037 §2)."""

_NEEDED = {"RSA": ("n", "e"), "EC": ("x", "y"), "OKP": ("x",), "oct": ("k",)}
_BASE64URL_MEMBERS = ("n", "e", "x", "y", "k", "d", "p", "q", "dp", "dq", "qi")
_CURVE_OCTETS: Mapping[str, Mapping[str, int]] = {
    "EC": {name: curve.octets for name, curve in CURVES.items()},
    "OKP": EDWARDS_OCTETS,
}


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Jwk:
    """One JSON Web Key. Members that are of no use for signatures are forgotten.

    Attributes:
        members: The members in base64url, private ones included.
        public_members: ``kty``, ``crv`` and the values that make the public key: what identifies it.
        faults: Why it cannot be used; empty for a sound key. A short RSA modulus or a bad exponent is none:
            rules report those, and read `rsa_bits` and `rsa_exponent`.
    """

    kid: str | None
    kty: str
    crv: str | None
    alg: str | None
    use: str | None
    key_ops: tuple[str, ...] | None
    members: Mapping[str, str]
    public_members: tuple[str | None, ...] = field(init=False)
    rsa_bits: int | None = field(init=False)
    rsa_exponent: int | None = field(init=False)
    faults: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "members", MappingProxyType(dict(self.members)))
        values = [self.members.get(name) for name in _NEEDED.get(self.kty, ()) if name not in PRIVATE_MEMBERS]
        object.__setattr__(self, "public_members", (self.kty, self.crv, *values))
        octets, faults = _decode(self.members)
        n = octets.get("n") if self.kty == "RSA" else None
        e = octets.get("e") if self.kty == "RSA" else None
        object.__setattr__(self, "rsa_bits", None if n is None else int.from_bytes(n, "big").bit_length())
        object.__setattr__(self, "rsa_exponent", None if e is None else int.from_bytes(e, "big"))
        object.__setattr__(self, "faults", (*faults, *_faults_of_type(self, octets)))

    # Equality is written out, for pytest explains the unequal fields of a dataclass by printing them.
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Jwk):
            return NotImplemented
        return self._value() == other._value()

    def __hash__(self) -> int:
        return hash(self.public_members)

    def _value(self) -> tuple[object, ...]:
        return self.kid, self.kty, self.crv, self.alg, self.use, self.key_ops, self.members

    def __reduce__(self) -> tuple[object, ...]:
        return read_jwk, (self.as_dict(),)

    def __repr__(self) -> str:
        shown = {"kty": self.kty, "crv": self.crv, "kid": self.kid, "alg": self.alg}
        return f"<Jwk {' '.join(f'{name}={value!r}' for name, value in shown.items() if value is not None)}>"

    @property
    def is_private(self) -> bool:
        """Whether it holds anything that only its owner may know; a symmetric key always does."""
        return not PRIVATE_MEMBERS.isdisjoint(self.members)

    def octets(self, name: str) -> bytes:
        """The decoded member *name* of a key without faults."""
        return base64url.decode(self.members[name])

    def integer(self, name: str) -> int:
        """The member *name* of a key without faults as the number it stands for."""
        return int.from_bytes(self.octets(name), "big")

    def as_dict(self) -> dict[str, Any]:
        """The key as JSON, private members included."""
        named = {"kty": self.kty, "kid": self.kid, "use": self.use, "alg": self.alg, "crv": self.crv}
        jwk: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
        if self.key_ops is not None:
            jwk["key_ops"] = list(self.key_ops)
        return {**jwk, **self.members}

    def public(self) -> dict[str, Any]:
        """The key as JSON without its private members."""
        jwk = {name: value for name, value in self.as_dict().items() if name not in PRIVATE_MEMBERS}
        if self.is_private and self.key_ops is not None:
            # WebCrypto exports a private key with ["sign"], its public half with ["verify"].
            jwk["key_ops"] = list(dict.fromkeys("verify" if use == "sign" else use for use in self.key_ops))
        return jwk


def _decode(members: Mapping[str, str]) -> tuple[dict[str, bytes], list[str]]:
    octets, faults = {}, []
    for name, text in members.items():
        try:
            octets[name] = base64url.decode(text)
        except ValueError as fault:
            faults.append(f"{name} {fault}")
        else:
            if not text:
                faults.append(f"{name} is empty")
    return octets, faults


def _faults_of_type(jwk: Jwk, octets: Mapping[str, bytes]) -> list[str]:
    if jwk.kty not in _NEEDED:
        return [f"kty {jwk.kty!r} is unknown; known: {', '.join(_NEEDED)}"]
    faults = [f"{name} is missing" for name in _NEEDED[jwk.kty] if name not in jwk.members]
    if jwk.kty in _CURVE_OCTETS:
        faults += _faults_on_curve(jwk, octets)
    if jwk.kty == "RSA":
        # RFC 7518 §2, §6.3.1.1: a sign octet, as Java's BigInteger writes it, must not be there.
        signed = [name for name in ("n", "e") if octets.get(name, b"").startswith(b"\0")]
        faults += [f"{name} starts with a zero octet" for name in signed]
    return faults


def _faults_on_curve(jwk: Jwk, octets: Mapping[str, bytes]) -> list[str]:
    known = _CURVE_OCTETS[jwk.kty]
    if jwk.crv is None:
        return ["crv is missing"]
    if jwk.crv not in known:
        return [f"crv {jwk.crv!r} is no curve for signatures of kty {jwk.kty}; known: {', '.join(known)}"]
    size = known[jwk.crv]
    faults = [
        f"length of {name} is {len(octets[name])}, {jwk.crv} needs {size} octets"
        for name in (*_NEEDED[jwk.kty], "d")
        if octets.get(name) and len(octets[name]) != size
    ]
    curve = CURVES.get(jwk.crv)
    if curve is None or faults or not (octets.get("x") and octets.get("y")):
        return faults
    x, y = (int.from_bytes(octets[name], "big") for name in ("x", "y"))
    return [] if curve.has_point(x, y) else [f"x and y are no point of {jwk.crv}"]


def read_jwk(obj: object) -> Jwk:
    """Take one JWK out of decoded JSON.

    Raises:
        ConfigurationError: for what is no JWK: not a mapping, no ``kty``, or a member that is not of the JSON
            type that RFC 7517 §4 and RFC 7518 §6 give it. Bad *values* are listed in `Jwk.faults` instead.
    """
    if not isinstance(obj, Mapping) or "kty" not in obj:
        got = "one without" if isinstance(obj, Mapping) else type(obj).__name__
        raise ConfigurationError(f'a JWK is a mapping with "kty" (RFC 7517 §4); got {got}')
    key_ops = obj.get("key_ops")
    if key_ops is not None and not (
        isinstance(key_ops, (list, tuple)) and all(isinstance(use, str) for use in key_ops)
    ):
        raise ConfigurationError("key_ops of a JWK is a list of strings (RFC 7517 §4.3)")
    members = {name: _text(obj, name) for name in _BASE64URL_MEMBERS if name in obj}
    return Jwk(
        kid=_text_or_none(obj, "kid"),
        kty=_text(obj, "kty"),
        crv=_text_or_none(obj, "crv"),
        alg=_text_or_none(obj, "alg"),
        use=_text_or_none(obj, "use"),
        key_ops=None if key_ops is None else tuple(key_ops),
        members=members,
    )


def _text(obj: Mapping[str, Any], name: str) -> str:
    value = obj[name]
    if not isinstance(value, str):
        got = type(value).__name__
        raise ConfigurationError(f"{name} of a JWK is a string (RFC 7517 §4, RFC 7518 §6); got {got}")
    return value


def _text_or_none(obj: Mapping[str, Any], name: str) -> str | None:
    return None if obj.get(name) is None else _text(obj, name)


def read_jwk_set(obj: object) -> tuple[Jwk, ...]:
    """Take the keys out of a JWK Set, or out of one bare JWK, as decoded JSON.

    Raises:
        ConfigurationError: for what is neither.
    """
    if not isinstance(obj, Mapping) or ("keys" not in obj and "kty" not in obj):
        got = "a mapping with neither" if isinstance(obj, Mapping) else type(obj).__name__
        raise ConfigurationError(
            f'a JWK Set is a mapping with "keys" (RFC 7517 §5), one JWK a mapping with "kty"; got {got}'
        )
    if "keys" not in obj:
        return (read_jwk(obj),)
    keys = obj["keys"]
    if not isinstance(keys, (list, tuple)):
        got = type(keys).__name__
        raise ConfigurationError(f'"keys" of a JWK Set is a list of JWKs (RFC 7517 §5.1); got {got}')
    return tuple(read_jwk(key) for key in keys)


def kind_mismatch(jwk: Jwk, algorithm: Algorithm) -> str | None:
    """Why no signature of *algorithm* can come from a key of this type or curve, or None if one can."""
    if jwk.kty != algorithm.kty:
        return f"kty is {jwk.kty}, {algorithm.name} needs {algorithm.kty}"
    if algorithm.curves and jwk.crv not in algorithm.curves:
        return f"crv is {jwk.crv}, {algorithm.name} needs {' or '.join(algorithm.curves)}"
    return None


def suits(jwk: Jwk, algorithm: Algorithm) -> str | None:
    """Why the key may not verify signatures of *algorithm* (RFC 7517 §4.1–4.3), or None if it may.

    What the key's own ``alg`` says is a question apart: `declares_other_alg`.
    """
    mismatch = kind_mismatch(jwk, algorithm)
    if mismatch is not None:
        return mismatch
    if jwk.use is not None and jwk.use != "sig":
        return f"use is {jwk.use}"
    allowed = {"verify", "sign"} if jwk.is_private else {"verify"}
    if jwk.key_ops is not None and allowed.isdisjoint(jwk.key_ops):
        return "key_ops lacks verify"
    return None


def declares_other_alg(jwk: Jwk, alg_name: str) -> bool:
    """Whether the key's own ``alg`` excludes *alg_name* (RFC 7517 §4.4).

    ``EdDSA`` and the name of the key's curve mean the same for that key (RFC 9864 §2.2).
    """
    if jwk.alg is None or jwk.alg == alg_name:
        return False
    return not (jwk.crv in EDWARDS_OCTETS and {jwk.alg, alg_name} == {"EdDSA", jwk.crv})


def candidates(keys: tuple[Jwk, ...], kid: object, algorithm: Algorithm) -> tuple[Jwk, ...]:
    """The keys to try on a signature whose header names *kid* and *algorithm*.

    Those that have the ``kid``; if several do, the ones that suit (FAPI 2.0 Security Profile §5.4.3). If none
    of them suits they are all returned, so that the signature is judged apart from the choice of key. Without
    a ``kid`` that is known, all that suit.
    """
    named = tuple(key for key in keys if key.kid is not None and key.kid == kid)
    if not named:
        return tuple(key for key in keys if suits(key, algorithm) is None)
    suited = tuple(key for key in named if suits(key, algorithm) is None)
    declared = tuple(key for key in suited if not declares_other_alg(key, algorithm.name))
    return declared or suited or named
