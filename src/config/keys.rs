//! The table of every key: its default and what it means. Unknown keys, nearest names, defaults and
//! `kernia.toml.example` all come from here; the type of a key is that of its field in `Config`.

/// A section of `kernia.toml`.
#[derive(Debug)]
pub struct Section {
    /// Its name, without brackets.
    pub name: &'static str,
    /// What it is about, as a heading.
    pub about: &'static str,
}

/// The sections that may stand any number of times: `[[name]]`.
const REPEATED: &[&str] = &["openid_clients"];

impl Section {
    /// Whether it may stand any number of times.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        REPEATED.contains(&self.name)
    }
}

/// One key.
#[derive(Debug)]
pub struct Key {
    /// The section it stands in.
    pub section: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its default as TOML; `None` for a key that is unset unless it is given.
    pub default: Option<&'static str>,
    /// An example for a key without a default.
    pub example: &'static str,
    /// What it means, in one or two sentences.
    pub about: &'static str,
}

/// The sections, in the order of the example file.
pub const SECTIONS: &[Section] = &[
    Section { name: "server", about: "Where Kernia listens, and what it is called from outside." },
    Section { name: "environment", about: "What this instance is for." },
    Section { name: "store", about: "The database: one SQLite file." },
    Section { name: "vault", about: "The master key, which encrypts the secrets in the database." },
    Section { name: "fetch", about: "What Kernia fetches from elsewhere." },
    Section {
        name: "google_oauth",
        about: "Sign-in with Google, for everybody: `provider=GoogleOAuth`.",
    },
    Section {
        name: "microsoft_oauth",
        about: "Sign-in with Microsoft, for everybody: `provider=MicrosoftOAuth`.",
    },
    Section {
        name: "github_oauth",
        about: "Sign-in with GitHub, for everybody: `provider=GitHubOAuth`.",
    },
    Section {
        name: "apple_oauth",
        about: "Sign-in with Apple, for everybody: `provider=AppleOAuth`.",
    },
    Section { name: "dns", about: "DNS, which is asked whether an organization owns its domains." },
    Section { name: "traces", about: "What is kept of each attempt to sign in, sealed." },
    Section { name: "log", about: "What Kernia writes to its standard error." },
    Section {
        name: "openid_clients",
        about: "Applications that sign their users in by OpenID Connect, each in a section of its own. \
                They can be changed here alone; others are made through the API.",
    },
];

