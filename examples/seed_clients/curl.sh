#!/bin/sh
# cURL: the five fields, each encoded by curl, in a form. Ends with status 0 if a token came back.
answer=$(
    curl --silent --show-error --location --globoff "$JWTAUTH_TOKEN_ENDPOINT" \
        ${JWTAUTH_CA_FILE:+--cacert "$JWTAUTH_CA_FILE"} \
        --header "Content-Type: application/x-www-form-urlencoded" \
        --data-urlencode "grant_type=authorization_code" \
        --data-urlencode "code=$JWTAUTH_CODE" \
        --data-urlencode "redirect_uri=$JWTAUTH_REDIRECT_URI" \
        --data-urlencode "client_assertion=$JWTAUTH_CLIENT_ASSERTION" \
        --data-urlencode "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
) || exit
case $answer in
    *'"access_token"'*) echo "got an access token" ;;
    *) printf 'refused: %s\n' "$answer" >&2; exit 1 ;;
esac
