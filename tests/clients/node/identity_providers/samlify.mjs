// `samlify` as an identity provider: `node samlify.mjs FOLDER BASE_URL`.
//
// It signs the assertion and, around it, the whole message; names are short, groups are several values.

import { randomUUID } from "node:crypto";
import { inflateRawSync } from "node:zlib";

import { base, entityId, keyPair, postingForm, require, serve, serviceProvider, settings } from "./folder.mjs";

const samlify = require("samlify");
const { algorithms, namespace } = samlify.Constants;

const ATTRIBUTES = { mail: "email", givenName: "first_name", surname: "last_name" };

const BASIC = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic";
const SCHEMA = "http://www.w3.org/2001/XMLSchema";

const template = (inResponseTo) => {
  const attribute = (name, values) =>
    `<saml:Attribute Name="${name}" NameFormat="${BASIC}">${values}</saml:Attribute>`;
  const value = (tag) =>
    `<saml:AttributeValue xmlns:xs="${SCHEMA}" xmlns:xsi="${SCHEMA}-instance" xsi:type="xs:string">` +
    `{${tag}}</saml:AttributeValue>`;
  const attributes = Object.entries(ATTRIBUTES).map(([name, tag]) => attribute(name, value(tag)));
  attributes.push(attribute("memberOf", value("firstGroup") + value("secondGroup")));
  // Its own template escapes the statements away, so that they are written out here.
  const statements =
    '<saml:AuthnStatement AuthnInstant="{IssueInstant}" SessionIndex="{AssertionID}"><saml:AuthnContext>' +
    "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef>" +
    `</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>${attributes.join("")}</saml:AttributeStatement>`;
  const { context: whole } = samlify.SamlLib.defaultLoginResponseTemplate;
  const context = whole.replace("{AuthnStatement}{AttributeStatement}", statements);
  return inResponseTo ? context : context.replaceAll(' InResponseTo="{InResponseTo}"', "");
};

const identityProvider = () => {
  const { encrypts, checks_requests } = settings();
  const { key, certificate } = keyPair();
  const at = (path) => ["redirect", "post"].map((name) => ({ Binding: namespace.binding[name], Location: `${base}${path}` }));
  return samlify.IdentityProvider({
    entityID: entityId,
    signingCert: certificate,
    privateKey: key,
    wantAuthnRequestsSigned: checks_requests,
    wantLogoutRequestSigned: true,
    wantLogoutResponseSigned: true,
    nameIDFormat: ["urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"],
    singleSignOnService: at("/sso"),
    singleLogoutService: at("/logout"),
    isAssertionEncrypted: encrypts,
    dataEncryptionAlgorithm: algorithms.encryption.data.AES_128_GCM,
    keyEncryptionAlgorithm: algorithms.encryption.key.RSA_OAEP_MGF1P,
  });
};

// A signed query is verified as it came, not as it was read.
const asItCame = (request) => {
  const pairs = request.originalUrl.split("?")[1]?.split("&") ?? [];
  const signed = ["SAMLRequest", "SAMLResponse", "RelayState", "SigAlg"].flatMap((name) =>
    pairs.filter((pair) => pair.startsWith(`${name}=`)),
  );
  return { query: request.query, body: request.body, octetString: signed.join("&") };
};

const bindingOf = (request) => (request.query.SAMLRequest || request.query.SAMLResponse ? "redirect" : "post");

// Before it is known who asks, nothing can be verified: this reads the name alone.
const issuerOf = (request) => {
  const { SAMLRequest, SAMLResponse } = { ...request.body, ...request.query };
  const bytes = Buffer.from(SAMLRequest ?? SAMLResponse, "base64");
  const xml = bytes[0] === 60 ? bytes.toString() : inflateRawSync(bytes).toString();
  return xml.match(/Issuer[^>]*>([^<]+)</)[1];
};

let lastSession;

serve({
  metadata(_request, response) {
    response.type("application/samlmetadata+xml").send(identityProvider().getMetadata());
  },

  async answer(who, request, response) {
    const tile = request.path === "/tile";
    const known = serviceProvider(tile ? request.query.to : issuerOf(request));
    known.entitySetting.wantMessageSigned = true;
    const provider = identityProvider();
    const asked = tile ? { extract: {} } : await provider.parseLoginRequest(known, bindingOf(request), asItCame(request));
    const now = new Date();
    const soon = new Date(now.getTime() + 300_000);
    const id = `_${randomUUID()}`;
    const assertion = `_${randomUUID()}`;
    const acs = known.entityMeta.getAssertionConsumerService("post");
    lastSession = { to: known.entityMeta.getEntityID(), logoutNameID: `person-${who.username}`, sessionIndex: assertion };
    const answer = await provider.createLoginResponse(known, asked, "post", { email: who.email }, {
      relayState: request.query.RelayState ?? request.body.RelayState,
      encryptThenSign: settings().encrypts,
      customTagReplacement: () => ({
        id,
        context: samlify.SamlLib.replaceTagsByValue(template(!tile), {
          ID: id,
          AssertionID: assertion,
          Destination: acs,
          Audience: known.entityMeta.getEntityID(),
          SubjectRecipient: acs,
          Issuer: entityId,
          IssueInstant: now.toISOString(),
          StatusCode: "urn:oasis:names:tc:SAML:2.0:status:Success",
          ConditionsNotBefore: now.toISOString(),
          ConditionsNotOnOrAfter: soon.toISOString(),
          SubjectConfirmationDataNotOnOrAfter: soon.toISOString(),
          NameIDFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
          NameID: `person-${who.username}`,
          InResponseTo: asked.extract.request?.id,
          firstGroup: "engineers",
          secondGroup: "R&D <alpha>",
          ...Object.fromEntries(Object.values(ATTRIBUTES).map((tag) => [tag, who[tag]])),
        }),
      }),
    });
    response.send(postingForm(acs, { SAMLResponse: answer.context, RelayState: answer.relayState }));
  },

  async logout(request, response) {
    const { SAMLRequest, SAMLResponse, RelayState } = { ...request.body, ...request.query };
    const provider = identityProvider();
    if (!SAMLRequest && !SAMLResponse) {
      const known = serviceProvider(lastSession.to);
      known.entitySetting.wantLogoutRequestSigned = true;
      return response.redirect(provider.createLogoutRequest(known, "redirect", lastSession).context);
    }
    const known = serviceProvider(issuerOf(request));
    known.entitySetting.wantLogoutResponseSigned = true;
    if (SAMLResponse) {
      await provider.parseLogoutResponse(known, bindingOf(request), asItCame(request));
      return response.send("signed out everywhere");
    }
    const asked = await provider.parseLogoutRequest(known, bindingOf(request), asItCame(request));
    response.redirect(provider.createLogoutResponse(known, asked, "redirect", { relayState: RelayState }).context);
  },
});
