"""Promises about what no two requests may have in common."""

from __future__ import annotations

from pytest_jwtauth.promises.bench import Bench
from pytest_jwtauth.promises.promise import promise

# `pytest --showlocals` prints the variables of every frame it shows; those of this module see a client at work.
__tracebackhide__ = True

AT_ONCE = 8
"""Exchanges that go on at the same moment."""

_FRESH = ("multi-assertion-reused", "multi-jti-reused", "multi-jti-predictable", "multi-assertion-after-exp")
_RETRIES = (*_FRESH, "multi-retry-same-assertion", "multi-dpop-nonce-retry-same-assertion")


class Freshness:
    """Every request signs anew."""

    @promise("OIDC Core §9; RFC 7519 §4.1.7", rules=("code-verifier-reused", "multi-code-reused"), strict=_FRESH)
    def test_fresh_assertion(self, bench: Bench) -> None:
        """Every request brings an assertion and a jti of its own."""
        for _ in range(3):
            bench.get_tokens()

    @promise("OIDC Core §9; RFC 9110 §9.2.2", strict=_RETRIES)
    def test_fresh_on_retry(self, bench: Bench) -> None:
        """A retry after 503 signs a new assertion."""
        bench.endpoint.then(503)
        bench.exchange()
        if len(bench.token_requests) < 2:
            bench.not_applicable("the client does not retry by itself")

    @promise("OIDC Core §9; RFC 7519 §4.1.7", strict=_FRESH)
    def test_fresh_after_a_restart(self, bench: Bench) -> None:
        """Started anew, the client does not begin again with a jti that it has used."""
        bench.needs("exchange_in_new_process")
        for _ in range(2):
            bench.get_tokens("exchange_in_new_process")

    @promise("OIDC Core §9", strict=_FRESH)
    def test_fresh_at_the_same_moment(self, bench: Bench) -> None:
        """Exchanges at the same moment do not share an assertion."""
        bench.get_tokens()
        attempts = bench.in_parallel(AT_ONCE)
        lost = [one for one in attempts if not one.got_tokens]
        if lost:
            bench.fail(
                f"{len(lost)} of {AT_ONCE} exchanges at the same moment got no token: one {lost[0].ending}",
                "a client that can be called from several threads, or one client for each",
            )

    @promise("RFC 7519 §4.1.7", strict=_FRESH)
    def test_fresh_after_an_hour(self, bench: Bench) -> None:
        """An assertion that was kept is not sent an hour later."""
        clock = bench.freeze()
        bench.get_tokens()
        clock.tick(3601)
        bench.get_tokens()
