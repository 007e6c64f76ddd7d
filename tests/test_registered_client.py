"""A registered client: what it takes, what it refuses at once, and that nothing of it shows a secret."""

from __future__ import annotations

import base64
import copy
import dataclasses
import json
import pickle
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from pytest_jwtauth import base64url, crypto
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.jwk import read_jwk
from pytest_jwtauth.registered_client import RegisteredClient

SECRET = "0aZ-~_q7Lr2XvT9mKcE4sHyB6nUwJdPf1gQkR8tVzNxM3oA5iYbC7eWlDhSuGjF0"
EC = crypto.generate_jwk("ES256", kid="ec")
ED = crypto.generate_jwk("EdDSA", kid="ed")
RSA = crypto.generate_jwk("RS256", kid="rsa")
X25519 = {"kty": "OKP", "crv": "X25519", "x": EC["x"], "use": "enc", "kid": "agreement"}


def public(jwk: Mapping[str, Any]) -> dict[str, Any]:
    return read_jwk(jwk).public()


def without(jwk: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in jwk.items() if name not in names}


# What it takes


def test_a_secret_makes_a_client_of_client_secret_jwt() -> None:
    client = RegisteredClient("id", SECRET)
    assert client.method == "client_secret_jwt"
    assert client.token_endpoint_auth_method == "client_secret_jwt"
    assert client.hmac_key == SECRET.encode()
    assert client.keys == ()
    assert client.redirect_uris == ()


@pytest.mark.parametrize("secret", ["x", "pässwörd", " \t", "a\nb"])
def test_any_text_is_a_secret_and_its_utf8_octets_the_key(secret: str) -> None:
    assert RegisteredClient("id", secret).hmac_key == secret.encode("utf-8")


@pytest.mark.parametrize(
    "jwks", [public(EC), EC, {"keys": [EC]}, {"keys": (EC,)}, MappingProxyType({"keys": [MappingProxyType(EC)]})]
)
def test_keys_make_a_client_of_private_key_jwt_that_holds_their_public_part(jwks: Mapping[str, Any]) -> None:
    client = RegisteredClient("id", jwks=jwks)
    assert client.method == "private_key_jwt"
    assert client.token_endpoint_auth_method == "private_key_jwt"
    assert client.hmac_key is None
    assert client.keys == (read_jwk(public(EC)),)
    assert not any(key.is_private for key in client.keys)


def test_the_jwks_stay_as_given_but_are_the_client_s_own() -> None:
    given = {"keys": [{**EC, "x5c": ["MIIB"]}], "note": "kept"}
    before = copy.deepcopy(given)
    client = RegisteredClient("id", jwks=given)
    assert client.jwks == before
    given["keys"][0]["kid"] = "changed"  # type: ignore[index]
    assert client.jwks == before


def test_keys_that_are_not_for_signatures_may_be_in_the_set() -> None:
    client = RegisteredClient("id", jwks={"keys": [X25519, {**RSA, "use": "enc", "d": "="}, ED]})
    assert [key.kid for key in client.keys] == ["agreement", "rsa", "ed"]


@pytest.mark.parametrize(
    ("jwks", "alg"),
    [
        (EC, "ES256"),
        (without(RSA, "alg"), "PS512"),
        (RSA, "PS512"),  # the key is marked RS256: a rule warns of it
        ({"keys": [EC, ED]}, "Ed25519"),
        ({"keys": [EC, ED]}, "EdDSA"),
        (None, "HS512"),
    ],
)
def test_a_registered_algorithm_that_a_key_suits_is_taken(jwks: Mapping[str, Any] | None, alg: str) -> None:
    secret = SECRET if jwks is None else None
    client = RegisteredClient("id", secret, jwks, token_endpoint_auth_signing_alg=alg)
    assert client.token_endpoint_auth_signing_alg == alg


def test_redirect_uris_become_a_tuple() -> None:
    uris = ["http://localhost:3000/callback", "com.example.app:/cb"]
    assert RegisteredClient("id", SECRET, redirect_uris=uris).redirect_uris == tuple(uris)


