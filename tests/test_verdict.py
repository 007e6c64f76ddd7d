"""`judge` and its `Verdict`: what they promise whatever the request is. What each rule says stands in tests/rules."""

from __future__ import annotations

import copy
from collections.abc import Callable
from inspect import Parameter, signature
from logging import LogRecord
from typing import Any

import pytest
import requests
from any_input import (
    ANY_TEXT,
    CLAIMS,
    CLIENTS,
    EARLIER,
    FORMS,
    GRANTS,
    HEADER_NAMES,
    HEADER_VALUES,
    MEMBERS,
    METHODS,
    PROFILE_NAMES,
    URLS,
)
from freezegun import freeze_time
from generated import often
from hypothesis import assume, example, given
from hypothesis import strategies as st
from requests_under_test import (
    ABSENT,
    CLIENT,
    FORM,
    HEADERS,
    NOW,
    SECRET,
    SERVER,
    a_request,
    an_answer,
    an_assertion,
    encode,
)
from sized_input import REQUESTS, utf8
from stopwatch import seconds

from pytest_jwtauth import rules
from pytest_jwtauth.errors import ConfigurationError, InvalidTokenRequest
from pytest_jwtauth.evidence import history_of
from pytest_jwtauth.messages import TokenRequest, TokenResponse
from pytest_jwtauth.model import Verdict
from pytest_jwtauth.profiles import PROFILES, profile_named
from pytest_jwtauth.rules import RULES, adjust
from pytest_jwtauth.verdict import LARGEST_KIND, MOST_KINDS, judge, plan, weigh

TOKEN = SERVER.token_endpoint


def verdict_on(request: TokenRequest, **how: Any) -> Verdict:
    """What the judge says of *request*."""
    return judge(request, **{"client": CLIENT, "server": SERVER, "now": NOW, "profile": "rfc7523", **how})


RIGHT = verdict_on(a_request())
WRONG = verdict_on(a_request(claims={"iss": "x"}), code="other")
WARNED = verdict_on(a_request(claims={"jti": ABSENT}))


# A verdict


@pytest.mark.parametrize(
    ("function", "first"),
    [(judge, "request"), (weigh, "evidence"), (adjust, "profile")],
)
def test_all_but_the_first_argument_is_named(function: Callable[..., object], first: str) -> None:
    """Two clients, or two lists of ids, are told apart by nothing else."""
    kinds = {name: parameter.kind for name, parameter in signature(function).parameters.items() if name != "self"}
    assert kinds.pop(first) == Parameter.POSITIONAL_OR_KEYWORD
    assert set(kinds.values()) <= {Parameter.KEYWORD_ONLY, Parameter.VAR_KEYWORD}


def test_what_a_rule_lets_pass_in_one_case_hides_nothing_that_comes_after_it() -> None:
    assert verdict_on(a_request(fields={"unheard": "x"}, claims={"iss": "x"})).rules == ("iss-mismatch",)


def test_a_field_that_is_empty_is_missing() -> None:
    assert verdict_on(a_request(fields={"code": ""})).rules == ("code-missing", "form-param-empty")


def test_a_right_request_breaks_no_rule() -> None:
    assert (RIGHT.violations, RIGHT.warnings, RIGHT.not_evaluated, RIGHT.rules) == ((), (), (), ())
    RIGHT.check()


def test_every_fault_is_told_in_the_order_of_the_book() -> None:
    verdict = verdict_on(
        a_request(method="GET", claims={"exp": 0, "sub": 1, "jti": ABSENT}, header={"typ": "jwt"}, fields={"code": ""})
    )
    order = list(RULES)
    errors = [violation.rule for violation in verdict.violations]
    warnings = [violation.rule for violation in verdict.warnings]
    assert errors == ["http-method-not-post", "sub-not-string", "exp-expired", "exp-not-after-iat", "code-missing"]
    assert sorted(warnings, key=order.index) == warnings == ["form-param-empty", "typ-case", "jti-missing"]
    assert list(verdict.rules) == errors + warnings


def test_a_violation_says_what_was_demanded_found_and_expected() -> None:
    violation = WRONG.violations[0]
    assert violation.rule == "iss-mismatch"
    assert violation.requirement == RULES["iss-mismatch"].requirement
    assert violation.found == "iss is 'x'"
    assert violation.expected == f"the client_id, '{CLIENT.client_id}'"
    assert violation.spec == "OIDC Core §9; RFC 7521 §5.1"
    assert violation.level == "error"


