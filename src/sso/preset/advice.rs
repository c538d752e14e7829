//! Where to click when a sign-in was refused: by provider, then for all others.

use super::Advice;

/// For every provider whose own words are not known.
pub(super) const GENERIC: Advice = &[
    (
        &["audience"],
        "Copy our entity ID into the provider's audience or SP entity ID field, every character, without a slash more.",
    ),
    (
        &["destination", "recipient"],
        "Copy our ACS URL into the provider's ACS, reply or recipient field, every character.",
    ),
    (
        &["issuer"],
        "Load the metadata of this very application at the provider again: another one has another entity ID.",
    ),
    (&["unsigned"], "Turn on signing of the assertion at the provider."),
    (
        &["signature_invalid"],
        "The provider has another certificate now: load its metadata again, or add the new certificate beside the old one.",
    ),
    (
        &["algorithm_not_allowed"],
        "Choose RSA with SHA-256 as the signature algorithm and SHA-256 as the digest at the provider.",
    ),
    (
        &["email_missing"],
        "Let the provider send an attribute named `email`, or map the name under which the address comes.",
    ),
    (
        &["transient_name_id"],
        "Choose a persistent NameID or the email address at the provider, or map an attribute that stays the same as `idp_id`.",
    ),
    (
        &["idp_id_missing"],
        "Let the provider send the attribute that is mapped as `idp_id` for everybody, with one value.",
    ),
    (
        &["decryption_failed"],
        "Load our metadata at the provider again: it encrypts with a key that we no longer have; or turn encryption off.",
    ),
    (
        &["status"],
        "Look into the provider's own sign-in log: mostly the person is not assigned to the application, or it cannot give the NameID format that was asked for.",
    ),
    (
        &["unsolicited"],
        "Start at the application; or set `idp_initiated` of this connection to `restart` or `accept`.",
    ),
    (&["expired", "not_yet_valid"], "Set the provider's clock by NTP, then try again."),
    (
        &["profile_not_allowed_outside_organization"],
        "Verify the domain of this address for the organization, or use an account of a verified domain.",
    ),
];

pub(super) const OKTA: Advice = &[
    (
        &["audience"],
        "Okta: General > SAML Settings > Edit > Configure SAML: paste our entity ID into `Audience URI (SP Entity ID)`.",
    ),
    (
        &["destination", "recipient"],
        "Okta: General > SAML Settings > Edit > Configure SAML: paste our ACS URL into `Single sign-on URL` and leave `Use this for Recipient URL and Destination URL` ticked.",
    ),
    (
        &["issuer", "signature_invalid"],
        "Okta: Sign On > SAML 2.0 > Metadata details: bring the Metadata URL of this application again; each application has its own issuer and certificate.",
    ),
    (
        &["unsigned"],
        "Okta: Configure SAML > Show Advanced Settings: set Response and Assertion Signature to Signed.",
    ),
    (
        &["algorithm_not_allowed"],
        "Okta: Configure SAML > Show Advanced Settings: Signature Algorithm RSA-SHA256, Digest Algorithm SHA256.",
    ),
    (
        &["email_missing"],
        "Okta: Configure SAML > Attribute Statements: add the name `email` with the value user.email.",
    ),
    (
        &["transient_name_id"],
        "Okta: Configure SAML > General: set Name ID format to EmailAddress or Persistent.",
    ),
    (
        &["decryption_failed"],
        "Okta: Configure SAML > Show Advanced Settings: upload our present encryption certificate, or set Assertion Encryption to Unencrypted.",
    ),
    (&["status"], "Okta: Assignments > Assign: assign the person or a group of theirs."),
];

pub(super) const ENTRA: Advice = &[
    (
        &["audience"],
        "Entra ID: Single sign-on > Basic SAML Configuration > Edit: paste our entity ID into `Identifier (Entity ID)` and make it the default.",
    ),
    (
        &["destination", "recipient"],
        "Entra ID: Single sign-on > Basic SAML Configuration > Edit: paste our ACS URL into `Reply URL (Assertion Consumer Service URL)` and make it the default.",
    ),
    (
        &["issuer", "signature_invalid"],
        "Entra ID: Single sign-on > SAML Certificates: bring `App Federation Metadata Url` of this application again; its certificate belongs to the application alone.",
    ),
    (
        &["unsigned"],
        "Entra ID: Single sign-on > SAML Certificates > Edit: Signing Option `Sign SAML assertion`.",
    ),
    (
        &["algorithm_not_allowed"],
        "Entra ID: Single sign-on > SAML Certificates > Edit: Signing Algorithm SHA-256.",
    ),
    (
        &["email_missing"],
        "Entra ID: Single sign-on > Attributes & Claims: the person has no mail address; fill it in, or set `emailaddress` to user.userprincipalname.",
    ),
    (
        &["transient_name_id"],
        "Entra ID: Single sign-on > Attributes & Claims > Unique User Identifier: choose Persistent or Email address.",
    ),
    (
        &["decryption_failed"],
        "Entra ID: Security > Token encryption: import our present encryption certificate and activate it, or turn token encryption off.",
    ),
    (
        &["status"],
        "Entra ID: Users and groups > Add: assign the person; AADSTS75011 means that another way to sign in was demanded.",
    ),
];

