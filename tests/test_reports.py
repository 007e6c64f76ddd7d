"""Reports to the letter, one of each kind, and what none of them may show wherever it stands in a request."""

from __future__ import annotations

import base64
import pickle
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any
from urllib.parse import quote

import pytest
from places_of_secrets import PLACES, texts_of
from requests_under_test import (
    ABSENT,
    CODE,
    NOW,
    REFRESH_TOKEN,
    SECRET,
    a_key,
    a_request,
    an_answer,
    an_assertion,
)
from stopwatch import seconds

from pytest_jwtauth.errors import InvalidTokenRequest
from pytest_jwtauth.evidence import gather
from pytest_jwtauth.form_body import parse
from pytest_jwtauth.haystack import FEW, Needles
from pytest_jwtauth.history import History
from pytest_jwtauth.jws import take_apart
from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.model import AuthorizationServer, Verdict, Violation
from pytest_jwtauth.numeric_date import HugeInteger
from pytest_jwtauth.parameters import CREDENTIALS
from pytest_jwtauth.profiles import profile_named
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.report import (
    LONGEST_LINE,
    MOST_FIELDS,
    NO_SECRETS,
    _length_in_common,
    describe_failures,
    describe_warning,
    headline,
    masked,
    printable,
    redact,
    shown_url,
)
from pytest_jwtauth.report_words import mask, shown_name
from pytest_jwtauth.verdict import judge

SERVER = AuthorizationServer("https://auth.example/as", "https://auth.example/as/token")
APP = RegisteredClient("app-1", SECRET)


def verdict_on(
    *, client: RegisteredClient = APP, profile: str = "pingone", expected: dict[str, Any] | None = None, **changes: Any
) -> Verdict:
    """What the judge says of a request of the app."""
    request = a_request(client=client, server=SERVER, **changes)
    return judge(request, client=client, server=SERVER, profile=profile, now=NOW, **expected or {})


REQUEST_LINE = (
    "  POST https://auth.example/as/token  grant_type=authorization_code code=‹f1c0… 36 characters› "
    "redirect_uri=http://localhost:3000/callback client_assertion=‹{length} characters, see below›"
)
ASSERTION_LINE = (
    '  client_assertion: {{"alg":"HS256","typ":"JWT"}}.{{"iss":"app-1","sub":"app-1",'
    '"aud":"https://auth.example/as/token","iat":1760000000,"exp":{exp},'
    '"jti":"0f8fad5b-d9cb-469f-a165-70867728950e"}}.‹signature valid›'
)
JUDGED = "  judged at 2025-10-09 08:53:20Z; iat 2025-10-09 08:53:20Z"

NO_RULE_BROKEN = f"""\
no rule of profile 'pingone' broken
{REQUEST_LINE.format(length=276)}
{ASSERTION_LINE.format(exp=NOW + 300)}
{JUDGED}, exp 2025-10-09 08:58:20Z"""

ONE_VIOLATION = f"""\
alg-registered-mismatch: 1 rule of profile 'pingone' broken
  alg-registered-mismatch  alg is 'HS256'
                           expected: HS512   [OIDC Dynamic Client Registration §2]
{REQUEST_LINE.format(length=276)}
{ASSERTION_LINE.format(exp=NOW + 300)}
{JUDGED}, exp 2025-10-09 08:58:20Z
  allow: @pytest.mark.jwtauth(allow=["alg-registered-mismatch"])   docs: docs/rules.md#alg-registered-mismatch"""

SEVERAL = f"""\
auth-multiple-methods, auth-basic-present, claim-time-milliseconds: 3 rules of profile 'pingone' broken
  auth-multiple-methods    client_assertion and Authorization: Basic in one request
                           expected: A request uses one way to authenticate the client.   [RFC 6749 §2.3]
  auth-basic-present       Authorization: Basic was sent; requests adds it from ~/.netrc or user:pass@ in the URL
                           expected: no Authorization header   [RFC 6749 §2.3]
  claim-time-milliseconds  exp is 1760000300000 (year 57742); in seconds it would be 2025-10-09 08:58:20Z
                           expected: seconds since 1970   [RFC 7519 §2]
  header-cookie-present    warning: a Cookie header was sent: a session shared with other requests?
                           expected: a session of its own   [hygiene]
{REQUEST_LINE.format(length=280)}
{ASSERTION_LINE.format(exp=(NOW + 300) * 1000)}
{JUDGED}
  not evaluated: exp-expired, exp-too-far, exp-lifetime-hygiene, exp-not-after-iat and 1 more (exp is not in seconds)
  allow: @pytest.mark.jwtauth(allow=["auth-multiple-methods"])   docs: docs/rules.md#auth-multiple-methods"""

