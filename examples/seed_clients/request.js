// NodeJS: the five fields as a form of the library request. Ends with status 0 if a token came back.
"use strict";

const fs = require("node:fs");
const request = require("request");

const setting = (name) => process.env[`JWTAUTH_${name}`];

const options = {
  method: "POST",
  url: setting("TOKEN_ENDPOINT"),
  headers: { "Content-Type": "application/x-www-form-urlencoded" },
  form: {
    grant_type: "authorization_code",
    code: setting("CODE"),
    redirect_uri: setting("REDIRECT_URI"),
    client_assertion: setting("CLIENT_ASSERTION"),
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
  },
};
if (setting("CA_FILE")) options.ca = fs.readFileSync(setting("CA_FILE"));

request(options, (error, answer, text) => {
  if (error) throw error;
  if (answer.statusCode === 200 && JSON.parse(text).access_token) {
    console.log("got an access token");
  } else {
    console.error(`refused: ${answer.statusCode} ${text}`);
    process.exitCode = 1;
  }
});