pub(super) const GOOGLE: Advice = &[
    (
        &["audience"],
        "Google: Apps > Web and mobile apps > the app > Service provider details: paste our entity ID into `Entity ID`.",
    ),
    (
        &["destination", "recipient"],
        "Google: Apps > Web and mobile apps > the app > Service provider details: paste our ACS URL into `ACS URL`.",
    ),
    (
        &["issuer", "signature_invalid"],
        "Google: the app > Download metadata, and upload the file here: Google has no metadata address, so a new certificate is always an upload.",
    ),
    (&["unsigned"], "Google: the app > Service provider details: tick `Signed response`."),
    (
        &["email_missing"],
        "Google: the app > Service provider details: Name ID format EMAIL with Basic Information > Primary email; or add `email` under Attribute mapping.",
    ),
    (
        &["transient_name_id"],
        "Google: the app > Service provider details > Name ID format: choose EMAIL or PERSISTENT.",
    ),
    (
        &["status"],
        "Google: the app > User access: switch it ON for the person's unit; changes take up to 24 hours.",
    ),
];

pub(super) const ADFS: Advice = &[
    (
        &["audience"],
        "AD FS: Relying Party Trusts > the trust > Properties > Identifiers: add our entity ID.",
    ),
    (
        &["destination", "recipient"],
        "AD FS: Relying Party Trusts > the trust > Properties > Endpoints: set the SAML Assertion Consumer endpoint (POST) to our ACS URL.",
    ),
    (
        &["issuer"],
        "AD FS: bring https://<host>/FederationMetadata/2007-06/FederationMetadata.xml again; its entity ID begins with http, not https, and is copied as it is.",
    ),
    (
        &["signature_invalid"],
        "AD FS changes its token-signing certificate each year: give the metadata address, or upload the metadata again.",
    ),
    (
        &["unsigned"],
        "AD FS: Set-AdfsRelyingPartyTrust -TargetName <trust> -SamlResponseSignature AssertionOnly (or MessageAndAssertion).",
    ),
    (
        &["algorithm_not_allowed"],
        "AD FS: the trust > Properties > Advanced: Secure hash algorithm SHA-256.",
    ),
    (
        &["email_missing"],
        "AD FS: Edit Claim Issuance Policy > Send LDAP Attributes as Claims: E-Mail-Addresses to E-Mail Address.",
    ),
    (
        &["transient_name_id"],
        "AD FS: Edit Claim Issuance Policy > Transform an Incoming Claim: outgoing Name ID, format Email or Persistent.",
    ),
    (
        &["name_id"],
        "AD FS sends no NameID without a rule: Edit Claim Issuance Policy > Transform an Incoming Claim: incoming E-Mail Address, outgoing Name ID, format Email.",
    ),
    (
        &["decryption_failed"],
        "AD FS: the trust > Properties > Encryption: update it from our metadata, or remove the certificate there.",
    ),
    (
        &["status"],
        "AD FS: look into its event log; InvalidNameIDPolicy (MSIS7070) wants a rule that gives the Name ID in the format that was asked for.",
    ),
    (
        &["expired", "not_yet_valid"],
        "AD FS: set the server's clock by NTP, or Set-AdfsRelyingPartyTrust -TargetName <trust> -NotBeforeSkew 2.",
    ),
];

pub(super) const ONELOGIN: Advice = &[
    (&["audience"], "OneLogin: Configuration: paste our entity ID into `Audience (EntityID)`."),
    (
        &["destination", "recipient"],
        "OneLogin: Configuration: paste our ACS URL into `Recipient` and `ACS (Consumer) URL`, and its escaped form into the validator.",
    ),
    (
        &["issuer", "signature_invalid"],
        "OneLogin: SSO: bring the Issuer URL of this application again; it serves the metadata.",
    ),
    (&["unsigned"], "OneLogin: Configuration > SAML signature element: Assertion or Both."),
    (&["algorithm_not_allowed"], "OneLogin: SSO > SAML Signature Algorithm: SHA-256."),
    (
        &["email_missing"],
        "OneLogin: Parameters: add `email` with the value Email and tick `Include in SAML assertion`.",
    ),
    (&["transient_name_id"], "OneLogin: Configuration > SAML nameID format: Email."),
    (&["status"], "OneLogin: Access > Roles: give the person's role access to the application."),
];

