//! Chance as an attacker: whatever it changes, nobody else is ever signed in and nothing panics.

use proptest::prelude::*;

use super::{ada, idp::form_value, second_opinion, signer, verify, verify_form};
use crate::saml::{
    certificate::Certificate, metadata::IdentityProvider, request::AuthnRequest, response,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// One to four changed, lost or doubled bytes.
    #[test]
    fn a_changed_response_never_names_another(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..3, 32_u8..127), 1..4),
        both in any::<bool>(),
    ) {
        let xml = if both { ada().both_signed(&signer()) } else { ada().assertion_signed(&signer()) };
        let mut bytes = xml.clone().into_bytes();
        for (at, what, byte) in changes {
            let at = at.index(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => _ = bytes.remove(at),
                _ => bytes.insert(at, byte),
            }
        }
        let changed = String::from_utf8(bytes).unwrap();
        if let Ok(assertion) = verify(&changed) {
            prop_assert_eq!(assertion, verify(&xml).unwrap());
            prop_assert!(second_opinion(&changed), "only we accept {}", changed);
        }
    }

    /// A piece of the document moved elsewhere or repeated.
    #[test]
    fn a_moved_piece_never_names_another(
        from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), keep in any::<bool>(),
    ) {
        let xml = ada().assertion_signed(&signer());
        let starts: Vec<usize> = xml.match_indices('<').map(|(at, _)| at).collect();
        let (one, other) = (starts[from.index(starts.len())], starts[to.index(starts.len())]);
        let (low, high) = (one.min(other), one.max(other));
        let piece = &xml[low..high];
        let moved = if keep {
            format!("{}{piece}{}", &xml[..high], &xml[high..])
        } else {
            format!("{}{}{piece}", &xml[..low], &xml[high..])
        };
        if let Ok(assertion) = verify(&moved) {
            prop_assert_eq!(assertion, verify(&xml).unwrap());
            prop_assert!(second_opinion(&moved), "only we accept {}", moved);
        }
    }

    /// Whatever is thrown at the parsers, they answer.
    #[test]
    fn no_input_makes_a_parser_panic(text in "[<>/a-cA-Z:=\"'&;#!\\[\\]?\\-\u{0}-\u{20}é]{0,200}") {
        prop_assert!(verify(&text).is_err());
        prop_assert!(verify_form(&text).is_err());
        prop_assert!(response::peek_in_response_to(&form_value(&text)).is_none_or(|id| !id.is_empty()));
        prop_assert!(IdentityProvider::parse(text.as_bytes(), None).is_err());
        prop_assert!(Certificate::parse(&text).is_err());
        prop_assert!(AuthnRequest::parse_redirect(&text).is_err());
    }
}
