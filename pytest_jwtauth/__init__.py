"""The public names, each resolved on first use (PEP 562): pytest imports this package at start-up. No logic."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_jwtauth._version import __version__
    from pytest_jwtauth.client_assertion import ClientAssertion
    from pytest_jwtauth.errors import ConfigurationError, InvalidTokenRequest, TokenRequestWarning
    from pytest_jwtauth.expiry import ExpiryScenario, expiry_scenarios
    from pytest_jwtauth.hostile import HostileAssertion, hostile_assertions
    from pytest_jwtauth.messages import TokenRequest, TokenResponse
    from pytest_jwtauth.model import AuthorizationServer, Profile, Rule, Verdict, Violation
    from pytest_jwtauth.profiles import PROFILES
    from pytest_jwtauth.registered_client import RegisteredClient
    from pytest_jwtauth.request_assertions import (
        assert_client_assertion,
        assert_form_fields,
        assert_no_basic_auth,
        assert_token_request,
    )
    from pytest_jwtauth.rules import RULES
    from pytest_jwtauth.token_endpoint import TokenEndpoint
    from pytest_jwtauth.verdict import judge
else:  # a type checker would take the module's __getattr__ as leave to import any name
    _HOMES = {
        "PROFILES": "profiles",
        "RULES": "rules",
        "AuthorizationServer": "model",
        "ClientAssertion": "client_assertion",
        "ConfigurationError": "errors",
        "ExpiryScenario": "expiry",
        "HostileAssertion": "hostile",
        "InvalidTokenRequest": "errors",
        "Profile": "model",
        "RegisteredClient": "registered_client",
        "Rule": "model",
        "TokenEndpoint": "token_endpoint",
        "TokenRequest": "messages",
        "TokenRequestWarning": "errors",
        "TokenResponse": "messages",
        "Verdict": "model",
        "Violation": "model",
        "__version__": "_version",
        "assert_client_assertion": "request_assertions",
        "assert_form_fields": "request_assertions",
        "assert_no_basic_auth": "request_assertions",
        "assert_token_request": "request_assertions",
        "expiry_scenarios": "expiry",
        "hostile_assertions": "hostile",
        "judge": "verdict",
    }

    def __getattr__(name: str) -> object:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = [
    "PROFILES",
    "RULES",
    "AuthorizationServer",
    "ClientAssertion",
    "ConfigurationError",
    "ExpiryScenario",
    "HostileAssertion",
    "InvalidTokenRequest",
    "Profile",
    "RegisteredClient",
    "Rule",
    "TokenEndpoint",
    "TokenRequest",
    "TokenRequestWarning",
    "TokenResponse",
    "Verdict",
    "Violation",
    "__version__",
    "assert_client_assertion",
    "assert_form_fields",
    "assert_no_basic_auth",
    "assert_token_request",
    "expiry_scenarios",
    "hostile_assertions",
    "judge",
]