pub(super) const PINGONE: Advice = &[
    (
        &["audience"],
        "PingOne: the application > Configuration > Edit: paste our entity ID into `Entity ID`.",
    ),
    (
        &["destination", "recipient"],
        "PingOne: the application > Configuration > Edit: paste our ACS URL into `ACS URLs`.",
    ),
    (
        &["issuer", "signature_invalid"],
        "PingOne: the application > Overview: bring the IdP Metadata URL again.",
    ),
    (
        &["unsigned"],
        "PingOne: the application > Configuration: choose `Sign Assertion` or `Sign Assertion & Response`.",
    ),
    (
        &["algorithm_not_allowed"],
        "PingOne: the application > Configuration: Signing Algorithm RSA_SHA256.",
    ),
    (&["email_missing"], "PingOne: Attribute Mappings > pencil: add email = Email Address."),
    (&["status"], "PingOne: switch the application on, and look at its Access tab."),
];

pub(super) const PINGFEDERATE: Advice = &[
    (
        &["audience"],
        "PingFederate: SP Connections > the connection > General Info: paste our entity ID into `Partner's Entity ID`.",
    ),
    (
        &["destination", "recipient"],
        "PingFederate: Browser SSO > Protocol Settings > Assertion Consumer Service URL: binding POST with our ACS URL.",
    ),
    (
        &["issuer", "signature_invalid"],
        "PingFederate: SP Connections > Select Action > Export Metadata, and upload the file here again.",
    ),
    (
        &["unsigned"],
        "PingFederate: Browser SSO > Protocol Settings > Signature Policy: always sign the SAML assertion.",
    ),
    (
        &["algorithm_not_allowed"],
        "PingFederate: Credentials > Digital Signature Settings: RSA SHA256.",
    ),
    (
        &["email_missing"],
        "PingFederate: Assertion Creation > Attribute Contract: add `email`, then fill it under Authentication Source Mapping.",
    ),
    (&["transient_name_id"], "PingFederate: Assertion Creation > Identity Mapping: Standard."),
];

pub(super) const KEYCLOAK: Advice = &[
    (&["audience"], "Keycloak: Clients > the client > Settings: `Client ID` is our entity ID."),
    (
        &["destination", "recipient"],
        "Keycloak: Clients > the client > Settings: paste our ACS URL into `Valid redirect URIs` and `Master SAML Processing URL`.",
    ),
    (
        &["issuer", "signature_invalid"],
        "Keycloak: Realm settings > General > SAML 2.0 Identity Provider Metadata: bring the address again.",
    ),
    (
        &["unsigned"],
        "Keycloak: the client > Settings > Signature and Encryption: `Sign assertions` or `Sign documents` on.",
    ),
    (
        &["algorithm_not_allowed"],
        "Keycloak: the client > Settings > Signature and Encryption: Signature algorithm RSA_SHA256.",
    ),
    (
        &["email_missing"],
        "Keycloak: Client scopes > <client>-dedicated > Add mapper > User Property: email, and fill in the person's address.",
    ),
    (
        &["transient_name_id"],
        "Keycloak: the client > Settings > SAML capabilities: Name ID format email or persistent, Force name ID format on.",
    ),
    (
        &["decryption_failed"],
        "Keycloak: the client > Keys: import our present encryption certificate, or turn `Encrypt assertions` off.",
    ),
    (
        &["status"],
        "Keycloak: `Invalid requester` means that it wants signed requests: the client > Keys: turn `Client signature required` off, or import our signing certificate and set `sign_requests`.",
    ),
];

