//! Where to click when a sign-in through OpenID Connect was refused: by provider, then for all others.

use super::Advice;

/// For every provider whose own words are not known: each code that a sign-in can be refused with.
pub(super) const GENERIC: Advice = &[
    (
        &["metadata_html", "metadata_too_large", "metadata_malformed", "metadata_incomplete"],
        "Open the discovery endpoint in a browser: it must show one JSON object with `issuer`, `authorization_endpoint`, `token_endpoint` and `jwks_uri`. Set the address that does.",
    ),
    (
        &["metadata_address"],
        "Let the provider publish https addresses without a user name in them; behind a proxy, set its public base address.",
    ),
    (
        &["metadata_issuer"],
        "Take the discovery endpoint that is the issuer and `/.well-known/openid-configuration`, every character.",
    ),
    (
        &["metadata_unsupported"],
        "Allow the authorization code flow for this client at the provider.",
    ),
    (
        &["keys_html", "keys_too_large", "keys_malformed", "keys_empty"],
        "Open the provider's `jwks_uri` in a browser: it must show a JSON object with `keys`. Until then nothing that it signs can be verified.",
    ),
    (
        &["token_not_served", "keys_not_served", "user_info_not_served"],
        "See that Kernia's machine reaches the provider: name, port, TLS certificate, firewall. In a private network, set `fetch.allow_private_addresses`.",
    ),
    (
        &["callback_malformed", "callback_duplicate", "state", "replay", "nonce"],
        "Start again at the application, in one browser, with cookies allowed for this site. If it stays, look for something between browser and Kernia that changes addresses or drops cookies.",
    ),
    (
        &["callback_issuer"],
        "Compare the issuer in the provider's discovery document with the `iss` of its answers; read the discovery document anew if the provider was moved.",
    ),
    (
        &["provider_refused"],
        "Look into the provider's own sign-in log: mostly the person is not assigned to the application, said no, or the redirect URI or a scope is not allowed there.",
    ),
    (
        &["client_refused"],
        "Compare client id, client secret and authentication method with the application at the provider; a secret that ran out has to be made anew and set here.",
    ),
    (
        &["grant_refused"],
        "Register our redirect URI at the provider, every character, and see that nobody else exchanges the code; then start again.",
    ),
    (
        &[
            "token_html",
            "token_too_large",
            "token_response_malformed",
            "token_status",
            "token_refused",
            "token_type",
        ],
        "Compare the token endpoint in the discovery document with the provider's documentation; its own log says why it answered so.",
    ),
    (
        &["id_token_missing", "access_token_missing"],
        "Allow the scope `openid` and the authorization code flow for this client at the provider.",
    ),
    (
        &["id_token_too_large"],
        "Send only the groups that this application needs, or read them from the userinfo endpoint.",
    ),
    (
        &["id_token_malformed", "critical_header", "bad_time", "subject"],
        "Update the provider, or tell its maker: what it issues is no ID token of OpenID Connect Core.",
    ),
    (&["id_token_encrypted"], "Switch ID token encryption off for this client at the provider."),
    (
        &["unsigned", "algorithm_not_allowed"],
        "Set one algorithm at both sides: RS256 at the provider and in `id_token_signature_algorithm` of this connection.",
    ),
    (
        &["kid_unknown", "kid_missing", "key_unusable", "signature_invalid"],
        "Compare the keys at the provider's `jwks_uri` with the `kid` of the token: behind a cache or a load balancer, old keys may be published still.",
    ),
    (
        &["issuer"],
        "Set the discovery endpoint of the very tenant, realm or authorization server that people sign in at.",
    ),
    (
        &["audience", "authorized_party"],
        "Compare the client id of this connection with the one of the application at the provider, every character.",
    ),
    (
        &["expired", "not_yet_valid", "issued_in_future"],
        "Set the clocks of both machines by NTP, then try again.",
    ),
    (
        &["hosted_domain"],
        "Sign in with an account of the organization, or verify its other domains for the organization.",
    ),
    (
        &["at_hash", "c_hash"],
        "Start again; if it stays, something between Kernia and the provider mixes answers up.",
    ),
    (
        &["reauthentication"],
        "Let the provider honour `prompt=login` and `max_age`, and send `auth_time` in its ID tokens.",
    ),
    (
        &[
            "user_info_html",
            "user_info_too_large",
            "user_info_malformed",
            "user_info_status",
            "user_info_signed",
            "user_info_subject",
        ],
        "Set the userinfo response of this client to plain JSON at the provider; or put the claims into the ID token and set `fetch_user_info` to false.",
    ),
    (
        &["signing_key_unreadable"],
        "Bring the private key in PEM without a passphrase, and register its public half at the provider.",
    ),
    (
        &["email_missing"],
        "Allow the scope `email` for this client, fill in the person's address at the provider, or map the claim that holds it.",
    ),
    (&["email_unverified"], "Let the person verify their address at the provider, then try again."),
    (
        &["idp_id_missing"],
        "Let the provider send the claim that is mapped as `idp_id` for everybody, with one value.",
    ),
    (
        &["no_answer"],
        "Ask the person what they saw there: most often they are not assigned to the application, or the provider does not know the client id or the redirect URI. Its own sign-in log says more.",
    ),
    (
        &["unsolicited"],
        "Start at the application; or set `idp_initiated` of this connection to `restart`.",
    ),
    (
        &["profile_not_allowed_outside_organization"],
        "Verify the domain of this address for the organization, or use an account of a verified domain.",
    ),
];

