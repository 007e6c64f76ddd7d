"""Logins over a real port, with the library that comes with Python."""

from __future__ import annotations

import base64
import ssl
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from beside.suite.conftest import Form

    from pytest_jwtauth.live_endpoint import LiveTokenEndpoint


def send(live: LiveTokenEndpoint, form: Form, **header: str) -> int:
    trust = ssl.create_default_context(cafile=str(live.ca_file)) if live.ca_file else None
    body = urllib.parse.urlencode(form(live)).encode()
    try:
        with urllib.request.urlopen(
            urllib.request.Request(live.url, body, header), timeout=10, context=trust
        ) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_right(jwtauth_live_token_endpoint: LiveTokenEndpoint, form: Form) -> None:
    assert send(jwtauth_live_token_endpoint, form) == 200


def test_wrong(jwtauth_live_token_endpoint: LiveTokenEndpoint, form: Form) -> None:
    assert send(jwtauth_live_token_endpoint, form, Authorization=f"Basic {base64.b64encode(b'a:b').decode()}") == 400


def test_https(jwtauth_live_token_endpoint: LiveTokenEndpoint, form: Form) -> None:
    assert send(jwtauth_live_token_endpoint.https, form) == 200