WARNINGS_ONLY = f"""\
header-cookie-present: 1 rule of profile 'pingone' broken (level: warning)
  header-cookie-present  warning: a Cookie header was sent: a session shared with other requests?
                         expected: a session of its own   [hygiene]
{REQUEST_LINE.format(length=276)}
{ASSERTION_LINE.format(exp=NOW + 300)}
{JUDGED}, exp 2025-10-09 08:58:20Z
  allow: @pytest.mark.jwtauth(allow=["header-cookie-present"])   docs: docs/rules.md#header-cookie-present"""

UNREADABLE_ASSERTION = f"""\
jws-part-count: 1 rule of profile 'pingone' broken
  jws-part-count  1 part
                  expected: header.payload.signature   [RFC 7515 §7.1, §5.2 step 1]
{REQUEST_LINE.format(length=4)}
  client_assertion: ‹4 characters that are no JWT›
  not evaluated: {{}} (the assertion is no compact JWS of three parts)
  allow: @pytest.mark.jwtauth(allow=["jws-part-count"])   docs: docs/rules.md#jws-part-count"""

UNREADABLE_HEADER = """\
header-not-object: 1 rule of profile 'pingone' broken
  header-not-object  it is an array
                     expected: The header is a JSON object.   [RFC 7515 §4]
{request}
  client_assertion: ‹unreadable›.{{"iss":"app-1"}}.‹signature not verified›
  judged at 2025-10-09 08:53:20Z
"""

MULTIPART = """\
header-content-type-wrong, form-not-urlencoded: 2 rules of profile 'pingone' broken
  header-content-type-wrong  Content-Type is 'multipart/form-data; boundary=x'
                             expected: application/x-www-form-urlencoded   \
[RFC 6749 §4.1.3; RFC 8693 §2.1; RFC 9126 §2.1; RFC 7662 §2.1]
  form-not-urlencoded        the body is multipart/form-data
                             expected: The body is a form in application/x-www-form-urlencoded.   \
[RFC 6749 appendix B]
  POST https://auth.example/as/token  ‹83 octets: the body is multipart/form-data›
  not evaluated: {} (the body is multipart/form-data)
  allow: @pytest.mark.jwtauth(allow=["header-content-type-wrong"])   docs: docs/rules.md#header-content-type-wrong"""

MULTIPART_BODY = b'--x\r\nContent-Disposition: form-data; name="client_secret"\r\n\r\nhush, a secret!\r\n--x--'


def not_evaluated(verdict: Verdict) -> str:
    """How a report names the rules that were not evaluated, all for one reason."""
    ids = [item.rule for item in verdict.not_evaluated]
    return f"{', '.join(ids[:4])} and {len(ids) - 4} more"


def test_no_rule_broken() -> None:
    assert str(verdict_on()) == NO_RULE_BROKEN


def test_one_violation() -> None:
    client = RegisteredClient("app-1", SECRET, token_endpoint_auth_signing_alg="HS512")
    assert str(verdict_on(client=client)) == ONE_VIOLATION


def test_several_violations_and_a_warning() -> None:
    verdict = verdict_on(
        claims={"exp": (NOW + 300) * 1000},
        more_headers=[("Authorization", "Basic dXNlcjpwYXNz"), ("Cookie", "a=b")],
    )
    assert str(verdict) == SEVERAL


def test_warnings_only() -> None:
    assert str(verdict_on(more_headers=[("Cookie", "a=b")])) == WARNINGS_ONLY


def test_an_assertion_that_cannot_be_read() -> None:
    verdict = verdict_on(text="nope")
    assert str(verdict) == UNREADABLE_ASSERTION.format(not_evaluated(verdict))


def test_an_assertion_whose_header_cannot_be_read() -> None:
    verdict = verdict_on(jose_header=b"[]", payload=b'{"iss":"app-1"}', profile="rfc7523")
    lines = str(verdict).splitlines()
    assert '  client_assertion: ‹unreadable›.{"iss":"app-1"}.‹signature not verified›' in lines
    assert "  judged at 2025-10-09 08:53:20Z" in lines


