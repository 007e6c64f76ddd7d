"""The helpers for a request in hand: what passes, what fails, and exactly what the failure says."""

from __future__ import annotations

import json
import urllib.request
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import requests
import responses

from pytest_jwtauth import (
    RULES,
    AuthorizationServer,
    ClientAssertion,
    ConfigurationError,
    InvalidTokenRequest,
    RegisteredClient,
    TokenRequest,
    TokenRequestWarning,
    assert_client_assertion,
    assert_form_fields,
    assert_no_basic_auth,
    assert_token_request,
    profile_in_force,
)
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.request_assertions import ASSERTION_ROOMS
from pytest_jwtauth.rules import adjust

NOW = 1_760_000_000
URL = "https://auth.example/as/token"
SERVER = AuthorizationServer("https://auth.example/as", URL)
CLIENT = RegisteredClient("client-1", client_secret="correct horse battery staple and 40 more")
CODE = "Rk3xY8qLw1-the-code"
CALLBACK = "https://app.example/callback"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

Changes = Mapping[str, str | None]


def an_assertion(**how: Any) -> ClientAssertion:
    return ClientAssertion.signed(client=CLIENT, server=SERVER, now=NOW, **how)


def the_fields(**changes: str | None) -> dict[str, str]:
    """The form of a right authorization code request, with some fields changed, added or, by None, left out."""
    fields: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "code": CODE,
        "redirect_uri": CALLBACK,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": an_assertion(),
    }
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


def a_request(
    changes: Changes | None = None,
    *,
    url: str = URL,
    headers: Iterable[tuple[str, str]] = (),
    also: str = "",
    body: bytes | None = None,
) -> TokenRequest:
    """A right request with some form fields changed, *also* put after them, or with another body."""
    form = urlencode(the_fields(**(changes or {}))).encode() + also.encode()
    return TokenRequest("POST", url, [*FORM.items(), *headers], form if body is None else body)


check = partial(assert_token_request, client=CLIENT, server=SERVER, now=NOW)
check_assertion = partial(assert_client_assertion, client=CLIENT, server=SERVER, now=NOW)


def told(helper: Callable[..., None], *args: Any, **kwargs: Any) -> str:
    """What the failure of *helper* says."""
    with pytest.raises(AssertionError) as raised:
        helper(*args, **kwargs)
    return str(raised.value)


# What is sent by libraries, from a library's object to a verdict.


def by_requests(data: Mapping[str, str]) -> object:
    return requests.Request("POST", URL, data=data).prepare()


def by_responses(data: Mapping[str, str]) -> object:
    with responses.RequestsMock() as mock:
        mock.post(URL)
        requests.post(URL, data=data, timeout=1)
        return mock.calls[0]


def by_httpx(data: Mapping[str, str]) -> object:
    return httpx.Request("POST", URL, data=dict(data))


def by_urllib(data: Mapping[str, str]) -> object:
    return urllib.request.Request(URL, data=urlencode(data).encode(), headers=FORM)


@pytest.mark.parametrize("send", [by_requests, by_responses, by_httpx, by_urllib])
class TestTheRequestOfALibrary:
    def test_passes_every_helper_when_it_is_right(self, send: Callable[[Mapping[str, str]], object]) -> None:
        sent = send(the_fields())
        check(sent, grant_type="authorization_code", code=CODE, redirect_uri=CALLBACK)
        check_assertion(sent)
        assert_form_fields(sent, client_assertion=..., code=CODE, client_secret=None)
        assert_no_basic_auth(sent)

    def test_fails_every_helper_when_it_is_wrong(self, send: Callable[[Mapping[str, str]], object]) -> None:
        sent = send(the_fields(client_assertion=an_assertion(fault="exp-expired"), client_secret="x"))
        assert "exp-expired" in told(check, sent)
        assert "exp-expired" in told(check_assertion, sent)
        assert told(assert_form_fields, sent, client_secret=None).startswith("client_secret: ")
        assert told(assert_no_basic_auth, sent).startswith("auth-client-secret-present: ")


@pytest.mark.parametrize("helper", [check, check_assertion, assert_form_fields, assert_no_basic_auth])
def test_what_is_no_request_is_a_type_error(helper: Callable[[object], None]) -> None:
    with pytest.raises(TypeError, match=r"PreparedRequest.*got int"):
        helper(42)


