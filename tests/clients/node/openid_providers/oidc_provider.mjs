// `oidc-provider` (certified) with a login form: `node oidc_provider.mjs FOLDER BASE_URL`.
//
// The folder holds `employees.json`, `clients.json`, `settings.json`, the keys and the name of the one in
// use (`key`); all is read again for each request. The settings: `skew`, by how many seconds its clock is
// off; `claims_in`, `id_token` or `userinfo`; `answers`, what a path answers instead of what it should.

import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [, , folder, base] = process.argv;
const read = (name) => readFileSync(join(folder, name), "utf8");
const settings = () => JSON.parse(read("settings.json"));

// The package is not installed into the tree, and is found where it is.
const installed = createRequire(join(process.env.KERNIA_NODE_MODULES, "from-here.js"));
const { default: Provider } = await import(pathToFileURL(installed.resolve("oidc-provider")));

// Its clock is this process's.
const systemNow = Date.now.bind(Date);
Date.now = () => systemNow() + settings().skew * 1000;

const employee = (username) => JSON.parse(read("employees.json")).find((one) => one.username === username);

const claims = (who) => ({
  sub: `op|${who.username}`,
  email: who.email,
  email_verified: true,
  given_name: who.first_name,
  family_name: who.last_name,
  name: `${who.first_name} ${who.last_name}`,
  groups: ["engineers", "R&D <alpha>"],
});

const configuration = () => ({
  clients: JSON.parse(read("clients.json")),
  jwks: { keys: [{ ...createPrivateKey(read(`${read("key")}.pem`)).export({ format: "jwk" }), kid: read("key"), use: "sig" }] },
  claims: {
    openid: ["sub", "sid", "groups"],
    email: ["email", "email_verified"],
    profile: ["given_name", "family_name", "name"],
  },
  conformIdTokenClaims: settings().claims_in === "userinfo",
  cookies: { keys: ["these cookies live as long as the process"] },
  features: {
    devInteractions: { enabled: false },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => {
        ctx.body = form.replace("</form>", '<input type="hidden" name="logout" value="yes"><button>Sign out</button></form>');
      },
    },
  },
  findAccount: (_, id) => ({ accountId: id, claims: () => claims(employee(id.replace("op|", ""))) }),
  ttl: { IdToken: 300 },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  // Nobody is asked what an application may know.
  loadExistingGrant: async (ctx) => {
    const { client, params, session, provider } = ctx.oidc;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope(params.scope);
    await grant.save();
    return grant;
  },
  renderError: (ctx, out, error) => {
    console.error(error);
    ctx.type = "text";
    ctx.body = `refused: ${out.error}: ${out.error_description}`;
  },
});

// Made again whenever something in the folder has changed; what it remembers lies in the process.
let made = { from: undefined, provider: undefined };
const provider = () => {
  const from = ["clients.json", "settings.json", "key"].map(read).join("\n");
  if (made.from !== from) made = { from, provider: new Provider(base, configuration()) };
  return made.provider;
};

const form = async (request) => {
  let body = "";
  for await (const part of request) body += part;
  return Object.fromEntries(new URLSearchParams(body));
};

const loginForm = `<form method="post"><input name="username"><input name="password" type="password">
  <button>Sign in</button></form><form method="post"><input type="hidden" name="error" value="access_denied">
  <button>Cancel</button></form>`;

async function interaction(request, response) {
  if (request.method !== "POST") return response.setHeader("content-type", "text/html").end(loginForm);
  const { username, password, error } = await form(request);
  const who = employee(username);
  const result = error
    ? { error, error_description: "the person went away" }
    : { login: { accountId: claims(who).sub } };
  if (!error && who.password !== password) throw new Error("the password is wrong");
  return provider().interactionFinished(request, response, result);
}

const { hostname, port } = new URL(base);
const server = createServer((request, response) => {
  const answer = settings().answers[new URL(request.url, base).pathname];
  if (answer) {
    response.writeHead(answer.status, { "content-type": answer.type });
    return response.end(answer.body);
  }
  const routed = request.url.startsWith("/interaction/")
    ? interaction(request, response)
    : provider().callback()(request, response);
  Promise.resolve(routed).catch((error) => {
    console.error(error);
    response.writeHead(400).end("refused");
  });
});
server.listen(Number(port), hostname, () => console.log("ready"));
