<?php
// PHP: the five fields as parameters of PEAR's HTTP_Request2. Ends with status 0 if a token came back.

require_once 'HTTP/Request2.php';

$request = new HTTP_Request2(getenv('JWTAUTH_TOKEN_ENDPOINT'), HTTP_Request2::METHOD_POST);
$request->setConfig('follow_redirects', true);
if (getenv('JWTAUTH_CA_FILE')) {
    $request->setConfig('ssl_cafile', getenv('JWTAUTH_CA_FILE'));
}
$request->setHeader('Content-Type', 'application/x-www-form-urlencoded');
$request->addPostParameter([
    'grant_type' => 'authorization_code',
    'code' => getenv('JWTAUTH_CODE'),
    'redirect_uri' => getenv('JWTAUTH_REDIRECT_URI'),
    'client_assertion' => getenv('JWTAUTH_CLIENT_ASSERTION'),
    'client_assertion_type' => 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
]);

$answer = $request->send();
$tokens = json_decode($answer->getBody(), true);
if ($answer->getStatus() === 200 && !empty($tokens['access_token'])) {
    echo "got an access token\n";
    exit(0);
}
fwrite(STDERR, "refused: {$answer->getStatus()} {$answer->getBody()}\n");
exit(1);