pub(super) const OKTA: Advice = &[
    (
        &["provider_refused"],
        "Okta: the application > Assignments: assign the person or a group of theirs; General > Login: our redirect URI under `Sign-in redirect URIs`.",
    ),
    (
        &["client_refused"],
        "Okta: the application > General > Client Credentials: copy client ID and secret again; `Client authentication` must be what this connection uses.",
    ),
    (
        &["grant_refused"],
        "Okta: the application > General: Grant type `Authorization Code`, and our redirect URI under `Sign-in redirect URIs`.",
    ),
    (
        &["issuer", "callback_issuer"],
        "Okta: Security > API: the Issuer URI of the authorization server in use; set its discovery endpoint here.",
    ),
    (
        &["email_missing"],
        "Okta: Directory > People: fill in the person's primary email; the application must be allowed the scope `email`.",
    ),
    (
        &["id_token_too_large"],
        "Okta: the application > Sign On > OpenID Connect ID Token: narrow the groups claim filter.",
    ),
];

pub(super) const ENTRA: Advice = &[
    (
        &["provider_refused"],
        "Entra ID: Enterprise applications > the app > Users and groups: assign the person; App registrations > Authentication: our redirect URI under Web. The AADSTS number says which.",
    ),
    (
        &["client_refused"],
        "Entra ID: App registrations > the app > Certificates & secrets: secrets end after two years at most; make a new one and set its value (not its id) here.",
    ),
    (
        &["grant_refused"],
        "Entra ID: App registrations > Authentication: our redirect URI under Web, every character.",
    ),
    (
        &["issuer", "callback_issuer"],
        "Entra ID: App registrations > Endpoints: take the OpenID Connect metadata document of your tenant, version 2.0, as the discovery endpoint.",
    ),
    (
        &["email_missing"],
        "Entra ID: App registrations > Token configuration > Add optional claim > ID > email; and fill in the person's mail address.",
    ),
    (
        &["reauthentication"],
        "Entra ID: App registrations > Token configuration > Add optional claim > ID > auth_time.",
    ),
    (
        &["id_token_too_large"],
        "Entra ID: App registrations > Token configuration > groups claim: `Groups assigned to the application`.",
    ),
    (
        &["email_unverified"],
        "Entra ID: the domain of the person's mail address is not verified in their tenant; sign in with a work account whose domain is.",
    ),
];

pub(super) const GOOGLE: Advice = &[
    (
        &["provider_refused"],
        "Google: Cloud console > Google Auth platform > Audience: `Internal`, or publish the app; Clients: our redirect URI under `Authorized redirect URIs`.",
    ),
    (
        &["client_refused"],
        "Google: Cloud console > Google Auth platform > Clients > the client: copy client ID and client secret again.",
    ),
    (
        &["grant_refused"],
        "Google: Cloud console > Google Auth platform > Clients > the client: our redirect URI, every character.",
    ),
    (
        &["hosted_domain"],
        "Google: sign in with the Workspace account, not with a private Google account that has the same address.",
    ),
];

pub(super) const APPLE: Advice = &[
    (
        &["provider_refused"],
        "Apple: Certificates, Identifiers & Profiles > Identifiers > the Services ID > Configure: our domain, and our redirect URI under `Return URLs`.",
    ),
    (
        &["client_refused", "grant_refused"],
        "Apple: the client id is the Services ID; team id, key id and private key must belong together (Certificates, Identifiers & Profiles > Keys).",
    ),
];

pub(super) const GITHUB: Advice = &[
    (
        &["provider_refused", "grant_refused"],
        "GitHub: Settings > Developer settings > OAuth Apps > the app: our redirect URI as `Authorization callback URL`.",
    ),
    (
        &["client_refused"],
        "GitHub: Settings > Developer settings > OAuth Apps > the app: copy the client ID, and generate a new client secret.",
    ),
    (
        &["email_missing"],
        "GitHub: the person's account has no verified address, or did not allow the scope `user:email`.",
    ),
];
