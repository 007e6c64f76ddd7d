"""What pytest sees of us when all is well: fixtures, options and marker, and how each may be misused."""

from __future__ import annotations

from typing import Any

# The inner runs happen in this process, and what they import first is forgotten after them. cryptography cannot be
# loaded twice, and a second responses would stub beside the first.
import cryptography.hazmat.primitives.serialization  # noqa: F401
import freezegun  # noqa: F401
import pytest
import responses  # noqa: F401
from conftest import InnerRun

import pytest_jwtauth
from pytest_jwtauth import current_item, plugin, profile_in_force

for _name in pytest_jwtauth.__all__:
    getattr(pytest_jwtauth, _name)

FIXTURES = {
    "jwtauth_client": "session",
    "jwtauth_server": "session",
    "jwtauth_profile": "session",
    "jwtauth_client_assertion": "function",
    "jwtauth_clock": "function",
    "jwtauth_token_endpoint": "function",
}


class TestTheFixtures:
    def test_log_a_user_in_without_any_set_up(self, inner: InnerRun) -> None:
        run = inner("""
            def test_login(jwtauth_token_endpoint, jwtauth_client_assertion):
                answer = login(jwtauth_token_endpoint, jwtauth_client_assertion())
                assert answer.json()["id_token"]
        """)
        run.assert_outcomes(passed=1)

    def test_work_as_they_did_in_the_first_test_in_every_later_one(self, inner: InnerRun) -> None:
        run = inner("""
            @pytest.mark.parametrize("time", [1, 2, 3])
            def test_login(time, jwtauth_token_endpoint, jwtauth_client_assertion):
                assert login(jwtauth_token_endpoint, jwtauth_client_assertion()).ok
                assert len(jwtauth_token_endpoint.requests) == 1
        """)
        run.assert_outcomes(passed=3)

    def test_have_a_client_with_a_secret_and_a_server_with_addresses_like_pingones(self, inner: InnerRun) -> None:
        run = inner("""
            def test_defaults(jwtauth_client, jwtauth_server, jwtauth_profile):
                assert jwtauth_client.token_endpoint_auth_method == "client_secret_jwt"
                assert jwtauth_profile == "pingone"
                issuer = jwtauth_server.issuer
                assert issuer.startswith("https://auth.pingone.example/") and issuer.endswith("/as")
                assert [url.removeprefix(issuer) for url in jwtauth_server.endpoints.values()] == [
                    "/token", "/introspect", "/revoke", "/par", "/device_authorization", "/bc-authorize"
                ]
                assert jwtauth_server.jwks_uri == f"{issuer}/jwks"
        """)
        run.assert_outcomes(passed=1)

    def test_make_one_client_for_a_session_and_another_for_the_next(self, inner: InnerRun) -> None:
        source = """
            seen = set()

            def test_one(jwtauth_client):
                seen.add(jwtauth_client.client_id)

            def test_two(jwtauth_client):
                seen.add(jwtauth_client.client_id)
                assert len(seen) == 1
                print("MADE", *seen)
        """
        made = [
            line
            for _ in range(2)
            for line in inner(source, "-s").outlines
            if "MADE" in line
        ]  # fmt: skip
        assert len(set(made)) == 2

    def test_are_overridden_in_a_conftest(self, inner: InnerRun) -> None:
        run = inner(
            """
            def test_login(jwtauth_token_endpoint, jwtauth_client_assertion):
                endpoint = jwtauth_token_endpoint
                assert endpoint.url == "https://login.test/token"
                assert endpoint.client.client_id == "mine"
                assert endpoint.profile.name == "rfc7523"
                assertion = jwtauth_client_assertion()
                assert assertion.claims["iss"] == "mine"
                assert login(endpoint, assertion).ok
            """,
            conftest="""
            from pytest_jwtauth import AuthorizationServer, PROFILES, RegisteredClient

            @pytest.fixture(scope="session")
            def jwtauth_client():
                return RegisteredClient("mine", client_secret="a secret that is long enough for it")

            @pytest.fixture(scope="session")
            def jwtauth_server():
                return AuthorizationServer("https://login.test", "https://login.test/token")

            @pytest.fixture(scope="session")
            def jwtauth_profile():
                return PROFILES["rfc7523"]
            """,
        )
        run.assert_outcomes(passed=1)

    def test_make_assertions_with_what_is_asked_for(self, inner: InnerRun) -> None:
        run = inner("""
            from pytest_jwtauth import RegisteredClient

            def test_factory(jwtauth_client_assertion, jwtauth_client, jwtauth_server):
                plain = jwtauth_client_assertion()
                assert isinstance(plain, str)
                assert plain.claims["iss"] == plain.claims["sub"] == jwtauth_client.client_id
                assert plain.claims["aud"] == jwtauth_server.token_endpoint
                changed = jwtauth_client_assertion(
                    claims={"a": 1}, header={"b": 2}, without=["jti"], lifetime=90, alg="HS512", now=1_760_000_000
                )
                assert changed.claims["a"] == 1 and changed.header["b"] == 2 and changed.header["alg"] == "HS512"
                assert "jti" not in changed.claims and changed.claims["exp"] == 1_760_000_090
                other = RegisteredClient.generate("private_key_jwt", alg="ES256")
                assert jwtauth_client_assertion(client=other).header["alg"] == "ES256"
                with pytest.raises(TypeError):
                    jwtauth_client_assertion("exp-expired")

            def test_fault(jwtauth_token_endpoint, jwtauth_client_assertion):
                with jwtauth_token_endpoint.expect_violation("exp-expired"):
                    answer = login(jwtauth_token_endpoint, jwtauth_client_assertion(fault="exp-expired"))
                assert answer.status_code == 401
        """)
        run.assert_outcomes(passed=2)

    def test_freeze_the_time_for_signer_stub_and_judge(self, inner: InnerRun) -> None:
        run = inner("""
            import time

            def test_expiry(jwtauth_token_endpoint, jwtauth_client_assertion, jwtauth_clock):
                assert time.time() == jwtauth_clock.now
                assertion = jwtauth_client_assertion(lifetime=60)
                jwtauth_clock.move_to_expiry_of(assertion)
                assert login(jwtauth_token_endpoint, assertion).ok
                jwtauth_clock.tick()
                with jwtauth_token_endpoint.expect_violation():
                    assert not login(jwtauth_token_endpoint, assertion).ok

            def test_afterwards():
                before = time.time()
                while time.time() == before: pass
        """)
        run.assert_outcomes(passed=2)

    def test_freeze_by_the_freezer_that_the_setting_names(self, inner: InnerRun) -> None:
        source = "def test_clock(jwtauth_clock): pass"
        run = inner(source, "-o", "jwtauth_clock=liquid-nitrogen")
        run.assert_outcomes(errors=1)
        run.stdout.fnmatch_lines(["fixture jwtauth_clock: unknown freezer 'liquid-nitrogen'*freezegun, time-machine*"])

    def test_mount_the_endpoint_on_another_stub_of_the_suite(self, inner: InnerRun) -> None:
        run = inner("""
            import responses

            def test_own_mock(jwtauth_token_endpoint, jwtauth_client_assertion):
                with responses.RequestsMock() as mock:
                    jwtauth_token_endpoint.mount(mock)
                    assert login(jwtauth_token_endpoint, jwtauth_client_assertion()).ok
                assert len(jwtauth_token_endpoint.requests) == 1
        """)
        run.assert_outcomes(passed=1)

    @pytest.mark.parametrize("name", FIXTURES)
    def test_say_in_their_docstring_what_they_are_and_how_they_are_used(self, name: str) -> None:
        """`pytest --fixtures` is the first manual, and prints the first paragraph alone."""
        definition: Any = getattr(plugin, name)
        sentence, use = [line.strip() for line in definition.__doc__.strip().splitlines()]
        assert sentence.endswith(".")
        assert use.startswith("``")
        assert f"{name}" in use

    def test_are_listed_with_their_scope(self, inner: InnerRun) -> None:
        listed = inner("", "--fixtures").outlines
        for name, scope in FIXTURES.items():
            marked = f"{name} [session scope] -- " if scope == "session" else f"{name} -- "
            assert len([line for line in listed if line.startswith(marked)]) == 1

    def test_are_never_used_unasked(self, inner: InnerRun) -> None:
        run = inner("""
            def test_plain(request):
                assert not [name for name in request.fixturenames if name.startswith("jwtauth")]
        """)
        run.assert_outcomes(passed=1)


