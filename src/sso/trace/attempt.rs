//! One attempt to sign in while it is under way: what is learned of it, step by step, until a
//! [`Recorder`](super::Recorder) makes a trace of it.

use std::{borrow::Cow, collections::BTreeMap, net::IpAddr};

use super::{
    body::{Body, Step, bounded_to},
    failure::Failure,
    flood::Sort,
    seen,
};
use crate::{
    applications::Client,
    kit::{error::Refused, id::Id, time::Timestamp},
    objects::{self, TraceRequest, TraceWarning},
    oidc,
    saml::{Assertion, Journal},
    sso::{Binding, Connection, ConnectionType, Protocol, Rejection, SignIn},
};

/// The name of the step that writes the profile and the code.
const WRITTEN: &str = "profile and code";
/// The longest name of a browser, in bytes of JSON.
const MAX_USER_AGENT: usize = 512;
/// The last rule that what an Assertion says plays no part in.
const LAST_UNREAD: u8 = 16;

/// What is known of an attempt so far.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub(super) connection: Option<Id<Connection>>,
    pub(super) sign_in: Option<Id<SignIn>>,
    /// The attribute that this connection maps to groups.
    pub(super) groups: Option<String>,
    pub(super) code: Option<&'static str>,
    pub(super) incident: Option<String>,
    pub(super) body: Body,
    /// It has its trace.
    pub(super) kept: bool,
    /// It belongs to a sign-in that was begun in the browser that brought it.
    begun_here: bool,
    received: Timestamp,
    binding: Option<Binding>,
    protocol: Protocol,
}

impl Attempt {
    /// An answer that came at this instant, in the request of this id.
    #[must_use]
    pub fn new(received: Timestamp, incident: &str) -> Self {
        let step = Step { at: Some(received), ..Step::named("answer received") };
        Self {
            connection: None,
            sign_in: None,
            groups: None,
            code: None,
            incident: Some(incident.to_owned()),
            body: Body { started_at: received, steps: vec![step], ..Body::default() },
            kept: false,
            begun_here: false,
            received,
            binding: None,
            protocol: Protocol::Saml,
        }
    }

    /// Who brought it.
    pub fn brought_by(&mut self, user_agent: Option<&str>, address: IpAddr) {
        self.body.user_agent = user_agent.map(|text| bounded_to(text.to_owned(), MAX_USER_AGENT));
        self.body.address = Some(address.to_string());
    }

    /// Which connection it came to. Without one it leaves no trace.
    pub fn reached(&mut self, connection: &Connection) {
        self.connection = Some(connection.id.clone());
        self.groups.clone_from(&connection.settings.attribute_map.groups);
        self.binding = Some(connection.settings.idp_sso_binding);
        self.protocol = connection.connection_type.protocol();
    }

    /// Whether it came to a connection.
    #[must_use]
    pub fn connection(&self) -> Option<&Id<Connection>> {
        self.connection.as_ref()
    }

    /// Which sign-in it answers, whoever began that.
    pub fn answers(&mut self, sign_in: &SignIn) {
        if self.sign_in.as_ref() == Some(&sign_in.id) {
            return;
        }
        let pending = sign_in.pending();
        self.sign_in = Some(sign_in.id.clone());
        self.body.client = Some(sign_in.client.to_string());
        self.body.started_at = sign_in.created_at;
        self.body.request = Some(TraceRequest {
            id: pending.request_id,
            binding: self.binding.map(|binding| match binding {
                Binding::Redirect => Cow::Borrowed("redirect"),
                Binding::Post => Cow::Borrowed("post"),
            }),
            force_authn: pending.force_authn,
            redirect_uri_origin: origin(&sign_in.redirect_uri),
        });
        let sent = Step { at: Some(sign_in.created_at), ..Step::named("request sent") };
        self.body.steps.insert(0, sent);
    }

    /// The browser that brought it began the sign-in that it answers.
    pub fn was_begun_here(&mut self) {
        self.begun_here = true;
    }

    /// What sort of failure it is, when it is one.
    pub(super) fn sort(&self) -> Sort {
        if self.body.response.as_ref().is_some_and(|response| response.verified) {
            Sort::Signed
        } else if self.begun_here {
            Sort::Begun
        } else {
            Sort::Strange
        }
    }

    /// Whether a ciphertext came and nothing of it was believed: how such an answer was refused may
    /// tell something of what is inside, whatever the code is (rule 15).
    #[must_use]
    pub fn is_of_an_unbelieved_ciphertext(&self) -> bool {
        let unread = |failure: &Failure| (1..=LAST_UNREAD).contains(&failure.rule);
        self.body.response.as_ref().is_some_and(|response| {
            let refused = self.body.failure.as_ref().is_some_and(unread);
            response.encrypted && (!response.verified || refused)
        })
    }

