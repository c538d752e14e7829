// A customer's application: one button, "Sign in with SSO", by plain OpenID Connect.
//
//   npm install openid-client
//   ISSUER=… CLIENT_ID=… CLIENT_SECRET=… ORGANIZATION=org_… node openid.mjs

import { createServer } from "node:http";

import * as oidc from "openid-client";

const port = Number(process.env.PORT ?? 5002);
const callback = `http://127.0.0.1:${port}/callback`;
const home = `http://127.0.0.1:${port}/`;

const issuer = new URL(process.env.ISSUER);
// Plain http is for a trial on your own machine.
const execute = issuer.protocol === "http:" ? [oidc.allowInsecureRequests] : [];
const kernia = await oidc.discovery(issuer, process.env.CLIENT_ID, process.env.CLIENT_SECRET, undefined, { execute });

/** Sign-ins under way, and who is signed in, each by the value of a cookie. Yours live in your sessions. */
const pending = new Map();
const people = new Map();

const escape = (text) => text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);

function page(response, body, status = 200) {
  response.writeHead(status, { "content-type": "text/html; charset=utf-8" });
  response.end(`<!doctype html><title>Application</title><p>${body}</p>\n`);
}

function redirect(response, location, cookie) {
  response.writeHead(302, { location, "set-cookie": `app=${cookie}; HttpOnly; SameSite=Lax; Path=/` });
  response.end();
}

async function signIn(response) {
  const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
  pending.set(state, { nonce, verifier });
  const url = oidc.buildAuthorizationUrl(kernia, {
    redirect_uri: callback,
    scope: "openid email profile",
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    // Whose employees sign in. Without it (and without connection, domain_hint or login_hint) Kernia asks.
    organization: process.env.ORGANIZATION,
  });
  redirect(response, url.href, state);
}

async function comeBack(response, url, state) {
  const begun = pending.get(state);
  if (!begun) return page(response, "This sign-in was not begun here.", 400);
  pending.delete(state);
  // Everything is checked in here: state, iss, the ID token, its nonce.
  const tokens = await oidc.authorizationCodeGrant(kernia, url, {
    expectedState: state,
    expectedNonce: begun.nonce,
    pkceCodeVerifier: begun.verifier,
    idTokenExpected: true,
  });
  people.set(state, tokens);
  // Remember people by sub: an e-mail address can change.
  const { sub, email } = tokens.claims();
  return page(response, `Signed in as ${escape(email)} (${escape(sub)}). <a href="/sign-out">Sign out</a>`);
}

function signOut(response, state) {
  const tokens = people.get(state);
  people.delete(state);
  if (!tokens) return redirect(response, "/", "");
  const url = oidc.buildEndSessionUrl(kernia, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: home,
  });
  return redirect(response, url.href, "");
}

createServer(async (request, response) => {
  const url = new URL(request.url, callback);
  const cookie = /(?:^|; )app=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
  try {
    if (url.pathname === "/") page(response, '<a href="/sign-in">Sign in with SSO</a>');
    else if (url.pathname === "/sign-in") await signIn(response);
    else if (url.pathname === "/callback") await comeBack(response, url, cookie);
    else if (url.pathname === "/sign-out") signOut(response, cookie);
    else page(response, "Not found", 404);
  } catch (error) {
    page(response, escape(String(error.error_description ?? error.message)), 502);
  }
}).listen(port, "127.0.0.1", () => console.log(`Open http://127.0.0.1:${port}/`));