def test_an_assertion_whose_claims_cannot_be_read() -> None:
    assert '{"alg":"HS256","typ":"JWT"}.‹unreadable›.‹signature valid›' in str(verdict_on(payload=b"hello"))


def test_no_assertion_at_all() -> None:
    verdict = verdict_on(fields={"client_assertion": ABSENT, "client_assertion_type": ABSENT})
    assert "client_assertion:" not in str(verdict)
    assert "(no client_assertion was sent)" in str(verdict)


def test_a_body_that_is_no_form() -> None:
    headers = [("Content-Type", "multipart/form-data; boundary=x")]
    verdict = verdict_on(headers=headers, body=MULTIPART_BODY)
    assert str(verdict) == MULTIPART.format(not_evaluated(verdict))


def test_several_requests_all_ids_first() -> None:
    first, second = verdict_on(claims={"iss": "x"}), verdict_on(claims={"iss": "x", "sub": "y"})
    assert describe_failures([first, second]) == (
        f"iss-mismatch, sub-mismatch: 2 rules broken by 2 requests\nrequest 1 of 2: {first}\nrequest 2 of 2: {second}"
    )


def test_one_request_is_its_own_report() -> None:
    verdict = verdict_on(claims={"iss": "x"})
    assert describe_failures([verdict]) == str(verdict)


def test_a_warning_is_one_line() -> None:
    (warning,) = verdict_on(claims={"jti": ABSENT}).warnings
    assert describe_warning(warning) == (
        "jti-missing: no jti among the claims (expected: jti is present.) [OIDC Core §9; RFC 7523 §3 item 7]"
    )


def test_a_headline_has_the_ids_before_anything_else() -> None:
    assert headline(verdict_on(claims={"iss": "x"})) == "iss-mismatch: 1 rule of profile 'pingone' broken"


def test_the_first_rules_of_a_reason_are_named_and_the_others_counted() -> None:
    report = str(verdict_on(claims={"exp": None, "nbf": "x"}))
    assert (
        "not evaluated: exp-expired, exp-too-far, exp-lifetime-hygiene, exp-not-after-iat and 1 more (exp is null); "
        "nbf-in-future, nbf-not-before-exp (nbf is a string)"
    ) in report


# The line of the request


def request_line(**changes: Any) -> str:
    """The line of a report that shows the request."""
    report = str(verdict_on(**changes))
    (line,) = [line for line in report.splitlines() if re.match(r"  \S+( \S+)? (https?://|‹URL)", line)]
    return line


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"method": "GET"}, "  GET https://"),
        ({"method": "x" * 21}, "  ‹21 characters› https://"),
        ({"method": "G\nET"}, "  ‹4 characters› https://"),
        ({"url": "https://u:p@auth.example/as/token"}, "https://‹userinfo›@auth.example/as/token"),
        ({"query": "a=1&b=2&&c"}, "/as/token?a=…&b=…&‹1 characters›  "),
        ({"query": "a b=1"}, "/as/token?‹3 characters that are no name›=…"),
        ({"query": "&".join(f"q{n}=1" for n in range(30))}, f"&q{MOST_FIELDS - 1}=…  "),
        ({"url": "https://["}, "‹URL that cannot be read›"),
        ({"url": "https://auth.example/as/token#x=y"}, "https://auth.example/as/token  "),
        ({"fields": {"client_assertion_type": "x"}}, " client_assertion_type=x "),
        ({"fields": {"code": ""}}, " code= "),
        ({"fields": {"code": "abc"}}, " code=‹3 characters› "),
        ({"fields": {"state": "abc"}}, " state=‹3 characters›"),
        ({"fields": {"scope": "a b"}}, " scope=a b"),
        ({"fields": {"scope": "x" * 300}}, f" scope={'x' * 200}…"),
        ({"fields": {"scope": "a\nb\u2028\ud7ff"}}, " scope=a\\x0ab\\x2028\\xd7ff"),
        ({"more_fields": [("client_assertion", "x.y.z")]}, " client_assertion=‹5 characters›"),
        ({"more_fields": [("a b=c&d", "x")]}, " ‹7 characters that are no name›=‹1 characters›"),
        ({"more_fields": [(f"f{n}", "x") for n in range(MOST_FIELDS)]}, " and 5 more"),
        ({"body": b'{"a":1}'}, "  ‹7 octets: the body is JSON›"),
        ({"body": b""}, "https://auth.example/as/token  "),
    ],
)
def test_the_request_line(changes: dict[str, Any], words: str) -> None:
    assert words in request_line(**changes) + "  "


