// The peer that the bench `sso` measures Kernia beside: `@boxyhq/saml-jackson` on SQLite behind
// Node's own HTTP server, and nothing else. `node server.mjs FOLDER`, in which `metadata.xml` is the
// SAML identity provider's, or `openid.json` what to know of an OpenID provider. Prints one line of JSON with what an application needs.

import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import jackson from '@boxyhq/saml-jackson';

const folder = process.argv[2];
const redirectUrl = 'https://app.example.com/callback';
const quiet = { info() {}, warn() {}, error: console.error };

// One request after another: on its one SQLite connection, transactions of two would run into each
// other ("cannot start a transaction within a transaction"). It keeps one core busy all the same.
let turn = Promise.resolve();

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://127.0.0.1');
  const route = routes[`${request.method} ${url.pathname}`];
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const form = new URLSearchParams(Buffer.concat(pieces).toString());
    turn = turn.then(async () => {
      try {
        send(response, await route(Object.fromEntries(url.searchParams), Object.fromEntries(form), request));
      } catch (error) {
        send(response, { status: error.statusCode ?? 500, json: { error: error.message } });
      }
    });
  });
});

function send(response, { status, location, json }) {
  const body = json === undefined ? '' : JSON.stringify(json);
  const headers = { 'content-length': Buffer.byteLength(body) };
  if (location !== undefined) headers.location = location;
  if (json !== undefined) headers['content-type'] = 'application/json';
  response.writeHead(status, headers).end(body);
}

const routes = {
  'GET /api/oauth/authorize': async (query) => {
    const { redirect_url } = await oauth.authorize(query);
    return { status: 302, location: redirect_url };
  },
  'POST /api/oauth/saml': async (_, form) => {
    const { redirect_url } = await oauth.samlResponse(form);
    return { status: 302, location: redirect_url };
  },
  'GET /api/oauth/oidc': async (query) => {
    const { redirect_url } = await oauth.oidcAuthzResponse(query);
    return { status: 302, location: redirect_url };
  },
  'POST /api/oauth/token': async (_, form) => ({ status: 200, json: await oauth.token(form) }),
  'GET /api/oauth/userinfo': async (_, __, request) => {
    const token = (request.headers.authorization ?? '').replace('Bearer ', '');
    return { status: 200, json: await oauth.userInfo(token) };
  },
};

await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const authority = `127.0.0.1:${server.address().port}`;
const { oauthController: oauth, connectionAPIController: connections } = await jackson.controllers({
  externalUrl: `http://${authority}`,
  samlPath: '/api/oauth/saml',
  oidcPath: '/api/oauth/oidc',
  samlAudience: 'https://jackson.example.com',
  db: { engine: 'sql', type: 'sqlite', url: join(folder, 'jackson.db') },
  logger: quiet,
});
// What it writes by itself as it starts must be over: another transaction beside it ends both.
await new Promise((over) => setTimeout(over, 1500));
const usual = {
  tenant: 'acme.example',
  product: 'bench',
  defaultRedirectUrl: redirectUrl,
  redirectUrl: JSON.stringify([redirectUrl]),
};
const read = (name) => readFileSync(join(folder, name), 'utf8');
const made = existsSync(join(folder, 'openid.json'))
  ? await connections.createOIDCConnection({ ...usual, ...JSON.parse(read('openid.json')) })
  : await connections.createSAMLConnection({ ...usual, rawMetadata: read('metadata.xml') });
console.log(
  JSON.stringify({ authority, client_id: made.clientID, client_secret: made.clientSecret, redirect_uri: redirectUrl }),
);
