//! What believing an OpenID Connect sign-in costs: one ID token through every rule, beside one bare
//! RSA-2048 verification on the same machine in the same run. Times differ between machines; the
//! ratio hardly does. `cargo bench --bench oidc`.

#![expect(clippy::print_stdout, reason = "the ratio is this program's answer")]

#[path = "processor.rs"]
mod processor;

use std::{hint::black_box, time::Duration};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use kernia::{
    kit::{secret::Secret, time::Timestamp},
    oidc::{Algorithm, Journal, Keys, SigningKey, Terms, half_hash, peek, verify},
};
use processor::{Outcome, each, middle, openssl, print};
use serde_json::{Value as Json, json};

const ISSUER: &str = "https://idp.example.org";
const CLIENT: &str = "0oa1b2c3d4";
const NONCE: &str = "p2gX0yB6rUuNV1mXjB0v4cFq0aWc3H7dN7oS3d0Rk5E";
const ACCESS_TOKEN: &str = "an access token that came beside it, of some forty bytes";
const NOW: i64 = 1_800_000_000;
/// So many a second and core are the goal, where OpenSSL verifies RSA-2048 in 31 µs.
const GOAL: f64 = 20_000.0;
const ROUNDS: usize = 5;

fn main() -> Outcome<()> {
    let der = SigningKey::generate()?;
    let signer = SigningKey::from_der(&der)?;
    let document = json!({ "keys": [signer.public_jwk("2026-11")] }).to_string();
    let keys = Keys::parse(document.as_bytes())?;
    let (small, large) = (claims(3), claims(800));
    let tokens = [signer.sign("2026-11", "JWT", &small)?, signer.sign("2026-11", "JWT", &large)?];
    let access_token = Secret::new(ACCESS_TOKEN.to_owned());
    let terms = Terms {
        issuer: ISSUER,
        client_id: CLIENT,
        algorithms: &Algorithm::ASYMMETRIC,
        keys: &keys,
        client_secret: None,
        nonce: NONCE,
        access_token: Some(&access_token),
        code: None,
        hosted_domains: &[],
        max_age: None,
        now: Timestamp::from_millis((NOW + 1) * 1000),
    };
    let believe = |token: &str| verify(black_box(token), &terms, &mut Journal::start());
    // A bench that measures refusals would look splendid.
    for token in &tokens {
        believe(token).map_err(|rejected| format!("refused: {rejected}"))?;
    }
    let forged = format!("{}AAAA", &tokens[0][..tokens[0].len() - 4]);
    let bare = Bare::new(der.expose())?;

    let mut rounds: [Vec<Duration>; 8] = Default::default();
    for _ in 0..ROUNDS {
        rounds[0].extend(openssl());
        rounds[1].push(each(|| bare.verifies())?);
        rounds[2].push(each(|| believe(&tokens[0]).is_ok())?);
        rounds[3].push(each(|| believe(&tokens[1]).is_ok())?);
        rounds[4].push(each(|| believe(&forged).is_err())?);
        rounds[5].push(each(|| peek(black_box(&tokens[0])).is_some())?);
        rounds[6].push(each(|| Keys::parse(black_box(document.as_bytes())).is_ok())?);
        rounds[7].push(each(|| signer.sign("2026-11", "JWT", &small).is_ok())?);
    }
    let names = [
        "RSA-2048 verification, OpenSSL".to_owned(),
        "RSA-2048 verification, AWS-LC".to_owned(),
        format!("ID token of {} bytes, believed", tokens[0].len()),
        format!("ID token of {} bytes, believed", tokens[1].len()),
        "ID token with a forged signature, refused".to_owned(),
        "a look at its header".to_owned(),
        "a key set read".to_owned(),
        "an ID token signed".to_owned(),
    ];
    tell(&names, rounds.map(middle))
}

/// One line each, and the figure that the goal is about.
fn tell(names: &[String; 8], took: [Option<Duration>; 8]) -> Outcome<()> {
    let aws = took[1].ok_or("no round")?;
    let floor = took[0].unwrap_or(aws);
    println!("processor time, medians of {ROUNDS} rounds, one thread");
    for (name, took) in names.iter().zip(took) {
        print(name, took, Some(floor));
    }
    let token = took[2].ok_or("no round")?;
    let a_second = 1.0 / token.as_secs_f64();
    let beside = token.saturating_sub(aws).as_secs_f64() * 1e6;
    println!(
        "\n{a_second:.0} ID tokens a second on one core, {beside:.1} µs each beside the signature; \
         the goal is {GOAL:.0} where OpenSSL verifies in 31 µs, which here is {:.0}.",
        GOAL * 31e-6 / floor.as_secs_f64()
    );
    Ok(())
}

/// What an ID token says about a person in this many groups.
fn claims(groups: usize) -> Json {
    let groups: Vec<String> =
        (0..groups).map(|nth| format!("cn=team-{nth},ou=groups,dc=example,dc=com")).collect();
    json!({
        "iss": ISSUER, "sub": "00u1a2b3c4d5e6f7g8h9", "aud": CLIENT, "nonce": NONCE,
        "iat": NOW, "exp": NOW + 3600, "auth_time": NOW - 60, "amr": ["pwd", "mfa"],
        "at_hash": half_hash(Algorithm::RS256, ACCESS_TOKEN), "ver": 1,
        "email": "ada@example.com", "email_verified": true, "given_name": "Ada",
        "family_name": "Lovelace", "name": "Ada Lovelace", "groups": groups,
    })
}

/// The least that a verification can cost: the signature, with its key parsed before.
struct Bare {
    key: ParsedPublicKey,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl Bare {
    fn new(pkcs8: &[u8]) -> Outcome<Self> {
        let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| "not a key")?;
        let message = vec![b'x'; 600];
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &message, &mut signature)
            .map_err(|_| "not signed")?;
        let public = pair.public_key().as_ref();
        let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public)?;
        Ok(Self { key, message, signature })
    }

    fn verifies(&self) -> bool {
        self.key.verify_sig(black_box(&self.message), &self.signature).is_ok()
    }
}
