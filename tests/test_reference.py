"""The reference is made from the code and is up to date; the rule book can be read in the terminal."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from pytest_jwtauth import rule_book
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.rules import RULES, level_of

ROOT = Path(__file__).resolve().parents[1]


def generator() -> ModuleType:
    """``docs/generate.py``, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("generate_reference", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_examples_of_the_rules_are_those_of_their_tables() -> None:
    generate = generator()
    assert generate.EXAMPLES.read_text(encoding="utf-8") == generate.examples(), "run python docs/generate.py"


def test_the_reference_pages_are_up_to_date() -> None:
    pages: Mapping[Path, str] = generator().pages()
    assert len(pages) == 5
    for path, text in pages.items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run python docs/generate.py"


def test_the_page_of_the_rules_is_up_to_date() -> None:
    """The same of one page, which takes a moment: whoever changes a rule looks at this test."""
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert page == rule_book.rules_page(), "run python docs/generate.py"


def test_each_rule_is_explained_with_its_source_and_two_examples() -> None:
    for rule_id, rule in RULES.items():
        text = rule_book.explain(rule_id)
        assert text.startswith(f"{rule_id} (")
        for words in (rule.spec, "  breaks:  ", "  keeps:   ", f"  error:   {rule.error}"):
            assert words in text, rule_id
        assert "``" not in text


def test_an_unknown_rule_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match=r"'exp-expire'.*'exp-expired'"):
        rule_book.explain("exp-expire")


@pytest.mark.parametrize("name", PROFILES)
def test_the_rules_of_a_profile_are_those_it_does_not_turn_off(name: str) -> None:
    lines = rule_book.listing(PROFILES[name]).splitlines()
    listed = {line.split()[1]: line.split()[0] for line in lines if line.startswith(("  error ", "  warning "))}
    levels = {rule.id: level_of(rule, PROFILES[name]) for rule in RULES.values()}
    assert listed == {rule_id: level for rule_id, level in levels.items() if level != "off"}


def test_every_rule_stands_in_a_room_that_the_book_knows() -> None:
    assert {rule.room for rule in RULES.values()} == set(rule_book.ROOMS)
    assert rule_book.rules_page().count('<a id="') == len(RULES)
    assert "Nothing was left out." in rule_book.rules_page()


def test_where_no_room_of_a_profile_has_rules_its_heading_is_left_out() -> None:
    profile = PROFILES["rfc7523"].but(forced=dict.fromkeys([r.id for r in RULES.values() if r.room == "dpop"], "off"))
    assert "DPoP:" in rule_book.listing(PROFILES["rfc7523"]).splitlines()
    assert "DPoP:" not in rule_book.listing(profile).splitlines()