SAY_PROFILE = """
def test_profile(jwtauth_token_endpoint):
    assert jwtauth_token_endpoint.profile.name == "rfc7523"
"""
OWN_FIXTURE = """
@pytest.fixture(scope="session")
def jwtauth_profile():
    return {name!r}
"""


class TestTheProfile:
    """The marker before the fixture, that before the option, that before the setting."""

    @pytest.mark.parametrize(
        ("marker", "fixture", "option", "setting"),
        [
            ("rfc7523", "pingone", "pingone", "pingone"),
            (None, "rfc7523", "pingone", "pingone"),
            (None, None, "rfc7523", "pingone"),
            (None, None, None, "rfc7523"),
        ],
    )
    def test_is_what_the_nearest_of_them_says(
        self, inner: InnerRun, marker: str | None, fixture: str | None, option: str | None, setting: str
    ) -> None:
        run = inner(
            (f"pytestmark = pytest.mark.jwtauth(profile={marker!r})\n" if marker else "") + SAY_PROFILE,
            *([f"--jwtauth-profile={option}"] if option else []),
            conftest=OWN_FIXTURE.format(name=fixture) if fixture else "",
            ini=f"jwtauth_profile = {setting}",
        )
        run.assert_outcomes(passed=1)

    def test_may_be_an_object_in_the_marker(self, inner: InnerRun) -> None:
        run = inner("""
            from pytest_jwtauth import PROFILES
            mine = PROFILES["pingone"].but(name="mine", max_lifetime=30)

            @pytest.mark.jwtauth(profile=mine)
            def test_profile(jwtauth_token_endpoint, jwtauth_client_assertion):
                assert jwtauth_token_endpoint.profile is mine
                assertion = jwtauth_client_assertion()
                assert assertion.claims["exp"] - assertion.claims["iat"] == 30
        """)
        run.assert_outcomes(passed=1)

    def test_of_a_helper_called_without_one_is_that_of_the_marker_the_option_or_the_setting(
        self, inner: InnerRun
    ) -> None:
        source = """
            import requests
            from pytest_jwtauth import assert_token_request

            @pytest.fixture
            def check(jwtauth_client, jwtauth_server, jwtauth_client_assertion):
                def check(**how):
                    form = {
                        "grant_type": "client_credentials",
                        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                        "client_assertion": jwtauth_client_assertion(),
                    }
                    sent = requests.Request("POST", jwtauth_server.token_endpoint, data=form, auth=PASSWORD).prepare()
                    assert_token_request(sent, client=jwtauth_client, server=jwtauth_server, **how)
                return check

            def test_setting(check):
                with pytest.raises(AssertionError, match="profile 'rfc7523'"):
                    check()

            def test_argument(check):
                with pytest.raises(AssertionError, match="profile 'pingone'"):
                    check(profile="pingone")

            @pytest.mark.jwtauth(allow=["auth-basic-present", "auth-multiple-methods"])
            def test_marker(check):
                check()
        """
        run = inner(source, ini="jwtauth_profile = rfc7523")
        run.assert_outcomes(passed=3)

    def test_of_a_test_is_in_force_while_that_test_runs_and_no_longer(self, inner: InnerRun) -> None:
        """The inner test runs while this one does, in one process."""
        before = profile_in_force.find
        run = inner("""
            from pytest_jwtauth import profile_in_force

            @pytest.mark.jwtauth(profile="rfc7523")
            def test_it(): assert profile_in_force.current().name == "rfc7523"
        """)
        run.assert_outcomes(passed=1)
        assert profile_in_force.find is before