def test_a_violation_without_an_expectation_of_its_own_expects_what_is_demanded() -> None:
    (violation,) = verdict_on(a_request(claims={"iss": ABSENT})).violations
    assert violation.requirement == "``iss`` is present."
    assert violation.expected == "iss is present."


def test_to_check_a_wrong_request_raises_the_report() -> None:
    with pytest.raises(InvalidTokenRequest) as caught:
        WRONG.check()
    assert isinstance(caught.value, AssertionError)
    assert str(caught.value) == str(WRONG)
    assert caught.value.verdicts == (WRONG,)


def test_warnings_do_not_raise() -> None:
    assert [warning.rule for warning in WARNED.warnings] == ["jti-missing"]
    WARNED.check()


@pytest.mark.parametrize("verdict", [RIGHT, WRONG, WARNED])
def test_a_verdict_is_neither_true_nor_false(verdict: Verdict) -> None:
    """So that nobody writes ``assert judge(…)``, whichever way round they mean it."""
    with pytest.raises(TypeError, match=r"neither true nor false: call \.check\(\)"):
        bool(verdict)
    with pytest.raises(TypeError):
        assert not verdict


def test_a_verdict_has_the_decoded_assertion() -> None:
    assert RIGHT.assertion is not None
    assert RIGHT.assertion.header == {"alg": "HS256", "typ": "JWT"}
    assert RIGHT.assertion.claims["iss"] == CLIENT.client_id
    assert repr(RIGHT.assertion) == "<DecodedAssertion of 2 header members and 6 claims>"


@pytest.mark.parametrize("changes", [{"text": "x"}, {"payload": b"x"}, {"jose_header": b"x"}, {"body": b""}])
def test_a_verdict_has_no_assertion_that_cannot_be_decoded(changes: dict[str, Any]) -> None:
    assert verdict_on(a_request(**changes)).assertion is None


def test_the_repr_names_profile_and_rules() -> None:
    assert repr(RIGHT) == "<Verdict by profile 'rfc7523': no rule broken>"
    assert repr(WRONG) == "<Verdict by profile 'rfc7523': iss-mismatch, code-mismatch>"


def test_a_copy_of_a_verdict_says_the_same() -> None:
    assert str(copy.deepcopy(WRONG)) == str(WRONG)


# Levels


@pytest.mark.parametrize(
    ("how", "level"),
    [
        ({}, "warning"),
        ({"profile": "oidc"}, "error"),
        ({"profile": adjust(PROFILES["oidc"], warn=["jti-missing"])}, "warning"),
        ({"profile": adjust(PROFILES["rfc7523"], error=["jti-missing"])}, "error"),
        ({"profile": adjust(PROFILES["oidc"], allow=["jti-missing"])}, None),
        ({"profile": PROFILES["rfc7523"].but(levels={"jti-missing": "off"})}, None),
    ],
)
def test_the_user_outweighs_the_profile_which_outweighs_the_rule(how: dict[str, Any], level: str | None) -> None:
    verdict = verdict_on(a_request(claims={"jti": ABSENT}), **how)
    assert [violation.level for violation in (*verdict.violations, *verdict.warnings)] == ([level] if level else [])


def test_a_case_that_is_worse_outweighs_the_profile_but_not_the_user() -> None:
    request = a_request(claims={"iat": NOW + 301, "exp": NOW + 400})
    profile = PROFILES["rfc7523"].but(levels={"iat-in-future": "warning"})
    assert verdict_on(request, profile=profile).violations[0].rule == "iat-in-future"
    assert verdict_on(request, profile=adjust(profile, warn=["iat-in-future"])).violations == ()
    assert verdict_on(request, profile=adjust(profile, allow=["iat-in-future"])).rules == ()


# What was not evaluated


def not_evaluated(**changes: Any) -> dict[str, str]:
    """The rules that were not evaluated, each with the reason."""
    return {item.rule: item.reason for item in verdict_on(a_request(**changes)).not_evaluated}


UNREAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("no form", {"body": b"{}"}, "grant-type-missing", "the body is JSON"),
    ("too large a form", {"body": b"a=" + b"x" * 2**18}, "client-id-mismatch", "262146 octets"),
    ("no assertion", {"fields": {"client_assertion": ABSENT}}, "jws-part-count", "no client_assertion was sent"),
    ("no URL", {"url": "http://["}, "url-scheme-not-https", "the URL cannot be read"),
    ("no JWS of three parts", {"text": "e30.e30"}, "jws-nested", "no compact JWS of three parts"),
    ("too large an assertion", {"text": "x" * 65537}, "iss-missing", "the assertion is too large"),
    ("no header", {"jose_header": b"[]"}, "alg-none", "the header cannot be read"),
    ("a header that does not decode", {"text": "A.e30.e30"}, "header-not-utf8", "header part cannot be decoded"),
    ("no claims", {"payload": b"[]"}, "iss-missing", "the claims cannot be read"),
    ("a payload that does not decode", {"text": "e30.A.e30"}, "payload-not-json", "payload part cannot be decoded"),
    ("a signature that does not decode", {"text": "e30.e30.A"}, "signature-empty", "signature part cannot be decoded"),
    ("no alg", {"header": {"alg": ABSENT}}, "alg-not-allowed", "alg is no string"),
    ("an alg that is no text", {"header": {"alg": 1}}, "signature-invalid", "alg is no string"),
    ("an unknown alg", {"header": {"alg": "x"}}, "signature-invalid", "no known signature algorithm"),
    ("no key for the alg", {"header": {"alg": "ES256"}}, "signature-invalid", "no key for ES256"),
    ("no iss", {"claims": {"iss": ABSENT}}, "iss-mismatch", "iss is missing"),
    ("an iss that is no text", {"claims": {"iss": 1}}, "iss-mismatch", "iss is no string"),
    ("no aud", {"claims": {"aud": ABSENT}}, "aud-mismatch", "aud is missing"),
    ("an aud that is no text", {"claims": {"aud": {}}}, "aud-mismatch", "aud is no string or array of strings"),
    ("no exp", {"claims": {"exp": ABSENT}}, "exp-expired", "exp is missing"),
    ("an exp that is no number", {"claims": {"exp": "1"}}, "exp-expired", "exp is a string"),
    ("an exp out of range", {"claims": {"exp": 2**60}}, "exp-expired", "exp is out of range"),
    ("an exp in milliseconds", {"claims": {"exp": NOW * 1000}}, "exp-expired", "exp is not in seconds"),
    ("an nbf that is no number", {"claims": {"nbf": None}}, "nbf-in-future", "nbf is null"),
    ("a jti that is no text", {"claims": {"jti": 1}}, "jti-low-entropy", "jti is no string"),
]


@pytest.mark.parametrize(("changes", "rule", "reason"), [pytest.param(*row[1:], id=row[0]) for row in UNREAD])
def test_a_rule_whose_input_cannot_be_read_is_not_evaluated(changes: dict[str, Any], rule: str, reason: str) -> None:
    assert reason in not_evaluated(**changes).get(rule, "it was")


@pytest.mark.parametrize("name", ["nbf", "iat", "jti"])
def test_a_claim_that_may_be_absent_is_no_reason(name: str) -> None:
    assert not_evaluated(claims={name: ABSENT}) == {}


def test_a_rule_that_is_off_is_no_rule_that_was_not_evaluated() -> None:
    profile = adjust(PROFILES["rfc7523"], allow=["iss-missing"])
    skipped = {item.rule for item in verdict_on(a_request(payload=b"[]"), profile=profile).not_evaluated}
    assert skipped & {"iss-missing", "sub-missing"} == {"sub-missing"}


def test_a_rule_is_broken_or_not_evaluated_never_both() -> None:
    for _, changes, _, _ in UNREAD:
        verdict = verdict_on(a_request(**changes))
        skipped = {item.rule for item in verdict.not_evaluated}
        assert skipped.isdisjoint(verdict.rules)


def test_after_a_wrong_signature_the_claims_are_judged_all_the_same() -> None:
    verdict = verdict_on(a_request(key=b"x" * 32, claims={"exp": NOW, "iss": "x"}))
    assert set(verdict.rules) == {"signature-invalid", "exp-expired", "exp-not-after-iat", "iss-mismatch"}


# How it is called


def test_the_time_is_now_if_none_is_given() -> None:
    with freeze_time("2025-10-09 08:53:20"):
        assert judge(a_request(), client=CLIENT, server=SERVER).rules == ()
    with freeze_time("2025-10-09 08:58:20"):
        assert judge(a_request(), client=CLIENT, server=SERVER).rules == ("exp-expired",)


