// Second opinions on SCIM, by packages that others wrote: what a PATCH makes of a user (scim-patch),
// and whom a filter finds (scim2-parse-filter). npm has servers and parsers, and no client of SCIM.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { scimPatch } from "scim-patch";
import { filter, parse } from "scim2-parse-filter";

import { startDemo } from "./demo.mjs";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
let demo;
let number = 0;

before(async () => {
  demo = await startDemo();
});

after(async () => {
  assert.equal(await demo?.stop(), 0, "SIGTERM ends the demo cleanly");
});

/** One request below the directory's address; its body, once its status is this. */
async function asks(method, path, status, body) {
  const answer = await fetch(demo.scim_url + path, {
    method,
    headers: { authorization: `Bearer ${demo.scim_token}`, "content-type": "application/scim+json" },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  assert.equal(answer.status, status, `${method} ${path}: ${text}`);
  return text ? JSON.parse(text) : undefined;
}

/** A user with something of every kind. */
const somebody = (more = {}) => {
  number += 1;
  return {
    schemas: [USER, ENTERPRISE],
    userName: `opinion-${number}@node.example`,
    name: { givenName: "Olga", familyName: "Opinion" },
    displayName: "Olga Opinion",
    active: true,
    emails: [
      { value: `opinion-${number}@node.example`, type: "work", primary: true },
      { value: `olga-${number}@home.example`, type: "home" },
    ],
    [ENTERPRISE]: { department: "Views", costCenter: "12" },
    ...more,
  };
};

/** What a client says of a user, without what the server does. */
const said = ({ meta, groups, schemas, ...rest }) => ({ ...rest, schemas: schemas.toSorted() });

/** A new user after these changes: as the server answers and reads it, and as scim-patch has it. */
async function opinions(operations) {
  const made = await asks("POST", "/Users", 201, somebody());
  const opinion = said(scimPatch(structuredClone(said(made)), structuredClone(operations)));
  const body = { schemas: [PATCH], Operations: operations };
  const patched = said(await asks("PATCH", `/Users/${made.id}`, 200, body));
  return { patched, read: said(await asks("GET", `/Users/${made.id}`, 200)), opinion };
}

describe("scim-patch agrees on", () => {
  const changes = {
    "a replaced attribute": [{ op: "replace", path: "displayName", value: "O. Opinion" }],
    "a replaced part of a name": [{ op: "replace", path: "name.familyName", value: "Other" }],
    "an added attribute": [{ op: "add", path: "title", value: "Reviewer" }],
    "a removed attribute": [{ op: "remove", path: "displayName" }],
    "a removed part of a name": [{ op: "remove", path: "name.givenName" }],
    "a value without a path": [{ op: "replace", value: { displayName: "No Path", active: false } }],
    "a part of one address": [{ op: "replace", path: 'emails[type eq "work"].value', value: "new@node.example" }],
    "one more address": [{ op: "add", path: "emails", value: [{ value: "third@node.example", type: "other" }] }],
    "one address less": [{ op: "remove", path: 'emails[type eq "home"]' }],
    "a list that is another": [{ op: "replace", path: "emails", value: [{ value: "only@node.example", type: "work" }] }],
    "a part of the extension": [{ op: "replace", path: `${ENTERPRISE}:department`, value: "Second views" }],
    "several changes, in their order": [
      { op: "add", path: "nickName", value: "Ol" },
      { op: "replace", path: "nickName", value: "Olg" },
      { op: "replace", path: "active", value: false },
      { op: "remove", path: `${ENTERPRISE}:costCenter` },
    ],
  };
  for (const [name, operations] of Object.entries(changes)) {
    test(name, async () => {
      const { patched, read, opinion } = await opinions(operations);
      assert.deepEqual(patched, opinion);
      assert.deepEqual(read, opinion);
    });
  }
});

describe("scim2-parse-filter finds the same with", () => {
  let all;

  before(async () => {
    for (const [at, family] of ["Abel", "Baker", "Baker", "Carver", "Dyer"].entries()) {
      const more = { nickName: `nick ${at}`, name: { givenName: `G${at}`, familyName: family }, active: at % 2 === 0 };
      if (at > 2) more.title = `Title ${at}`;
      await asks("POST", "/Users", 201, somebody({ ...more, [ENTERPRISE]: { department: `D${at}`, costCenter: "7" } }));
    }
    all = (await asks("GET", "/Users?count=200", 200)).Resources;
  });

  for (const text of [
    'name.familyName eq "Baker"',
    'name.familyName ne "Baker"',
    'name.familyName sw "B"',
    'name.familyName co "ar"',
    'name.familyName ew "er"',
    'name.familyName gt "Baker"',
    'name.familyName le "Baker"',
    "active eq true",
    "active eq false",
    "title pr",
    "not (title pr)",
    'nickName sw "nick" and active eq true',
    'name.familyName eq "Abel" or name.familyName eq "Dyer" and active eq false',
    '(name.familyName eq "Abel" or name.familyName eq "Baker") and active eq true',
    'emails[type eq "home" and value sw "olga"]',
    'emails[type eq "work" and primary eq true]',
    'not (name.familyName eq "Baker") and nickName pr',
    'meta.created gt "2020-01-01T00:00:00Z"',
    'meta.created lt "2020-01-01T00:00:00Z"',
    `${ENTERPRISE}:department eq "D1"`,
  ]) {
    test(text, async () => {
      const found = await asks("GET", `/Users?count=200&filter=${encodeURIComponent(text)}`, 200);
      const opinion = all.filter(filter(parse(text)));
      assert.deepEqual(
        found.Resources.map((one) => one.userName),
        opinion.map((one) => one.userName),
      );
      assert.equal(found.totalResults, opinion.length);
    });
  }
});

// Where the standard is against them. Should they change their minds, this is where it shows.
describe("they are wrong about", () => {
  test("the other parts of a name, which an added part leaves alone (RFC 7644 §3.5.2.1)", async () => {
    const { read, opinion } = await opinions([{ op: "add", value: { name: { middleName: "M" } } }]);
    assert.deepEqual(read.name, { givenName: "Olga", familyName: "Opinion", middleName: "M" });
    assert.deepEqual(opinion.name, { middleName: "M" });
  });

  test("conditions in brackets, which hold for one and the same value (RFC 7644 §3.4.2.2)", async () => {
    const text = 'emails[type eq "home" and primary eq true]';
    const all = (await asks("GET", "/Users?count=200", 200)).Resources;
    assert.equal((await asks("GET", `/Users?filter=${encodeURIComponent(text)}`, 200)).totalResults, 0);
    assert.notEqual(all.filter(filter(parse(text))).length, 0);
  });
});
