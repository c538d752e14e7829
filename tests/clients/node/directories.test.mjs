// Directories with the official Node SDK, both releases, against the demo's own.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import * as newest from "@workos-inc/node";
import * as eight from "workos-node-8";

import { startDemo } from "./demo.mjs";

let demo;

before(async () => {
  demo = await startDemo();
});

after(async () => {
  assert.equal(await demo?.stop(), 0, "SIGTERM ends the demo cleanly");
});

/** The provider says something. */
async function provisions(token, url, body, method = "POST") {
  const answer = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/scim+json" },
    body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${answer.status}`);
  return (await answer.json()).id;
}

for (const [name, sdk] of [
  ["11", newest],
  ["8", eight],
]) {
  test(`@workos-inc/node ${name} reads what a provider said`, async () => {
    const { hostname, port } = new URL(demo.base_url);
    const workos = new sdk.WorkOS(demo.api_key, { apiHostname: hostname, port: Number(port), https: false });
    const made = (
      await workos.post("/kernia/v1/directories", { organization_id: demo.organization_id, name: `Node ${name}` })
    ).data;
    const sync = workos.directorySync;
    const directory = await sync.getDirectory(made.id);
    assert.deepEqual(
      [directory.name, directory.state, directory.externalKey, directory.organizationId],
      [`Node ${name}`, "inactive", made.external_key, demo.organization_id],
    );
    const user = (userName) => ({
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
      userName,
      name: { givenName: "Ada", familyName: "Byron" },
      emails: [{ value: userName, primary: true }],
    });
    const users = [];
    for (let n = 0; n < 12; n += 1) {
      users.push(await provisions(made.scim_token, `${made.scim_url}/Users`, user(`u${n}@example.com`)));
    }
    const group = await provisions(made.scim_token, `${made.scim_url}/Groups`, {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
      displayName: "Engineers",
      members: [{ value: users[0] }],
    });
    assert.equal((await sync.getDirectory(made.id)).state, "active");

    const first = await sync.listUsers({ directory: made.id, limit: 10 });
    assert.equal(first.data.length, 10);
    const all = await (await sync.listUsers({ directory: made.id, order: "asc" })).autoPagination();
    assert.deepEqual(
      all.map((one) => one.id),
      users,
    );
    const ada = await sync.getUser(users[0]);
    assert.deepEqual(
      [ada.email, ada.firstName, ada.lastName, ada.state, ada.groups.map((one) => one.name)],
      ["u0@example.com", "Ada", "Byron", "active", ["Engineers"]],
    );
    assert.deepEqual((await sync.listUsers({ group })).data.map((one) => one.id), [users[0]]);
    assert.deepEqual((await sync.listGroups({ user: users[0] })).data.map((one) => one.id), [group]);
    assert.deepEqual((await sync.listGroups({ directory: made.id })).data, [await sync.getGroup(group)]);
    const listed = await sync.listDirectories({ organizationId: demo.organization_id, search: `node ${name}` });
    assert.deepEqual(listed.data.map((one) => one.id), [made.id]);
    await sync.deleteDirectory(made.id);
    await assert.rejects(sync.getDirectory(made.id), sdk.NotFoundException);
  });
}
