// oauth4webapi: node oauth4webapi.mjs [--audience=token_endpoint] code|refresh|credentials …

import * as library from "oauth4webapi";
import { authentication, callback, client as settings, metadata, setting, take } from "./settings.mjs";

const client = { client_id: setting("CLIENT_ID"), ...settings };
const proof = await authentication(library);
const options = { [library.allowInsecureRequests]: metadata.token_endpoint.startsWith("http:") };
let tokens;

await take({
  code: async () => {
    const parameters = library.validateAuthResponse(metadata, client, callback(), library.expectNoState);
    const answer = await library.authorizationCodeGrantRequest(
      ...[metadata, client, proof, parameters, setting("REDIRECT_URI"), library.nopkce, options],
    );
    const expected = { expectedNonce: setting("NONCE") };
    tokens = await library.processAuthorizationCodeResponse(metadata, client, answer, expected);
  },
  refresh: async () => {
    const answer = await library.refreshTokenGrantRequest(metadata, client, proof, tokens.refresh_token, options);
    await library.processRefreshTokenResponse(metadata, client, answer);
  },
  credentials: async () => {
    const answer = await library.clientCredentialsGrantRequest(metadata, client, proof, {}, options);
    await library.processClientCredentialsResponse(metadata, client, answer);
  },
});
