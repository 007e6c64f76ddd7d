"""Promises about what comes back: refresh tokens, the life of access tokens, ID Tokens."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_jwtauth.client_under_test import Attempt
from pytest_jwtauth.promises.bench import Bench
from pytest_jwtauth.promises.promise import promise
from pytest_jwtauth.promises.what_is_sent import rules_of

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold tokens.
__tracebackhide__ = True


LIFE = 3600
"""Seconds that an access token lives."""


class Tokens:
    """What a client makes of its tokens."""

    @promise(
        "RFC 6749 §6; RFC 9700 §4.14",
        rules=(
            *("refresh-token-missing", "refresh-token-mismatch", "multi-refresh-rotated-ignored"),
            *("multi-refresh-token-lost", "multi-refresh-stampede"),
        ),
    )
    def test_refresh_token_rotated(self, bench: Bench) -> None:
        """A refresh token that comes with a refresh takes the place of the one before."""
        bench.needs("refresh")
        bench.endpoint.refresh_rotation = "rotate"
        token = _refresh_token(bench, bench.get_tokens())
        for _ in range(2):
            before, token = token, _refresh_token(bench, bench.get_tokens("refresh", token))
            if token == before:
                bench.fail("the client came back with the refresh token that was replaced", "the new one")

    @promise("RFC 6749 §6")
    def test_refresh_token_kept(self, bench: Bench) -> None:
        """A refresh token that is not replaced is kept."""
        bench.needs("refresh")
        bench.endpoint.refresh_rotation = "off"
        token = _refresh_token(bench, bench.get_tokens())
        for _ in range(2):
            attempt = bench.get_tokens("refresh", token)
            token = _member(attempt, "refresh_token") or token

    @promise("RFC 7009 §2.1", rules=rules_of("endpoints", "client_authentication"), strict=("multi-assertion-reused",))
    def test_revocation(self, bench: Bench) -> None:
        """A token is revoked with a fresh assertion at the revocation endpoint, and is no longer good."""
        bench.needs("revoke")
        if bench.endpoint.server.revocation_endpoint is None:
            bench.not_applicable("the server has no revocation_endpoint")
        token = _refresh_token(bench, bench.get_tokens())
        attempt = bench.call("revoke", token)
        if attempt.error is not None:
            bench.fail(f"asked to revoke a token, the client {attempt.ending}", "a token that is revoked")
        if bench.endpoint.is_active(token):
            bench.fail("the client said that it revoked the token, which is still good", "a token that is revoked")

    @promise(
        "RFC 6749 §5.1",
        rules=("multi-token-not-cached", "multi-refresh-late", "multi-refresh-not-used"),
    )
    def test_expires_in(self, bench: Bench) -> None:
        """An access token that is kept is not used beyond expires_in."""
        bench.needs("client_credentials")
        clock = bench.freeze()
        bench.endpoint.access_token_lifetime = LIFE
        bench.get_tokens("client_credentials")
        clock.tick(LIFE + 1)
        bench.get_tokens("client_credentials")
        if len(bench.token_requests) < 2:
            bench.fail(f"the token of {LIFE} s was used a second after its end", "a new one")

    @promise("OIDC Core §3.1.3.7 item 2")
    def test_id_token_issuer(self, bench: Bench) -> None:
        """An ID Token of another issuer is refused."""
        _refuses_id_token(bench, iss="https://somebody-else.example")

    @promise("OIDC Core §3.1.3.7 item 3")
    def test_id_token_audience(self, bench: Bench) -> None:
        """An ID Token for another client is refused."""
        _refuses_id_token(bench, aud="another-client")

    @promise("OIDC Core §3.1.3.7 item 9")
    def test_id_token_expiry(self, bench: Bench) -> None:
        """An ID Token that has expired is refused."""
        now = int(bench.endpoint.now)
        _refuses_id_token(bench, iat=now - 7200, exp=now - 3600)

    @promise("OIDC Core §3.1.3.7 item 11")
    def test_id_token_nonce(self, bench: Bench) -> None:
        """An ID Token with another nonce than that of the authorization request is refused."""
        _refuses_id_token(bench, "checks_nonce", nonce="of-another-login")


def _refuses_id_token(bench: Bench, claim: str = "checks_id_token", /, **claims: str | int) -> None:
    if not bench.claims_to(claim):
        bench.not_applicable(f"the client does not claim to check that ({claim} is not set)")
    bench.get_tokens()
    bench.endpoint.id_token_claims = claims
    attempt = bench.exchange()
    if attempt.got_tokens:
        bench.fail(f"the client took an ID Token with {' and '.join(claims)} changed", "an exception")


def _refresh_token(bench: Bench, attempt: Attempt) -> str:
    token = _member(attempt, "refresh_token")
    if not token:
        bench.fail("the client came back without the refresh token that it was given", "refresh_token")
    return token


def _member(attempt: Attempt, name: str) -> str | None:
    result = attempt.result
    value = result.get(name) if isinstance(result, Mapping) else getattr(result, name, None)
    return value if isinstance(value, str) else None
