//! The demo's OpenID clients: two that keep a secret and one that cannot, each with the sample
//! application's address and no other.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    app::App,
    applications::Client,
    demo::CALLBACK_PATH,
    kit::{
        error::{Error, Fault},
        id::Id,
        secret::Secret,
        text::Label,
    },
    openid_provider::client::{self, Change, Draft, RedirectUri},
};

/// A client and its secret, if it has one.
#[derive(Clone)]
pub(super) struct Made {
    id: String,
    secret: Option<Secret>,
}

/// The same, as it is written. It lives only between the vault and [`Made`].
#[derive(Serialize, Deserialize)]
pub(super) struct Written {
    id: String,
    secret: Option<String>,
}

/// The first, the second and the public one.
#[derive(Clone)]
pub(super) struct Clients([Made; 3]);

impl Clients {
    /// Makes them.
    pub(super) async fn make(app: &App) -> Result<Self, Error> {
        let uris = uris(app)?;
        let drafts = [("Example Wiki", false), ("Example Board", false), ("Example Shell", true)];
        let drafts = drafts.map(|(name, is_public)| (Label::parse(name), is_public));
        let made = app
            .store
            .write(move |tx| {
                let make = |(name, is_public): &(Result<Label, Error>, bool)| {
                    let draft = Draft {
                        name: name.clone()?,
                        is_public: *is_public,
                        redirect_uris: uris.clone(),
                        post_logout_redirect_uris: uris.clone(),
                    };
                    let (client, secret) = client::create(tx, &draft)?;
                    Ok(Made { id: client.id.to_string(), secret })
                };
                drafts.iter().map(make).collect::<Result<Vec<_>, Error>>()
            })
            .await?;
        made.try_into().map(Self).map_err(|_| Fault::internal("three clients are three"))
    }

    /// A later start may be on another port: their addresses follow.
    pub(super) async fn follow(&self, app: &App) -> Result<(), Error> {
        let uris = uris(app)?;
        let change = Change {
            redirect_uris: Some(uris.clone()),
            post_logout_redirect_uris: Some(uris),
            ..Change::default()
        };
        let parse = |made: &Made| Id::<Client>::parse(&made.id);
        let ids = self.0.iter().map(parse).collect::<Result<Vec<_>, Error>>()?;
        app.store
            .write(move |tx| {
                for id in &ids {
                    // Whoever tries things out may have deleted it; then there is nothing to move.
                    if client::lookup(tx, id)?.is_some() {
                        client::update(tx, id, &change)?;
                    }
                }
                Ok(())
            })
            .await
    }

    pub(super) fn written(&self) -> [Written; 3] {
        self.0.each_ref().map(|made| Written {
            id: made.id.clone(),
            secret: made.secret.as_ref().map(|secret| secret.expose().to_owned()),
        })
    }

    pub(super) fn read(written: [Written; 3]) -> Self {
        Self(written.map(|it| Made { id: it.id, secret: it.secret.map(Secret::new) }))
    }

    /// What `--json` prints of them.
    pub(super) fn document(&self, issuer: &str) -> Value {
        let [first, second, public] = &self.0;
        let secret = |made: &Made| made.secret.as_ref().map(|secret| secret.expose().to_owned());
        json!({
            "issuer": issuer,
            "client_id": first.id,
            "client_secret": secret(first),
            "second_client_id": second.id,
            "second_client_secret": secret(second),
            "public_client_id": public.id,
        })
    }
}

fn uris(app: &App) -> Result<Vec<RedirectUri>, Error> {
    let uri = format!("{}{CALLBACK_PATH}", app.base.as_str());
    RedirectUri::parse_all("redirect_uris", &[uri], app.environment)
}