# What it refuses


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "this one has neither"),
        ({"client_secret": SECRET, "jwks": EC}, "this one has both"),
        (
            {"client_secret": SECRET, "jwks": EC, "token_endpoint_auth_method": "private_key_jwt"},
            "this one has both",
        ),
        ({"client_id": "", "client_secret": SECRET}, "client_id is empty"),
        ({"client_id": 7, "client_secret": SECRET}, "client_id is text; got int"),
        ({"client_id": "\ud800", "client_secret": SECRET}, "client_id holds a lone surrogate"),
        ({"client_secret": ""}, "client_secret is empty"),
        ({"client_secret": SECRET.encode()}, "client_secret is text; got bytes"),
        ({"client_secret": "\udfff" * 40}, "client_secret holds a lone surrogate"),
        (
            {"client_secret": SECRET, "token_endpoint_auth_method": "client_secret_basic"},
            r"unknown token_endpoint_auth_method 'client_secret_basic'.* Known: client_secret_jwt, private_key_jwt",
        ),
        ({"client_secret": SECRET, "token_endpoint_auth_method": "none"}, "Known: client_secret_jwt, private_key_jwt"),
        (
            {"client_secret": SECRET, "token_endpoint_auth_method": "private_key_jwt"},
            "private_key_jwt needs jwks; this client has client_secret: client_secret_jwt",
        ),
        (
            {"jwks": EC, "token_endpoint_auth_method": "client_secret_jwt"},
            "client_secret_jwt needs client_secret; this client has jwks: private_key_jwt",
        ),
        ({"client_secret": SECRET, "token_endpoint_auth_signing_alg": "none"}, "Known: HS256, HS384, HS512"),
        ({"client_secret": SECRET, "token_endpoint_auth_signing_alg": "RS256"}, "Known: HS256, HS384, HS512"),
        ({"client_secret": SECRET, "token_endpoint_auth_signing_alg": "hs256"}, "Did you mean 'HS256'"),
        ({"jwks": EC, "token_endpoint_auth_signing_alg": "HS256"}, "Known: ES256, ES256K, .*, RS512"),
        ({"jwks": EC, "token_endpoint_auth_signing_alg": "none"}, "Known: ES256, ES256K, .*, RS512"),
        (
            {"jwks": {"keys": [EC, RSA]}, "token_endpoint_auth_signing_alg": "ES384"},
            "can verify signatures of the registered ES384 .*crv is P-256, ES384 needs P-384.*kty is RSA",
        ),
        ({"jwks": {"keys": []}}, "no key in jwks can verify any signature .jwks is empty"),
        ({"jwks": {**EC, "use": "enc"}}, "no key in jwks can verify any signature .*kid='ec'.*use is enc"),
        ({"jwks": {**public(EC), "key_ops": ["encrypt"]}}, "key_ops lacks verify"),
        ({"jwks": X25519}, "crv 'X25519' is no curve for signatures"),
        ({"jwks": without(X25519, "use")}, r"keys\[0\] of jwks .kid 'agreement'. cannot be used: crv 'X25519'"),
        ({"jwks": {"keys": [ED, without(EC, "y")]}}, r"keys\[1\] of jwks .kid 'ec'. cannot be used: y is missing"),
        ({"jwks": {**EC, "d": EC["d"] + "="}}, "cannot be used: d is padded with '='"),
        ({"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}}, "symmetric .*goes into client_secret"),
        ({"jwks": [EC]}, "got list"),
        ({"jwks": json.dumps(EC)}, "got str"),
        ({"jwks": {}}, "a mapping with neither"),
        ({"client_secret": SECRET, "redirect_uris": "http://localhost/cb"}, "redirect_uris is a list of URIs"),
        ({"client_secret": SECRET, "redirect_uris": [b"http://localhost/cb"]}, "redirect_uris is a list of URIs"),
    ],
)
def test_a_client_that_cannot_work_is_refused_at_once(arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint) as refusal:
        RegisteredClient(**{"client_id": "id", **arguments})
    assert SECRET not in str(refusal.value)
    assert EC["d"] not in str(refusal.value)


# Made afresh


