//! What comes in an address: requests and log-outs by HTTP-Redirect; and whatever somebody wants to
//! have explained.
#![no_main]

use kernia_fuzz::{
    play,
    saml::{
        AuthnRequest, Trust,
        explain::explain,
        logout::{self, Arrived, LogoutRequest},
    },
};

fn logouts(trust: &Trust, arrived: &Arrived<'_>) {
    let here = [play::ACS.to_owned()];
    let _ = logout::verify_request(trust, &here, arrived, play::now());
    let _ = logout::verify_response(trust, &here, arrived, "_request", play::now());
}

/// Requests of our own, as addresses.
fn seeds() -> Vec<Vec<u8>> {
    let request = AuthnRequest {
        id: "_request".to_owned(),
        issued_at: play::now(),
        destination: "https://idp.test/sso".to_owned(),
        acs_url: play::ACS.to_owned(),
        issuer: "https://kernia.test".to_owned(),
        force_authn: true,
        name_id_format: None,
        subject: None,
    };
    let logout = LogoutRequest {
        id: "_request".to_owned(),
        issued_at: play::now(),
        destination: play::ACS.to_owned(),
        issuer: "https://idp.test/saml".to_owned(),
        name_id: kernia_fuzz::saml::NameId { value: "ada@acme.test".to_owned(), format: None },
        session_indexes: vec!["_session".to_owned()],
        not_on_or_after: None,
    };
    let signer = play::signer();
    let addresses = [
        request.redirect_url("state", &[("login_hint", "ada")], Some(signer)),
        request.redirect_url("", &[], None),
        request.post_form(Some(signer)),
        logout.redirect_url("state", signer),
        logout.post_form(signer),
    ];
    let mut seeds = Vec::new();
    for address in addresses.into_iter().flatten() {
        let query = address.split_once('?').map_or(address.as_str(), |(_, query)| query);
        seeds.push(query.as_bytes().to_vec());
        seeds.push(address.as_bytes().to_vec());
        if let Some(value) = query.strip_prefix("SAMLRequest=").and_then(|it| it.split('&').next())
        {
            seeds.push(value.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=").into());
        }
    }
    seeds
}

libfuzzer_sys::fuzz_target!(
    init: play::plant(seeds),
    |data: &[u8]| {
        let text = String::from_utf8_lossy(data);
        let _ = AuthnRequest::parse_redirect(&text);
        logouts(&play::TRUST, &Arrived::Redirect { raw_query: &text });
        logouts(&play::TRUST, &Arrived::Post { form_value: &text, relay_state: None });
        if let Ok(explained) = explain(data) {
            assert!(explained.indented.len() <= 2 * 1024 * 1024 + 1024);
        }
    }
);