def test_a_url_is_shown_without_the_values_of_its_query() -> None:
    assert shown_url("https://h/p?a=1&b=%20&c") == "https://h/p?a=…&b=…&‹1 characters›"


# Values


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("", "‹0 characters›"),
        ("elevenchars", "‹11 characters›"),
        ("twelve chars", "‹twel… 12 characters›"),
        ("a\nb\0cdefghijkl", "‹a·b·… 14 characters›"),
    ],
)
def test_a_mask_shows_four_characters_of_what_can_spare_them(value: str, shown: str) -> None:
    assert mask(value) == shown


@pytest.mark.parametrize("name", ["grant_type", "x-y.z", "a[0]", "urn:x", "x" * 60, "grüße"])
def test_a_name_is_shown(name: str) -> None:
    assert shown_name(name) == name


@pytest.mark.parametrize("name", ["", "a b", "a=b", "x" * 61, "a\n", "a/b", "a%20b"])
def test_what_is_no_name_is_counted(name: str) -> None:
    assert shown_name(name) == f"‹{len(name)} characters that are no name›"


DEEP: Any = {"a": {"b": {"c": {"d2": {"e": 1}}}}}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("text", "text"),
        ("x" * 300, "x" * 300),
        ("x" * 301, "‹xxxx… 301 characters›"),
        ("eyJhbGciOiJub25lIn0.e30.", "‹eyJh… 24 characters›"),
        ("eyJ.e30", "eyJ.e30"),
        (1.5, 1.5),
        (None, None),
        (HugeInteger(5000, negative=False), "‹integer of 5000 digits›"),
        ({"d": "x", "k": 1, "note": "y"}, {"d": "‹masked›", "k": "‹masked›", "note": "y"}),
        (
            {"client_secret": "x", "access_token": "y", "code": "z"},
            dict.fromkeys(("client_secret", "access_token", "code"), "‹masked›"),
        ),
        ({"x" * 61: 1}, {"x" * 60: 1}),
        ({f"m{n}": n for n in range(30)}, {f"m{n}": n for n in range(MOST_FIELDS)}),
        (list(range(20)), list(range(8))),
        (DEEP, {"a": {"b": {"c": {"d2": "‹…›"}}}}),
        ([[[[[1]]]]], [[[["‹…›"]]]]),
    ],
)
def test_a_json_value_is_cut_and_masked(value: Any, shown: Any) -> None:
    assert masked(value) == shown


def test_every_credential_is_masked_among_claims() -> None:
    assert set(masked(dict.fromkeys(sorted(CREDENTIALS)[:MOST_FIELDS], "x")).values()) == {"‹masked›"}


def test_a_long_json_text_is_cut() -> None:
    report = str(verdict_on(claims={f"c{n}": "x" * 290 for n in range(9)}))
    (line,) = [line for line in report.splitlines() if line.startswith("  client_assertion: ")]
    assert f"{'x' * 10}….‹signature valid›" in line
    assert len(line) < LONGEST_LINE * 3


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\nb\t\0", "a\\x0ab\\x09\\x00"),
        ("\ud800", "\\xd800"),
        ("\u202e", "\\x202e"),
        ("x" * 400, "x" * 400),
        ("x" * 401, "x" * 400 + "…"),
    ],
)
def test_a_text_is_made_printable(text: str, shown: str) -> None:
    assert printable(text, NO_SECRETS) == shown


KEY = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n-----END PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl"
SECRETS = Needles(["abcdefghijklmnop"], 8)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"x {KEY} y", "x ‹private key› y"),
        (f"x {KEY[:40]}", "x ‹private key›"),
        (KEY.replace("PRIVATE", "EC PRIVATE"), "‹private key›"),
        ("-----BEGIN PUBLIC KEY-----", "-----BEGIN PUBLIC KEY-----"),
        (f"<{JWT}>", f"<‹eyJh… {len(JWT)} characters›>"),
        (JWT.replace(".", "%2E"), f"‹eyJh… {len(JWT) + 4} characters›"),
        (JWT.replace(".", "%252e"), f"‹eyJh… {len(JWT) + 8} characters›"),
        (JWT[:30], "‹eyJh… 30 characters›"),
        ("eyJust", "eyJust"),
        ("=AbcdefghIJKLMNOP=", "=‹Abcd… 16 characters›="),
        ("AbcdefghIJKLMNOPAbcdefghIJKLMNOP", "‹Abcd… 16 characters›‹Abcd… 16 characters›"),
        ("abcdefghijklmnop in lower case", "‹abcd… 16 characters› in lower case"),
        ("'AbcdefghIJ' cut off", "'‹10 characters›' cut off"),
        ("AbcdefghIJ", "‹10 characters›"),
        ('AbcdefghIJKL"', '‹Abcd… 12 characters›"'),
        ("AbcdefghIJ…", "‹10 characters›…"),
        ("Abcdefghi is another word", "Abcdefghi is another word"),
        ("Abcdefg is too short", "Abcdefg is too short"),
        ("İAbcdefghIJKLMNOP", "İ‹Abcd… 16 characters›"),
    ],
)
def test_what_proves_something_is_masked(text: str, shown: str) -> None:
    assert redact(text, SECRETS) == shown


