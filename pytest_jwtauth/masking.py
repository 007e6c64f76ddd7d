"""What of a client's own words has to be hidden: its credential, and every code and token that went to and fro.

Judges nothing and prints nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pytest_jwtauth import report
from pytest_jwtauth.parameters import CREDENTIALS
from pytest_jwtauth.received import ReceivedRequest
from pytest_jwtauth.registered_client import RegisteredClient

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold credentials.
__tracebackhide__ = True


def masking(
    requests: Iterable[ReceivedRequest], client: RegisteredClient, also: Iterable[str] = ()
) -> Callable[[str], str]:
    """What takes everything secret out of a text that *client* may have written, which sent *requests*.

    Args:
        also: More that is secret: what was handed out, above all.
    """
    values = [*also]
    for request in requests:
        values += [value for name, value in request.form.items() if name in CREDENTIALS]
        values += [value for name, value in request.headers if name.lower() == "authorization"]
    hidden = report.secrets_among(dict.fromkeys(values), client)
    return lambda text: report.redact(text, hidden)