def test_a_generated_secret_has_64_url_safe_characters_and_is_never_the_same() -> None:
    first, second = RegisteredClient.generate(), RegisteredClient.generate("client_secret_jwt")
    assert first.client_secret is not None
    assert len(first.client_secret) == 64
    assert first.client_secret == quote(first.client_secret, safe="")
    assert first.client_id != second.client_id
    assert first.client_secret != second.client_secret
    assert first.token_endpoint_auth_signing_alg is None


def test_a_generated_key_pair_is_for_es256_unless_asked_otherwise() -> None:
    client = RegisteredClient.generate("private_key_jwt")
    assert client.method == "private_key_jwt"
    assert client.token_endpoint_auth_signing_alg is None
    assert [key.alg for key in client.keys] == ["ES256"]
    assert RegisteredClient.generate("private_key_jwt", alg="EdDSA").private_key().crv == "Ed25519"


@pytest.mark.parametrize(("method", "alg"), [("client_secret_jwt", "HS384"), ("private_key_jwt", "ES384")])
def test_a_generated_client_is_registered_with_what_was_asked_for(method: str, alg: str) -> None:
    client = RegisteredClient.generate(method, alg=alg, client_id="mine", redirect_uris=["http://localhost/cb"])
    assert (client.client_id, client.method) == ("mine", method)
    assert client.token_endpoint_auth_signing_alg == alg
    assert client.redirect_uris == ("http://localhost/cb",)


@pytest.mark.parametrize(
    ("method", "alg", "complaint"),
    [
        ("private_key_jwt", "HS256", "unknown alg for private_key_jwt 'HS256'.* Known: ES256"),
        ("client_secret_jwt", "ES256", "unknown alg for client_secret_jwt 'ES256'.* Known: HS256"),
        ("private_key_jwt", "none", "Known: ES256"),
        ("client_secret_post", None, "unknown token_endpoint_auth_method 'client_secret_post'"),
    ],
)
def test_what_cannot_be_generated_is_refused(method: str, alg: str | None, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        RegisteredClient.generate(method, alg=alg)


# The private key, for the code under test


def test_the_private_key_is_handed_out_in_every_form() -> None:
    client = RegisteredClient("id", jwks=EC)
    assert client.private_jwk() == EC
    assert client.private_key() == read_jwk(EC)
    assert crypto.jwk_from_pem(client.private_key_pem()) == without(EC, "kid", "use", "alg")
    signature = crypto.sign("ES256", client.private_key(), b"x")
    assert crypto.verify("ES256", client.keys[0], b"x", signature)


def test_one_of_several_private_keys_is_named_by_its_kid() -> None:
    client = RegisteredClient("id", jwks={"keys": [EC, public(RSA), ED]})
    assert client.private_jwk("ed") == ED
    assert client.private_key_pem(kid="ec") == crypto.private_key_pem(EC)
    for kid, complaint in [
        (None, r"has private keys with kid \['ec', 'ed'\]: name one by kid="),
        ("rsa", "0 of them with kid 'rsa'"),
    ]:
        with pytest.raises(ConfigurationError, match=complaint):
            client.private_key(kid)


def test_two_private_keys_of_one_kid_cannot_be_told_apart() -> None:
    client = RegisteredClient("id", jwks={"keys": [EC, {**ED, "kid": "ec"}]})
    with pytest.raises(ConfigurationError, match="2 of them with kid 'ec'"):
        client.private_key("ec")


@pytest.mark.parametrize(
    ("client", "has"),
    [
        (RegisteredClient("id", SECRET), "client_secret"),
        (RegisteredClient("id", jwks=public(EC)), "public keys only"),
    ],
)
def test_a_client_without_private_key_says_so(client: RegisteredClient, has: str) -> None:
    for hand_out in (client.private_key, client.private_jwk, client.private_key_pem):
        with pytest.raises(ConfigurationError, match=f"has no private key: it was made with {has}"):
            hand_out()


# Nothing shows a secret


def test_its_repr_shows_client_id_method_and_kids_alone() -> None:
    assert repr(RegisteredClient("id", SECRET)) == "<RegisteredClient 'id' client_secret_jwt>"
    client = RegisteredClient("id", jwks={"keys": [EC, without(ED, "kid")]})
    assert repr(client) == "<RegisteredClient 'id' private_key_jwt kids=['ec', None]>"


@pytest.fixture
def no_other_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """An inner pytest loads none, neither ours nor others that have something to say."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.mark.usefixtures("no_other_plugins")
def test_a_failed_comparison_does_not_spell_out_the_fields(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        from pytest_jwtauth.registered_client import RegisteredClient

        def test_clients():
            first = RegisteredClient("id", "{SECRET}")
            second = RegisteredClient("id", "{SECRET[::-1]}")
            assert first == second

        def test_keys():
            first = RegisteredClient("id", jwks={EC!r})
            second = RegisteredClient("id", jwks={ED!r})
            assert first == second
            assert first.private_key() == second.private_key()
        """
    )
    shown = _explanation(pytester.runpytest_inprocess("-vv"))
    assert "RegisteredClient 'id'" in shown
    assert SECRET[::-1] not in shown
    assert EC["d"] not in shown


