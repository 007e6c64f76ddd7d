"""Our registration at the authorization server, and our application, pointed at the stub."""

from __future__ import annotations

import pytest
from login import REDIRECT_URI, Login

from pytest_jwtauth import RegisteredClient


@pytest.fixture(scope="session")
def jwtauth_client():
    return RegisteredClient.generate("private_key_jwt", alg="RS256", redirect_uris=[REDIRECT_URI])


@pytest.fixture
def login(jwtauth_client, jwtauth_server, jwtauth_token_endpoint):
    jwtauth_token_endpoint.id_token_signing_alg = "RS256"
    return Login(
        jwtauth_server.issuer,
        jwtauth_token_endpoint.url,
        jwtauth_server.jwks_uri,
        client_id=jwtauth_client.client_id,
        private_key_pem=jwtauth_client.private_key_pem(),
    )
