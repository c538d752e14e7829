// The official Node SDK against a real Kernia: the newest release, and the last that asks only for Node 20.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import * as newest from "@workos-inc/node";
import * as eight from "workos-node-8";

import { signInAt, startDemo } from "./demo.mjs";

const CALLBACK = "http://127.0.0.1:9/callback";
let demo;

before(async () => {
  demo = await startDemo();
});

after(async () => {
  assert.equal(await demo?.stop(), 0, "SIGTERM ends the demo cleanly");
});

for (const [name, sdk] of [
  ["11", newest],
  ["8", eight],
]) {
  describe(`@workos-inc/node ${name}`, () => {
    const connect = (key = demo.api_key) => {
      const { hostname, port } = new URL(demo.base_url);
      return new sdk.WorkOS(key, { apiHostname: hostname, port: Number(port), https: false });
    };

    test("organizations are created, read, changed, listed and deleted", async () => {
      const workos = connect();
      const domain = `v${name}.node.test`;
      // Release 8 puts it into the path as it is, so a slash would not arrive.
      const externalId = name === "8" ? "node:8" : `node/${name}`;
      const made = await workos.organizations.createOrganization({
        name: "Node & Söhne",
        domainData: [{ domain, state: "verified" }],
        externalId,
        metadata: { tier: "gold" },
      });
      assert.match(made.id, /^org_/);
      assert.equal(made.name, "Node & Söhne");
      assert.deepEqual(made.metadata, { tier: "gold" });
      assert.deepEqual(
        made.domains.map((one) => [one.domain, one.state, one.organizationId]),
        [[domain, "verified", made.id]],
      );
      assert.deepEqual(await workos.organizations.getOrganization(made.id), made);
      assert.deepEqual(await workos.organizations.getOrganizationByExternalId(externalId), made);
      const renamed = await workos.organizations.updateOrganization({ organization: made.id, name: "Renamed" });
      assert.equal(renamed.name, "Renamed");
      assert.equal(renamed.externalId, externalId);
      const listed = await workos.organizations.listOrganizations({ domains: [domain] });
      assert.deepEqual(listed.data, [renamed]);
      await workos.organizations.deleteOrganization(made.id);
      await assert.rejects(workos.organizations.getOrganization(made.id), sdk.NotFoundException);
    });

    test("a list pages by itself", async () => {
      const workos = connect();
      const made = [];
      for (let n = 0; n < 103; n += 1) {
        made.push((await workos.organizations.createOrganization({ name: `Paged ${name} ${n}` })).id);
      }
      const pages = await workos.organizations.listOrganizations({ order: "asc" });
      const ids = (await pages.autoPagination()).map((one) => one.id);
      assert.deepEqual(ids.filter((id) => made.includes(id)), made);
      assert.equal(new Set(ids).size, ids.length);
    });

    test("connections are read, listed and deleted", async () => {
      const workos = connect();
      const customer = await workos.organizations.createOrganization({ name: `Connected ${name}` });
      // The SDK has no call to make one; the path is the one that the newer Python SDK uses.
      const theirs = await workos.sso.getConnection(demo.saml_connection_id);
      const created = await workos.post("/connections", {
        organization_id: customer.id,
        name: "From Node",
        saml_options: await optionsOfTheDemosProvider(),
      });
      const made = await workos.sso.getConnection(created.data.id);
      assert.equal(made.name, "From Node");
      assert.equal(made.organizationId, customer.id);
      assert.notEqual(made.id, theirs.id);
      const listed = await workos.sso.listConnections({ organizationId: customer.id });
      assert.deepEqual(listed.data, [made]);
      await workos.sso.deleteConnection(made.id);
      await assert.rejects(workos.sso.getConnection(made.id), sdk.NotFoundException);
    });

    test("OIDC connections are made, read and listed", async () => {
      const workos = connect();
      const customer = await workos.organizations.createOrganization({ name: `OIDC ${name}` });
      const created = await workos.post("/connections", {
        organization_id: customer.id,
        oidc_options: {
          discovery_endpoint: `${demo.base_url}/demo/op/.well-known/openid-configuration`,
          client_id: "from-node",
          client_secret: "planted-secret-of-node",
        },
      });
      assert.equal(created.data.oidc_options.client_id, "from-node");
      assert.ok(!JSON.stringify(created.data).includes("planted"));
      const made = await workos.sso.getConnection(created.data.id);
      assert.equal(made.type ?? made.connectionType, "GenericOIDC");
      const listed = await workos.sso.listConnections({ organizationId: customer.id });
      assert.deepEqual(listed.data, [made]);
      assert.notEqual(demo.oidc_connection_id, made.id);
      const theirs = await workos.sso.getConnection(demo.oidc_connection_id);
      assert.equal(theirs.organizationId, demo.organization_id);
      await workos.sso.deleteConnection(made.id);
      await assert.rejects(workos.sso.getConnection(made.id), sdk.NotFoundException);
    });

    test("our own certificates, by the paths that the newer SDKs use", async () => {
      const workos = connect();
      const customer = await workos.organizations.createOrganization({ name: `Certified ${name}` });
      const created = await workos.post("/connections", {
        organization_id: customer.id,
        attribute_maps: { standard_attributes: { email: "mail" }, custom_attributes: { team: "ou" } },
        saml_options: await optionsOfTheDemosProvider(),
      });
      const path = `/connections/${created.data.id}`;
      for (const kind of ["saml_sp_encryption_certs", "saml_sp_signing_cert"]) {
        const made = (await workos.post(`${path}/${kind}`, {})).data;
        assert.match(made.value, /^-----BEGIN CERTIFICATE-----/);
        const shown = (await workos.get(`${path}/${kind}`)).data;
        assert.deepEqual(shown.object === "list" ? shown.data : [shown], [made]);
        await workos.delete(`${path}/${kind}/${made.id}`);
      }
      await assert.rejects(workos.get(`${path}/saml_sp_signing_cert`), sdk.NotFoundException);
    });

    test("IT contacts come and go", { skip: name === "8" && "release 8 has no call for them" }, async () => {
      const workos = connect();
      const { id: organizationId } = await workos.organizations.createOrganization({ name: "Contacts" });
      const made = await workos.organizations.createItContact({ organizationId, email: "it@node.test" });
      assert.equal(made.email, "it@node.test");
      const listed = await workos.organizations.listItContacts({ organizationId });
      assert.deepEqual(listed, { object: "list", data: [made], listMetadata: { before: null, after: null } });
      await assert.rejects(
        workos.organizations.createItContact({ organizationId, email: "it@node.test" }),
        sdk.ConflictException,
      );
      await assert.rejects(
        workos.organizations.inviteItContact({ organizationId, contactId: made.id, intents: ["sso"] }),
        sdk.UnprocessableEntityException,
      );
      await workos.organizations.deleteItContact({ organizationId, contactId: made.id });
      await assert.rejects(
        workos.organizations.deleteItContact({ organizationId, contactId: made.id }),
        sdk.NotFoundException,
      );
    });

    test("domains are claimed, read, verified again and deleted", async () => {
      const { organizations, organizationDomains: domains } = connect();
      const { id: organizationId } = await organizations.createOrganization({ name: `Claiming ${name}` });
      const call = (long, short) => (domains[long] ?? domains[short]).bind(domains);
      const [create, get] = [call("createOrganizationDomain", "create"), call("getOrganizationDomain", "get")];
      const verify = call("verifyOrganizationDomain", "verify");
      const domain = `claimed${name}.node.test`;
      const made = await create({ organizationId, domain });
      assert.match(made.id, /^org_domain_/);
      assert.deepEqual([made.object, made.domain, made.organizationId], ["organization_domain", domain, organizationId]);
      assert.deepEqual([made.state, made.verificationStrategy], ["pending", "dns"]);
      assert.match(`${made.verificationPrefix}=${made.verificationToken}`, /^[a-z0-9-]+=[A-Za-z0-9]+$/);
      assert.deepEqual(await get(made.id), made);
      const again = await verify(made.id);
      assert.equal(again.verificationToken, made.verificationToken);
      assert.deepEqual((await organizations.getOrganization(organizationId)).domains, [again]);
      await assert.rejects(create({ organizationId, domain }), sdk.ConflictException);
      await assert.rejects(create({ organizationId, domain: "gmail.com" }), sdk.UnprocessableEntityException);
      await call("deleteOrganizationDomain", "delete")(made.id);
      await assert.rejects(get(made.id), sdk.NotFoundException);
    });

    test("the roles of an organization", async () => {
      const workos = connect();
      const { id } = await workos.organizations.createOrganization({ name: "Roles" });
      // Release 11 left the call out; the path is the same.
      const { data } = name === "8"
        ? await workos.organizations.listOrganizationRoles({ organizationId: id })
        : (await workos.get(`/organizations/${id}/roles`)).data;
      assert.ok(Array.isArray(data));
    });

    test("selectors and hints lead to the company", async () => {
      const workos = connect();
      const [ada] = demo.idp.users;
      const goes = (more) =>
        signInAt(
          workos.sso.getAuthorizationUrl({ clientId: demo.client_id, redirectUri: CALLBACK, state: "s", ...more }),
          CALLBACK,
        );
      for (const selected of [
        { organization: demo.organization_id, domainHint: demo.domain },
        { provider: "authkit", domainHint: demo.domain },
        { provider: "authkit" },
      ]) {
        const arrived = await goes({ loginHint: ada.email, ...selected });
        assert.equal(arrived.get("state"), "s");
        const code = arrived.get("code");
        const { profile } = await workos.sso.getProfileAndToken({ code, clientId: demo.client_id });
        assert.equal(profile.connectionId, demo.saml_connection_id);
      }
      for (const provider of ["GoogleOAuth", "MicrosoftOAuth", "GitHubOAuth", "AppleOAuth"]) {
        assert.equal((await goes({ provider })).get("error"), "connection_strategy_invalid");
      }
    });

    test("an employee signs in", async () => {
      const workos = connect();
      const [ada] = demo.idp.users;
      const url = workos.sso.getAuthorizationUrl({
        connection: demo.saml_connection_id,
        clientId: demo.client_id,
        redirectUri: CALLBACK,
        loginHint: ada.email,
        state: "ä & = + % \"'!*",
      });
      const arrived = await signInAt(url, CALLBACK);
      assert.equal(arrived.get("state"), "ä & = + % \"'!*");
      const code = arrived.get("code");
      const { profile, accessToken } = await workos.sso.getProfileAndToken({ code, clientId: demo.client_id });
      assert.equal(profile.email, ada.email);
      assert.equal(profile.connectionId, demo.saml_connection_id);
      assert.equal(profile.organizationId, demo.organization_id);
      assert.match(profile.id, /^prof_/);
      assert.deepEqual(await workos.sso.getProfile({ accessToken }), profile);
      assert.equal((await workos.sso.getConnection(demo.saml_connection_id)).state, "active");
      await assert.rejects(
        workos.sso.getProfileAndToken({ code, clientId: demo.client_id }),
        (error) => error instanceof sdk.OauthException && error.error === "invalid_grant",
      );
      await assert.rejects(workos.sso.getProfile({ accessToken: "nonsense" }), sdk.UnauthorizedException);
    });

    test("by organization, with PKCE, with and without a key", async () => {
      const [, grace] = demo.idp.users;
      // The demo's own company has a connection of each protocol, and would offer a choice.
      const { data: customer } = await connect().post("/organizations", {
        name: `By organization ${name}`,
        allow_profiles_outside_organization: true,
      });
      await connect().post("/connections", {
        organization_id: customer.id,
        saml_options: {
          ...(await optionsOfTheDemosProvider()),
          idp_entity_id: "urn:kernia:demo:identity-provider",
        },
      });
      for (const workos of [connect(), withoutKey()]) {
        const begun = await workos.sso.getAuthorizationUrlWithPKCE({
          organization: customer.id,
          clientId: demo.client_id,
          redirectUri: CALLBACK,
          loginHint: grace.email,
        });
        const arrived = await signInAt(begun.url, CALLBACK);
        assert.equal(arrived.get("state"), begun.state);
        const { profile } = await workos.sso.getProfileAndToken({
          code: arrived.get("code"),
          clientId: demo.client_id,
          codeVerifier: begun.codeVerifier,
        });
        assert.equal(profile.email, grace.email);
      }
    });

    test("refusals become the classes that applications catch", async () => {
      const workos = connect();
      const domainData = [{ domain: `t${name}.test`, state: "verified" }];
      const external = { name: "Taken", externalId: `taken/${name}`, domainData };
      await workos.organizations.createOrganization(external);
      await assert.rejects(connect("sk_test_wrong").organizations.listOrganizations(), sdk.UnauthorizedException);
      await assert.rejects(workos.organizations.getOrganization("org_nobody"), (error) => {
        assert.ok(error instanceof sdk.NotFoundException);
        assert.equal(error.status, 404);
        if (name === "11") assert.ok(error.requestID);
        return true;
      });
      await assert.rejects(
        workos.organizations.createOrganization({ name: "Other", domainData: external.domainData }),
        (error) => error.status === 409,
      );
      await assert.rejects(
        workos.organizations.createOrganization({ name: "Other", externalId: external.externalId }),
        (error) => error.status === 400 && /external_id/.test(error.message),
      );
      await assert.rejects(workos.organizations.createOrganization({}), sdk.UnprocessableEntityException);
      await assert.rejects(
        connect("sk_test_wrong").sso.getProfileAndToken({ code: "x", clientId: demo.client_id }),
        (error) => error instanceof sdk.OauthException ? error.error === "invalid_client" : error.status === 401,
      );
    });

    const withoutKey = () => {
      const { hostname, port } = new URL(demo.base_url);
      return new sdk.WorkOS({ clientId: demo.client_id, apiHostname: hostname, port: Number(port), https: false });
    };

    /** What a new connection must say of the demo's provider, read from its metadata. */
    const optionsOfTheDemosProvider = async () => {
      const begun = await fetch(
        connect().sso.getAuthorizationUrl({
          connection: demo.saml_connection_id,
          clientId: demo.client_id,
          redirectUri: CALLBACK,
        }),
        { redirect: "manual" },
      );
      const { origin, pathname } = new URL(begun.headers.get("location"));
      const [certificate] = (
        await connect().get(`/connections/${demo.saml_connection_id}/saml_idp_signing_certs`)
      ).data.data;
      return { idp_entity_id: `${origin}/node-test`, idp_sso_url: origin + pathname, idp_signing_certs: [certificate.value] };
    };
  });
}
