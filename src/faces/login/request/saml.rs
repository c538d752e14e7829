//! The question in SAML (Bindings §3.4 and §3.5), signed where the connection says so.

use super::{Hints, domain_hint};
use crate::{
    app::App,
    faces::login::page,
    http::Response,
    kit::{
        error::{Error, Fault},
        text::WebAddress,
    },
    pages::Onward,
    saml::{AuthnRequest, KeyPair, Rejected},
    sso::{
        Binding, Connection, SignIn,
        preset::{self, LoginHint},
    },
};

/// A question, ready to be sent.
enum Message {
    Redirect(String),
    Post { action: String, form_value: String, relay_state: String },
}

/// Where it goes, and what it is made of.
struct Question {
    connection: Connection,
    sign_in: SignIn,
    signer: Option<KeyPair>,
    acs_url: String,
    subject: Option<String>,
    extra: Vec<(&'static str, String)>,
}

pub(super) async fn send(
    app: &App,
    status: u16,
    (connection, sign_in, signer): (Connection, SignIn, Option<KeyPair>),
    hints: &Hints<'_>,
) -> Result<Response, Error> {
    let (target, id) = (connection.idp_sso_url.clone(), connection.id.clone());
    let acs_url = connection.acs_url(app.base.as_str());
    let (subject, extra) = hinted(&connection, hints);
    let question = Question { connection, sign_in, signer, acs_url, subject, extra };
    let message = if question.signer.is_some() {
        // A private key is at work: some milliseconds of processor.
        app.cpu.run(move || question.message()).await?
    } else {
        question.message()
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
fn hinted(
    connection: &Connection,
    hints: &Hints<'_>,
) -> (Option<String>, Vec<(&'static str, String)>) {
    let login = hints.login.map(str::to_owned);
    let (mut subject, mut extra) = (None, Vec::new());
    match preset::of(connection.connection_type).login_hint {
        LoginHint::Subject => subject = login,
        LoginHint::Query(name) => extra.extend(login.map(|hint| (name, hint))),
    }
    extra.extend(domain_hint(connection, hints).map(|(name, domain)| (name, domain.to_owned())));
    (subject, extra)
}

impl Question {
    fn message(self) -> Result<Message, Rejected> {
        let Self { connection, sign_in, signer, acs_url, subject, extra } = self;
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
                let action = with_query(&connection.idp_sso_url, &extra);
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