def test_among_very_many_secrets_each_is_found() -> None:
    many = Needles([f"{number:08}-and-more" for number in range(FEW + 1)], 8)
    text = "00000007-and-more, 00000042-and-mo and 00000099-and-more"
    few = Needles([f"{number:08}-and-more" for number in (7, 42, 99)], 8)
    assert (
        redact(text, many) == redact(text, few) == ("‹0000… 17 characters›, 00000042-and-mo and ‹0000… 17 characters›")
    )


def test_a_text_that_is_made_of_beginnings_of_secrets_is_not_shown_at_all() -> None:
    """To compare each place in it with each secret took seconds."""
    secrets = Needles([f"{'a' * (8 + number)}-" for number in range(1000)], 8)
    assert redact("a" * 3000, secrets) == "‹aaaa… 3000 characters›"
    assert seconds(lambda: redact("a" * 3000, secrets)) < 0.1


@pytest.mark.parametrize(("left", "length"), [("abcabd", 5), ("abcabc", 6), ("abcabcabca", 9), ("", 0), ("xbc", 0)])
def test_two_texts_have_a_beginning_in_common(left: str, length: int) -> None:
    assert _length_in_common(left, "abcabcabc") == length


# Wherever a secret stands

ODD_SECRET = "Grüße\\an \"alle\" & 'jeden', 100%! ~ " + "q9Zx" * 8
LONG_SECRET = base64.b64encode(bytes(range(150))).decode("ascii")
KEY_CLIENT = RegisteredClient("app-1", jwks={"keys": [a_key("ES256")]})
PRIVATE = KEY_CLIENT.private_jwk()["d"]
PEM = KEY_CLIENT.private_key_pem()
OTHER_JWT = an_assertion(claims={"jti": "another"})