class TestTheMarker:
    def test_turns_rules_off_into_warnings_and_into_errors(self, inner: InnerRun) -> None:
        run = inner("""
            @pytest.mark.jwtauth(allow=["auth-basic-present", "auth-multiple-methods"])
            def test_allow(jwtauth_token_endpoint, jwtauth_client_assertion):
                assert login(jwtauth_token_endpoint, jwtauth_client_assertion(), auth=PASSWORD).ok

            @pytest.mark.jwtauth(warn={"auth-basic-present"}, allow=("auth-multiple-methods",))
            def test_warn(jwtauth_token_endpoint, jwtauth_client_assertion):
                assert login(jwtauth_token_endpoint, jwtauth_client_assertion(), auth=PASSWORD).ok

            @pytest.mark.jwtauth(error=["exp-lifetime-hygiene"])
            def test_error(jwtauth_token_endpoint, jwtauth_client_assertion):
                assert not login(jwtauth_token_endpoint, jwtauth_client_assertion(lifetime=1800)).ok
        """)
        run.assert_outcomes(passed=2, failed=1, warnings=1)
        run.stdout.fnmatch_lines(
            [
                "exp-lifetime-hygiene: 1 rule of profile 'pingone' broken",
                "*TokenRequestWarning: auth-basic-present: *",
            ]
        )

    def test_of_a_test_adds_to_that_of_its_class_and_module_and_the_nearest_profile_wins(self, inner: InnerRun) -> None:
        run = inner("""
            pytestmark = pytest.mark.jwtauth(profile="pingone", allow=["auth-basic-present"])

            @pytest.mark.jwtauth(profile="rfc7523", warn=["auth-multiple-methods"])
            class TestLogin:
                @pytest.mark.jwtauth(allow=["auth-multiple-methods"])
                def test_all(self, jwtauth_token_endpoint, jwtauth_client_assertion):
                    assert jwtauth_token_endpoint.profile.name == "rfc7523"
                    assert login(jwtauth_token_endpoint, jwtauth_client_assertion(), auth=PASSWORD).ok
        """)
        run.assert_outcomes(passed=1, warnings=0)

    def test_is_registered_with_its_keywords(self, inner: InnerRun) -> None:
        run = inner("", "--markers")
        run.stdout.fnmatch_lines(
            [
                "@pytest.mark.jwtauth(profile=name, allow=[[]rule ids], warn=[[]rule ids], error=[[]rule ids], "
                "scenarios=[[]names], hostile=[[]names]): *"
            ]
        )

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (
                "alow=['exp-expired']",
                "unknown keyword 'alow'. Did you mean 'allow'? Known: allow, error, hostile, profile, scenarios, warn.",
            ),
            ("allow=['exp-expird']", "unknown rule id 'exp-expird'. Did you mean 'exp-expired'*"),
            ("error=['nonsense']", "unknown rule id 'nonsense'.* Known: alg-*"),
            ("profile='pingtwo'", "unknown profile 'pingtwo'. Did you mean 'pingone'* Known: *rfc7523*"),
            ("profile=[]", "a profile is a name or a pytest_jwtauth.Profile; got [[]]"),
            ("'pingone'", "takes keywords only (profile, allow, warn, error, scenarios, hostile); got 'pingone'"),
            ("allow='exp-expired'", "allow= takes a list of rule ids; got 'exp-expired'"),
            ("warn=[3]", "warn= takes a list of rule ids; got [[]3]"),
            ("allow=['exp-expired'], error=['exp-expired']", "rule exp-expired is to be both off and error"),
        ],
    )
    def test_that_cannot_be_is_an_error_at_collection(self, inner: InnerRun, arguments: str, message: str) -> None:
        """Also in a test that takes no fixture, so that it is found at once and not when one is added."""
        run = inner(f"""
            @pytest.mark.jwtauth({arguments})
            def test_that_takes_no_fixture(): pass
        """)
        assert run.ret == pytest.ExitCode.INTERRUPTED
        run.assert_outcomes(errors=1)
        run.stdout.fnmatch_lines([f"test_inner.py::test_that_takes_no_fixture: @pytest.mark.jwtauth: {message}"])

    def test_that_cannot_be_is_found_on_module_class_and_test_each_once(self, inner: InnerRun) -> None:
        run = inner("""
            pytestmark = pytest.mark.jwtauth(profile="one")

            @pytest.mark.jwtauth(allow=["two"])
            @pytest.mark.parametrize("n", [1, 2, 3])
            def test_it(n): pass
        """)
        run.assert_outcomes(errors=1)
        assert [line[: line.index(". ")] for line in run.outlines if "@pytest.mark" in line and ". " in line][:2] == [
            "test_inner.py: @pytest.mark.jwtauth: unknown profile 'one'",
            "test_inner.py::test_it[1]: @pytest.mark.jwtauth: unknown rule id 'two'",
        ]

    def test_that_cannot_be_is_found_on_a_class(self, inner: InnerRun) -> None:
        run = inner("""
            @pytest.mark.jwtauth(allow=["two"])
            class TestIt:
                def test_it(self): pass
        """)
        run.assert_outcomes(errors=1)
        run.stdout.fnmatch_lines(["test_inner.py::TestIt: @pytest.mark.jwtauth: unknown rule id 'two'.*"])

    def test_that_cannot_be_is_found_in_a_deselected_test(self, inner: InnerRun) -> None:
        run = inner(
            """
            @pytest.mark.jwtauth(allow=["two"])
            def test_one(): pass

            def test_other(): pass
            """,
            *("-k", "other"),
        )
        run.assert_outcomes(errors=1)

    def test_that_a_conftest_adds_too_late_is_an_error_of_the_test(self, inner: InnerRun) -> None:
        run = inner(
            "def test_it(jwtauth_token_endpoint): pass",
            conftest="""
            def pytest_collection_modifyitems(items):
                for item in items:
                    item.add_marker(pytest.mark.jwtauth(alow=[]))
            """,
        )
        run.assert_outcomes(errors=1)
        run.stdout.fnmatch_lines(["fixture jwtauth_profile, or the marker of this test: unknown keyword 'alow'.*"])

    def test_that_is_right_leaves_other_markers_and_errors_alone(self, inner: InnerRun) -> None:
        run = inner(
            """
            @pytest.mark.jwtauth(profile="rfc7523")
            @pytest.mark.slow
            def test_it(): pass
            """,
            "--strict-markers",
            ini="markers = slow: takes long",
        )
        run.assert_outcomes(passed=1)


