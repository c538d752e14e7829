//! What the vault promises: a round trip, and no other way in.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_767_323_045_678);
const HERE: Place<'_> = Place { table: "certificates", column: "private_key", row: "cert_1" };

/// A folder of its own for each test, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NTH: AtomicU32 = AtomicU32::new(0);
        let nth = NTH.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("kernia-vault-{}-{nth}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn vault() -> Vault {
    Vault::create(&MasterKey::generate(), &Chance::system(), NOW).unwrap().0
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

#[test]
fn what_was_sealed_opens_in_its_place() {
    let vault = vault();
    for text in ["", "a", "schlüssel", &"x".repeat(100_000)] {
        let sealed = vault.seal(&HERE, &secret(text));
        let stored = Sealed::from_bytes(sealed.as_bytes().to_vec()).unwrap();
        assert_eq!(vault.open(&HERE, &stored).unwrap().expose(), text);
    }
    let sealed = vault.seal_bytes(&HERE, &[0xff, 0, 0xfe]);
    assert_eq!(vault.open_bytes(&HERE, &sealed).unwrap().expose(), [0xff, 0, 0xfe]);
    assert!(vault.open(&HERE, &sealed).is_err(), "bytes that are no text open as bytes only");
}

#[test]
fn a_moved_value_is_refused_and_the_fault_names_the_place() {
    let vault = vault();
    let sealed = vault.seal(&HERE, &secret("key"));
    let elsewhere = [
        Place { row: "cert_2", ..HERE },
        Place { column: "certificate", ..HERE },
        Place { table: "connections", ..HERE },
        Place { row: "", ..HERE },
        Place { table: "certificates", column: "private", row: "key\0cert_1" },
    ];
    for place in elsewhere {
        assert!(vault.open(&place, &sealed).is_err(), "{place:?}");
    }
    let fault = vault.open(&elsewhere[0], &sealed).unwrap_err().to_string();
    assert_eq!(fault, "stored value does not parse: certificates.private_key of row cert_2");
}

#[test]
fn two_seals_of_one_text_differ_and_hold_nothing_of_it() {
    let vault = vault();
    let [one, two] = [0, 1].map(|_| vault.seal(&HERE, &secret("a private key")));
    assert_ne!(one, two);
    assert!(!one.as_bytes().windows(4).any(|part| b"a private key".windows(4).any(|w| w == part)));
}

#[test]
fn another_vault_does_not_open_it() {
    let sealed = vault().seal(&HERE, &secret("key"));
    assert!(vault().open(&HERE, &sealed).is_err());
}

#[test]
fn the_newest_key_seals_and_all_open() {
    let (master, chance) = (MasterKey::generate(), Chance::system());
    let (old, first) = Vault::create(&master, &chance, NOW).unwrap();
    let (_, second) = Vault::create(&master, &chance, NOW + Duration::from_secs(1)).unwrap();
    let sealed_before = old.seal(&HERE, &secret("before"));

    for order in [[&first, &second], [&second, &first]] {
        let both = Vault::unlock(&master, &order.map(Clone::clone)).unwrap();
        assert_eq!(both.open(&HERE, &sealed_before).unwrap().expose(), "before");
        let sealed_after = both.seal(&HERE, &secret("after"));
        assert!(old.open(&HERE, &sealed_after).is_err());
        let only_new = Vault::unlock(&master, std::slice::from_ref(&second)).unwrap();
        assert_eq!(only_new.open(&HERE, &sealed_after).unwrap().expose(), "after");
    }
}

#[test]
fn another_master_key_is_told_plainly() {
    let (_, wrapped) = Vault::create(&MasterKey::generate(), &Chance::system(), NOW).unwrap();
    let other = MasterKey::generate();
    let fault = Vault::unlock(&other, std::slice::from_ref(&wrapped)).unwrap_err();
    let recipient = other.recipient();
    assert_eq!(fault, VaultFault::OtherMasterKey { recipient: recipient.clone(), key: wrapped.id });
    let said = fault.to_string();
    assert!(said.starts_with("this is not the master key of this database"), "{said}");
    assert!(said.contains(&recipient), "{said}");
    assert_eq!(Vault::unlock(&other, &[]).unwrap_err(), VaultFault::NoDataKeys);
}

#[test]
fn an_altered_or_planted_data_key_is_refused() {
    let master = MasterKey::generate();
    let (_, good) = Vault::create(&master, &Chance::system(), NOW).unwrap();
    let damaged = VaultFault::Damaged { key: good.id };

    let mut cut = good.clone();
    cut.wrapped.pop();
    let mut newer = good.clone();
    newer.created_at = NOW + Duration::from_secs(1);
    let mut planted = good.clone();
    planted.wrapped = master.encrypt(&SecretBytes::new(vec![7; 64])).unwrap();
    let mut short = good.clone();
    short.wrapped = master.encrypt(&SecretBytes::new(vec![7; 32])).unwrap();
    let mut empty = good;
    empty.wrapped.clear();
    for key in [cut, newer, planted, short, empty] {
        assert_eq!(Vault::unlock(&master, &[key]).unwrap_err(), damaged);
    }
}

#[test]
fn a_key_file_reads_back_and_is_never_overwritten() {
    let folder = Folder::new();
    let path = folder.0.join("kernia.key");
    let master = MasterKey::generate();
    master.write_new_file(&path, NOW).unwrap();

    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "# created: 2026-01-02T03:04:05Z");
    assert_eq!(lines[1], format!("# public key: {}", master.recipient()));
    assert!(lines[2].starts_with("AGE-SECRET-KEY-1"));
    assert_eq!(lines.len(), 3);

    assert_eq!(MasterKey::read_file(&path).unwrap().recipient(), master.recipient());
    let again = MasterKey::generate().write_new_file(&path, NOW).unwrap_err();
    assert_eq!(again, VaultFault::Exists { file: path.clone() });
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let folder = Folder::new();
    let text = MasterKey::generate().to_secret_text();
    for (nth, (mode, good)) in
        [(0o600, true), (0o400, true), (0o640, false), (0o604, false)].into_iter().enumerate()
    {
        let path = folder.write(&format!("{nth}.key"), text.expose(), mode);
        assert_eq!(MasterKey::read_file(&path).is_ok(), good, "{mode:o}");
    }
}

