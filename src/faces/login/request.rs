//! Our question to an identity provider on its way through the browser: a redirect, or a page that
//! posts itself (SAML Bindings §3.4 and §3.5). Signed where the connection says so.

use super::page;
use crate::{
    app::App,
    http::Response,
    kit::{
        error::{Error, Fault},
        text::WebAddress,
    },
    pages::Onward,
    saml::{AuthnRequest, KeyPair, Rejected},
    sso::{
        Binding, Connection, SignIn, key_pair,
        preset::{self, LoginHint},
    },
    store::Tx,
    vault::Vault,
};

/// The longest hint that is passed on, in bytes.
const MAX_HINT: usize = 320;

/// A sign-in that was begun, and what its question is made of.
pub(super) struct Question {
    pub(super) connection: Connection,
    pub(super) sign_in: SignIn,
    /// What signs it, where it is signed.
    pub(super) signer: Option<KeyPair>,
}

/// What the application knows about the person.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hints<'a> {
    pub(super) login: Option<&'a str>,
    pub(super) domain: Option<&'a str>,
}

/// A question, ready to be sent.
enum Message {
    Redirect(String),
    Post { action: String, form_value: String, relay_state: String },
}

impl Question {
    /// The question of this sign-in, with the key that signs it.
    pub(super) fn of(
        tx: &Tx<'_>,
        vault: &Vault,
        connection: Connection,
        sign_in: SignIn,
    ) -> Result<Self, Error> {
        let signer = if connection.settings.signs_requests() {
            key_pair::signer(tx, vault, &connection.id)?
        } else {
            None
        };
        Ok(Self { connection, sign_in, signer })
    }

    /// Sends the browser on: with `status` where that is a redirect.
    pub(super) async fn send(
        self,
        app: &App,
        status: u16,
        hints: Hints<'_>,
    ) -> Result<Response, Error> {
        let (target, id) = (self.connection.idp_sso_url.clone(), self.connection.id.clone());
        let acs_url = self.connection.acs_url(app.base.as_str());
        let (subject, extra) = self.hinted(hints);
        let message = if self.signer.is_some() {
            // A private key is at work: some milliseconds of processor.
            app.cpu.run(move || self.message(acs_url, subject, &extra)).await?
        } else {
            self.message(acs_url, subject, &extra)
        };
        let message =
            message.map_err(|no| Fault::internal(format!("connection {id}: no request: {no}")))?;
        match message {
            Message::Redirect(location) => Ok(Response::redirect(status, &location)),
            Message::Post { action, form_value, relay_state } => {
                let fields = vec![("SAMLRequest", form_value), ("RelayState", relay_state)];
                page::posted(&Onward::sign_in(action, fields), &target)
            }
        }
    }

    /// What is known about the person, in the provider's own way: as the Subject of the request, or
    /// beside it by the provider's names.
    fn hinted(&self, hints: Hints<'_>) -> (Option<String>, Vec<(&'static str, String)>) {
        let preset = preset::of(self.connection.connection_type);
        let short = |hint: Option<&str>| {
            hint.filter(|it| !it.is_empty() && it.len() <= MAX_HINT).map(str::to_owned)
        };
        let (mut subject, mut extra) = (None, Vec::new());
        match (preset.login_hint, short(hints.login)) {
            (LoginHint::Subject, login) => subject = login,
            (LoginHint::Query(name), login) => extra.extend(login.map(|hint| (name, hint))),
        }
        if let (Some(name), Some(domain)) = (preset.domain_hint, short(hints.domain)) {
            extra.push((name, domain));
        }
        (subject, extra)
    }

    fn message(
        self,
        acs_url: String,
        subject: Option<String>,
        extra: &[(&'static str, String)],
    ) -> Result<Message, Rejected> {
        let Self { connection, sign_in, signer } = self;
        let relay_state = sign_in.id.to_string();
        let request = AuthnRequest {
            id: sign_in.request_id,
            issued_at: sign_in.created_at,
            destination: connection.idp_sso_url.to_string(),
            acs_url,
            issuer: connection.sp_entity_id,
            force_authn: sign_in.force_authn,
            name_id_format: connection.settings.name_id_format,
            subject,
        };
        match connection.settings.idp_sso_binding {
            Binding::Redirect => {
                let extra: Vec<_> =
                    extra.iter().map(|(name, hint)| (*name, hint.as_str())).collect();
                request.redirect_url(&relay_state, &extra, signer.as_ref()).map(Message::Redirect)
            }
            Binding::Post => {
                let form_value = request.post_form(signer.as_ref())?;
                let action = with_query(&connection.idp_sso_url, extra);
                Ok(Message::Post { action, form_value, relay_state })
            }
        }
    }
}

fn with_query(address: &WebAddress, extra: &[(&'static str, String)]) -> String {
    let mut url = address.url().clone();
    if !extra.is_empty() {
        url.query_pairs_mut().extend_pairs(extra);
    }
    url.into()
}
