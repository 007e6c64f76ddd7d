"""The fixtures of other stub libraries beside ours, in a suite of their own: in either order, right and wrong."""

from __future__ import annotations

import pytest
from conftest import WRONG, InnerRun

FIXTURES = {
    "requests_mock": ("requests_mock.contrib._pytest_plugin", "requests"),
    "httpx_mock": ("pytest_httpx", "httpx"),
    "respx_mock": ("respx.plugin", "httpx"),
    "httpserver": ("pytest_httpserver.pytest_plugin", "httpx"),
}
"""The plugin of each, and the library that its client is of."""


@pytest.mark.parametrize("theirs_first", [False, True])
@pytest.mark.parametrize("name", FIXTURES)
def test_a_wrong_request_fails_its_test_and_a_right_one_does_not(
    name: str, theirs_first: bool, inner: InnerRun
) -> None:
    plugin, library = FIXTURES[name]
    order = ", ".join(sorted(["jwtauth_token_endpoint", name], reverse=theirs_first == (name > "jwtauth")))
    assert order.startswith(name) == theirs_first
    result = inner(
        f"""
        import {library}

        @pytest.fixture
        def send({order}, jwtauth_client_assertion):
            jwtauth_token_endpoint.mount({name})

            def send(**how):
                form = {{
                    "grant_type": "client_credentials",
                    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                    "client_assertion": str(jwtauth_client_assertion(claims={{"aud": jwtauth_token_endpoint.url}})),
                }}
                return {library}.post(jwtauth_token_endpoint.url, data=form, **how)

            return send

        def test_right(send):
            assert send().json()["access_token"]

        def test_wrong(send):
            send(auth=PASSWORD)

        def test_no_request_at_all(send):
            pass
        """,
        plugins=[plugin],
    )
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines([f"*{WRONG}*"])
