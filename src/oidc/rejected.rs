//! Why something of an OpenID provider was refused: one code, what came, what was expected.
//! The table of all codes stands here, with advice for an administrator; nobody else words them.

use std::fmt;

/// The longest text that [`Rejected::got`] and [`Rejected::expected`] hold, in characters.
const MAX_TEXT: usize = 400;

/// A refusal of something OpenID Connect, for the operator's log and the administrator's trace.
///
/// The public answer shows none of it but an incident id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// A stable word of [`REASONS`].
    pub code: &'static str,
    /// What came: an audience, a time, an address; never a token, never a key.
    pub got: String,
    /// What would have passed.
    pub expected: String,
}

impl Rejected {
    /// A refusal with `code` of [`REASONS`].
    #[must_use]
    pub fn new(code: &'static str, got: impl AsRef<str>, expected: impl AsRef<str>) -> Self {
        debug_assert!(reason(code).is_some(), "the code {code} is missing in REASONS");
        Self { code, got: bounded(got.as_ref()), expected: bounded(expected.as_ref()) }
    }

    /// What the code means and what to do, for an administrator.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        reason(self.code).unwrap_or("the answer was refused")
    }
}

/// `audience: got …; expected …`, in one line.
impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)?;
        if !self.got.is_empty() {
            write!(f, ": got {}", self.got)?;
        }
        if !self.expected.is_empty() {
            let joint = if self.got.is_empty() { ":" } else { ";" };
            write!(f, "{joint} expected {}", self.expected)?;
        }
        Ok(())
    }
}

impl std::error::Error for Rejected {}

/// A text of bounded length and in one line, as a log can bear it.
fn bounded(text: &str) -> String {
    let mut out: String =
        text.chars().take(MAX_TEXT).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(MAX_TEXT).is_some() {
        out.push('…');
    }
    out
}

/// The sentence for `code`, when it is one of ours.
#[must_use]
pub fn reason(code: &str) -> Option<&'static str> {
    REASONS.iter().find(|(known, _)| *known == code).map(|(_, sentence)| *sentence)
}