#[test]
fn the_first_source_that_is_there_wins() {
    let folder = Folder::new();
    let [credential, environment, file] = [0, 1, 2].map(|_| MasterKey::generate());
    let path = folder.write("file.key", file.to_secret_text().expose(), 0o600);
    let text = environment.to_secret_text();
    let nothing = Sources { credentials: None, environment: None, file: &path };
    let found = |sources| MasterKey::find(&sources).unwrap().recipient();

    assert_eq!(found(nothing), file.recipient());
    let with_text = Sources { environment: Some(&text), ..nothing };
    assert_eq!(found(with_text), environment.recipient());
    let with_folder = Sources { credentials: Some(&folder.0), ..with_text };
    assert_eq!(found(with_folder), environment.recipient(), "the folder has no such credential");
    folder.write(CREDENTIAL, credential.to_secret_text().expose(), 0o440);
    assert_eq!(found(with_folder), credential.recipient());

    let missing = folder.0.join("missing.key");
    let fault = MasterKey::find(&Sources { file: &missing, ..nothing }).unwrap_err();
    assert_eq!(fault, VaultFault::NoMasterKey { file: missing });
}

#[test]
fn a_bad_source_is_refused_without_showing_it() {
    let one = MasterKey::generate().to_secret_text();
    let two = format!("{}\n{}\n", one.expose(), MasterKey::generate().to_secret_text().expose());
    let cut = &one.expose()[..one.expose().len() - 1];
    for (text, said) in [
        ("", "holds no master key"),
        ("# a comment", "holds no master key"),
        (cut, "holds no master key"),
        ("age1qqqq", "holds no master key"),
        (two.as_str(), "holds 2 age keys"),
    ] {
        let fault = MasterKey::parse(&secret(text), "`KERNIA_MASTER_KEY`").unwrap_err().to_string();
        assert!(fault.starts_with(&format!("`KERNIA_MASTER_KEY` {said}")), "{fault}");
        assert!(!fault.contains(cut), "{fault}");
    }
    let commented = format!("# created: today\r\n\r\n  {}  \r\n", one.expose());
    assert!(MasterKey::parse(&secret(&commented), "a file").is_ok());
}

#[test]
fn nothing_secret_is_printed() {
    let (master, chance) = (MasterKey::generate(), Chance::seeded(3));
    let (vault, wrapped) = Vault::create(&master, &chance, NOW).unwrap();
    let token = secret("token");
    let sealed = vault.seal(&HERE, &token);
    assert_eq!(format!("{vault:?}"), "Vault(…1 data keys)");
    assert_eq!(format!("{sealed:?}"), "Sealed(…42 bytes)");
    assert_eq!(format!("{:?}", Digest::of(&token)), "Digest(…)");
    assert_eq!(format!("{:?}", vault.open_bytes(&HERE, &sealed).unwrap()), "SecretBytes(…)");
    assert_eq!(format!("{:?}", vault.open(&HERE, &sealed).unwrap()), "Secret(…)");
    assert_eq!(format!("{master:?}"), format!("MasterKey({})", master.recipient()));
    assert_eq!(KeyId::parse(&wrapped.id.to_string()), Some(wrapped.id));
}

#[test]
fn a_digest_is_sha_256_of_the_token() {
    // FIPS 180-2, the example "abc".
    let digest = Digest::of(&secret("abc"));
    assert_eq!(digest.as_bytes()[..4], [0xba, 0x78, 0x16, 0xbf]);
    assert_eq!(Digest::from_bytes(digest.as_bytes()), Some(digest));
    assert_eq!(Digest::from_bytes(&digest.as_bytes()[1..]), None);
}

proptest! {
    #[test]
    fn any_bytes_round_trip(clear in proptest::collection::vec(any::<u8>(), 0..300), row in ".*") {
        let vault = vault();
        let place = Place { row: &row, ..HERE };
        let sealed = vault.seal_bytes(&place, &clear);
        let opened = vault.open_bytes(&place, &sealed).unwrap();
        prop_assert_eq!(opened.expose(), &clear[..]);
    }

    #[test]
    fn a_flipped_bit_anywhere_is_refused(at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let vault = vault();
        let mut bytes = vault.seal(&HERE, &secret("a private key")).as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let opened = Sealed::from_bytes(bytes).map(|sealed| vault.open(&HERE, &sealed));
        prop_assert!(!matches!(opened, Some(Ok(_))));
    }

    #[test]
    fn a_cut_value_is_refused(keep in any::<prop::sample::Index>()) {
        let vault = vault();
        let mut bytes = vault.seal(&HERE, &secret("a private key")).as_bytes().to_vec();
        bytes.truncate(keep.index(bytes.len()));
        let opened = Sealed::from_bytes(bytes).map(|sealed| vault.open(&HERE, &sealed));
        prop_assert!(!matches!(opened, Some(Ok(_))));
    }

    #[test]
    fn any_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let opened = Sealed::from_bytes(bytes).map(|sealed| vault().open(&HERE, &sealed));
        prop_assert!(!matches!(opened, Some(Ok(_))));
    }
}