pub(super) const SHIBBOLETH: Advice = &[
    (
        &["audience", "destination", "recipient"],
        "Shibboleth: load our metadata again in conf/metadata-providers.xml, and reload the service.",
    ),
    (
        &["issuer", "signature_invalid"],
        "Shibboleth: bring https://<host>/idp/shibboleth again; the file that it serves is static, so look whether it is current.",
    ),
    (
        &["unsigned"],
        "Shibboleth: conf/relying-party.xml: an override for our entity ID with p:signAssertions=\"true\".",
    ),
    (&["email_missing"], "Shibboleth: conf/attribute-filter.xml: release `mail` to our entity ID."),
    (
        &["transient_name_id"],
        "Shibboleth: release `samlSubjectID` in conf/attribute-filter.xml, and map `urn:oasis:names:tc:SAML:attribute:subject-id` as `idp_id` here.",
    ),
    (
        &["decryption_failed"],
        "Shibboleth: load our present metadata again in conf/metadata-providers.xml; or p:encryptAssertions=\"false\" in conf/relying-party.xml.",
    ),
];

pub(super) const SIMPLESAMLPHP: Advice = &[
    (
        &["audience", "destination", "recipient"],
        "SimpleSAMLphp: metadata/saml20-sp-remote.php: the array key is our entity ID, `AssertionConsumerService` our ACS URL.",
    ),
    (
        &["issuer", "signature_invalid"],
        "SimpleSAMLphp: Federation > SAML 2.0 IdP metadata: bring the address again.",
    ),
    (
        &["unsigned"],
        "SimpleSAMLphp: metadata/saml20-idp-hosted.php: saml20.sign.assertion => true.",
    ),
    (
        &["algorithm_not_allowed"],
        "SimpleSAMLphp: metadata/saml20-idp-hosted.php: 'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'.",
    ),
    (&["email_missing"], "SimpleSAMLphp: release the attribute `mail` to our entity ID."),
    (
        &["transient_name_id"],
        "SimpleSAMLphp: authproc: saml:AttributeNameID or saml:PersistentNameID; or map `uid` as `idp_id` here.",
    ),
];

pub(super) const JUMPCLOUD: Advice = &[
    (
        &["audience"],
        "JumpCloud: SSO Applications > the application > SSO: paste our entity ID into `SP Entity ID`.",
    ),
    (
        &["destination", "recipient"],
        "JumpCloud: SSO Applications > the application > SSO: paste our ACS URL into `ACS URL`.",
    ),
    (
        &["issuer", "signature_invalid"],
        "JumpCloud: the application > SSO > JumpCloud Metadata: export it after all settings are saved, and bring it again.",
    ),
    (&["unsigned"], "JumpCloud: the application > SSO: tick `Sign Assertion`."),
    (
        &["algorithm_not_allowed"],
        "JumpCloud: the application > SSO: Signature Algorithm RSA-SHA256.",
    ),
    (
        &["email_missing"],
        "JumpCloud: the application > SSO > Attributes > User Attribute Mapping: add `email`.",
    ),
    (
        &["transient_name_id"],
        "JumpCloud: the application > SSO: NameID format emailAddress or persistent.",
    ),
    (&["status"], "JumpCloud: the application > User Groups: tick a group of the person and save."),
];

pub(super) const AUTH0: Advice = &[
    (&["audience"], "Auth0: Addons > SAML2 Web App > Settings: set \"audience\" to our entity ID."),
    (
        &["destination", "recipient"],
        "Auth0: Addons > SAML2 Web App > Settings: paste our ACS URL into `Application Callback URL`; \"recipient\" and \"destination\" are the same.",
    ),
    (
        &["issuer", "signature_invalid"],
        "Auth0: Addons > SAML2 Web App > Usage: bring the Identity Provider Metadata again.",
    ),
    (
        &["algorithm_not_allowed"],
        "Auth0: Addons > SAML2 Web App > Settings: \"signatureAlgorithm\": \"rsa-sha256\" and \"digestAlgorithm\": \"sha256\"; without them it signs with SHA-1.",
    ),
    (
        &["status"],
        "Auth0: the application > Connections: enable the connection that the person signs in with.",
    ),
];

pub(super) const DUO: Advice = &[
    (
        &["audience"],
        "Duo: the application > Service Provider: paste our entity ID into `Entity ID`.",
    ),
    (
        &["destination", "recipient"],
        "Duo: the application > Service Provider: paste our ACS URL into `Assertion Consumer Service (ACS) URL`.",
    ),
    (
        &["issuer", "signature_invalid"],
        "Duo: the application > Metadata: bring the Metadata URL again.",
    ),
    (
        &["unsigned"],
        "Duo: the application > SAML Response: tick `Sign response` and `Sign assertion`.",
    ),
    (
        &["algorithm_not_allowed"],
        "Duo: the application > SAML Response: Signature algorithm SHA256.",
    ),
    (
        &["email_missing"],
        "Duo: the application > SAML Response > Map attributes: <Email Address> to `email`.",
    ),
    (&["status"], "Duo: the application > User access: enable it for the person's group."),
];

