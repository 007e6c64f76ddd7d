"""What all tests share: an inner run of pytest with our plugin and no other, on a small application's suite."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from textwrap import dedent
from typing import TypeAlias

import pytest

# An inner run forgets what it imported, and cryptography cannot be imported twice: it is there before the first one.
from cryptography.hazmat.primitives import hashes as _hashes  # noqa: F401
from cryptography.hazmat.primitives import serialization as _serialization  # noqa: F401
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa, utils  # noqa: F401

from pytest_jwtauth import plugin

pytest_plugins = "pytester"

InnerRun: TypeAlias = Callable[..., pytest.RunResult]

APPLICATION = '''
import requests

CALLBACK = "http://localhost:3000/callback"
PASSWORD = ("someone", "something")


def login(endpoint, assertion, **how):
    """Exchange a code, and swallow whatever comes back. With auth=PASSWORD the request is wrong."""
    form = {
        "grant_type": "authorization_code",
        "code": endpoint.issue_code(redirect_uri=CALLBACK),
        "redirect_uri": CALLBACK,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    return requests.post(endpoint.url, data=form, timeout=5, **how)
'''
"""The code under test of the inner runs."""

IMPORTS = "import pytest\nfrom app import CALLBACK, PASSWORD, login\n"

WRONG = "auth-multiple-methods, auth-basic-present: 2 rules of profile 'pingone' broken"
"""How the report begins on a request with ``auth=PASSWORD``."""


@pytest.fixture
def inner(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> InnerRun:
    """Run a suite: ``inner(source, *options, plugins=(), conftest="", ini="", subprocess=False)``."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(app=APPLICATION)

    def run(
        source: str,
        *options: str,
        plugins: Sequence[str] = (),
        conftest: str = "",
        ini: str = "",
        subprocess: bool = False,
    ) -> pytest.RunResult:
        pytester.makepyfile(test_inner=IMPORTS + dedent(source))
        if conftest:
            pytester.makeconftest(IMPORTS + dedent(conftest))
        if ini:
            pytester.makeini(f"[pytest]\n{ini}\n")
        named = [f"-p{name}" for name in plugins]
        if subprocess:
            return pytester.runpytest_subprocess("-ppytest_jwtauth.plugin", *named, *options)
        # As an object: by its name pytest would warn that it is imported already and cannot be rewritten.
        with warnings.catch_warnings():
            # The inner suite has filters of its own, as any other; those of this one would reach into it.
            warnings.resetwarnings()
            return pytester.runpytest_inprocess(*named, *options, plugins=[plugin])

    return run