@pytest.mark.parametrize(("nbf", "rules"), [(NOW, ()), (NOW + 1, ("nbf-in-future",))])
def test_no_second_is_forgiven_if_no_leeway_is_given(nbf: int, rules: tuple[str, ...]) -> None:
    assert verdict_on(a_request(claims={"nbf": nbf})).rules == rules


def test_the_profile_is_pingone_if_none_is_given() -> None:
    assert judge(a_request(), client=CLIENT, server=SERVER, now=NOW).profile == "pingone"


def test_who_asks_for_the_metadata_breaks_no_rule_of_another_endpoint() -> None:
    request = TokenRequest("GET", f"{SERVER.issuer}/.well-known/openid-configuration", (), b"")
    assert outcome(verdict_on(request))[:3] == ((), (), ())


def test_the_request_may_be_anything_that_can_be_read() -> None:
    prepared = requests.Request("POST", TOKEN, dict(HEADERS), data=a_request().body).prepare()
    assert verdict_on(prepared).rules == ()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"profile": "pingon"}, "unknown profile 'pingon'. Did you mean 'pingone'"),
        ({"cod": "x"}, "unknown expected value 'cod'. Did you mean 'code'"),
    ],
)
def test_what_is_misspelt_is_refused(how: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        verdict_on(a_request(), **how)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"client": "client-1"}, "client is a RegisteredClient; got str"),
        ({"server": TOKEN}, "server is an AuthorizationServer; got str"),
        ({"history": 5}, "history is a sequence of earlier requests, oldest first; got int"),
        ({"history": a_request()}, "history is a sequence of earlier requests, oldest first; got TokenRequest"),
        ({"logged": 5}, "logged is a text, or log records such as caplog.records; got int"),
        ({"logged": ["a message"]}, "logged is a text, or log records such as caplog.records; got str"),
    ],
)
def test_an_argument_of_the_wrong_type_is_named(how: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=f"^{words}$"):
        verdict_on(a_request(), **how)


@pytest.mark.parametrize("request_", [None, "POST", 1, b"code=x"])
def test_what_is_no_request_is_refused(request_: Any) -> None:
    with pytest.raises(TypeError):
        verdict_on(request_)


@pytest.mark.parametrize(
    "item", [None, (), (a_request(),), (a_request(), "answer"), (a_request(), None, None), ("x", None)]
)
def test_what_is_no_earlier_request_is_refused(item: Any) -> None:
    with pytest.raises(TypeError):
        verdict_on(a_request(), history=[item])


@pytest.mark.parametrize(
    "name",
    [
        *("grant_type", "code", "redirect_uri", "code_challenge", "code_challenge_method", "code_verifier"),
        *("refresh_token", "refresh_token_state", "refresh_grace", "granted_scope"),
        *("tls_verified", "logged", "dpop_nonce"),
    ],
)
def test_everything_that_may_be_expected_may_be_none(name: str) -> None:
    assert isinstance(verdict_on(a_request(), **{name: None}), Verdict)


@pytest.mark.parametrize("keyword", ["allow", "warn", "error"])
def test_an_unknown_rule_is_refused_with_the_nearest_names(keyword: str) -> None:
    with pytest.raises(ConfigurationError, match=r"unknown rule id 'exp-expire'\. Did you mean 'exp-expired'"):
        adjust(PROFILES["pingone"], **{keyword: ["exp-expire"]})


def test_a_rule_cannot_be_two_things() -> None:
    with pytest.raises(ConfigurationError, match="exp-expired is to be both off and error"):
        adjust(PROFILES["pingone"], allow=["exp-expired"], error=["exp-expired"])


def test_naming_a_rule_twice_for_one_thing_is_no_fault() -> None:
    adjusted = adjust(PROFILES["pingone"], allow=["exp-expired", "exp-expired"])
    assert adjusted.forced == {"exp-expired": "off"}


def test_a_profile_that_nobody_adjusts_stays_itself() -> None:
    assert adjust(PROFILES["pingone"]) is PROFILES["pingone"]


def test_an_unknown_grant_has_no_plan_of_its_own() -> None:
    """Any text can come as a grant type, and plans are kept."""
    plan.cache_clear()
    profile = profile_named("rfc7523").but(title="another")
    for number in range(20):
        verdict_on(a_request(fields={"grant_type": f"urn:example:{number}"}), profile=profile)
    assert plan.cache_info().currsize == 1