pub(super) const RIPPLING: Advice = &[
    (
        &["in_response_to"],
        "Rippling: App > Settings > Advanced SAML Settings: tick `Disable InResponseTo field in assertions for IdP initiated SSO`.",
    ),
    (
        &["email_missing"],
        "Rippling: App > Settings > SAML Attributes: add `email`, and turn on `Disable automatic standardization of attributes` if names arrive changed.",
    ),
    (
        &["audience"],
        "Rippling: the SSO setup page: paste our entity ID into `Service Provider Entity ID`.",
    ),
    (
        &["destination", "recipient"],
        "Rippling: the SSO setup page: paste our ACS URL into `Assertion Consumer Service URL`.",
    ),
];

pub(super) const CYBERARK: Advice = &[
    (
        &["audience"],
        "CyberArk: Trust > Service Provider Configuration: paste our entity ID into `SP Entity ID / Issuer / Audience`.",
    ),
    (
        &["destination", "recipient"],
        "CyberArk: Trust > Service Provider Configuration: paste our ACS URL and let Recipient be the same.",
    ),
    (
        &["issuer", "signature_invalid"],
        "CyberArk: Trust > Identity Provider Configuration > Metadata: bring the address again.",
    ),
    (&["email_missing"], "CyberArk: SAML Response > Attributes: add `email`."),
    (&["status"], "CyberArk: Permissions > Add: give the person or a role the Run permission."),
];

pub(super) const CLOUDFLARE: Advice = &[
    (
        &["audience"],
        "Cloudflare Access: the SaaS application: paste our entity ID into `Entity ID`.",
    ),
    (
        &["destination", "recipient"],
        "Cloudflare Access: the SaaS application: paste our ACS URL into `Assertion Consumer Service URL`.",
    ),
    (
        &["email_missing"],
        "Cloudflare Access: the SaaS application > SAML attribute statements: map the address to `email`.",
    ),
    (&["status"], "Cloudflare Access: Policies: add an Allow policy for the person."),
];

pub(super) const LASTPASS: Advice = &[
    (&["audience"], "LastPass: Set up app: paste our entity ID into `Entity ID`."),
    (&["destination", "recipient"], "LastPass: Set up app: paste our ACS URL into `ACS`."),
    (
        &["unsigned", "algorithm_not_allowed"],
        "LastPass: Advanced settings: SHA256, tick `Sign assertion` and `Sign response`.",
    ),
    (&["email_missing"], "LastPass: Custom attributes > Add SAML attribute: Email as `email`."),
];

pub(super) const ORACLE: Advice = &[
    (&["audience"], "Oracle: SSO configuration: paste our entity ID into `Entity ID`."),
    (
        &["destination", "recipient"],
        "Oracle: SSO configuration: paste our ACS URL into `Assertion consumer URL`.",
    ),
    (
        &["issuer", "signature_invalid"],
        "Oracle: SSO configuration > Download identity provider metadata, and upload it here; an entity ID with :443 is copied as it is.",
    ),
    (&["unsigned"], "Oracle: SSO configuration > Signed SSO: Assertion."),
    (&["email_missing"], "Oracle: Attribute configuration: add `email`, format Basic."),
    (&["status"], "Oracle: activate the application, and assign the person under Users or Groups."),
];

pub(super) const WORKSPACE_ONE: Advice = &[
    (&["audience"], "Workspace ONE: Configuration: paste our entity ID into `Application ID`."),
    (
        &["destination", "recipient"],
        "Workspace ONE: Configuration: paste our ACS URL into `Single Sign-On URL` and `Recipient URL`.",
    ),
    (
        &["unsigned", "algorithm_not_allowed"],
        "Workspace ONE: Configuration > Advanced Properties: Sign Response and Sign Assertion yes, SHA256 with RSA.",
    ),
    (
        &["email_missing"],
        "Workspace ONE: Configuration > Custom attribute mapping: `email` = ${user.email}.",
    ),
    (&["status"], "Workspace ONE: Save & Assign: assign a group of the person."),
];

pub(super) const SALESFORCE: Advice = &[
    (&["audience"], "Salesforce: the connected app: paste our entity ID into `Entity Id`."),
    (
        &["destination", "recipient"],
        "Salesforce: the connected app: paste our ACS URL into `ACS URL`.",
    ),
    (&["email_missing"], "Salesforce: the connected app > Custom Attributes: add `email`."),
    (&["status"], "Salesforce: Manage > Profiles or Permission Sets: add the person's."),
];