WHO: dict[str, tuple[str, dict[str, Any]]] = {
    "the secret": (SECRET, {}),
    "an odd secret": (ODD_SECRET, {"client": RegisteredClient("app-1", ODD_SECRET)}),
    "a long secret": (LONG_SECRET, {"client": RegisteredClient("app-1", LONG_SECRET)}),
    "a code": (CODE, {"expected": {"code": CODE}}),
    "an odd code": ("a~b+c=\"d'é\\" * 3, {"fields": {"code": "a~b+c=\"d'é\\" * 3}}),
    "a code that was issued, not sent": (CODE, {"fields": {"code": "other"}, "expected": {"code": CODE}}),
    "a refresh token": (REFRESH_TOKEN, {"grant": "refresh_token", "expected": {"refresh_token": REFRESH_TOKEN}}),
    "a verifier": (
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        {
            "fields": {"code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
            "expected": {"code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
        },
    ),
    "a password": ("correct horse battery", {"grant": "password"}),
    "a private key": (PRIVATE, {"client": KEY_CLIENT}),
    "a private key in PEM": (PEM, {"client": KEY_CLIENT}),
    "an assertion": (OTHER_JWT, {}),
}


def windows(secret: str) -> Iterator[str]:
    """Every stretch of a secret that is long enough to be of use to somebody."""
    told = "\n".join(secret.splitlines()[1:-1]) if secret.startswith("-----BEGIN") else secret
    for form in {told, ascii(told)[1:-1], quote(told, safe="")}:
        yield from (form[start : start + 12].lower() for start in range(max(1, len(form) - 11)))


@pytest.mark.parametrize("place", PLACES)
def test_nothing_shows_what_stands_in(place: str) -> None:
    for who, (secret, usual) in WHO.items():
        shown = "\n".join(texts_of(verdict_on(**{**usual, **PLACES[place](secret)})))
        assert shown.replace("\n", "").isprintable()
        lowered = shown.lower()
        for stretch in windows(secret):
            assert stretch not in lowered, f"of {who} {stretch!r} stands in\n{shown}"


SENT = [
    pytest.param(SECRET, id="the secret"),
    pytest.param(CODE, id="the code"),
    pytest.param(OTHER_JWT, id="the assertion"),
    pytest.param("at.2YotnFZFEjr1zCsicMWpAA", id="an access token"),
]


@pytest.mark.parametrize("secret", SENT)
def test_no_repr_of_anything_behind_a_verdict_shows_it(secret: str) -> None:
    request = a_request(
        client=APP,
        server=SERVER,
        url=f"https://app:{quote(SECRET)}@auth.example/as/token?x={CODE}",
        more_headers=[("X-Secret", secret)],
        more_fields=[("client_secret", secret), (secret, "x")],
        claims={"note": secret, secret: secret},
    )
    evidence = gather(
        request,
        client=APP,
        server=SERVER,
        profile=profile_named("pingone"),
        now=NOW,
        leeway=0,
        history=History(),
        expected={"code": CODE},
    )
    past = evidence.as_past(an_answer(access_token=secret), answered=True)
    history = History()
    history.remember(past)
    assertion = an_assertion(client=APP, claims={"note": secret, secret: 1})
    behind: list[object] = [
        request,
        evidence,
        past,
        an_answer(access_token=secret),
        history,
        evidence.form,
        parse(request.body),
        take_apart(assertion),
        *take_apart(assertion).segments,
        take_apart(assertion).claims_json,
        evidence.verification,
        APP,
        evidence.decoded_assertion(),
    ]
    for thing in behind:
        assert secret not in repr(thing)
        assert not explained_by_pytest(thing), f"pytest prints the fields of {type(thing).__name__} where two differ"


def explained_by_pytest(thing: object) -> bool:
    """Whether a failing ``assert a == b`` prints the fields of a dataclass: it does unless equality is written out."""
    if not is_dataclass(thing) or not fields(thing):
        return False
    code = getattr(type(thing).__eq__, "__code__", None)
    return (
        code is not None
        and code.co_filename == "<string>"
        and any(item.repr for item in fields(thing) if item.name not in SAFE)
    )


SAFE = frozenset({"state", "detail", "wrapper"})
"""Fields that hold words of ours."""


# To another process


def test_a_verdict_goes_elsewhere_as_text_without_the_credential_behind_it() -> None:
    verdict = verdict_on(claims={"iss": "x", "jti": ABSENT})
    octets = pickle.dumps(verdict)
    assert SECRET.encode() not in octets
    assert CODE.encode() not in octets
    arrived: Verdict = pickle.loads(octets)
    assert str(arrived) == str(verdict)
    assert repr(arrived) == repr(verdict)
    assert (arrived.violations, arrived.warnings, arrived.not_evaluated) == (
        verdict.violations,
        verdict.warnings,
        verdict.not_evaluated,
    )
    assert arrived.assertion == verdict.assertion
    assert arrived.profile == "pingone"
    with pytest.raises(InvalidTokenRequest, match="iss-mismatch"):
        arrived.check()


def test_an_error_goes_elsewhere_with_its_verdicts() -> None:
    with pytest.raises(InvalidTokenRequest) as caught:
        verdict_on(claims={"iss": "x"}).check()
    arrived: InvalidTokenRequest = pickle.loads(pickle.dumps(caught.value))
    assert str(arrived) == str(caught.value)
    assert arrived.verdicts[0].violations == caught.value.verdicts[0].violations


def test_a_request_goes_elsewhere_as_it_is() -> None:
    request = a_request()
    assert pickle.loads(pickle.dumps(request)) == request


def test_a_violation_can_be_made_by_hand() -> None:
    made = Violation("rule", "Demanded.", "found", "expected", "RFC 1", "error")
    assert describe_warning(made) == "rule: found (expected: expected) [RFC 1]"


def test_requests_are_equal_if_all_of_them_is() -> None:
    request = a_request()
    same = TokenRequest(request.method, request.url, list(request.headers), request.body)
    assert (request == same, hash(request) == hash(same)) == (True, True)
    assert request != a_request(method="GET")
    assert request != "a request"
    assert (an_answer() == an_answer(), hash(an_answer()) == hash(an_answer())) == (True, True)
    assert an_answer() != an_answer(400)
    assert an_answer() != "an answer"
