"""Which modules are mutated, and by which tests: those of the module's own room, and all where that is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_side import ROOT

ROOMS = sorted({path.stem for path in (ROOT / "pytest_jwtauth" / "rules").glob("*.py")} - {"__init__", "registry"})

BOOK = "tests/test_reference.py::test_the_page_of_the_rules_is_up_to_date"
"""The page that is made of the rules, against the rules: what stands in a decorator stands there too."""

CATALOGUE = "tests/test_every_rule.py::TestEveryRule::test_it_is_what_the_catalogue_says"
"""What a room says for all its rules."""

OF_THE_STUB = (
    *("token_endpoint", "faults", "no_answer", "stub_answers", "stub_tokens", "after_trouble", "kinds_of_trouble"),
    *("error_shapes", "served_endpoints", "server_metadata", "received", "approvals", "request_assertions"),
    *("pushed_requests", "audiences_of_endpoints"),
)

OWN: dict[str, Sequence[str]] = {
    "numeric_date": ["tests/test_numeric_date.py", "tests/rules/test_lifetimes.py"],
    "form_body": ["tests/test_form_body.py", "tests/rules/test_form.py"],
    "jws": ["tests/test_jws.py", "tests/rules/test_serialization.py", "tests/rules/test_jose_header.py"],
    "verdict": ["tests/test_verdict.py", "tests/rules/test_transport.py"],
    **{f"rules.{name}": [BOOK, CATALOGUE, f"tests/rules/test_{name}.py"] for name in ROOMS},
    "rules.registry": ["tests/test_every_rule.py"],
    "rules": ["tests/test_verdict.py", "tests/test_profiles.py"],
    "token_endpoint": [f"tests/test_{name}.py" for name in OF_THE_STUB],
}
"""For each module, the tests that are about it."""

ABOUT_EACH_RULE = ["tests/test_every_rule.py"]
"""Of these, the tests that name a rule are tried with those of its room."""

ALL = [
    "tests/rules",
    *(
        f"tests/test_{name}.py"
        for name in (
            *("every_rule", "reference", "profiles", "profile_facts", "verdict", "traits", "evidence", "history"),
            *("numeric_date", "form_body", "jws", "corpus", "vendor_documentation", "reports", "secrets"),
            *OF_THE_STUB,
            *("behaviour_through_the_stub", "issued", "hostile", "expiry"),
        )
    ),
]
"""Every test by which a survivor of its own room is tried. No test that needs a process or a socket of its own."""
