//! ID tokens as they come, ID tokens that the provider signs whatever they say, and key sets.
#![no_main]

use kernia_fuzz::{
    oidc::{Journal, Keys, peek},
    play, provider,
};

libfuzzer_sys::fuzz_target!(
    init: play::plant(provider::tokens),
    |data: &[u8]| {
        if let Ok(keys) = Keys::parse(data) {
            assert!(!keys.is_empty() && keys.ids().all(|id| keys.has(id)));
            let token = provider::signed(r#"{"alg":"ES256"}"#, "{}");
            assert!(provider::believed(&token, &keys, &mut Journal::start()).is_none());
        }
        let Ok(text) = std::str::from_utf8(data) else { return };
        let _ = peek(text);
        provider::judge(text);
        let (header, claims) = text.split_once('\n').unwrap_or((r#"{"alg":"ES256"}"#, text));
        provider::judge(&provider::signed(header, claims));
    }
);