    /// What the kernel wrote down, whatever its verdict.
    pub fn judged(&mut self, journal: Journal) {
        self.body.steps.extend(journal.steps.iter().map(|taken| Step {
            name: Cow::Borrowed(taken.name),
            rules: Some(taken.rules),
            at: None,
            micros: Some(taken.micros),
            ok: taken.ok,
        }));
        self.body.response = Some(seen::kept(journal.seen));
    }

    /// What came of a code: the steps, and what the ID token said.
    pub fn exchanged(&mut self, journal: &oidc::Journal) {
        self.body.steps.extend(journal.steps.iter().map(|taken| Step {
            name: Cow::Borrowed(taken.name),
            rules: None,
            at: None,
            micros: Some(taken.micros),
            ok: taken.ok,
        }));
        self.body.response = seen::kept_of_token(&journal.seen);
    }

    /// The attributes that came, by name, where a signature that was verified covers them.
    #[must_use]
    pub fn believed_attributes(&self) -> BTreeMap<String, Vec<String>> {
        let response = self.body.response.as_ref().filter(|response| response.verified);
        let attributes = response.map(|response| &response.attributes).into_iter().flatten();
        attributes.map(|it| (it.name.clone(), it.values.clone())).collect()
    }

    /// The kernel's verdict, when it is no.
    pub fn rejected(&mut self, rejected: &Rejection) {
        self.code = Some(rejected.code);
        self.body.failure = Some(rejected.into());
    }

    /// The kernel's verdict, when it is yes. `expired` holds the fingerprints of certificates that
    /// are over, with their ends.
    pub fn verified(&mut self, assertion: &Assertion, expired: &[(String, Timestamp)]) {
        if assertion.signed_with_sha1 {
            let message = "The identity provider signs with SHA-1, which this connection was set to \
                           take; switch it to SHA-256 there.";
            self.warns("sha1", message.to_owned());
        }
        for (fingerprint, end) in expired {
            if assertion.signed_by.contains(fingerprint) {
                let message = format!(
                    "The certificate that verified this has expired on {end}; renew it at the \
                     identity provider. Its fingerprint is {fingerprint}."
                );
                self.warns("certificate_expired", message);
            }
        }
    }

    /// Which application it leads to, where no sign-in says it.
    pub fn leads_to(&mut self, client: &Id<Client>) {
        self.body.client = Some(client.to_string());
    }

    /// It has its trace, and needs no other.
    pub fn was_kept(&mut self) {
        self.kept = true;
    }

    /// Something to be looked at.
    pub fn warns(&mut self, code: &'static str, message: String) {
        self.body.warnings.push(TraceWarning { code: Cow::Borrowed(code), message });
    }

    /// The last step, which is told before it is taken, for it writes the trace too.
    pub(super) fn written(&mut self, now: Timestamp) {
        self.body.steps.push(Step { at: Some(now), ..Step::named(WRITTEN) });
    }

    /// A refusal ends it.
    pub(super) fn refused(&mut self, refused: &Refused) {
        if let Some(last) = self.body.steps.last_mut().filter(|last| last.name == WRITTEN) {
            last.ok = false;
        }
        match &mut self.body.failure {
            Some(failure) if self.code == Some(refused.code) => failure.says_more(refused),
            failure => {
                self.code = Some(refused.code);
                *failure =
                    Some(Failure::after(refused, self.body.response.as_ref(), self.protocol));
            }
        }
    }

    /// As a check shows it: nothing is kept.
    #[must_use]
    pub fn checked(self, connection: &Connection, notes: Vec<TraceWarning>) -> objects::Check {
        let connection_type: ConnectionType = connection.connection_type;
        let mut steps = self.body.steps;
        // There was no request and no answer at this moment.
        steps.retain(|step| step.at.is_none());
        objects::Check {
            connection_id: connection.id.to_string(),
            connection_type: connection_type.as_str().to_owned(),
            organization_id: connection.organization.as_ref().map(Id::to_string),
            sign_in_id: self.sign_in.map(|id| id.to_string()),
            outcome: if self.body.failure.is_some() { "refused" } else { "accepted" },
            checked_at: self.received,
            steps: steps.into_iter().map(Step::published).collect(),
            response: self.body.response,
            failure: self
                .code
                .zip(self.body.failure)
                .map(|(code, failure)| failure.told(code.to_owned(), connection_type)),
            warnings: self.body.warnings,
            notes,
        }
    }
}

/// `https://app.example.com` of an address that was parsed before it was stored.
pub(super) fn origin(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    Some(format!("{scheme}://{host}"))
}