@pytest.mark.usefixtures("no_other_plugins")
def test_a_refusal_shows_no_secret_even_with_showlocals(pytester: pytest.Pytester) -> None:
    (pytester.path / "credential.json").write_text(json.dumps({"secret": SECRET, "jwks": {**EC, "y": EC["x"]}}))
    pytester.makepyfile(
        """
        import json
        import pathlib
        from pytest_jwtauth import crypto, jwk
        from pytest_jwtauth.registered_client import RegisteredClient

        def load(name):
            return json.loads(pathlib.Path("credential.json").read_text())[name]

        def test_secret():
            RegisteredClient("id", client_secret=load("secret"), token_endpoint_auth_signing_alg="RS256")

        def test_jwks():
            RegisteredClient("id", jwks=load("jwks"))

        def test_signing():
            crypto.sign("ES256", jwk.read_jwk(load("jwks")), b"")
        """
    )
    result = pytester.runpytest_inprocess("--showlocals")
    result.assert_outcomes(failed=3)
    shown = result.stdout.str() + result.stderr.str()
    assert "cannot be used: x and y are no point of P-256" in shown
    assert SECRET not in shown
    assert EC["d"] not in shown


def _explanation(result: pytest.RunResult) -> str:
    """The lines with which pytest explains failures, without the source it quotes."""
    return "\n".join(line for line in result.outlines if line.startswith("E"))


# A value


def test_clients_are_equal_by_value_and_survive_pickling_and_copying() -> None:
    for client in (
        RegisteredClient("id", SECRET, token_endpoint_auth_signing_alg="HS256", redirect_uris=["http://localhost/"]),
        RegisteredClient("id", jwks={"keys": [EC, X25519]}),
    ):
        client.secret_needles()
        for twin in (pickle.loads(pickle.dumps(client)), copy.copy(client), copy.deepcopy(client)):
            assert twin == client
            assert hash(twin) == hash(client)
            assert twin.jwks == client.jwks
            assert twin.secret_needles() == client.secret_needles()


def test_a_bare_key_and_a_set_of_it_make_equal_clients_as_does_the_default_method() -> None:
    assert RegisteredClient("id", jwks=EC) == RegisteredClient("id", jwks={"keys": [EC]})
    assert RegisteredClient("id", SECRET) == RegisteredClient(
        "id", SECRET, token_endpoint_auth_method="client_secret_jwt"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "other"},
        {"client_secret": "other"},
        {"token_endpoint_auth_signing_alg": "HS256"},
        {"redirect_uris": ["http://localhost/"]},
    ],
)
def test_clients_differ_by_every_value(change: dict[str, Any]) -> None:
    client = RegisteredClient("id", SECRET)
    assert dataclasses.replace(client, **change) != client


def test_a_client_is_no_other_thing_and_cannot_be_changed() -> None:
    client = RegisteredClient("id", jwks=EC)
    assert client != "id"
    assert client != RegisteredClient("id", jwks=public(EC))
    with pytest.raises(dataclasses.FrozenInstanceError):
        client.client_id = "other"  # type: ignore[misc]


