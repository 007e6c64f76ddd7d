"""What a contract consists of: every promise, by what it is about. No pytest plugin, no command line."""

from pytest_jwtauth.promises.discretion import Discretion
from pytest_jwtauth.promises.failures import Failures
from pytest_jwtauth.promises.freshness import Freshness
from pytest_jwtauth.promises.promise import PROMISES, Promise
from pytest_jwtauth.promises.times import Times
from pytest_jwtauth.promises.tokens import Tokens
from pytest_jwtauth.promises.what_is_sent import WhatIsSent

__all__ = ["PROMISES", "Discretion", "Failures", "Freshness", "Promise", "Promises", "Times", "Tokens", "WhatIsSent"]


class Promises(WhatIsSent, Freshness, Times, Failures, Discretion, Tokens):
    """Every promise, as one class of tests."""
