//! What a trusted identity provider may say: whatever it is, it is well signed, so that every rule
//! behind the signatures is reached.
#![no_main]

use kernia_fuzz::play;

libfuzzer_sys::fuzz_target!(
    init: play::plant(play::answers),
    |data: &[u8]| {
        if let Ok(parts) = std::str::from_utf8(data) {
            play::judge(&play::form_value(play::signed(parts).as_bytes()));
        }
    }
);
