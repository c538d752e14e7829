//! What is posted to the assertion consumer service: a document, or a form value as it comes.
#![no_main]

use kernia_fuzz::{play, saml::response};

libfuzzer_sys::fuzz_target!(
    init: play::plant(play::documents),
    |data: &[u8]| {
        let form = match data.first() {
            Some(b'<' | b' ' | b'\n' | 0xef) => play::form_value(data),
            _ => String::from_utf8_lossy(data).into_owned(),
        };
        play::judge(&form);
        let _ = response::peek_in_response_to(&form);
    }
);