/// Every code with one sentence: what happened, and what an administrator does about it.
pub const REASONS: &[(&str, &str)] = &[
    // The discovery document.
    (
        "metadata_html",
        "The discovery endpoint answered with a page for people; give the address that ends in /.well-known/openid-configuration.",
    ),
    ("metadata_too_large", "The discovery document is larger than 256 kB; check the address."),
    (
        "metadata_malformed",
        "The discovery document is not the JSON object that OpenID Connect Discovery describes; check the address.",
    ),
    (
        "metadata_incomplete",
        "The discovery document lacks something that signing in needs; check that the address is that of an OpenID provider.",
    ),
    (
        "metadata_address",
        "The discovery document names an address that may not be used: none, no https, or one with a user name in it.",
    ),
    (
        "metadata_issuer",
        "The discovery document belongs to another issuer than its address says; give the address that is made from the issuer.",
    ),
    (
        "metadata_unsupported",
        "The provider demands something that Kernia does not speak, or does not offer the authorization code flow.",
    ),
    // Key sets.
    ("keys_html", "The key set's address answered with a page for people; check the provider."),
    ("keys_too_large", "The key set is larger than 512 kB or has more than 100 keys."),
    ("keys_malformed", "The key set is not the JSON object that RFC 7517 describes."),
    (
        "keys_empty",
        "The key set has no key that Kernia may use: RSA from 2048 bits on, P-256, P-384, P-521 or Ed25519, for signatures.",
    ),
    // The answer to the authorization request.
    (
        "callback_malformed",
        "The provider's answer is not one: the code, an error or the state is missing or too long.",
    ),
    (
        "callback_duplicate",
        "A parameter of the provider's answer stands twice; something between it and Kernia changed the address.",
    ),
    (
        "callback_issuer",
        "The answer names another issuer than this connection's, or none where the provider promises one; it may come from another provider (RFC 9207).",
    ),
    (
        "provider_refused",
        "The provider refused the sign-in itself; its own log says why, and the words it gave stand beside.",
    ),
    // The token endpoint.
    ("token_html", "The token endpoint answered with a page for people; check its address."),
    ("token_too_large", "The token endpoint's answer is larger than 256 kB."),
    (
        "token_response_malformed",
        "The token endpoint's answer is not the JSON object that RFC 6749 describes.",
    ),
    (
        "token_status",
        "The token endpoint answered with a failure and no reason; the provider's own log says why.",
    ),
    (
        "client_refused",
        "The provider does not accept our credentials; compare the client id, the client secret or the key, and the authentication method.",
    ),
    (
        "grant_refused",
        "The provider does not accept the code: it ran out, was used before, or belongs to another redirect URI or client.",
    ),
    ("token_refused", "The token endpoint refused; the words it gave stand beside."),
    (
        "token_type",
        "The access token is of a kind that Kernia cannot use; the provider must issue bearer tokens.",
    ),
    (
        "id_token_missing",
        "The provider sent no ID token; check that the scope `openid` is allowed for this client.",
    ),
    // The ID token's form.
    (
        "id_token_too_large",
        "The ID token is larger than 64 kB; let the provider send fewer groups.",
    ),
    ("id_token_malformed", "The ID token is not three parts of base64url with JSON in them."),
    (
        "id_token_encrypted",
        "The ID token is encrypted; switch encryption of ID tokens off at the provider: TLS protects it already.",
    ),
    (
        "critical_header",
        "The ID token's header demands an extension that Kernia does not know and may not ignore.",
    ),
    (
        "unsigned",
        "The ID token is not signed (`none`), which is never accepted; set an algorithm at the provider.",
    ),
    (
        "algorithm_not_allowed",
        "The ID token's signature algorithm is not one that this connection takes; set the same at both sides.",
    ),
    // The key and the signature.
    (
        "kid_unknown",
        "The ID token is signed with a key that the provider does not publish; its key set was read anew to no avail.",
    ),
    (
        "kid_missing",
        "The ID token does not say which key signed it, and more than five of the provider's could be meant.",
    ),
    (
        "key_unusable",
        "The key that signed the ID token may not be used for that: too short, for another purpose or algorithm, or published with its private half.",
    ),
    (
        "signature_invalid",
        "The signature of the ID token does not verify with the provider's keys; this may be an attack.",
    ),
    // What the ID token says.
    (
        "issuer",
        "The ID token comes from another issuer than this connection's; compare the discovery endpoint.",
    ),
    ("audience", "The ID token is for another application; compare the client id at the provider."),
    (
        "authorized_party",
        "The ID token was issued to another application (`azp`); compare the client id at the provider.",
    ),
    (
        "nonce",
        "The ID token answers another sign-in than the one this browser began; start the sign-in again.",
    ),
    ("expired", "The ID token came too late; compare both clocks, then try again."),
    ("not_yet_valid", "The ID token is not valid yet (`nbf`); compare both clocks."),
    ("issued_in_future", "The ID token is dated in the future; compare both clocks."),
    ("bad_time", "A time of the ID token is missing or is not a number of seconds."),
    (
        "subject",
        "The ID token does not name exactly one person: `sub` is missing, empty or longer than 255 characters.",
    ),
    (
        "hosted_domain",
        "The account does not belong to the organization at Google that this connection is for (`hd`).",
    ),
    (
        "at_hash",
        "The access token is not the one that the ID token was issued with; this may be an attack.",
    ),
    ("c_hash", "The code is not the one that the ID token was issued for; this may be an attack."),
    (
        "reauthentication",
        "The application demanded a fresh sign-in, and the provider answered with an old one or does not say when it was (`auth_time`).",
    ),
    // The userinfo endpoint.
    ("user_info_html", "The userinfo endpoint answered with a page for people; check its address."),
    ("user_info_too_large", "The userinfo endpoint's answer is larger than 256 kB."),
    ("user_info_malformed", "The userinfo endpoint's answer is not a JSON object."),
    ("user_info_status", "The userinfo endpoint refused the access token; see the provider's log."),
    (
        "user_info_signed",
        "The userinfo endpoint answers with a signed or encrypted token; set it to plain JSON for this client.",
    ),
    (
        "user_info_subject",
        "The userinfo endpoint speaks of another person than the ID token, or does not say of whom.",
    ),
    // Keys of our own.
    (
        "signing_key_unreadable",
        "The signing key is not a private key that Kernia can use: RSA from 2048 bits on, P-256, P-384 or P-521, in PEM or DER, without a passphrase.",
    ),
];
