"""Promises about what must not get out: into a log, an exception, a password that was never meant to be sent."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from pytest_jwtauth.logged import LogCollector, read
from pytest_jwtauth.promises.bench import Bench
from pytest_jwtauth.promises.promise import promise
from pytest_jwtauth.promises.what_is_sent import OTHER_CREDENTIALS

# `pytest --showlocals` prints the variables of every frame it shows; those of this module see a client at work.
__tracebackhide__ = True

_PASSWORD = "jwtauth-password-of-somebody-else"


class Discretion:
    """Secrets stay secret."""

    @promise("RFC 6749 §10.3; hygiene", rules=("log-credential-leak",))
    def test_nothing_secret_in_logs(self, bench: Bench) -> None:
        """No secret, assertion, code or token is logged, at any level."""
        if bench.tells_by_status:
            bench.not_applicable("the client runs in a process of its own, whose log is not known")
        with _at_every_level(), LogCollector() as collector:
            bench.exchange()
            bench.endpoint.then("invalid_client")
            bench.exchange()
        for logged in read(collector.take()):
            if bench.is_secret(logged.text):
                bench.fail(f"a credential was logged: {logged.place}", "no credential in any log")

    @promise("RFC 6749 §10.3; hygiene")
    def test_nothing_secret_in_exceptions(self, bench: Bench) -> None:
        """No secret, assertion or code stands in the text of an exception, in its repr, or in those it came from."""
        if bench.tells_by_status:
            bench.not_applicable("the client runs in a process of its own and raises nothing here")
        bench.endpoint.then("invalid_client")
        error = bench.exchange().error
        if error is None:
            bench.not_applicable("the client raised nothing when it was refused")
        if bench.is_secret("".join(traceback.format_exception(error))) or bench.is_secret(repr(error)):
            bench.fail(f"the {type(error).__qualname__} shows a credential", "an exception that can be logged")

    @promise("RFC 6749 §2.3", rules=OTHER_CREDENTIALS)
    def test_netrc_not_used(self, bench: Bench) -> None:
        """A password in ~/.netrc for the server's host does not become Basic Auth."""
        host = urlsplit(bench.endpoint.url).hostname
        home = bench.folder
        (home / ".netrc").write_text(f"machine {host} login somebody password {_PASSWORD}\n", "ascii")
        (home / ".netrc").chmod(0o600)
        bench.set_environment("HOME", str(home))
        bench.set_environment("NETRC", str(home / ".netrc"))
        bench.get_tokens()

    @promise("RFC 6749 §2.3; RFC 3986 §3.2.1", rules=("auth-basic-present",))
    def test_userinfo_not_used(self, bench: Bench) -> None:
        """Userinfo in the configured URL does not become Basic Auth."""
        bench.get_tokens()  # a client that works: one that then refuses such a URL has kept the promise
        # In this process a request still shows userinfo that its library takes out before it connects.
        place = urlsplit(bench.endpoint.url)
        with bench.told(urlunsplit(place._replace(netloc=f"somebody:{_PASSWORD}@{place.netloc}"))):
            bench.exchange()


@contextmanager
def _at_every_level() -> Iterator[None]:
    """A block in which loggers write that have no level of their own, down to DEBUG, and pytest shows nothing of it."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers
    # Those that the client brought stay: a filter of theirs may take secrets out.
    root.handlers = [one for one in handlers if not type(one).__module__.startswith("_pytest.")]
    root.addHandler(logging.NullHandler())  # without any, a last resort prints warnings
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers = handlers
