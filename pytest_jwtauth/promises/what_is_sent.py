"""Promises about a single request: its form, its credential, its assertion."""

from __future__ import annotations

from pytest_jwtauth.promises.bench import Bench
from pytest_jwtauth.promises.promise import promise
from pytest_jwtauth.rules import RULES

# `pytest --showlocals` prints the variables of every frame it shows; those of this module see a client at work.
__tracebackhide__ = True

OTHER_CREDENTIALS = frozenset(
    {
        *("auth-basic-present", "auth-bearer-present", "auth-client-secret-present", "auth-multiple-methods"),
        *("url-userinfo-present", "url-credentials-in-query", "header-secret-leaked", "secret-leaked"),
        *("header-private-key", "header-cookie-present"),
    }
)
_PKCE = frozenset(rule for rule in RULES if rule.startswith("code-verifier-") or rule == "code-challenge-plain")


def rules_of(*rooms: str) -> frozenset[str]:
    """The rules that stand in *rooms* of ``pytest_jwtauth.rules``."""
    return frozenset(rule.id for rule in RULES.values() if rule.room.rpartition(".")[2] in rooms)


class WhatIsSent:
    """The request itself."""

    @promise(
        "RFC 6749 §4.1.3; RFC 7521 §4.2",
        rules=rules_of("transport", "form", "grants", "scopes", "extension_grants", "endpoints", "dpop")
        - OTHER_CREDENTIALS
        - _PKCE,
    )
    def test_form_fields(self, bench: Bench) -> None:
        """The request is a POST of the right form fields, each once."""
        bench.get_tokens()

    @promise("RFC 6749 §2.3; RFC 7523 §2.2", rules=OTHER_CREDENTIALS, strict=("header-cookie-present",))
    def test_no_other_credentials(self, bench: Bench) -> None:
        """The assertion is the only credential: no Basic Auth, no secret in the form, the URL or a header."""
        bench.get_tokens()

    @promise("RFC 7521 §4.2; RFC 7523 §2.2", rules=rules_of("client_authentication") - OTHER_CREDENTIALS)
    def test_client_authentication(self, bench: Bench) -> None:
        """The client authenticates itself with one client assertion of the right type."""
        bench.get_tokens()

    @promise("RFC 7515 §7.1; RFC 7518; RFC 8725", rules=rules_of("serialization", "jose_header", "keys"))
    def test_assertion_signature(self, bench: Bench) -> None:
        """The assertion is a compact JWS with a right header, signed with the registered key."""
        bench.get_tokens()

    @promise("RFC 7523 §3; OIDC Core §9", rules=rules_of("claims"), strict=("claims-look-like-other-jwt",))
    def test_assertion_claims(self, bench: Bench) -> None:
        """The assertion's claims name the client, the server, and the assertion itself."""
        bench.get_tokens()

    @promise("RFC 7523 §3 items 4–6", rules=rules_of("lifetimes"))
    def test_assertion_lifetime(self, bench: Bench) -> None:
        """The assertion lives as long as it must, no longer than it may, and its times are seconds."""
        bench.get_tokens()

    @promise("RFC 7636 §4.5; RFC 9700 §2.1.1", rules=_PKCE)
    def test_pkce(self, bench: Bench) -> None:
        """The code verifier is sent with a code that was issued for a challenge."""
        bench.get_tokens()
        if not any(one.form.get("code_verifier") for one in bench.token_requests):
            bench.not_applicable("the client uses no PKCE")
