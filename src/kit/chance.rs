//! Chance: random bytes from the operating system, or from a seed in a test's hand.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use aws_lc_rs::{digest, rand};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::secret::Secret;

/// Where random bytes come from.
#[derive(Debug, Clone)]
pub struct Chance(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Seeded { seed: u64, drawn: Arc<AtomicU64> },
}

impl Chance {
    /// The operating system's generator.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// The same bytes in the same order for the same seed: for tests only.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded { seed, drawn: Arc::new(AtomicU64::new(0)) })
    }

    /// `N` random bytes.
    ///
    /// # Panics
    ///
    /// When the operating system has no generator: without one nothing may go on.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        match &self.0 {
            #[expect(clippy::expect_used, reason = "without a generator nothing may go on")]
            Source::System => {
                rand::fill(&mut out).expect("the operating system gives random bytes");
            }
            Source::Seeded { seed, drawn } => {
                for chunk in out.chunks_mut(32) {
                    let nth = drawn.fetch_add(1, Ordering::SeqCst);
                    let input = [seed.to_be_bytes(), nth.to_be_bytes()].concat();
                    let block = digest::digest(&digest::SHA256, &input);
                    chunk.copy_from_slice(&block.as_ref()[..chunk.len()]);
                }
            }
        }
        out
    }

    /// A secret of 256 random bits, in 43 characters of base64url, behind `prefix`.
    #[must_use]
    pub fn token(&self, prefix: &str) -> Secret {
        Secret::new(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(self.bytes::<32>())))
    }

    /// 128 random bits for an id.
    #[must_use]
    pub fn bits(&self) -> u128 {
        u128::from_be_bytes(self.bytes())
    }

    /// `count` random letters and digits: short keys that stand in addresses, no secrets.
    #[must_use]
    pub fn alphanumeric(&self, count: usize) -> String {
        const ALPHABET: &[u8; 62] =
            b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut out = String::with_capacity(count);
        while out.len() < count {
            let [byte] = self.bytes::<1>();
            // 248 = 4 × 62: a byte beyond would favour the first letters.
            if byte < 248 {
                out.push(char::from(ALPHABET[usize::from(byte % 62)]));
            }
        }
        out
    }
}