/// The keys, in the order of the example file.
pub const KEYS: &[Key] = &[
    Key {
        section: "server",
        name: "listen",
        default: Some(r#""127.0.0.1:8080""#),
        example: "",
        about: "The address and port to listen on. Port 0 takes a free one.",
    },
    Key {
        section: "server",
        name: "base_url",
        default: None,
        example: r#""https://sso.example.com""#,
        about: "The public address, without a path, as applications, browsers and identity \
                providers reach it; https unless it is this machine or a test environment. When \
                unset, it is the address that Kernia listens on.",
    },
    Key {
        section: "server",
        name: "trusted_proxies",
        default: Some("[]"),
        example: "",
        about: "The proxies in front of Kernia whose X-Forwarded headers are believed, as \
                addresses or networks: [\"10.0.0.0/8\", \"::1\"].",
    },
    Key {
        section: "server",
        name: "max_connections",
        default: Some("2048"),
        example: "",
        about: "The most connections at a time; more wait to be accepted.",
    },
    Key {
        section: "server",
        name: "drain",
        default: Some(r#""20s""#),
        example: "",
        about: "How long requests in flight may take after a signal to stop.",
    },
    Key {
        section: "environment",
        name: "kind",
        default: Some(r#""live""#),
        example: "",
        about: "\"live\" or \"test\". It decides the prefix of API keys (sk_live_, sk_test_) and \
                whether plain http is tolerated. One instance is one environment.",
    },
    Key {
        section: "store",
        name: "path",
        default: Some(r#""kernia.db""#),
        example: "",
        about: "The database file. A relative path starts at the folder of this file.",
    },
    Key {
        section: "store",
        name: "readers",
        default: Some("0"),
        example: "",
        about: "How many connections read the database. 0 stands for the number of cores, at \
                least 2.",
    },
    Key {
        section: "store",
        name: "queue",
        default: Some("1024"),
        example: "",
        about: "How many reads, and how many writes, may wait. Beyond that Kernia answers 503 at \
                once.",
    },
    Key {
        section: "vault",
        name: "master_key_file",
        default: Some(r#""kernia.key""#),
        example: "",
        about: "The file with the master key, of mode 0600; `kernia init` and `age-keygen` write \
                it. The systemd credential \"kernia.key\" and the variable KERNIA_MASTER_KEY win \
                over it. The key itself never stands in this file.",
    },
    Key {
        section: "fetch",
        name: "allow_private_addresses",
        default: Some("false"),
        example: "",
        about: "Whether identity providers may be asked at private addresses and over plain http: \
                for metadata, discovery documents and keys, and for tokens.",
    },
    client_id(
        "google_oauth",
        "Kernia's client id there; the provider is there once it is set. The redirect URI to \
         register is the base URL and /sso/oidc/callback/GoogleOAuth.",
    ),
    client_secret_file(
        "google_oauth",
        "The file with the client secret, of mode 0600. The systemd credential \
         \"google_oauth.client_secret\" and the variable KERNIA_GOOGLE_OAUTH_CLIENT_SECRET win over it.",
    ),
    discovery_endpoint(
        "google_oauth",
        r#""https://accounts.google.com/.well-known/openid-configuration""#,
    ),
    client_id(
        "microsoft_oauth",
        "Kernia's client id there; the provider is there once it is set. The redirect URI to \
         register is the base URL and /sso/oidc/callback/MicrosoftOAuth.",
    ),
    client_secret_file(
        "microsoft_oauth",
        "The file with the client secret, of mode 0600. The systemd credential \
         \"microsoft_oauth.client_secret\" and the variable KERNIA_MICROSOFT_OAUTH_CLIENT_SECRET win over it.",
    ),
    discovery_endpoint(
        "microsoft_oauth",
        r#""https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration""#,
    ),
    client_id(
        "github_oauth",
        "Kernia's client id there; the provider is there once it is set. The redirect URI to \
         register is the base URL and /sso/oidc/callback/GitHubOAuth.",
    ),
    client_secret_file(
        "github_oauth",
        "The file with the client secret, of mode 0600. The systemd credential \
         \"github_oauth.client_secret\" and the variable KERNIA_GITHUB_OAUTH_CLIENT_SECRET win over it.",
    ),
    Key {
        section: "github_oauth",
        name: "authorization_endpoint",
        default: Some(r#""https://github.com/login/oauth/authorize""#),
        example: "",
        about: "Where people are sent; another one for GitHub Enterprise Server.",
    },
    Key {
        section: "github_oauth",
        name: "token_endpoint",
        default: Some(r#""https://github.com/login/oauth/access_token""#),
        example: "",
        about: "Where codes are exchanged.",
    },
    Key {
        section: "github_oauth",
        name: "api_url",
        default: Some(r#""https://api.github.com""#),
        example: "",
        about: "Where who signed in is asked: /user and /user/emails below it.",
    },
    Key {
        section: "apple_oauth",
        name: "client_id",
        default: None,
        example: r#""com.example.signin""#,
        about: "The Services ID; the provider is there once it is set. The redirect URI to register \
                is the base URL and /sso/oidc/callback/AppleOAuth.",
    },
    Key {
        section: "apple_oauth",
        name: "team_id",
        default: None,
        example: r#""A1B2C3D4E5""#,
        about: "The team that the key belongs to.",
    },
    Key {
        section: "apple_oauth",
        name: "key_id",
        default: None,
        example: r#""ABC123DEFG""#,
        about: "The name of the key.",
    },
    Key {
        section: "apple_oauth",
        name: "key_file",
        default: None,
        example: r#""AuthKey_ABC123DEFG.p8""#,
        about: "The file with the key, as Apple gave it, of mode 0600. The systemd credential \
                \"apple_oauth.key\" and the variable KERNIA_APPLE_OAUTH_KEY win over it.",
    },
    discovery_endpoint(
        "apple_oauth",
        r#""https://appleid.apple.com/.well-known/openid-configuration""#,
    ),
    Key {
        section: "dns",
        name: "servers",
        default: Some("[]"),
        example: "",
        about: "The name servers to ask, as addresses with or without a port: [\"9.9.9.9\", \
                \"[::1]:5353\"]. When there are none, those of the system's resolv.conf.",
    },
    Key {
        section: "traces",
        name: "keep_days",
        default: Some("90"),
        example: "",
        about: "How many days a trace is kept.",
    },
    Key {
        section: "traces",
        name: "mask_personal_data",
        default: Some("false"),
        example: "",
        about: "Whether names, addresses and the values of attributes are masked before a trace is \
                written, for good: a first letter and a length remain, and the groups. Browser and \
                network address are left out then.",
    },
    Key {
        section: "log",
        name: "level",
        default: Some(r#""info""#),
        example: "",
        about: "error, warn, info, debug or trace; or by part: \"info,kernia::saml=debug\".",
    },
    Key {
        section: "log",
        name: "format",
        default: Some(r#""auto""#),
        example: "",
        about: "\"human\", \"json\" (one object a line), or \"auto\": human on a terminal, json \
                elsewhere.",
    },
    Key {
        section: "openid_clients",
        name: "id",
        default: None,
        example: r#""wiki""#,
        about: "Required. The client id, 1 to 128 characters of A-Z, a-z, 0-9, _ and -.",
    },
    Key {
        section: "openid_clients",
        name: "name",
        default: None,
        example: r#""Wiki""#,
        about: "Required. What people read on sign-in pages.",
    },
    Key {
        section: "openid_clients",
        name: "redirect_uris",
        default: None,
        example: r#"["https://wiki.example.com/callback"]"#,
        about: "Required. Where it may be answered, to the letter; at a public client's loopback \
                address the port is free.",
    },
    Key {
        section: "openid_clients",
        name: "post_logout_redirect_uris",
        default: None,
        example: r#"["https://wiki.example.com/"]"#,
        about: "Where a browser may go on to that signed out.",
    },
    Key {
        section: "openid_clients",
        name: "public",
        default: None,
        example: "true",
        about: "For an application that can keep no secret, in a browser or on a device: PKCE is its \
                proof.",
    },
    Key {
        section: "openid_clients",
        name: "client_secret_file",
        default: None,
        example: r#""wiki.secret""#,
        about: "The file with its secret, at least 32 characters, for every other application. A second \
                line is a second secret, good beside the first one. A relative path starts at the \
                folder of this file.",
    },
];

/// A key by a former name: it still works, and whoever uses it is told the new one.
#[derive(Debug)]
pub struct Superseded {
    /// As it was.
    pub key: Key,
    /// The path of the key that it is now.
    pub now: &'static str,
}

/// Keys of former names; the example file does not have them.
pub const SUPERSEDED: &[Superseded] = &[Superseded {
    key: Key {
        section: "saml",
        name: "allow_private_metadata",
        default: None,
        example: "true",
        about: "",
    },
    now: "fetch.allow_private_addresses",
}];

const fn client_id(section: &'static str, about: &'static str) -> Key {
    Key { section, name: "client_id", default: None, example: r#""…""#, about }
}

const fn client_secret_file(section: &'static str, about: &'static str) -> Key {
    Key { section, name: "client_secret_file", default: None, example: r#""client_secret""#, about }
}

const fn discovery_endpoint(section: &'static str, default: &'static str) -> Key {
    Key {
        section,
        name: "discovery_endpoint",
        default: Some(default),
        example: "",
        about: "Where the provider describes itself.",
    }
}
/// What the meaning of a key begins with that must be given.
const REQUIRED: &str = "Required.";

impl Key {
    /// Whether it must be given in each section that may stand many times.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.default.is_none() && self.about.starts_with(REQUIRED)
    }

    /// The key with its section: `server.listen`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// The variable that sets it: `KERNIA_SERVER__LISTEN`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("KERNIA_{}__{}", self.section, self.name).to_ascii_uppercase()
    }
}

/// The key of this name in this section.
pub(super) fn find(section: &str, name: &str) -> Option<&'static Key> {
    let former = SUPERSEDED.iter().map(|former| &former.key);
    KEYS.iter().chain(former).find(|key| key.section == section && key.name == name)
}

/// The text of a `kernia.toml` with every key, its meaning and its default. `values` replaces
/// defaults: pairs of `server.listen` and a value as TOML. Without any it is
/// `kernia.toml.example`.
#[must_use]
pub fn written(values: &[(&str, String)]) -> String {
    let mut text = String::from(
        "# Kernia's configuration: every key, with its default.\n\
         # The environment wins over this file: KERNIA_SERVER__LISTEN sets `listen` in [server].\n",
    );
    for section in SECTIONS {
        text += "\n";
        text += &comment(section.about);
        if section.is_repeated() {
            text.extend(["# [[", section.name, "]]\n"]);
        } else {
            text.extend(["[", section.name, "]\n"]);
        }
        for key in KEYS.iter().filter(|key| key.section == section.name) {
            text += &comment(key.about);
            let replaced = values.iter().find(|(path, _)| *path == key.path());
            match replaced.map(|(_, value)| value.as_str()).or(key.default) {
                Some(value) => text.extend([key.name, " = ", value, "\n"]),
                None => text.extend(["# ", key.name, " = ", key.example, "\n"]),
            }
        }
    }
    text
}

/// Comment lines of at most 96 columns.
fn comment(sentences: &str) -> String {
    let mut text = String::new();
    let mut line = String::from("#");
    for word in sentences.split(' ') {
        if line.len() + 1 + word.len() > 96 {
            text += &line;
            text.push('\n');
            "#".clone_into(&mut line);
        }
        line.push(' ');
        line += word;
    }
    text + &line + "\n"
}
