// Auth0's `samlp` as an identity provider: `node samlp.mjs FOLDER BASE_URL`.
//
// As Auth0 does it: the assertion alone is signed, claims have Microsoft's long names, and the NameID
// says nothing of its format.

import { X509Certificate, randomUUID } from "node:crypto";

import { entityId, keyPair, require, serve, serviceProvider, settings } from "./folder.mjs";

const samlp = require("samlp");
const SessionParticipants = require("samlp/lib/sessionParticipants");

// Who is signed in where. One person tests one logout at a time, so that the last one is enough.
let participants = [];

serve({
  metadata(request, response) {
    samlp.metadata({
      issuer: entityId,
      cert: keyPair().certificate,
      redirectEndpointPath: "/sso",
      postEndpointPath: "/sso",
      logoutEndpointPaths: { redirect: "/logout", post: "/logout" },
    })(request, response);
  },

  async answer(who, request, response, next) {
    const entity = request.path === "/tile" ? request.query.to : await issuerOf(request);
    const known = serviceProvider(entity).entityMeta;
    const { encrypts, checks_requests } = settings();
    const { key, certificate } = keyPair();
    const acs = known.getAssertionConsumerService("post");
    const sessionIndex = `session-${randomUUID()}`;
    const participant = {
      serviceProviderId: entity,
      nameId: `auth0|${who.username}`,
      nameIdFormat: "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
      sessionIndex,
      serviceProviderLogoutURL: known.getSingleLogoutService() && known.getSingleLogoutService("redirect"),
      cert: pem("CERTIFICATE", known.getX509Certificate("signing")),
    };
    participants = [participant];
    samlp.auth({
      issuer: entityId,
      key,
      cert: certificate,
      audience: entity,
      recipient: acs,
      destination: acs,
      sessionIndex,
      authnContextClassRef: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
      getPostURL: (_audience, _document, _request, done) => done(null, acs),
      getUserFromRequest: () => ({
        id: `auth0|${who.username}`,
        displayName: `${who.first_name} ${who.last_name}`,
        name: { givenName: who.first_name, familyName: who.last_name },
        emails: [{ value: who.email }],
      }),
      signingCert: checks_requests && request.path === "/sso" ? participant.cert : undefined,
      ...(encrypts && encryption(known)),
    })(request, response, next);
  },

  logout(request, response, next) {
    request.session ??= store;
    samlp.logout({
      issuer: entityId,
      key: keyPair().key,
      cert: keyPair().certificate,
      deflate: true,
      protocolBinding: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
      sessionParticipants: new SessionParticipants(participants),
    })(request, response, next);
  },
});

const store = {};

const issuerOf = (request) =>
  new Promise((done, failed) =>
    samlp.parseRequest(request, (error, read) => (error ? failed(error) : done(read?.issuer))),
  );

const encryption = (known) => {
  const certificate = pem("CERTIFICATE", known.getX509Certificate("encryption"));
  const key = new X509Certificate(certificate).publicKey;
  return { encryptionCert: certificate, encryptionPublicKey: key.export({ type: "spki", format: "pem" }) };
};

// Several keys may be published; one is enough to go by.
const pem = (label, base64) => {
  const one = Array.isArray(base64) ? base64[0] : base64;
  return one && `-----BEGIN ${label}-----\n${one.replace(/\s/g, "").match(/.{1,64}/g).join("\n")}\n-----END ${label}-----\n`;
};
