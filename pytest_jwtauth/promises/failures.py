"""Promises about trouble: the server refuses, is busy, is gone, or answers with what is no answer."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from pytest_jwtauth.client_under_test import Attempt
from pytest_jwtauth.promises.bench import Bench
from pytest_jwtauth.promises.promise import promise
from pytest_jwtauth.promises.what_is_sent import OTHER_CREDENTIALS

# `pytest --showlocals` prints the variables of every frame it shows; those of this module see a client at work.
__tracebackhide__ = True

MOST_TRIES = 5
"""Requests for one exchange that are no storm yet."""
SOME_TIME = 50
"""Connections that are refused before somebody listens again; none of them is a request."""

_UNCLEAN = (
    *(KeyError, IndexError, AttributeError, TypeError, NameError, RecursionError, AssertionError, UnicodeError),
    *(ZeroDivisionError, StopIteration, NotImplementedError),
)
"""What a client raises that did not expect the answer, and not because of it."""
_BACKOFF = ("multi-retry-no-backoff",)


class Failures:
    """What a client does when it gets no token."""

    @promise("RFC 6749 §5.2", rules=_BACKOFF)
    def test_invalid_request(self, bench: Bench) -> None:
        """Refused with 400 invalid_request, the client raises, and does not try again and again."""
        bench.endpoint.then("invalid_request")
        ends_cleanly(bench)

    @promise("RFC 6749 §5.2", rules=_BACKOFF)
    def test_invalid_client(self, bench: Bench) -> None:
        """Refused with 401 invalid_client, the client raises, and does not try again and again."""
        bench.endpoint.then("invalid_client")
        ends_cleanly(bench, may_recover=True)

    @promise("RFC 6749 §5.2", rules=_BACKOFF)
    def test_invalid_client_again_and_again(self, bench: Bench) -> None:
        """A client that is refused with 401 whatever it sends gives up after a few tries at most."""
        for _ in range(MOST_TRIES + 2):
            bench.endpoint.then("invalid_client")
        ends_cleanly(bench)

    @promise("RFC 6749 §5.2; OAuth 2.1 §3.2.4", strict=("multi-invalid-grant-retried", "multi-code-reused"))
    def test_refused_grant_not_repeated(self, bench: Bench) -> None:
        """A grant that was refused with invalid_grant is not sent again."""
        bench.endpoint.then("invalid_grant")
        ends_cleanly(bench)
        if len(bench.token_requests) > 1:
            bench.fail(f"the refused grant was sent {len(bench.token_requests)} times", "one request")

    @promise("RFC 6585 §4; RFC 9110 §10.2.3", rules=(*_BACKOFF, "multi-retry-after-ignored"))
    def test_throttled(self, bench: Bench) -> None:
        """Told by 429 to come back after a second, the client raises, or waits that long."""
        bench.endpoint.then(429, retry_after=1)
        ends_cleanly(bench, may_recover=True)

    @promise("RFC 9110 §15.6.4", rules=_BACKOFF)
    def test_unavailable(self, bench: Bench) -> None:
        """When the server is unavailable and stays so, the client raises after a few tries at most."""
        for _ in range(MOST_TRIES + 2):
            bench.endpoint.then(503)
        ends_cleanly(bench)

    @promise("RFC 9110 §10.2.3", rules=(*_BACKOFF, "multi-retry-after-ignored"))
    def test_throttled_until_a_date(self, bench: Bench) -> None:
        """Told by 429 to come back at a date, the client raises, or waits until then."""
        bench.endpoint.then(429, retry_after=timedelta(seconds=1))
        ends_cleanly(bench, may_recover=True)

    @promise("hygiene", rules=_BACKOFF)
    def test_timeout(self, bench: Bench) -> None:
        """When no answer comes, the client gives up in time, and raises."""
        for _ in range(MOST_TRIES + 2):
            bench.endpoint.then("read-timeout")
        ends_cleanly(bench)

    @promise("hygiene", rules=_BACKOFF)
    def test_connection_reset(self, bench: Bench) -> None:
        """When the connection breaks before the answer, the client raises."""
        for _ in range(MOST_TRIES + 2):
            bench.endpoint.then("connection-reset")
        ends_cleanly(bench)

    @promise("hygiene")
    def test_connection_refused(self, bench: Bench) -> None:
        """When nobody listens where the token endpoint should be, the client raises."""
        bench.get_tokens()
        for _ in range(SOME_TIME):
            bench.endpoint.then("connection-refused")
        ends_cleanly(bench)

    @promise("RFC 6749 §5.1", rules=_BACKOFF)
    def test_html(self, bench: Bench) -> None:
        """An HTML page in the place of the token response makes the client raise."""
        bench.endpoint.then("html")
        ends_cleanly(bench, may_recover=True)

    @promise("RFC 8259 §2", rules=_BACKOFF)
    def test_truncated_json(self, bench: Bench) -> None:
        """JSON that ends in the middle makes the client raise."""
        bench.endpoint.then("truncated-json")
        ends_cleanly(bench, may_recover=True)

    @promise("RFC 6749 §5.1", rules=_BACKOFF)
    def test_no_access_token(self, bench: Bench) -> None:
        """A success without access_token makes the client raise."""
        bench.endpoint.then("no-access-token")
        ends_cleanly(bench, may_recover=True)

    @promise("RFC 6749 §5.1")
    def test_unknown_members(self, bench: Bench) -> None:
        """Members of the answer that the client does not know are ignored."""
        bench.endpoint.then("unknown-members")
        bench.get_tokens()

    @promise("RFC 6749 §2.3", rules=OTHER_CREDENTIALS)
    def test_no_fallback_to_basic(self, bench: Bench) -> None:
        """A 401 with WWW-Authenticate: Basic does not make the client send its secret as a password."""
        bench.endpoint.then("basic-bait")
        bench.exchange()

    @promise("RFC 9110 §15.4; RFC 9700 §4.12", rules=("multi-redirect-followed",))
    def test_redirect_not_followed(self, bench: Bench) -> None:
        """The assertion is not sent on to where a redirect points."""
        place = urlsplit(bench.endpoint.url)
        _stays_where_it_is(bench, f"{place.scheme}://{place.netloc}/moved{place.path}")

    @promise("RFC 9110 §15.4; RFC 9700 §4.12", rules=("multi-redirect-followed",))
    def test_redirect_to_another_origin_not_followed(self, bench: Bench) -> None:
        """The assertion is not sent on to another host where a redirect points."""
        place = urlsplit(bench.endpoint.url)
        # What listens on loopback has two names, and so two origins.
        port = f":{place.port}" if place.port else ""
        host = f"localhost{port}" if place.hostname == "127.0.0.1" else "elsewhere.example"
        _stays_where_it_is(bench, f"{place.scheme}://{host}{place.path}")


def _stays_where_it_is(bench: Bench, location: str) -> None:
    bench.endpoint.then(307, location=location)
    bench.exchange()
    followed = [one for one in bench.requests if one.url != bench.endpoint.url]
    if followed:
        carried = "with the assertion" if any(one.form.get("client_assertion") for one in followed) else "without it"
        bench.fail(
            f"the redirect to {location} was followed, {carried}", "no redirects: allow_redirects=False, or the like"
        )


def ends_cleanly(bench: Bench, *, may_recover: bool = False) -> Attempt:
    """Have the client exchange a code in trouble that was scripted: it raises, or gets its token by a better try."""
    attempt = bench.exchange()
    tries = len(bench.token_requests)
    if attempt.timed_out:
        bench.fail(
            f"the client was still busy after {bench.patience:g} s", "an exception: give every request a time-out"
        )
    if tries > MOST_TRIES:
        bench.fail(f"the client sent {tries} requests", f"{MOST_TRIES} at most, with growing pauses")
    if attempt.got_tokens:
        # The trouble was scripted for one request, or for more than the client may send.
        if not may_recover or tries < 2:
            bench.fail("the client came back with an access token although it got none", "an exception")
    elif isinstance(attempt.error, _UNCLEAN):
        bench.fail(
            f"the client raised {type(attempt.error).__qualname__}, which says nothing of what went wrong",
            "an exception for a request that failed",
        )
    elif attempt.error is None and not bench.tells_by_status:
        bench.fail(f"the client {attempt.ending} and raised nothing", "an exception")
    return attempt
