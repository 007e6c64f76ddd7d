"""Promises about clocks: the client's own, the server's, the calendar's and the time zone's."""

from __future__ import annotations

from pytest_jwtauth.promises.bench import Bench
from pytest_jwtauth.promises.promise import promise
from pytest_jwtauth.promises.what_is_sent import rules_of

# `pytest --showlocals` prints the variables of every frame it shows; those of this module see a client at work.
__tracebackhide__ = True

_TIMES = rules_of("lifetimes") | {"multi-assertion-after-exp", "multi-assertion-reused"}
_HOURS = 9 * 3600


class Times:
    """The right assertion at every moment."""

    @promise("RFC 7523 §3 item 4", rules=_TIMES)
    def test_before_and_after_the_hour(self, bench: Bench) -> None:
        """One second before an hour, at it, and one second after it, the assertion is right."""
        clock = bench.freeze("2026-03-10T13:59:59Z")
        for _ in range(3):
            bench.get_tokens()
            clock.tick(1)

    @promise("RFC 7519 §2", rules=_TIMES)
    def test_clocks_put_forward_and_back(self, bench: Bench) -> None:
        """When the clocks of New York go forward and back, the assertion stays right."""
        bench.in_zone("America/New_York")
        clock = bench.freeze("2026-03-08T06:59:30Z")
        bench.get_tokens()
        clock.tick(60)
        bench.get_tokens()
        clock.move_to("2026-11-01T05:59:30Z")
        bench.get_tokens()
        clock.tick(60)
        bench.get_tokens()

    @promise("RFC 7519 §2", rules=_TIMES)
    def test_in_new_york(self, bench: Bench) -> None:
        """On a machine in New York the times are those of everywhere: seconds since 1970 in UTC."""
        bench.in_zone("America/New_York")
        bench.get_tokens()

    @promise("RFC 7519 §2", rules=_TIMES)
    def test_in_kolkata(self, bench: Bench) -> None:
        """On a machine in Kolkata, half an hour off, the times are those of everywhere."""
        bench.in_zone("Asia/Kolkata")
        bench.get_tokens()

    @promise("FAPI 2.0 Security Profile §5.3.2.1; Keycloak issue 8966", rules=_TIMES)
    def test_server_ahead(self, bench: Bench) -> None:
        """A server that is 30 s ahead takes the assertion."""
        bench.endpoint.clock_skew = 30
        bench.get_tokens()

    @promise("FAPI 2.0 Security Profile §5.3.2.1; Keycloak issue 8966", rules=_TIMES)
    def test_server_behind(self, bench: Bench) -> None:
        """A server that is 30 s behind and lets clocks differ by a minute takes the assertion."""
        # RFC 7523 §3 items 4 to 6 leave it to the server; one without any tolerance would refuse every iat of now.
        bench.endpoint.leeway = 60
        bench.endpoint.clock_skew = -30
        bench.get_tokens()

    @promise("hygiene", rules=_TIMES)
    def test_after_a_sleep(self, bench: Bench) -> None:
        """After a jump of nine hours, as of a laptop that was shut, the assertion is right."""
        clock = bench.freeze()
        bench.get_tokens()
        clock.tick(_HOURS)
        bench.get_tokens()