class TestAssertTokenRequest:
    def test_names_every_rule_and_every_field_in_one_failure(self) -> None:
        sent = a_request(
            {"client_assertion": an_assertion(fault="exp-expired"), "redirect_uri": "https://app.example/"}
        )
        with pytest.raises(InvalidTokenRequest) as raised:
            check(sent, redirect_uri=CALLBACK, scope="openid", grant_type="authorization_code")
        first, *lines = str(raised.value).splitlines()
        assert first == (
            "exp-expired, redirect-uri-mismatch, scope: 2 rules of profile 'pingone' broken, "
            "1 form field is not as expected"
        )
        assert lines[:2] == ["  scope  not sent", "         expected: 'openid'"]
        assert lines[2].startswith("  exp-expired            exp is ")
        (verdict,) = raised.value.verdicts
        assert verdict.rules == ("exp-expired", "redirect-uri-mismatch")

    def test_names_the_fields_alone_where_no_rule_is_broken(self) -> None:
        text = told(check, a_request(), client_id=..., redirect_uri=None)
        assert text.startswith(
            "client_id, redirect_uri: 2 form fields are not as expected\n"
            "  client_id     not sent\n"
            "                expected: any value\n"
            "  redirect_uri  'https://app.example/callback'\n"
            "                expected: not sent\n"
            "  POST https://auth.example/as/token  grant_type=authorization_code "
        )

    def test_is_the_report_of_the_verdict_where_the_fields_are_right(self) -> None:
        with pytest.raises(InvalidTokenRequest) as raised:
            check(a_request(headers=[("Authorization", "Basic eDp5")]), grant_type="authorization_code")
        (verdict,) = raised.value.verdicts
        assert str(raised.value) == str(verdict)
        assert verdict.rules == ("auth-multiple-methods", "auth-basic-present")

    @pytest.mark.parametrize(
        ("changes", "wanted", "headline"),
        [
            ({"code": None}, {"code": CODE}, "code-missing: 1 rule "),
            ({"grant_type": None}, {"grant_type": "authorization_code"}, "grant-type-missing: 1 rule "),
            ({"redirect_uri": None}, {"redirect_uri": CALLBACK}, "redirect-uri-missing: 1 rule "),
            ({"client_assertion": None}, {"client_assertion": ...}, "client-assertion-missing"),
        ],
    )
    def test_does_not_name_a_field_beside_the_rule_that_says_the_same(
        self, changes: Changes, wanted: dict[str, Any], headline: str
    ) -> None:
        text = told(check, a_request(changes), **wanted)
        assert text.startswith(headline)
        assert "form field" not in text

    def test_says_where_masked_values_differ_although_a_rule_says_that_they_do(self) -> None:
        text = told(check, a_request({"code": CODE + "X"}), code=CODE)
        assert text.startswith("code-mismatch, code: 1 rule ")
        assert "‹Rk3x… 19 characters› (they differ from character 20 on)" in text

    def test_names_a_repeated_field_beside_the_rules(self) -> None:
        text = told(check, a_request({"code": "another"}, also=f"&code={CODE}"), code=CODE)
        assert text.startswith("form-param-duplicate, code-mismatch, code: ")
        assert "sent 2 times: ‹7 characters›, ‹Rk3x… 19 characters›" in text

    def test_tells_the_judge_the_code_so_that_it_recognises_double_encoding(self) -> None:
        assert "form-double-encoded" in told(check, a_request({"code": "a%2Fb-12345678"}), code="a/b-12345678")

    def test_gives_each_warning_at_the_line_of_the_test(self) -> None:
        with pytest.warns(TokenRequestWarning, match="^exp-lifetime-hygiene: ") as caught:
            check(a_request({"client_assertion": an_assertion(lifetime=1800)}))
        assert [warning.filename for warning in caught] == [__file__]

    def test_gives_no_warning_when_it_fails(self) -> None:
        sent = a_request({"client_assertion": an_assertion(lifetime=1800), "code": None})
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            told(check, sent)
        assert caught == []

    def test_judges_at_the_time_and_with_the_leeway_given(self) -> None:
        sent = a_request({"client_assertion": an_assertion(lifetime=60)})
        assert "exp-expired" in told(assert_token_request, sent, client=CLIENT, server=SERVER, now=NOW + 60)
        assert_token_request(sent, client=CLIENT, server=SERVER, now=NOW + 60, leeway=5)

    def test_judges_by_the_current_time_where_none_is_given(self) -> None:
        assert "exp-expired" in told(assert_token_request, a_request(), client=CLIENT, server=SERVER)

    def test_refuses_an_unknown_profile(self) -> None:
        with pytest.raises(ConfigurationError, match=r"unknown profile 'pingtwo'\. Did you mean 'pingone'"):
            check(a_request(), profile="pingtwo")

    def test_refuses_a_field_value_that_is_no_text(self) -> None:
        with pytest.raises(TypeError, match=r"^max_age= is a text, \.\.\. or None; got int$"):
            check(a_request(), max_age=3)  # type: ignore[arg-type]