def test_of_too_many_kinds_of_requests_the_first_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_jwtauth.verdict.MOST_KINDS", 1)
    profile = profile_named("rfc7523").but(title="yet another")
    kinds: list[dict[str, Any]] = [{"header": {"kid": "x"}}, {"header": {"crit": []}}, {"header": {"kid": "x"}}]
    for changes in kinds:
        verdict_on(a_request(**changes), profile=profile)
    known = plan(profile, "client_secret_jwt", "token", "authorization_code")._known
    assert len(known) == 1
    # Two threads may have taken the last place at once.
    monkeypatch.setattr("pytest_jwtauth.verdict.MOST_KINDS", 0)
    verdict_on(a_request(header={"crit": []}), profile=profile)
    assert len(known) == 1


@pytest.mark.parametrize(("more", "kept"), [(-1, 0), (0, 0), (1, 1)])
def test_a_kind_with_many_names_is_not_kept(more: int, kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = profile_named("rfc7523").but(title=f"with many names {more}")
    known = plan(profile, "client_secret_jwt", "token", "authorization_code")._known
    verdict_on(a_request(), profile=profile)
    (kind,) = known
    known.clear()
    monkeypatch.setattr("pytest_jwtauth.verdict.LARGEST_KIND", sum(map(len, kind)) + more)
    verdict_on(a_request(), profile=profile)
    assert len(known) == kept


def test_the_limits_of_what_a_plan_keeps() -> None:
    assert (MOST_KINDS, LARGEST_KIND) == (256, 200)


def test_two_rules_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_ROOMS", (rules.transport, rules.transport))
    with pytest.raises(ValueError, match="two rules have the id http-method-not-post"):
        rules._collect()


def test_a_kept_history_judges_as_one_that_is_told() -> None:
    earlier = [(a_request(), an_answer())]
    kept = history_of(earlier, client=CLIENT, server=SERVER, profile=PROFILES["rfc7523"], now=NOW)
    told = verdict_on(a_request(), history=earlier)
    assert told.rules == verdict_on(a_request(), history=kept).rules != ()


# Whatever is sent


def outcome(verdict: Verdict) -> tuple[object, ...]:
    """All that a verdict says."""
    return verdict.violations, verdict.warnings, verdict.not_evaluated, str(verdict)


def assert_sound(request: TokenRequest, **how: Any) -> None:
    """The judge says something about *request* that can be printed, says it again, and leaves all as it was."""
    before = copy.deepcopy((request, how.get("history")))
    verdict = verdict_on(request, **how)
    text = str(verdict)
    assert text.replace("\n", "").isprintable()
    assert all(violation.level == "error" for violation in verdict.violations)
    assert all(violation.level == "warning" for violation in verdict.warnings)
    assert len(set(verdict.rules)) == len(verdict.rules)
    for violation in (*verdict.violations, *verdict.warnings):
        assert violation.found
        assert violation.expected
        assert f"{violation.found}{violation.expected}".isprintable()
        assert len(violation.found) <= 401
    assert SECRET not in text
    assert outcome(verdict_on(request, **how)) == outcome(verdict)
    assert (request, how.get("history")) == before


@often
@given(
    METHODS,
    URLS | ANY_TEXT,
    st.lists(st.tuples(HEADER_NAMES | ANY_TEXT, HEADER_VALUES), max_size=6),
    st.binary(max_size=300) | FORMS,
    PROFILE_NAMES,
)
@example("POST", TOKEN, [FORM], b"client_assertion=e30.e30.&client_assertion=", "apple")
def test_no_request_makes_it_raise(
    method: str, url: str, headers: list[tuple[str, str]], body: bytes, profile: str
) -> None:
    assert_sound(TokenRequest(method, url, headers, body), profile=profile)


@often
@given(CLIENTS, MEMBERS, CLAIMS, PROFILE_NAMES)
@example(CLIENT, {"typ": []}, {"exp": 1e308, "jti": "1"}, "rfc7523")
@example(CLIENT, {"kid": {}, "crit": [[]]}, {"aud": [[]], "exp": float("inf")}, "rfc7523")
def test_no_assertion_makes_it_raise(client: Any, header: Any, claims: Any, profile: str) -> None:
    assert_sound(a_request(client=client, header=header, claims=claims), client=client, profile=profile)


@often
@given(st.binary(max_size=120), st.binary(max_size=120), st.binary(max_size=80))
def test_no_octets_in_an_assertion_make_it_raise(header: bytes, payload: bytes, signature: bytes) -> None:
    assert_sound(a_request(jose_header=header, payload=payload, signature=signature))


@often
@given(st.data(), CLIENTS)
def test_no_change_of_a_right_assertion_makes_it_raise_or_pass_unseen(data: st.DataObject, client: Any) -> None:
    """One character of the text replaced, left out or added: something is always wrong with it."""
    right = an_assertion(client=client)
    at = data.draw(st.integers(0, len(right) - 1))
    piece = data.draw(st.sampled_from(["", ".", "=", " ", "A", "_", "é", "\0", "\ud800", right[at] * 2]))
    changed = right[:at] + piece + right[at + 1 :]
    assume(changed != right)
    body = utf8([("grant_type", "client_credentials"), ("client_assertion", changed), ("client_assertion_type", "x")])
    request = TokenRequest("POST", TOKEN, HEADERS, body)
    assert_sound(request, client=client)
    found = set(verdict_on(request, client=client).rules) - {"client-assertion-type-wrong", "form-charset-not-utf8"}
    assert found


@often
@given(EARLIER, GRANTS, PROFILE_NAMES)
def test_no_history_makes_it_raise(history: Any, grant: str, profile: str) -> None:
    assert_sound(a_request(grant=grant), history=history, profile=profile)


def test_a_mebibyte_is_no_more_than_too_large() -> None:
    assert_sound(a_request(body=b"client_assertion=" + b"x" * 2**20))
    assert_sound(a_request(body=b"\xff" * 2**20))


@pytest.mark.parametrize("moment", [float("nan"), float("inf"), 10**400])
@pytest.mark.parametrize("which", ["now", "leeway", "received_at", "sent_at"])
def test_a_time_that_nobody_can_reckon_with_is_refused(which: str, moment: float) -> None:
    """Compared with NaN, nothing has expired; and an integer may be too large to be added to a fraction."""
    how: dict[str, Any] = {which: moment}
    if which == "received_at":
        how = {"history": [a_request(received_at=moment)]}
    if which == "sent_at":
        how = {"history": [(a_request(), TokenResponse(503, sent_at=moment))]}
    with pytest.raises(ConfigurationError, match=f"{which} is a finite number of seconds"):
        verdict_on(a_request(), **how)


# In bounded time

SIZE = 64 * 1024
LONGEST = 0.1
"""Seconds; twice what is promised, for machines that are half as fast."""


@pytest.mark.parametrize("name", REQUESTS)
def test_64_kib_of_anything_are_judged_and_reported_in_a_tenth_of_a_second(name: str) -> None:
    request = REQUESTS[name](SIZE)
    assert seconds(lambda: verdict_on(request)) < LONGEST
    verdict = verdict_on(request)
    assert seconds(lambda: str(verdict)) < LONGEST


@pytest.mark.parametrize("name", REQUESTS)
def test_four_times_as_much_takes_no_more_than_about_four_times_as_long(name: str) -> None:
    """What takes less than a few milliseconds anyhow tells nothing about growth."""
    small, large = REQUESTS[name](SIZE // 4), REQUESTS[name](SIZE)
    assert seconds(lambda: verdict_on(large)) < max(8 * seconds(lambda: verdict_on(small)), 0.03)


def test_a_hundred_thousand_headers_take_a_second_at_most() -> None:
    request = a_request(more_headers=[("X-A", "v")] * 100_000)
    assert seconds(lambda: verdict_on(request), tries=1) < 1


def test_a_long_log_is_searched_for_the_credentials_of_a_long_history_in_bounded_time() -> None:
    """Each was looked for in each record: of two thousand each that took more than a second."""
    earlier = [(a_request(fields={"code": f"{number:08}-a-code"}), an_answer()) for number in range(1000)]
    past = history_of(earlier, client=CLIENT, server=SERVER, profile=profile_named("rfc7523"), now=NOW)
    records = [LogRecord("app", 20, "a.py", 1, f"{'x' * 200}{number}", (), None) for number in range(1000)]
    leaking = LogRecord("app", 20, "a.py", 7, "got 00000999-a-code", (), None)
    assert "code (app, INFO, a.py:7)" in str(verdict_on(a_request(), history=past, logged=[*records, leaking]))
    assert seconds(lambda: verdict_on(a_request(), history=past, logged=records), tries=2) < 0.3


def test_the_fields_of_the_builder_are_encoded_as_everybody_does() -> None:
    assert encode([("a b", "ü&=")]) == b"a+b=%C3%BC%26%3D"
