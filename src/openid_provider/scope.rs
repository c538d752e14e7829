//! Scopes: what a client may learn, in OpenID Connect's words (Core §5.4, §11).

use std::fmt;

use crate::kit::error::{Error, Refused};

/// One word of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// It is OpenID Connect, and no other OAuth 2.0.
    OpenId,
    /// Names, groups and roles.
    Profile,
    /// The email address.
    Email,
    /// Groups and roles alone.
    Groups,
    /// A refresh token.
    OfflineAccess,
}

impl Word {
    /// All there are.
    pub const ALL: [Self; 5] =
        [Self::OpenId, Self::Profile, Self::Email, Self::Groups, Self::OfflineAccess];

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenId => "openid",
            Self::Profile => "profile",
            Self::Email => "email",
            Self::Groups => "groups",
            Self::OfflineAccess => "offline_access",
        }
    }
}

/// What a client asked for, as far as there is such a thing here; `openid` is always in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(Vec<Word>);

impl Scope {
    /// Takes what was asked for. Words that nobody knows are passed over (Core §3.1.2.1); without
    /// `openid` it is refused.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let asked: Vec<_> = text.split(' ').collect();
        let words = Word::ALL.into_iter().filter(|word| asked.contains(&word.as_str()));
        let scope = Self(words.collect());
        if scope.has(Word::OpenId) {
            return Ok(scope);
        }
        Err(Refused::malformed("invalid_scope", "The scope must contain `openid`."))
    }

    /// What is asked for at a refresh: as much as before, or less (RFC 6749 §6).
    pub fn narrowed(&self, text: &str) -> Result<Self, Error> {
        let asked = Self::parse(text)?;
        let known = |word: &&str| Word::ALL.iter().any(|known| known.as_str() == *word);
        let unknown = text.split(' ').find(|word| !word.is_empty() && !known(word));
        if unknown.is_some() || asked.0.iter().any(|word| !self.has(*word)) {
            let why = "The scope holds more than was granted.";
            return Err(Refused::malformed("invalid_scope", why));
        }
        Ok(asked)
    }

    /// Whether this word is in it.
    #[must_use]
    pub fn has(&self, word: Word) -> bool {
        self.0.contains(&word)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.iter().map(|word| word.as_str()).collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_what_is_known_of_it() {
        let scope = Scope::parse("email openid  nonsense email").unwrap();
        assert_eq!(scope.to_string(), "openid email");
        assert!(Scope::parse("email profile").is_err());
        assert!(Scope::parse("OPENID").is_err());
    }

    #[test]
    fn a_refresh_narrows_and_never_widens() {
        let scope = Scope::parse("openid email offline_access").unwrap();
        assert_eq!(scope.narrowed("openid").unwrap().to_string(), "openid");
        for more in ["openid profile", "email", "openid admin", ""] {
            assert!(scope.narrowed(more).is_err(), "{more}");
        }
    }
}
