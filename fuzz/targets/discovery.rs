//! Discovery documents, and everything else that a provider answers with.
#![no_main]

use kernia_fuzz::{
    oidc::{Account, Callback, Provider, TokenResponse, UserInfo},
    play, provider,
};

libfuzzer_sys::fuzz_target!(
    init: play::plant(provider::answers),
    |data: &[u8]| {
        if let Ok(provider) = Provider::parse(data, &provider::DISCOVERY) {
            let endpoints =
                [&provider.authorization_endpoint, &provider.token_endpoint, &provider.jwks_uri];
            let optional = [&provider.userinfo_endpoint, &provider.end_session_endpoint];
            let mut all = endpoints.into_iter().chain(optional.into_iter().flatten());
            assert!(all.all(|endpoint| endpoint.is_https()));
            assert!(provider.issuer.starts_with("https://idp.test"));
            let kept = serde_json::to_vec(&provider).unwrap();
            assert_eq!(serde_json::from_slice::<Provider>(&kept).unwrap(), provider);
        }
        for status in [200, 400] {
            let _ = TokenResponse::parse(status, data);
            let _ = UserInfo::parse(status, data);
            let _ = Account::parse(status, data).and_then(|it| it.with_emails(status, data));
        }
        let Ok(text) = std::str::from_utf8(data) else { return };
        if let Ok(callback) = Callback::parse(text) {
            assert!(!callback.state.is_empty());
        }
    }
);
