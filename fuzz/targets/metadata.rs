//! Metadata of identity providers, from a file, a paste or an address.
#![no_main]

use kernia_fuzz::{
    play,
    saml::{Certificate, metadata::IdentityProvider},
};

libfuzzer_sys::fuzz_target!(
    init: play::plant(play::metadata),
    |data: &[u8]| {
        if let Ok(provider) = IdentityProvider::parse(data, None) {
            assert!(!provider.signing_certificates.is_empty() && !provider.entity_id.is_empty());
        }
        let _ = IdentityProvider::parse(data, Some("https://idp.test/saml"));
        let _ = Certificate::parse(&String::from_utf8_lossy(data));
    }
);
