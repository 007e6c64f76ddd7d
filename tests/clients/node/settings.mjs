// What both programs beside this one share: the settings, the key as Web Crypto holds it, and the steps to take.

import { readFileSync } from "node:fs";

export const setting = (name) => process.env[`JWTAUTH_${name}`];
const options = process.argv.filter((argument) => argument.startsWith("--"));

export const metadata = { issuer: setting("ISSUER"), token_endpoint: setting("TOKEN_ENDPOINT") };

// The stub signs ID Tokens with ES256 unless told, and the libraries expect RS256 unless told.
export const client = { id_token_signed_response_alg: "ES256", client_secret: setting("CLIENT_SECRET") };

// What the libraries offer to those whose server wants its token endpoint as the audience.
export const change = (modifyAssertion) =>
  options.includes("--audience=token_endpoint")
    ? { [modifyAssertion]: (header, payload) => (payload.aud = setting("TOKEN_ENDPOINT")) }
    : undefined;

export async function authentication(library) {
  if (options.includes("--method=none")) return undefined;
  if (setting("CLIENT_SECRET")) return library.ClientSecretJwt(setting("CLIENT_SECRET"), change(library.modifyAssertion));
  const text = readFileSync(setting("PRIVATE_KEY_FILE"), "utf8").replace(/-----[^-]+-----|\s/g, "");
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("pkcs8", Buffer.from(text, "base64"), algorithm, false, ["sign"]);
  return library.PrivateKeyJwt(key, change(library.modifyAssertion));
}

export const callback = () => {
  const url = new URL(setting("REDIRECT_URI"));
  url.searchParams.set("code", setting("CODE"));
  return url;
};

// Takes the steps that the command names, one after the other, and goes on after one that fails: an application would.
export async function take(steps) {
  for (const name of process.argv.slice(2).filter((argument) => !argument.startsWith("--"))) {
    try {
      await steps[name]();
    } catch (error) {
      console.error(`${name}: ${error.name} ${error.code ?? ""}`);
      process.exitCode = 1;
    }
  }
}
