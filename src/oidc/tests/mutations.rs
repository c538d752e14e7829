//! Chance as an attacker: whatever it changes, nobody else is ever signed in and nothing panics.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{P256, ada, elliptic, encode, header, judged, rs256, terms, token_of};
use crate::{
    kit::text::WebAddress,
    oidc::{Account, Callback, Keys, Provider, TokenResponse, UserInfo, peek},
};

static TOKENS: LazyLock<[String; 2]> = LazyLock::new(|| {
    let header_of = r#"{"alg":"ES256","kid":"p256"}"#;
    [rs256(&header(), &ada()), token_of(header_of, &ada().to_string(), |it| elliptic(&P256, it))]
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// One to four changed, lost or doubled bytes: no other text than the signed one passes.
    #[test]
    fn a_changed_token_never_verifies(
        which in 0_usize..2,
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..3, "[A-Za-z0-9_.=+/ -]"), 1..4),
    ) {
        let token = &TOKENS[which];
        let mut changed = token.clone();
        for (at, what, letter) in changes {
            let at = at.index(changed.len());
            match what {
                0 => changed.replace_range(at..=at, &letter),
                1 => changed.replace_range(at..=at, ""),
                _ => changed.insert_str(at, &letter),
            }
        }
        prop_assert!(changed == *token || judged(&changed, &terms()).is_err(), "{changed}");
    }

    /// Other claims under the same signature, or under none.
    #[test]
    fn other_claims_never_verify(header in "\\PC{0,60}", claims in "\\PC{0,60}", which in 0_usize..2) {
        let parts: Vec<&str> = TOKENS[which].split('.').collect();
        let (header, claims) = (encode(header), encode(claims));
        for token in [
            format!("{}.{claims}.{}", parts[0], parts[2]),
            format!("{header}.{}.{}", parts[1], parts[2]),
            format!("{header}.{claims}."),
        ] {
            prop_assert!(judged(&token, &terms()).is_err());
        }
    }

    /// Whatever is thrown at the parsers, they answer.
    #[test]
    fn no_input_makes_a_parser_panic(text in "[{}\\[\\]\":,.a-e0-9%&=\\-<é\u{0}-\u{20}]{0,200}") {
        let at = WebAddress::parse("https://idp.test/.well-known/openid-configuration").unwrap();
        prop_assert!(judged(&text, &terms()).is_err());
        prop_assert!(peek(&text).is_none());
        prop_assert!(Provider::parse(text.as_bytes(), &at).is_err());
        prop_assert!(Keys::parse(text.as_bytes()).is_err());
        prop_assert!(Account::parse(200, text.as_bytes()).is_err());
        let _ = UserInfo::parse(200, text.as_bytes());
        let _ = TokenResponse::parse(200, text.as_bytes());
        let _ = Callback::parse(&text);
    }
}
