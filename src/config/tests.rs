//! What an operator is told.

use super::*;

#[test]
fn show() {
    let dir = std::env::temp_dir().join("kernia-show");
    std::fs::create_dir_all(&dir).unwrap();
    for text in [
        "[server]\nlisen = \"127.0.0.1:1\"\n",
        "[server]\nmax_connections = \"many\"\ntrusted_proxies = [\"10.0.0.0/8\", \"x\", 3]\ndrain = 3\n",
        "[sever]\nlisten = \"x\"\n",
        "[server]\nbase_url = \"htp://x\"\n",
        "[server]\nbase_url = \"http://sso.acme.com\"\n",
        "[server]\nlisten = \"0.0.0.0:80\"\n",
        "[server]\nlisten = \"127.0.0.1:1\nmax_connections = 3\n[store]\npath = 3\nreaders = -1\nqueue=99999999999999999999999",
        "[server]\nlisten = 127.0.0.1:1\nmax_connections = x3\n[store\npath = 3\nreaders = -1",
        "[server]\nlisten = \"127.0.0.1:1\"\nlisten = \"127.0.0.1:1\"\n[server]\n",
        "[server]\ndrain\n[store]\npath = 1979-05-27\n",
        "[vault]\nmaster_key = \"AGE-SECRET-KEY-1QQQ\"\nmaster_key_file = \"AGE-SECRET-KEY-1QQQ\"\npassword='x'\n",
        "listen = 3\nserver = 4\nvolt = 3\npassword = 3\n[environment]\nkind = \"tset\"\nlisten=1\n[[store]]\npath='x'\n[log]\nlevel='inof'\nformat='xml'",
        "\u{feff}[server]\nlisen=1\n",
        "vault = { password = \"x\", AGE = \"AGE-SECRET-KEY-1\" }\n[store]\r\npath = \"\"\r\n[server.listen]\nx=1",
        "[saml]\nallow_private_metadata = \"yes\"\n[unknown.table]\nx=1",
    ] {
        let file = dir.join("kernia.toml");
        std::fs::write(&file, text).unwrap();
        let env = [
            ("KERNIA_SERVER__LISEN", "x"),
            ("KERNIA_VAULT__MASTER_KEY", "x"),
            ("KERNIA_STORE__READERS", "65"),
            ("KERNIA_SERVER__TRUSTED_PROXIES", "a, b"),
            ("KERNIA_SERVER__LISTEN", "a"),
            ("KERNIA_SAML__ALLOW_PRIVATE_METADATA", "1"),
        ];
        let env = env.map(|(a, b)| (a.to_owned(), b.to_owned()));
        let env = if text.contains("yes") { env.to_vec() } else { vec![] };
        match Config::load(Some(&file), env) {
            Err(faults) => eprintln!("=====\n{faults}"),
            Ok(loaded) => eprintln!("=====\n{loaded:?}"),
        }
    }
    let at = std::time::Instant::now();
    for _ in 0..10 {
        Config::load(Some(Path::new("/tmp/k-vault/full.toml")), []).unwrap();
    }
    eprintln!("{:?}", at.elapsed() / 10);
    eprintln!("{:#?}", Config::default());
    eprintln!("{}", written(&[]));
}
