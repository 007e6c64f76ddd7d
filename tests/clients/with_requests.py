"""Libraries that send through requests: Authlib, requests_oauth2client, msal, oic, idpyoidc, auth0-python, google-auth.

Each is used as its own documentation shows. Imported when it is used: not every environment has it.
"""

from __future__ import annotations

import datetime
from functools import cache, partial
from typing import Any

from clients.ways import CALLBACK, ISSUER, Application, Way, client_with, rsa_client

from pytest_jwtauth.model import AuthorizationServer
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.token_endpoint import TokenEndpoint

SCOPE = "openid"


def code(endpoint: TokenEndpoint) -> str:
    return endpoint.issue_code(redirect_uri=CALLBACK, scope=SCOPE)


# Authlib


def authlib_session(endpoint: TokenEndpoint, _: Any, *, claims: dict[str, Any] | None = None) -> Application:
    from authlib.integrations.requests_client import OAuth2Session
    from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT

    client = endpoint.client
    session: Any = OAuth2Session(
        client.client_id,
        client.client_secret or client.private_key_pem(),
        token_endpoint_auth_method=client.method,
        redirect_uri=CALLBACK,
    )
    kind: Any = ClientSecretJWT if client.client_secret else PrivateKeyJWT
    session.register_client_auth_method(kind(endpoint.url, claims=claims))
    return Application(
        token=lambda: session.fetch_token(endpoint.url, grant_type="authorization_code", code=code(endpoint)),
        refresh=lambda token: session.refresh_token(endpoint.url, refresh_token=token),
        close=session.close,
    )


# requests_oauth2client


def requests_oauth2client(endpoint: TokenEndpoint, _: Any) -> Application:
    from requests_oauth2client import ClientSecretJwt, OAuth2Client, PrivateKeyJwt

    client = endpoint.client
    auth: Any = (
        ClientSecretJwt(client.client_id, client.client_secret)
        if client.client_secret
        else PrivateKeyJwt(client.client_id, {**client.private_jwk(), "alg": "RS256"})
    )
    application = OAuth2Client(endpoint.url, auth=auth)
    return Application(
        token=lambda: application.authorization_code(code(endpoint), validate=False, redirect_uri=CALLBACK),
        refresh=application.refresh_token,
    )


# msal

TENANT = "https://login.example/8f1d3c5a-7b2e-4d69-a0c4-1e5f9b8d7c6a"
ENTRA = AuthorizationServer(
    issuer=f"{TENANT}/v2.0",
    token_endpoint=f"{TENANT}/oauth2/v2.0/token",
    authorization_endpoint=f"{TENANT}/oauth2/v2.0/authorize",
)


