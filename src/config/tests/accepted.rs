//! What is taken, and which source wins.

use super::*;

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let text = "\u{feff}[server]\r\nmax_connections = 1\r\ndrain = \"2h\"\r\n";
    let config = loaded(
        text,
        &[
            ("KERNIA_SERVER__DRAIN", "500ms"),
            ("KERNIA_SERVER__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
            ("KERNIA_SERVER__LISTEN", ""),
            ("KERNIA_SAML__ALLOW_PRIVATE_METADATA", "true"),
            ("KERNIA_DNS__SERVERS", "9.9.9.9, [::1]:5353, ::1"),
            ("KERNIA_STORE__PATH", "7"),
            ("KERNIA_STORE__READERS", "7"),
            ("KERNIA_URL", "ignored"),
            ("KERNIA_API_KEY", "ignored"),
            ("KERNIA_CONFIG", "ignored"),
            ("OTHER__THING", "ignored"),
        ],
    );
    assert_eq!(config.server.drain, Duration::from_millis(500));
    assert_eq!(config.server.max_connections, 1);
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    let networks = ["10.0.0.0/8", "::1"].map(|text| Network::parse(text).unwrap());
    assert_eq!(config.server.trusted_proxies, networks);
    let servers = ["9.9.9.9:53", "[::1]:5353", "[::1]:53"].map(|text| text.parse().unwrap());
    assert_eq!(config.dns.servers, servers);
    assert!(config.saml.allow_private_metadata);
    assert!(config.store.path.ends_with("7"));
    assert_eq!(config.store.reading_lanes(), 7);
    assert!(Config::default().store.reading_lanes() >= 2);
    assert_eq!(
        loaded("[log]\nlevel = \"info,kernia::saml=debug\"", &[]).log.level.as_str().len(),
        23
    );
}

#[test]
fn relative_paths_start_at_the_folder_of_the_file() {
    let folder = Folder::new();
    let loaded = folder.load("[store]\npath = \"/data/x.db\"", &[]).unwrap();
    assert_eq!(loaded.config.store.path, Path::new("/data/x.db"));
    assert_eq!(loaded.config.vault.master_key_file, folder.0.join("kernia.key"));
    assert_eq!(loaded.file, Some(folder.0.join("kernia.toml")));

    let without = Config::load(None, []).unwrap();
    assert_eq!(without.config.store.path, Path::new("kernia.db"));
    assert_eq!(without.file, None);
}

#[test]
fn the_other_sources_of_the_master_key_come_from_the_process() {
    let key = "AGE-SECRET-KEY-1QQPZRY";
    let variables = [("CREDENTIALS_DIRECTORY", "/run/credentials/x"), ("KERNIA_MASTER_KEY", key)];
    let config = loaded("", &variables);
    assert_eq!(
        config.vault.credentials_directory.as_deref(),
        Some(Path::new("/run/credentials/x"))
    );
    assert_eq!(config.vault.master_key.as_ref().map(Secret::expose), Some(key));
    assert!(!format!("{config:?}").contains(key));
    assert!(loaded("", &[("KERNIA_MASTER_KEY", "")]).vault.master_key.is_none());
}
