// What an identity provider of these tests has: a folder, read again for each request, and a login form.
//
// The folder holds `employees.json`, `settings.json`, the key pairs, the name of the one in use (`key`)
// and the metadata of the trusted service providers, which samlify reads for all of them.

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** The packages are not installed into the tree; this finds them where they are. */
export const require = createRequire(join(process.env.KERNIA_NODE_MODULES, "from-here.js"));

const express = require("express");
const samlify = require("samlify");
// Whoever needs the schema checked has another test for it.
samlify.setSchemaValidator({ validate: async () => "skipped" });

const [, , folder, base] = process.argv;

export { base };
export const entityId = `${base}/idp`;

const read = (name) => readFileSync(join(folder, name), "utf8");

/** What the tests switch: `encrypts`, `checks_requests`. */
export const settings = () => JSON.parse(read("settings.json"));

/** The key pair that signs now. */
export const keyPair = () => {
  const name = read("key");
  return { key: read(`${name}.pem`), certificate: read(`${name}.crt`) };
};

/** The service providers that were made known, each from its own metadata document. */
export const serviceProviders = () =>
  readdirSync(join(folder, "trusted")).map((name) => samlify.ServiceProvider({ metadata: read(`trusted/${name}`) }));

/** The one with this entity ID. */
export const serviceProvider = (id) => {
  const found = serviceProviders().find((one) => one.entityMeta.getEntityID() === id);
  if (!found) throw new Error(`${id} is not trusted`);
  return found;
};

/** Serve `routes` with express: `/sso` and `/tile` get a login form in front, and a person when it was filled in. */
export function serve({ metadata, answer, logout }) {
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  app.get("/metadata", metadata);
  app.all(["/sso", "/tile"], (request, response, next) => {
    const { username, password, ...carried } = request.body ?? {};
    const who = JSON.parse(read("employees.json")).find((one) => one.username === username && one.password === password);
    if (!who) return response.send(loginForm(request.originalUrl, carried));
    Promise.resolve(answer(who, request, response, next)).catch(next);
  });
  app.all("/logout", (request, response, next) => {
    Promise.resolve(logout(request, response, next)).catch(next);
  });
  app.use((error, request, response, _next) => {
    console.error(error);
    response.status(400).send(`refused: ${escaped(error.message ?? String(error))}`);
  });
  const { hostname, port } = new URL(base);
  app.listen(Number(port), hostname, () => console.log("ready"));
}

// It posts to the address that was asked for, so that a signed query comes back byte for byte.
const loginForm = (url, carried) => {
  const hidden = Object.entries(carried).map(
    ([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`,
  );
  return `<form method="post" action="${escaped(url)}">${hidden.join("")}
    <input name="username"><input name="password" type="password"><button>Sign in</button></form>`;
};

const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** A page whose form goes on to the service provider. */
export const postingForm = (url, fields) => {
  const hidden = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escaped(value)}">`);
  return `<form method="post" action="${escaped(url)}">${hidden.join("")}<button>Go on</button></form>`;
};