@cache
def certificate() -> tuple[str, str]:
    """A certificate of the RSA key, in PEM, and the SHA-1 of it in hexadecimal, as the vendor's portal shows it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import NameOID

    key: Any = serialization.load_pem_private_key(rsa_client().private_key_pem().encode("ascii"), None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app.example")])
    start = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM).decode("ascii")
    return pem, made.fingerprint(hashes.SHA1()).hex()


def msal_application(endpoint: TokenEndpoint, _: Any, *, thumbprint: bool, by_code: bool) -> Application:
    import msal

    pem, sha1 = certificate()
    credential = {"private_key": endpoint.client.private_key_pem()}
    credential |= {"thumbprint": sha1} if thumbprint else {"public_certificate": pem}
    application = msal.ConfidentialClientApplication(
        endpoint.client.client_id,
        client_credential=credential,
        oidc_authority=endpoint.server.issuer,  # whose metadata it reads before anything else
        instance_discovery=False,
    )
    return Application(
        token=lambda: (
            application.acquire_token_by_authorization_code(code(endpoint), ["User.Read"], redirect_uri=CALLBACK)
            if by_code
            else application.acquire_token_for_client([f"{TENANT}/.default"])
        ),
        refresh=lambda token: application.acquire_token_by_refresh_token(token, ["User.Read"]),
    )


# oic


def oic_client(endpoint: TokenEndpoint, _: Any) -> Application:
    from jwkest.jwk import RSAKey
    from oic.oic import Client
    from oic.oic.message import AuthorizationResponse, ProviderConfigurationResponse
    from oic.utils.authn.client import CLIENT_AUTHN_METHOD
    from oic.utils.keyio import KeyBundle

    client = endpoint.client
    application: Any = Client(client_id=client.client_id, client_authn_method=CLIENT_AUTHN_METHOD)
    application.handle_provider_config(
        ProviderConfigurationResponse(
            issuer=endpoint.server.issuer,
            token_endpoint=endpoint.url,
            authorization_endpoint=f"{ISSUER}/authorize",
            jwks_uri=endpoint.server.jwks_uri,
        ),
        endpoint.server.issuer,
    )
    application.redirect_uris = [CALLBACK]
    if client.client_secret:
        application.client_secret = client.client_secret
    else:
        key: Any = RSAKey(**client.private_jwk())
        bundle: Any = KeyBundle()
        bundle.append(key)
        application.keyjar.add_kb("", bundle)

    def token() -> Any:
        answer = AuthorizationResponse(code=code(endpoint), state="state-1")
        application.parse_response(AuthorizationResponse, answer.to_urlencoded(), "urlencoded")
        return application.do_access_token_request(
            state="state-1",
            request_args={"code": answer["code"], "redirect_uri": CALLBACK},
            authn_method=client.method,
        )

    return Application(
        token=token,
        # It takes the refresh token that came with the last access token.
        refresh=lambda _: application.do_access_token_refresh(state="state-1", authn_method=client.method),
    )


# idpyoidc

SERVICES = {
    "authorization": {"class": "idpyoidc.client.oidc.authorization.Authorization"},
    "accesstoken": {"class": "idpyoidc.client.oidc.access_token.AccessToken"},
    "refresh_token": {"class": "idpyoidc.client.oidc.refresh_access_token.RefreshAccessToken"},
}


def idpyoidc_rp(endpoint: TokenEndpoint, _: Any) -> Application:
    from cryptojwt.key_bundle import KeyBundle
    from idpyoidc.client.oidc import RP

    client, server = endpoint.client, endpoint.server
    application: Any = RP(
        config={
            "client_id": client.client_id,
            "client_secret": client.client_secret or "",
            "issuer": server.issuer,
            "base_url": "https://app.example",
            "redirect_uris": [CALLBACK],
            "client_authn_methods": [client.method],
            "provider_info": {
                "issuer": server.issuer,
                "authorization_endpoint": f"{ISSUER}/authorize",
                "token_endpoint": endpoint.url,
            },
            "id_token_signed_response_alg": endpoint.id_token_signing_alg,
        },
        services=SERVICES,
    )
    if not client.client_secret:
        application.keyjar.add_kb("", KeyBundle(keys=[client.private_jwk()]))
    application.keyjar.load_keys(server.issuer, jwks_uri=server.jwks_uri)
    # Else it takes RS256 for client_secret_jwt, too, and finds no key.
    alg = "HS256" if client.client_secret else "RS256"
    application.get_context().set_usage("token_endpoint_auth_signing_alg", alg)
    state = application.get_context().cstate
    current = ""

    def request(service: str, **fields: str) -> Any:
        # The method is named in each call: `token_endpoint_auth_method` of the configuration does not choose it.
        kind = application.get_service(service)
        sent = kind.get_request_parameters(request_args=fields, state=current, authn_method=client.method)
        return application.service_request(kind, response_body_type="json", state=current, **sent)

    def token() -> Any:
        nonlocal current
        current = state.create_state(iss=server.issuer)
        nonce = f"nonce-{current}"
        state.bind_key(nonce, current)
        fresh = endpoint.issue_code(redirect_uri=CALLBACK, scope=SCOPE, nonce=nonce)
        state.update(current, {"code": fresh, "redirect_uri": CALLBACK, "nonce": nonce})
        return request("accesstoken", code=fresh, redirect_uri=CALLBACK, grant_type="authorization_code", state=current)

    return Application(token=token, refresh=lambda refresh_token: request("refresh_token", refresh_token=refresh_token))


# auth0-python

DOMAIN = "tenant.auth.example"
AUTH0 = AuthorizationServer(issuer=f"https://{DOMAIN}/", token_endpoint=f"https://{DOMAIN}/oauth/token")


def auth0_get_token(endpoint: TokenEndpoint, _: Any) -> Application:
    from auth0.authentication import GetToken

    client = endpoint.client
    application = GetToken(DOMAIN, client.client_id, client_assertion_signing_key=client.private_key_pem())
    return Application(
        token=lambda: application.authorization_code(code(endpoint), CALLBACK),
        refresh=application.refresh_token,
    )


# google-auth

GOOGLE = AuthorizationServer("https://accounts.google.com", "https://oauth2.googleapis.com/token")


@cache
def service_account() -> RegisteredClient:
    return RegisteredClient("app@project.iam.example", jwks={**rsa_client().private_jwk(), "alg": "RS256"})


def google_service_account(endpoint: TokenEndpoint, _: Any) -> Application:
    from google.auth.transport.requests import Request
    from google.oauth2.service_account import Credentials

    client = endpoint.client
    account = {
        "client_email": client.client_id,
        "token_uri": endpoint.url,
        "private_key": client.private_key_pem(),
        "private_key_id": client.private_jwk()["kid"],
    }
    credentials: Any = Credentials.from_service_account_info(
        account, scopes=["https://www.googleapis.com/auth/cloud-platform"]
    )
    return Application(token=lambda: credentials.refresh(Request()))


SECRET = partial(client_with, "client_secret_jwt")

WAYS = (
    Way(
        library="Authlib",
        name="`OAuth2Session` with `ClientSecretJWT`",
        over="requests",
        method="client_secret_jwt",
        grant="authorization_code",
        client=SECRET,
        connect=authlib_session,
    ),
    Way(
        library="Authlib",
        name="`OAuth2Session` with `PrivateKeyJWT`",
        over="requests",
        method="private_key_jwt",
        grant="authorization_code",
        client=rsa_client,
        connect=authlib_session,
    ),
    Way(
        library="Authlib",
        name="`OAuth2Session` with `ClientSecretJWT(claims={…})`",
        over="requests",
        method="client_secret_jwt",
        grant="authorization_code",
        client=SECRET,
        connect=lambda endpoint, stub: authlib_session(endpoint, stub, claims={"x": 1}),
    ),
    Way(
        library="requests_oauth2client",
        name="`OAuth2Client` with `ClientSecretJwt`",
        over="requests",
        method="client_secret_jwt",
        grant="authorization_code",
        client=SECRET,
        connect=requests_oauth2client,
    ),
    Way(
        library="requests_oauth2client",
        name="`OAuth2Client` with `PrivateKeyJwt`",
        over="requests",
        method="private_key_jwt",
        grant="authorization_code",
        client=rsa_client,
        connect=requests_oauth2client,
    ),
    Way(
        library="msal",
        name="`ConfidentialClientApplication`, key and `thumbprint`",
        over="requests",
        method="private_key_jwt",
        grant="authorization_code",
        client=rsa_client,
        server=ENTRA,
        profile="entra",
        connect=partial(msal_application, thumbprint=True, by_code=True),
    ),
    Way(
        library="msal",
        name="`ConfidentialClientApplication`, key and `public_certificate`",
        over="requests",
        method="private_key_jwt",
        grant="client_credentials",
        client=rsa_client,
        server=ENTRA,
        profile="entra",
        connect=partial(msal_application, thumbprint=False, by_code=False),
    ),
    Way(
        library="oic",
        name="`Client`, `client_secret_jwt`",
        over="requests",
        method="client_secret_jwt",
        grant="authorization_code",
        client=SECRET,
        connect=oic_client,
    ),
    Way(
        library="oic",
        name="`Client`, `private_key_jwt`",
        over="requests",
        method="private_key_jwt",
        grant="authorization_code",
        client=rsa_client,
        connect=oic_client,
    ),
    Way(
        library="idpyoidc",
        name="`RP`, `client_secret_jwt`",
        over="requests",
        method="client_secret_jwt",
        grant="authorization_code",
        client=SECRET,
        connect=idpyoidc_rp,
    ),
    Way(
        library="idpyoidc",
        name="`RP`, `private_key_jwt`",
        over="requests",
        method="private_key_jwt",
        grant="authorization_code",
        client=rsa_client,
        connect=idpyoidc_rp,
    ),
    Way(
        library="auth0-python",
        name="`GetToken` with `client_assertion_signing_key`",
        over="requests",
        method="private_key_jwt",
        grant="authorization_code",
        client=rsa_client,
        server=AUTH0,
        profile="auth0",
        connect=auth0_get_token,
    ),
    Way(
        library="google-auth",
        name="`service_account.Credentials`",
        over="requests",
        method="none: the JWT is the grant",
        grant="urn:ietf:params:oauth:grant-type:jwt-bearer",
        client=service_account,
        server=GOOGLE,
        profile="google-sa",
        connect=google_service_account,
    ),
)
"""Every way that a mock of ``responses`` reaches."""
