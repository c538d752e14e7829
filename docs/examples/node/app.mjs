// A customer's application: one button, "Sign in with SSO", through Kernia and the WorkOS SDK.
//
//   npm install @workos-inc/node
//   WORKOS_BASE_URL=… WORKOS_API_KEY=… WORKOS_CLIENT_ID=… ORGANIZATION=org_… node app.mjs

import { randomBytes } from "node:crypto";
import { createServer } from "node:http";

import { WorkOS } from "@workos-inc/node";

const port = Number(process.env.PORT ?? 5001);
const callback = `http://127.0.0.1:${port}/callback`;

// The Node SDK takes a host and a port, not an address.
const kernia = new URL(process.env.WORKOS_BASE_URL);
const workos = new WorkOS(process.env.WORKOS_API_KEY, {
  apiHostname: kernia.hostname,
  port: kernia.port ? Number(kernia.port) : undefined,
  https: kernia.protocol === "https:",
});

const escape = (text) => text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);

function page(response, body, status = 200) {
  response.writeHead(status, { "content-type": "text/html; charset=utf-8" });
  response.end(`<!doctype html><title>Application</title><p>${body}</p>\n`);
}

function signIn(response) {
  // The state ties the answer to this browser: without it, others could sign you in as them.
  const state = randomBytes(16).toString("base64url");
  const location = workos.sso.getAuthorizationUrl({
    organization: process.env.ORGANIZATION,
    clientId: process.env.WORKOS_CLIENT_ID,
    redirectUri: callback,
    state,
  });
  response.writeHead(302, { location, "set-cookie": `state=${state}; HttpOnly; SameSite=Lax; Path=/` });
  response.end();
}

async function comeBack(request, response, query) {
  const state = /(?:^|; )state=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
  if (!state || state !== query.get("state")) return page(response, "This sign-in was not begun here.", 400);
  const code = query.get("code");
  if (!code) return page(response, `Not signed in: ${escape(query.get("error") ?? "unknown")}`, 400);
  const { profile } = await workos.sso.getProfileAndToken({ code, clientId: process.env.WORKOS_CLIENT_ID });
  // Your session begins here. Remember people by profile.id: an e-mail address can change.
  return page(response, `Signed in as ${escape(profile.email)} (${escape(profile.id)})`);
}

createServer(async (request, response) => {
  const url = new URL(request.url, callback);
  try {
    if (url.pathname === "/") page(response, '<a href="/sign-in">Sign in with SSO</a>');
    else if (url.pathname === "/sign-in") signIn(response);
    else if (url.pathname === "/callback") await comeBack(request, response, url.searchParams);
    else page(response, "Not found", 404);
  } catch (error) {
    page(response, escape(String(error.message)), 502);
  }
}).listen(port, "127.0.0.1", () => console.log(`Open http://127.0.0.1:${port}/`));