class TestAnUnknownProfile:
    MESSAGE = "unknown profile 'pingtwo'. Did you mean 'pingone'*"

    @pytest.mark.parametrize(
        ("options", "ini", "source"),
        [
            (["--jwtauth-profile=pingtwo"], "", "--jwtauth-profile"),
            ([], "jwtauth_profile = pingtwo", "jwtauth_profile"),
        ],
    )
    def test_in_an_option_or_setting_stops_the_run_before_it_begins(
        self, inner: InnerRun, options: list[str], ini: str, source: str
    ) -> None:
        run = inner("def test_it(): pass", *options, ini=ini)
        assert run.ret == pytest.ExitCode.USAGE_ERROR
        run.stderr.fnmatch_lines([f"ERROR: {source}: {self.MESSAGE}"])

    @pytest.mark.parametrize("fixture", ["jwtauth_token_endpoint", "jwtauth_client_assertion"])
    def test_from_a_fixture_is_an_error_of_every_test_that_needs_it(self, inner: InnerRun, fixture: str) -> None:
        run = inner(
            f"def test_one({fixture}): pass\ndef test_two({fixture}): pass",
            conftest=OWN_FIXTURE.format(name="pingtwo"),
        )
        run.assert_outcomes(errors=2)
        run.stdout.fnmatch_lines([f"fixture jwtauth_profile, or the marker of this test: {self.MESSAGE}"])


def test_outside_a_test_none_runs(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    assert current_item.get() is request.node
    monkeypatch.setattr(current_item, "running", None)
    with pytest.raises(RuntimeError, match="no test runs now"):
        current_item.get()


def test_a_test_that_is_over_leaves_nothing_of_its_endpoint(inner: InnerRun) -> None:
    run = inner(
        """
            @pytest.mark.parametrize("number", range(3))
            def test_it(jwtauth_token_endpoint, jwtauth_client_assertion, number):
                login(jwtauth_token_endpoint, jwtauth_client_assertion(), auth=PASSWORD if number == 1 else None)
        """,
        conftest="""
            import gc

            def pytest_sessionfinish():
                gc.collect()
                print("LEFT", [type(one).__name__ for one in gc.get_objects() if type(one).__name__ in
                    {"Watch", "TokenEndpoint", "History", "ReceivedRequest", "LogCollector"}])
        """,
        subprocess=True,
    )
    run.assert_outcomes(passed=2, failed=1)
    assert "LEFT []" in run.stdout.str()
