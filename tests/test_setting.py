"""What a test sets on an endpoint is refused at once if no request could be answered by it."""

from __future__ import annotations

from typing import Any

import pytest
from endpoints import an_endpoint, members, refresh

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.token_endpoint import TokenEndpoint

MAY_BE = {
    "clock_skew": (-30, 0.5),
    "leeway": (0, 60, 0.5),
    "access_token_lifetime": (60, None),
    "refresh_token_lifetime": (60, 0.5, None),
    "request_uri_lifetime": (5,),
    "approval_lifetime": (30,),
    "polling_interval": (30, None),
    "granted_scope": ("read", None),
    "dpop_nonce": ("n-1", None),
    "subject": ("alice",),
    "extra_members": ({"x": 1},),
    "id_token_claims": ({"nonce": None},),
}
IN_SECONDS = {"clock_skew", "leeway", "refresh_token_lifetime"}
WRONG: tuple[object, ...] = ("x", 5, None, [], {}, True, 1.5)


@pytest.mark.parametrize("name", MAY_BE)
def test_it_may_be_what_its_documentation_says(name: str) -> None:
    endpoint = an_endpoint()
    for value in MAY_BE[name]:
        setattr(endpoint, name, value)
        assert getattr(endpoint, name) == value


@pytest.mark.parametrize("name", MAY_BE)
def test_anything_else_is_refused_by_name_and_changes_nothing(name: str) -> None:
    endpoint = an_endpoint()
    before = getattr(endpoint, name)
    kinds = {type(value) for value in MAY_BE[name]} | ({int} if name in IN_SECONDS else set())
    refused = [value for value in WRONG if type(value) not in kinds]
    assert len(refused) > 3
    for value in refused:
        with pytest.raises(TypeError, match=f"^{name} is a.*; got {type(value).__name__}$"):
            setattr(endpoint, name, value)
        assert getattr(endpoint, name) is before


@pytest.mark.parametrize("name", sorted(IN_SECONDS))
@pytest.mark.parametrize("value", [float("inf"), float("nan"), 2**60])
def test_a_time_that_nobody_can_reckon_with_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name} is a finite number of seconds, below 2\\^53$"):
        setattr(an_endpoint(), name, value)


def test_each_endpoint_has_its_own() -> None:
    one, other = an_endpoint(), an_endpoint()
    one.clock_skew = 300
    assert (one.clock_skew, other.clock_skew) == (300, 0)


def test_the_class_has_the_settings_by_their_names() -> None:
    assert repr(TokenEndpoint.clock_skew) == "<Setting clock_skew>"


def test_the_profile_may_be_set_by_its_name_and_judges_from_then_on() -> None:
    endpoint = an_endpoint()
    endpoint.profile = "keycloak"
    assert endpoint.profile is PROFILES["keycloak"]
    assert members(refresh(endpoint, "unknown"))["error"] == "invalid_grant"
    assert endpoint.verdicts[-1].profile == "keycloak"
    with pytest.raises(ConfigurationError, match=r"^unknown profile 'keycloack'\. Did you mean 'keycloak'"):
        endpoint.profile = "keycloack"
