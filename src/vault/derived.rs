//! Values that follow from a secret: for whoever holds it they are always the same, and for anybody
//! else they are chance.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::kit::secret::Secret;

/// What follows from `secret` for this purpose about this thing: 43 characters of base64url
/// (HMAC-SHA256). No purpose may be the beginning of another one with a colon after it.
#[must_use]
pub fn derived(secret: &Secret, purpose: &'static str, about: &str) -> Secret {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let tag = hmac::sign(&key, format!("{purpose}:{about}").as_bytes());
    Secret::new(URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_hangs_on_the_secret_the_purpose_and_the_thing() {
        let secret = |text: &str| Secret::new(text.to_owned());
        let one = derived(&secret("a"), "nonce", "s");
        assert_eq!(one.expose().len(), 43);
        assert!(one.same_as(derived(&secret("a"), "nonce", "s").expose()));
        for other in [("b", "nonce", "s"), ("a", "verifier", "s"), ("a", "nonce", "t")] {
            let other = derived(&secret(other.0), other.1, other.2);
            assert!(!one.same_as(other.expose()));
        }
    }
}
