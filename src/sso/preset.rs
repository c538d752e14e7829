//! What is known about each kind of identity provider: the names of its claims, the hints that it
//! takes, what it signs, and where an administrator clicks when a sign-in was refused.
//! Facts and words only; nothing is asked of a provider here.

mod advice;
pub mod asked;
mod oidc_advice;
mod providers;

use super::{ConnectionType, Protocol};

/// What is known about one kind of identity provider.
#[derive(Debug)]
pub struct Preset {
    connection_type: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// The names of its claims.
    pub claims: Claims,
    /// How it is told whom to expect.
    pub login_hint: LoginHint,
    /// The query parameter that tells it the domain of the person. Nothing is sent to a provider
    /// that is not known to take one.
    pub domain_hint: Option<&'static str>,
    /// What it signs unless an administrator chose otherwise.
    pub signs: Signs,
    /// Whether it encrypts assertions by itself, so that it needs a key of ours from the start.
    pub encrypts: bool,
    fixes: Advice,
    /// What holds for all that speak the same protocol.
    generic: Advice,
}

/// The names of claims by the field that they fill: those that are sent without any setup, then
/// those that an administrator is told to send.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the fields of a profile")]
pub struct Claims {
    pub email: &'static [&'static str],
    pub first_name: &'static [&'static str],
    pub last_name: &'static [&'static str],
    pub groups: &'static [&'static str],
    /// What to map where the `NameID` will not do. It is never a person's id without that: ids of
    /// people who have signed in before would change.
    pub idp_id: Option<&'static str>,
    /// What stands between groups that come as one text.
    pub groups_separator: Option<char>,
}

/// How a provider is told whom to expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginHint {
    /// By this parameter of the query.
    Query(&'static str),
    /// By the `Subject` of the request (SAML Core §3.4.1).
    Subject,
}

/// What a provider signs; `None` is not known, or always chosen by an administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signs {
    /// The Response.
    pub response: Option<bool>,
    /// The Assertion.
    pub assertion: Option<bool>,
}

/// What to do about refusals: the codes, and where to click.
type Advice = &'static [(&'static [&'static str], &'static str)];

/// What is known about providers of this kind; of one without facts, what holds for all.
#[must_use]
pub fn of(connection_type: ConnectionType) -> &'static Preset {
    let name = connection_type.as_str();
    let generic = match connection_type.protocol() {
        Protocol::Saml => &providers::GENERIC,
        Protocol::Oidc | Protocol::OAuth => &providers::GENERIC_OIDC,
    };
    providers::ALL.iter().find(|it| it.connection_type == name).unwrap_or(generic)
}

impl Preset {
    /// Whether nothing of its own is known about this kind, not even a name.
    #[must_use]
    pub fn is_generic(&self) -> bool {
        self.name == providers::GENERIC.name
    }

    /// What an administrator does about a refusal with this code, in the words of this provider's
    /// console where they are known.
    #[must_use]
    pub fn fix(&self, code: &str) -> Option<&'static str> {
        let find = |advice: Advice| {
            advice.iter().find(|(codes, _)| codes.contains(&code)).map(|(_, fix)| *fix)
        };
        find(self.fixes).or_else(|| find(self.generic))
    }
}

#[cfg(test)]
impl Preset {
    fn speaks_saml(&self) -> bool {
        let known = ConnectionType::parse(self.connection_type);
        known.is_some_and(|it| it.protocol() == Protocol::Saml)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{oidc, saml, sso::rejection};

    const FREQUENT: &[&str] = &[
        "audience",
        "destination",
        "recipient",
        "issuer",
        "unsigned",
        "signature_invalid",
        "algorithm_not_allowed",
        "email_missing",
        "transient_name_id",
        "decryption_failed",
        "status",
        "unsolicited",
        "expired",
    ];

    #[test]
    fn every_frequent_refusal_has_a_fix_at_every_provider() {
        for preset in providers::ALL.iter().chain([&providers::GENERIC, &providers::GENERIC_OIDC]) {
            let codes: Vec<&str> = if preset.speaks_saml() {
                FREQUENT.to_vec()
            } else {
                // Of these there are few enough to have words for every one.
                oidc::REASONS.iter().chain(rejection::REASONS).map(|(code, _)| *code).collect()
            };
            for code in codes {
                assert!(preset.fix(code).is_some(), "{} {code}", preset.name);
            }
            assert_eq!(preset.fix("no_such_code"), None);
        }
        let okta = of(ConnectionType::parse("OktaSAML").unwrap());
        assert!(okta.fix("audience").unwrap().contains("Audience URI (SP Entity ID)"));
    }

    #[test]
    fn every_preset_is_of_a_known_type_and_advises_on_known_codes() {
        for preset in providers::ALL {
            assert!(ConnectionType::parse(preset.connection_type).is_some(), "{}", preset.name);
        }
        let of_our_own = ["profile_not_allowed_outside_organization", "no_answer", "unsolicited"];
        let all = providers::ALL.iter().chain([&providers::GENERIC, &providers::GENERIC_OIDC]);
        for preset in all {
            for (codes, fix) in preset.fixes.iter().chain(preset.generic) {
                assert!(fix.ends_with('.') && !fix.contains("  "), "{fix}");
                for code in *codes {
                    let reason = match preset.speaks_saml() {
                        true => saml::rejected::reason(code),
                        false => rejection::reason(code),
                    };
                    assert!(reason.is_some() || of_our_own.contains(code), "{code}");
                }
            }
        }
    }

    #[test]
    fn only_hints_that_are_known_are_sent() {
        let of = |name| of(ConnectionType::parse(name).unwrap());
        assert_eq!(of("AzureSAML").domain_hint, Some("whr"));
        assert_eq!(of("KeycloakSAML").login_hint, LoginHint::Subject);
        assert_eq!(of("OktaSAML").domain_hint, None);
        assert_eq!(of("EntraIdOIDC").domain_hint, Some("domain_hint"));
        assert_eq!(of("GoogleOAuth").domain_hint, Some("hd"));
        assert_eq!(of("GenericOIDC").domain_hint, None);
        // A type without facts of its own.
        assert_eq!(of("GenericSAML").login_hint, LoginHint::Query("login_hint"));
    }
}