# What to look for in a leak scan


def leaks(secret: str) -> list[bytes]:
    """A secret as it may stand in a request or a log, in other words than the room's own."""
    octets = secret.encode()
    texts = [secret, quote(secret), quote(secret, safe=""), quote_plus(secret)]
    texts += [json.dumps(secret), json.dumps({"a": secret}, ensure_ascii=False), f"«{secret}»", f"id:{secret}"]
    encoded = [base64.b64encode(b"x" * before + octets + b"y" * after) for before in range(4) for after in range(3)]
    encoded += [base64.urlsafe_b64encode(octets), base64.b64encode(octets).rstrip(b"=")]
    lower = [quote(secret, safe="").replace("%2F", "%2f").replace("%2B", "%2b").replace("%3D", "%3d").encode()]
    return [text.encode() for text in texts] + encoded + lower + [octets.hex().encode(), octets.hex().upper().encode()]


@pytest.mark.parametrize("secret", [SECRET, "a/b+c=d/e+f=", 'with space & "quotes"', "pässwörd-ü", "exactly8"])
def test_a_needle_finds_the_secret_in_every_form(secret: str) -> None:
    needles = RegisteredClient("id", secret).secret_needles()
    for leak in leaks(secret):
        assert any(needle in leak for needle in needles), leak


def test_no_needle_finds_what_holds_no_secret() -> None:
    harmless = b"grant_type=client_credentials&client_id=id&client_assertion=eyJhbGciOiJIUzI1NiJ9.e30.AAAA"
    assert not any(needle in harmless for needle in RegisteredClient("id", SECRET).secret_needles())
    assert not any(needle in SECRET[:-1].encode() for needle in RegisteredClient("id", SECRET).secret_needles())


def test_a_secret_that_needs_no_encoding_gives_few_needles_and_none_twice() -> None:
    plain = RegisteredClient("id", "A" * 31 + "b").secret_needles()
    special = RegisteredClient("id", '/ä+ %"' * 6).secret_needles()
    assert len(plain) < len(special)
    for needles in (plain, special):
        assert not any(one != other and one in other for one in needles for other in needles)
        assert len(set(needles)) == len(needles)


def test_needles_are_worked_out_once() -> None:
    client = RegisteredClient("id", SECRET)
    assert client.secret_needles() is client.secret_needles()


@pytest.mark.parametrize("secret", ["secret", "1234567"])
def test_a_short_secret_gives_no_needle(secret: str) -> None:
    assert RegisteredClient("id", secret).secret_needles() == ()


@pytest.mark.parametrize("jwk", [EC, ED, RSA], ids=["EC", "OKP", "RSA"])
def test_a_needle_finds_a_private_key_in_every_form(jwk: dict[str, str]) -> None:
    needles = RegisteredClient("id", jwks=jwk).secret_needles()
    d = base64url.decode(jwk["d"])
    forms = [json.dumps(jwk).encode(), d.hex().encode(), d.hex().upper().encode(), base64.b64encode(d)]
    forms += [base64.b64encode(b"x" * before + d + b"y") for before in range(3)]
    forms += [jwk[name].encode() for name in ("p", "q", "dp", "dq", "qi") if name in jwk]
    for form in forms:
        assert any(needle in form for needle in needles)
    assert not any(needle in json.dumps(public(jwk)).encode() for needle in needles)


def test_public_keys_give_no_needle() -> None:
    assert RegisteredClient("id", jwks=public(EC)).secret_needles() == ()


def test_private_members_too_short_to_tell_give_no_needle() -> None:
    jwk = {**public(RSA), "d": "AQ", "dp": "AQ"}
    assert RegisteredClient("id", jwks=jwk).secret_needles() == ()


def test_the_private_part_of_a_key_for_another_purpose_is_looked_for_too() -> None:
    agreement = {**X25519, "d": ED["d"]}
    needles = RegisteredClient("id", jwks={"keys": [public(EC), agreement]}).secret_needles()
    assert needles == (ED["d"].encode(),)
