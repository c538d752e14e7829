//! Which sorts of directories there are, by WorkOS's names for them.

/// A sort of directory. Those that Kernia would have to ask (pull) exist as values; none can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirectoryType(&'static str);

/// Those whose provider calls us, through SCIM.
const PUSHING: [&str; 9] = [
    "generic scim v2.0",
    "azure scim v2.0",
    "okta scim v2.0",
    "onelogin scim v2.0",
    "jump cloud scim v2.0",
    "pingfederate scim v2.0",
    "cyberark scim v2.0",
    "rippling scim v2.0",
    "sailpoint scim v2.0",
];

/// Those that would have to be asked.
const PULLED: [&str; 12] = [
    "gsuite directory",
    "bamboohr",
    "breathe hr",
    "cezanne hr",
    "fourth hr",
    "hibob",
    "people hr",
    "personio",
    "s3",
    "sftp",
    "sftp workday",
    "workday",
];

impl DirectoryType {
    /// Any provider that speaks SCIM.
    pub const GENERIC: Self = Self(PUSHING[0]);

    /// Takes a type by its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        PUSHING.iter().chain(&PULLED).find(|known| **known == name).copied().map(Self)
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether its provider calls us: the only sort that can be made.
    #[must_use]
    pub fn is_pushing(self) -> bool {
        PUSHING.contains(&self.0)
    }

    /// The names of those that can be made.
    #[must_use]
    pub fn names() -> &'static [&'static str] {
        &PUSHING
    }
}
