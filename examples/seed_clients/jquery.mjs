// jQuery in a real browser: serves jquery.html on a loopback port, opens it in headless Chromium, and waits until the
// page says what came back. Ends with status 0 if a token did.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const SECONDS = 40;
const setting = (name) => process.env[`JWTAUTH_${name}`];

const served = {
  "/": ["text/html", readFileSync(new URL("jquery.html", import.meta.url))],
  "/jquery.js": ["text/javascript", readFileSync(createRequire(import.meta.url).resolve("jquery"))],
  "/settings": [
    "application/json",
    JSON.stringify({
      token_endpoint: setting("TOKEN_ENDPOINT"),
      code: setting("CODE"),
      redirect_uri: setting("REDIRECT_URI"),
      client_assertion: setting("CLIENT_ASSERTION"),
    }),
  ],
};

let told;
const complaint = new Promise((resolve) => (told = resolve));
const server = createServer(async (request, response) => {
  if (request.url === "/done") {
    let text = "";
    for await (const chunk of request) text += chunk;
    told(text);
  }
  const [type, body] = served[request.url] ?? ["text/plain", ""];
  response.writeHead(200, { "Content-Type": type }).end(body);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");

// A profile of its own, and nothing that asks the network for anything by itself.
const profile = mkdtempSync(join(tmpdir(), "seed-jquery-"));
const browser = spawn(
  process.env.CHROMIUM ?? "chromium",
  [
    ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run"],
    ...["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server"],
    `--user-data-dir=${profile}`,
    // Without it headless Chromium loads the page and leaves.
    "--remote-debugging-port=0",
    `http://127.0.0.1:${server.address().port}/`,
  ],
  { stdio: "ignore" },
);
const gone = new Promise((resolve) => {
  browser.once("error", (error) => resolve(`no browser: ${error.message}`));
  browser.once("exit", (status) => resolve(`the browser ended with status ${status} before the page had an answer`));
});
const late = wait(SECONDS * 1000, `no answer within ${SECONDS} seconds`, { ref: false });

const outcome = await Promise.race([complaint, gone, late]);
// Asked to leave, it takes its helpers along; killed, it would leave them behind, writing to the profile.
browser.kill("SIGTERM");
await Promise.race([gone, wait(5000, undefined, { ref: false })]);
browser.kill("SIGKILL");
await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
server.closeAllConnections();
server.close();
if (outcome === "") {
  console.log("got an access token");
} else {
  console.error(outcome);
  process.exitCode = 1;
}
