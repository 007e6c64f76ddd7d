"""How options, settings and markers change the profile by which a test is judged. No fixture, no hook, no request.

Loaded when a profile is asked for, or when somebody has set something: an idle plugin has nothing to steer.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from pytest_jwtauth import profile_in_force
from pytest_jwtauth.errors import ConfigurationError, unknown_name
from pytest_jwtauth.model import Profile
from pytest_jwtauth.profiles import profile_named
from pytest_jwtauth.rules import adjust, adjust_by_lines

RULE_KEYWORDS = ("allow", "warn", "error")
CASE_KEYWORDS = ("scenarios", "hostile")
KEYWORDS = ("profile", *RULE_KEYWORDS, *CASE_KEYWORDS)


def configured_profile(config: pytest.Config) -> tuple[str, str]:
    """Where the profile's name stands, and the name."""
    option: str | None = config.getoption("--jwtauth-profile")
    return ("--jwtauth-profile", option) if option else ("jwtauth_profile", config.getini("jwtauth_profile"))


def refuse_bad_settings(config: pytest.Config) -> None:
    """Find out at once whether there is such a profile and whether its rules can be set so.

    Raises:
        pytest.UsageError: naming the option or the setting that is wrong.
    """
    source, name = configured_profile(config)
    try:
        adjusted(name, [])
        source = "jwtauth_rules"
        adjusted(name, [], config.getini("jwtauth_rules"))
    except ConfigurationError as error:
        raise pytest.UsageError(f"{source}: {error}") from error


def profile_of_session(config: pytest.Config, marks: Iterable[pytest.Mark] = ()) -> Profile:
    """The profile that is configured, as *marks* change it; no fixture is asked."""
    return adjusted(configured_profile(config)[1], marks, config.getini("jwtauth_rules"))


def faults_of(marks: Iterable[tuple[pytest.Mark, str]]) -> list[str]:
    """What is wrong with *marks*, each with the node it stands at."""
    wrong = []
    for mark, nodeid in marks:
        try:
            adjusted(profile_in_force.DEFAULT, [mark])
        except ConfigurationError as error:
            wrong.append(f"{nodeid}: @pytest.mark.{profile_in_force.MARKER}: {error}")
    return wrong


def adjusted(profile: str | Profile, marks: Iterable[pytest.Mark], lines: Iterable[str] = ()) -> Profile:
    """*profile* as the *lines* of the setting jwtauth_rules change it, and then *marks*, the nearest mark first.

    Raises:
        ConfigurationError: for a line or a mark that cannot be.
    """
    settings = []
    for mark in marks:
        if mark.args:
            raise ConfigurationError(
                f"takes keywords only ({', '.join(KEYWORDS)}); got {', '.join(map(repr, mark.args))}"
            )
        for keyword, value in mark.kwargs.items():
            if keyword not in KEYWORDS:
                raise unknown_name("keyword", keyword, KEYWORDS)
            if keyword in RULE_KEYWORDS and not _is_list_of_ids(value):
                raise ConfigurationError(f"{keyword}= takes a list of rule ids; got {value!r}")
            if keyword in CASE_KEYWORDS:
                from pytest_jwtauth import case_choice  # it brings all cases along, which few suites ask for

                case_choice.check(keyword, value)
        settings.append(mark.kwargs)
    named = [setting["profile"] for setting in settings if "profile" in setting]
    chosen: object = named[0] if named else profile
    if not isinstance(chosen, (str, Profile)):
        raise ConfigurationError(f"a profile is a name or a pytest_jwtauth.Profile; got {chosen!r}")
    result = adjust_by_lines(profile_named(chosen), lines)
    for setting in reversed(settings):
        result = adjust(result, **{key: tuple(setting.get(key, ())) for key in RULE_KEYWORDS})
    return result


def _is_list_of_ids(value: object) -> bool:
    return isinstance(value, (list, tuple, set, frozenset)) and all(isinstance(rule, str) for rule in value)
