"""What of a client's own words has to be hidden: its credential, and every code and token that went to and fro.

Judges nothing and prints nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote_plus

from pytest_jwtauth import report
from pytest_jwtauth.parameters import CREDENTIALS
from pytest_jwtauth.received import ReceivedRequest
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.report_words import mask

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold credentials.
__tracebackhide__ = True


MOST_SECRETS = 1000
"""Values that are looked for in pieces; of more, the latest."""


def masking(
    requests: Iterable[ReceivedRequest], client: RegisteredClient, also: Iterable[str] = ()
) -> Callable[[str], str]:
    """What takes everything secret out of a text that *client* may have written, which sent *requests*.

    Args:
        also: More that is secret: what was handed out, above all.
    """
    hidden = report.secrets_among(_values(requests, also), client)
    return lambda text: report.redact(text, hidden)


def masking_of_pieces(
    requests: Iterable[ReceivedRequest], client: RegisteredClient, also: Iterable[str] = ()
) -> Callable[[str], str]:
    """The same for a text that was cut in its middle, so that the beginning of a secret may be missing."""
    values = list(_values(requests, also))[-MOST_SECRETS:]
    hidden = report.secrets_among(values, client)
    runs = report.runs_of(
        [*(form for value in values for form in (value, quote_plus(value))), *report.forms_of_credential(client)]
    )

    def hide(text: str) -> str:
        # What was never sent nobody knows; of an assertion that was cut the end is what is worth something.
        text = _TORN.sub(lambda found: mask(found[0]), text)
        return report.without_runs(report.redact(text, hidden), runs)

    return hide


_TORN = re.compile(r"(?<=\.\.\.)[\w.~-]{20,}", re.ASCII)


def _values(requests: Iterable[ReceivedRequest], also: Iterable[str]) -> Iterable[str]:
    values = [*also]
    for request in requests:
        values += [value for name, value in request.form.items() if name in CREDENTIALS]
        values += [value for name, value in request.headers if name.lower() == "authorization"]
    return dict.fromkeys(values)
