"""Python: the five fields as a string, sent by requests. Ends with status 0 if a token came back."""

from __future__ import annotations

import os
import sys
from urllib.parse import urlencode

import requests

form = urlencode(
    {
        "grant_type": "authorization_code",
        "code": os.environ["JWTAUTH_CODE"],
        "redirect_uri": os.environ["JWTAUTH_REDIRECT_URI"],
        "client_assertion": os.environ["JWTAUTH_CLIENT_ASSERTION"],
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
)
answer = requests.request(
    "POST",
    os.environ["JWTAUTH_TOKEN_ENDPOINT"],
    # requests sets no Content-Type for a string.
    headers={"Content-Type": "application/x-www-form-urlencoded"},
    data=form,
    verify=os.environ.get("JWTAUTH_CA_FILE") or True,
    timeout=10,
)
if answer.status_code == 200 and answer.json().get("access_token"):
    print("got an access token")
else:
    sys.exit(f"refused: {answer.status_code} {answer.text}")
