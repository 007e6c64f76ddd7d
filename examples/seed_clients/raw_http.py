"""Raw HTTP: the octets of the request written to a socket. Ends with status 0 if a token came back.

With ``--as-printed`` the request has the lines that the document prints and no other: no Content-Length.
"""

from __future__ import annotations

import os
import socket
import ssl
import sys
from urllib.parse import urlencode, urlsplit


def exchange(*, as_printed: bool) -> bytes:
    """Send the request, and return all that comes back."""
    endpoint = urlsplit(os.environ["JWTAUTH_TOKEN_ENDPOINT"])
    form = urlencode(
        {
            "grant_type": "authorization_code",
            "code": os.environ["JWTAUTH_CODE"],
            "redirect_uri": os.environ["JWTAUTH_REDIRECT_URI"],
            "client_assertion": os.environ["JWTAUTH_CLIENT_ASSERTION"],
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        }
    )
    head = [
        f"POST {endpoint.path} HTTP/1.1",
        f"Host: {endpoint.netloc}",
        "Content-Type: application/x-www-form-urlencoded",
    ]
    if not as_printed:
        head += [f"Content-Length: {len(form)}", "Connection: close"]
    message = "\r\n".join([*head, "", form]).encode("ascii")

    port = endpoint.port or {"http": 80, "https": 443}[endpoint.scheme]
    with socket.create_connection((endpoint.hostname, port), timeout=10) as plain:
        connection = plain
        if endpoint.scheme == "https":
            trust = ssl.create_default_context(cafile=os.environ.get("JWTAUTH_CA_FILE") or None)
            connection = trust.wrap_socket(plain, server_hostname=endpoint.hostname)
        connection.sendall(message)
        if as_printed:
            # Nothing more will come, whatever the server thinks that the message still lacks.
            connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as answer:
            return answer.read()


answer = exchange(as_printed="--as-printed" in sys.argv)
status = answer.partition(b"\r\n")[0].decode("latin-1")
if b'"access_token"' in answer and " 200 " in status:
    print("got an access token")
else:
    reason = answer.partition(b"\r\n\r\n")[2].decode("utf-8", "replace")
    sys.exit(f"refused: {status} {reason}")
