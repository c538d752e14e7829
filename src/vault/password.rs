//! Passwords of people, by Argon2id. Each call takes tens of milliseconds and 19 MiB: it belongs on
//! the CPU pool (`kit::cpu`), never in a transaction.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

use crate::kit::{chance::Chance, secret::Secret};

/// OWASP's first choice for Argon2id: 19 MiB, two passes, one lane.
fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

/// The PHC text to store: parameters, salt and hash.
#[must_use]
pub fn hash(password: &Secret, chance: &Chance) -> String {
    hash_with_salt(password, &chance.bytes())
}

#[expect(clippy::expect_used, reason = "fails only for parameters or a salt out of range")]
fn hash_with_salt(password: &Secret, salt: &[u8; 16]) -> String {
    let hash: PasswordHash = argon2()
        .hash_password_with_salt(password.expose().as_bytes(), salt)
        .expect("the parameters are valid");
    hash.to_string()
}

/// Whether `password` is the one that `stored` was made of. A text that is no hash fits no password.
#[must_use]
pub fn verify(stored: &str, password: &Secret) -> bool {
    PasswordHash::new(stored)
        .is_ok_and(|hash| argon2().verify_password(password.expose().as_bytes(), &hash).is_ok())
}

/// For a user that does not exist: the same work as [`verify`], so that the time tells nothing.
/// Always `false`.
#[must_use]
pub fn verify_nobody(password: &Secret) -> bool {
    let hash = hash_with_salt(password, &[0; 16]);
    // The result is used, so that the work is not optimized away; no hash is that short.
    hash.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let (right, wrong) = (Secret::new("correct horse".into()), Secret::new("horse".into()));
        let stored = hash(&right, &Chance::system());
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify(&stored, &right));
        assert!(!verify(&stored, &wrong));
        assert!(!verify("correct horse", &right));
        assert!(!verify("", &right));
    }

    #[test]
    fn two_hashes_of_one_password_differ_and_nobody_has_none() {
        let password = Secret::new("correct horse".into());
        let chance = Chance::seeded(1);
        assert_ne!(hash(&password, &chance), hash(&password, &chance));
        assert!(!verify_nobody(&password));
    }
}
