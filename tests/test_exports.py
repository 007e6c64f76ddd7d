"""The names that users import from the package, and that nothing else is loaded for them."""

from __future__ import annotations

import subprocess
import sys
import types

import pytest

import pytest_jwtauth

DOCUMENTED = {
    *("TokenRequest", "RegisteredClient", "AuthorizationServer"),
    *("judge", "Verdict", "Violation"),
    *("assert_token_request", "assert_form_fields", "assert_no_basic_auth", "assert_client_assertion"),
    *("ClientAssertion", "TokenEndpoint", "PROFILES", "RULES"),
    *("expiry_scenarios", "ExpiryScenario", "hostile_assertions", "HostileAssertion"),
    *("TokenResponse", "Profile", "Rule", "__version__"),
    *("InvalidTokenRequest", "TokenRequestWarning", "ConfigurationError"),
}


def test_the_public_names_are_the_documented_ones() -> None:
    assert set(pytest_jwtauth.__all__) == DOCUMENTED


def test_each_public_name_is_listed_once_in_order() -> None:
    names = pytest_jwtauth.__all__
    assert names == sorted(set(names), key=lambda name: (not name.isupper(), not name[0].isupper(), name))


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_a_public_name_gives_the_thing_and_no_module(name: str) -> None:
    """A module of the same name would be found in its place once it is imported."""
    assert not isinstance(getattr(pytest_jwtauth, name), types.ModuleType)


def test_dir_shows_every_public_name() -> None:
    assert set(dir(pytest_jwtauth)) >= DOCUMENTED


def test_a_star_import_brings_every_public_name() -> None:
    names: dict[str, object] = {}
    exec("from pytest_jwtauth import *", names)
    assert names.keys() >= DOCUMENTED


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'pytest_jwtauth' has no attribute 'judgement'"):
        _ = pytest_jwtauth.judgement  # type: ignore[attr-defined]


def test_a_name_is_looked_up_once() -> None:
    assert pytest_jwtauth.judge is vars(pytest_jwtauth)["judge"]


def test_the_package_alone_loads_none_of_its_rooms() -> None:
    code = "import sys, pytest_jwtauth; print([name for name in sys.modules if name.startswith('pytest_jwtauth.')])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_version_is_that_of_the_file_the_build_reads() -> None:
    from pytest_jwtauth._version import __version__

    assert pytest_jwtauth.__version__ == __version__