class TestTheProfile:
    """Of the test that runs, unless an argument says otherwise."""

    FAULTY = a_request(headers=[("Authorization", "Basic eDp5")])
    TOLERANT = adjust(PROFILES["pingone"], allow=["auth-basic-present", "auth-multiple-methods"])

    @pytest.mark.parametrize("helper", [check, check_assertion])
    def test_is_that_of_the_test_that_runs(self, helper: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(profile_in_force, "find", lambda: self.TOLERANT)
        helper(self.FAULTY)

    @pytest.mark.parametrize("helper", [check, check_assertion])
    def test_is_the_argument_before_that(self, helper: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(profile_in_force, "find", lambda: self.TOLERANT)
        assert "profile 'rfc7523'" in told(helper, self.FAULTY, profile="rfc7523")

    def test_is_pingone_outside_a_test(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(profile_in_force, "find", None)
        assert "profile 'pingone'" in told(check, self.FAULTY)


class TestAssertClientAssertion:
    @pytest.mark.parametrize(
        "fault",
        ["exp-expired", "aud-mismatch", "alg-none", "signature-invalid", "jws-part-count", "claim-time-milliseconds"],
    )
    def test_names_a_fault_of_the_assertion(self, fault: str) -> None:
        with pytest.raises(InvalidTokenRequest) as raised:
            check_assertion(a_request({"client_assertion": an_assertion(fault=fault)}))
        (verdict,) = raised.value.verdicts
        assert fault in verdict.rules
        assert str(raised.value) == str(verdict)

    @pytest.mark.parametrize(
        ("changes", "rule"),
        [
            ({"client_assertion": None, "client_assertion_type": None}, "client-assertion-missing"),
            ({"client_assertion_type": "jwt-bearer"}, "client-assertion-type-wrong"),
            ({"client_id": "someone-else"}, "client-id-mismatch"),
        ],
    )
    def test_names_a_fault_in_how_it_was_sent(self, changes: Changes, rule: str) -> None:
        assert rule in told(check_assertion, a_request(changes)).partition("\n")[0]

    @pytest.mark.parametrize(
        ("sent", "rule"),
        [
            (a_request({"code": None}), "code-missing"),
            (a_request({"scope": " openid"}), "scope-malformed"),
            (a_request(url="https://auth.example/elsewhere"), "url-endpoint-mismatch"),
        ],
    )
    def test_does_not_look_at_the_rest_of_the_request(self, sent: TokenRequest, rule: str) -> None:
        assert rule in told(check, sent)
        check_assertion(sent)

    def test_lists_as_not_evaluated_only_rules_about_the_assertion(self) -> None:
        with pytest.raises(InvalidTokenRequest) as raised:
            check_assertion(a_request({"client_assertion": "no.j.wt", "code": None}))
        (verdict,) = raised.value.verdicts
        skipped = {item.rule for item in verdict.not_evaluated}
        assert "exp-expired" in skipped
        assert {RULES[rule].room for rule in skipped} <= ASSERTION_ROOMS

    def test_fails_where_no_assertion_could_be_read_for_another_reason(self) -> None:
        text = told(check_assertion, a_request(body=json.dumps(the_fields()).encode()))
        assert text.startswith("client_assertion: none could be read, so none was checked\nform-not-urlencoded: ")

    def test_gives_a_warning_about_the_assertion_and_no_other(self) -> None:
        sent = a_request({"client_assertion": an_assertion(lifetime=1800), "scope": "openid openid"})
        with pytest.warns(TokenRequestWarning) as caught:
            check_assertion(sent)
        assert [str(warning.message).partition(":")[0] for warning in caught] == ["exp-lifetime-hygiene"]


class TestAssertFormFields:
    @pytest.mark.parametrize(
        "wanted",
        [
            {},
            {"grant_type": "authorization_code"},
            {"code": CODE, "redirect_uri": CALLBACK, "client_assertion": ...},
            {"client_secret": None},
        ],
    )
    def test_passes_what_is_as_expected(self, wanted: dict[str, Any]) -> None:
        assert_form_fields(a_request(), **wanted)

    def test_a_field_may_have_any_name(self) -> None:
        assert_form_fields(a_request({"request": "x", "self": "y", "a-b": "z"}), request="x", self="y", **{"a-b": "z"})

    @pytest.mark.parametrize(
        ("sent", "wanted", "lines"),
        [
            (
                a_request({"scope": "openid"}),
                {"scope": "email"},
                ["  scope  'openid'", "         expected: 'email'"],
            ),
            (
                a_request(),
                {"scope": ...},
                ["  scope  not sent", "         expected: any value"],
            ),
            (
                a_request({"scope": ""}),
                {"scope": ...},
                ["  scope  sent without a value", "         expected: any value"],
            ),
            (
                a_request({"scope": "a"}, also="&scope=b"),
                {"scope": "a"},
                ["  scope  sent 2 times: 'a', 'b'", "         expected: once, 'a'"],
            ),
            (
                a_request({"scope": "a"}),
                {"scope": None},
                ["  scope  'a'", "         expected: not sent"],
            ),
            (
                a_request({"code": "short"}),
                {"code": ""},
                ["  code  ‹5 characters›", "        expected: '' (they differ from character 1 on)"],
            ),
            (
                a_request({"unknown": "a value that may be a secret"}),
                {"unknown": "a value that may be another"},
                [
                    "  unknown  ‹a va… 28 characters›",
                    "           expected: ‹a va… 27 characters› (they differ from character 22 on)",
                ],
            ),
        ],
    )
    def test_says_what_was_sent_and_what_was_expected(
        self, sent: TokenRequest, wanted: dict[str, Any], lines: list[str]
    ) -> None:
        (name,) = wanted
        first, *rest = told(assert_form_fields, sent, **wanted).splitlines()
        assert first == f"{name}: 1 form field is not as expected"
        assert rest[:-1] == lines
        assert rest[-1].startswith("  fields sent: grant_type, code, redirect_uri, client_assertion_type, ")

    def test_names_all_of_them_in_the_first_line(self) -> None:
        text = told(assert_form_fields, a_request(), scope=..., code="x", nonce=...)
        assert text.startswith("scope, code, nonce: 3 form fields are not as expected\n")

    @pytest.mark.parametrize(
        ("sent", "line"),
        [
            (
                TokenRequest("POST", URL, [("content-type", "application/json")], b'{"code": "secret-code"}'),
                "  no form fields in the body of 23 octets; Content-Type: 'application/json'",
            ),
            (TokenRequest("POST", URL, [], b""), "  no form fields in the body of 0 octets; Content-Type: 'none'"),
        ],
    )
    def test_says_what_was_sent_instead_of_a_form(self, sent: TokenRequest, line: str) -> None:
        assert told(assert_form_fields, sent, code=...).splitlines()[-1] == line


class TestAssertNoBasicAuth:
    @pytest.mark.parametrize(
        "sent",
        [
            a_request(),
            a_request(headers=[("Proxy-Authorization", "Basic eDp5"), ("DPoP", "x")]),
            a_request({"scope": "client_secret=", "state": "a@b"}),
            a_request(url=f"{URL}?next=a@b"),
        ],
    )
    def test_passes_a_request_without_a_password(self, sent: TokenRequest) -> None:
        assert_no_basic_auth(sent)

    BASIC = "Authorization: Basic was sent; requests adds it from ~/.netrc or from user:pass@ in the URL"
    NO_HEADER = "no Authorization header"

    @pytest.mark.parametrize(
        ("sent", "rule", "found", "expected"),
        [
            (a_request(headers=[("Authorization", "Basic eDp5")]), "auth-basic-present", BASIC, NO_HEADER),
            (a_request(headers=[("authorization", "bAsIc")]), "auth-basic-present", BASIC, NO_HEADER),
            (
                a_request(headers=[("Authorization", "Bearer x")]),
                *("auth-bearer-present", "Authorization: Bearer was sent", NO_HEADER),
            ),
            (
                a_request(headers=[("Authorization", "the-secret-itself")]),
                *("auth-bearer-present", "Authorization: ‹another scheme› was sent", NO_HEADER),
            ),
            (
                a_request(headers=[("Authorization", "")]),
                *("auth-bearer-present", "Authorization: ‹another scheme› was sent", NO_HEADER),
            ),
            (
                a_request(url="https://user:pass@auth.example/as/token"),
                *("url-userinfo-present", "user or password stands before the host in the URL", "no userinfo"),
            ),
            (
                a_request(url="https://user:pass@auth.example:port/as/token"),
                *("url-userinfo-present", "user or password stands before the host in the URL", "no userinfo"),
            ),
            (
                a_request({"client_secret": "x"}),
                *("auth-client-secret-present", "client_secret is in the body", "no client_secret"),
            ),
            (
                a_request({"client_secret": ""}),
                *("auth-client-secret-present", "client_secret is in the body", "no client_secret"),
            ),
            (
                a_request(body=b'{"client_secret":"x"}'),
                *("auth-client-secret-present", "client_secret is in the body", "no client_secret"),
            ),
            (
                a_request(body=b'--b\r\nContent-Disposition: form-data; name="client_secret"\r\n\r\nx\r\n--b--'),
                *("auth-client-secret-present", "client_secret is in the body", "no client_secret"),
            ),
            (
                a_request(url=f"{URL}?client_secret=x"),
                *("url-credentials-in-query", "client_secret is in the query of the URL", "no client_secret"),
            ),
        ],
    )
    def test_says_what_was_sent(self, sent: TokenRequest, rule: str, found: str, expected: str) -> None:
        assert told(assert_no_basic_auth, sent) == (
            f"{rule}: a credential was sent beside the client assertion\n"
            f"  {rule}  {found}\n"
            f"  {' ' * len(rule)}  expected: {expected}"
        )

    def test_names_everything_at_once(self) -> None:
        sent = a_request(
            {"client_secret": "x"},
            url="https://user:pass@auth.example/as/token?client_secret=x",
            headers=[("Authorization", "Basic eDp5"), ("Authorization", "Bearer x")],
        )
        assert told(assert_no_basic_auth, sent).partition(": ")[0] == (
            "auth-basic-present, auth-bearer-present, url-userinfo-present, auth-client-secret-present, "
            "url-credentials-in-query"
        )


class TestNoFailureShowsACredential:
    SENT = a_request(
        {"client_secret": CLIENT.client_secret, "refresh_token": "a-refresh-token-of-24-ch"},
        headers=[("Authorization", "Basic Y2xpZW50LTE6YSBzZWNyZXQ=")],
        also=f"&code={CODE}",
    )

    @pytest.mark.parametrize(
        ("helper", "wanted"),
        [
            (check, {"code": "another code, as long", "client_assertion": "another assertion"}),
            (check_assertion, {}),
            (assert_form_fields, {"code": "another code, as long", "refresh_token": "other", "client_secret": None}),
            (assert_no_basic_auth, {}),
        ],
    )
    def test_neither_what_was_sent_nor_what_was_expected(
        self, helper: Callable[..., None], wanted: dict[str, Any]
    ) -> None:
        text = told(helper, self.SENT, **wanted)
        signature = the_fields()["client_assertion"].rpartition(".")[2]
        for credential in [CLIENT.client_secret, CODE, "a-refresh-token", "another code", signature, "Y2xpZW50"]:
            assert credential is not None
            assert credential not in text
