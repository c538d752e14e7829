//! A posted form value.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = kernia_fuzz::saml::response::decode(&String::from_utf8_lossy(data));
});
