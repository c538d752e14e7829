// Relying parties of others sign people in through Kernia as an OpenID provider: `openid-client`, which is
// certified, and Passport. Both know nothing but the issuer.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";

import express from "express";
import session from "express-session";
import * as oidc from "openid-client";
import passport from "passport";
import { Strategy } from "passport-openidconnect";

import { signInAt, startDemo } from "./demo.mjs";

const ADA = "ada@example.com";
let demo;

before(async () => {
  demo = await startDemo();
});

after(async () => {
  assert.equal(await demo?.stop(), 0, "SIGTERM ends the demo cleanly");
});

const admin = async (method, path, body) => {
  const answer = await fetch(`${demo.base_url}/kernia/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${demo.api_key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${answer.status}: ${await answer.clone().text()}`);
  return answer.json();
};

/** What discovery tells this library; it verifies every signature and `iss`, as it is told to. */
const discovered = async (id, authentication) => {
  const insecure = { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] };
  return oidc.discovery(new URL(demo.oidc.issuer), id, undefined, authentication, insecure);
};

/** A sign-in from beginning to end; the browser keeps its cookies in `jar`. */
const signsIn = async (config, more = {}, jar = new Map()) => {
  const verifier = oidc.randomPKCECodeVerifier();
  const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: demo.redirect_uri,
    scope: "openid email profile offline_access",
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    login_hint: ADA,
    state,
    nonce,
    ...more,
  });
  const back = await signInAt(url.href, demo.redirect_uri, jar);
  return oidc.authorizationCodeGrant(config, new URL(`${demo.redirect_uri}?${back}`), {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
    maxAge: more.max_age && Number(more.max_age),
  });
};

describe("openid-client", () => {
  const ways = {
    client_secret_basic: () => [demo.oidc.client_id, oidc.ClientSecretBasic(demo.oidc.client_secret)],
    client_secret_post: () => [
      demo.oidc.second_client_id,
      oidc.ClientSecretPost(demo.oidc.second_client_secret),
    ],
    none: () => [demo.oidc.public_client_id, oidc.None()],
  };
  for (const [way, client] of Object.entries(ways)) {
    test(`signs in, refreshes, asks for claims and signs out (${way})`, async () => {
      const config = await discovered(...client());
      const tokens = await signsIn(config);
      const claims = tokens.claims();
      assert.equal(claims.email, ADA);
      assert.equal(claims.email_verified, true);
      assert.equal(claims.org_id, demo.organization_id);
      assert.match(claims.sub, /^prof_/);
      const told = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
      assert.equal(told.email, ADA);
      assert.deepEqual(told.groups, claims.groups);

      const next = await oidc.refreshTokenGrant(config, tokens.refresh_token);
      assert.notEqual(next.refresh_token, tokens.refresh_token);
      assert.equal(next.claims().sub, claims.sub);

      const out = oidc.buildEndSessionUrl(config, {
        id_token_hint: next.id_token,
        post_logout_redirect_uri: demo.redirect_uri,
        state: "out",
      });
      assert.equal((await signInAt(out.href, demo.redirect_uri)).get("state"), "out");
      await assert.rejects(
        oidc.refreshTokenGrant(config, next.refresh_token),
        (error) => error.error === "invalid_grant",
      );
      await assert.rejects(oidc.fetchUserInfo(config, next.access_token, claims.sub));
    });
  }

  test("one sign-in is enough for the next client, and prompt=none tells when it is not", async () => {
    const [first, second] = [
      await discovered(...ways.client_secret_basic()),
      await discovered(...ways.none()),
    ];
    const jar = new Map();
    const none = { prompt: "none" };
    await assert.rejects(signsIn(second, none, jar), (error) => error.error === "login_required");
    const one = (await signsIn(first, {}, jar)).claims();
    const two = (await signsIn(second, { ...none, max_age: "600" }, jar)).claims();
    assert.deepEqual([one.sub, one.sid, one.auth_time], [two.sub, two.sid, two.auth_time]);
  });

  test("a wrong secret is refused", async () => {
    const wrong = await discovered(demo.oidc.client_id, oidc.ClientSecretBasic("wrong"));
    await assert.rejects(
      signsIn(wrong),
      (error) => error.status === 401 && error.cause[0].scheme === "basic",
    );
  });

  test("keys rotate under its feet", async () => {
    const client = ways.client_secret_basic();
    const published = async () => (await (await fetch(`${demo.oidc.issuer}/oauth2/jwks`)).json()).keys;
    await signsIn(await discovered(...client));
    const announced = await admin("POST", "openid_keys/rotate", {});
    assert.ok((await published()).some((key) => key.kid === announced.id));
    await signsIn(await discovered(...client));
    const fresh = await admin("POST", "openid_keys/rotate", { at_once: true });
    assert.deepEqual((await published()).map((key) => key.kid), [fresh.id]);
    await signsIn(await discovered(...client));
  });
});

test("passport-openidconnect signs in", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const app = `http://127.0.0.1:${server.address().port}`;
  const client = await admin("POST", "openid_clients", {
    name: "Passport",
    redirect_uris: [`${app}/callback`],
  });
  const { issuer } = demo.oidc;
  const document = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  passport.use(
    new Strategy(
      {
        issuer,
        authorizationURL: document.authorization_endpoint,
        tokenURL: document.token_endpoint,
        userInfoURL: document.userinfo_endpoint,
        clientID: client.id,
        clientSecret: client.client_secret,
        callbackURL: `${app}/callback`,
        scope: ["profile", "email"],
        loginHint: ADA,
      },
      (issuer, profile, done) => done(null, { issuer, ...profile }),
    ),
  );
  passport.serializeUser((user, done) => done(null, JSON.stringify(user)));
  passport.deserializeUser((text, done) => done(null, JSON.parse(text)));
  const web = express();
  web.use(session({ secret: "a secret of the test's", resave: false, saveUninitialized: false }));
  web.use(passport.session());
  web.get("/", passport.authenticate("openidconnect"));
  web.get("/callback", passport.authenticate("openidconnect"), (request, response) => {
    const { id, issuer, emails } = request.user;
    response.redirect(`/done?${new URLSearchParams({ id, issuer, email: emails[0].value })}`);
  });
  server.on("request", web);
  try {
    const done = await signInAt(`${app}/`, `${app}/done`);
    assert.match(done.get("id"), /^prof_/);
    assert.equal(done.get("email"), ADA);
    assert.equal(done.get("issuer"), issuer);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
