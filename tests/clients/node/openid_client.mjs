// openid-client: node openid_client.mjs [--audience=token_endpoint] code|refresh|credentials …

import * as library from "openid-client";
import { authentication, callback, client, metadata, setting, take } from "./settings.mjs";

const config = new library.Configuration(metadata, setting("CLIENT_ID"), client, await authentication(library));
if (metadata.token_endpoint.startsWith("http:")) library.allowInsecureRequests(config);
let tokens;

await take({
  code: async () => {
    tokens = await library.authorizationCodeGrant(config, callback(), { expectedNonce: setting("NONCE") });
  },
  refresh: () => library.refreshTokenGrant(config, tokens.refresh_token),
  credentials: () => library.clientCredentialsGrant(config),
});
