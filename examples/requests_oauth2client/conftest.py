"""Our application, pointed at the stub, and the login page."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from login import Login


@pytest.fixture
def login(jwtauth_client, jwtauth_server, jwtauth_token_endpoint):
    jwtauth_token_endpoint.id_token_signing_alg = "RS256"
    return Login(
        jwtauth_server.issuer,
        jwtauth_token_endpoint.url,
        jwtauth_server.jwks_uri,
        client_id=jwtauth_client.client_id,
        client_secret=jwtauth_client.client_secret,
    )


@pytest.fixture
def sign_in(jwtauth_token_endpoint):
    """A user at the login page: takes the URL that the browser was sent to, gives the one it comes back with."""

    def sign_in(url):
        asked = dict(parse_qsl(urlsplit(url).query))
        code = jwtauth_token_endpoint.issue_code(
            redirect_uri=asked["redirect_uri"],
            scope=asked["scope"],
            nonce=asked["nonce"],
            code_challenge=asked["code_challenge"],
            code_challenge_method=asked["code_challenge_method"],
        )
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    return sign_in
