//! [`Pairs`]: names and values from a query string or a form
//! (`application/x-www-form-urlencoded`).

use std::fmt;

use crate::kit::error::{Error, Refused};

/// The most pairs that are taken.
pub const MAX_PAIRS: usize = 1000;

/// Names and values in the order they came, decoded. They may hold secrets, so they never print.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Decodes `a=b&c=d`. Text that is not UTF-8, a NUL, or more than [`MAX_PAIRS`] pairs are
    /// refused; a `%` that begins no escape stands for itself, as in browsers (WHATWG URL §5.1).
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut pairs = Vec::new();
        for piece in bytes.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty()) {
            if pairs.len() == MAX_PAIRS {
                return Err(Refused::malformed("too_many_parameters", "too many parameters"));
            }
            let (name, value) = match piece.iter().position(|byte| *byte == b'=') {
                Some(at) => (&piece[..at], &piece[at + 1..]),
                None => (piece, &[][..]),
            };
            pairs.push((decode(name)?, decode(value)?));
        }
        Ok(Self(pairs))
    }

    /// The value of `name`; refuses a name that stands twice.
    pub fn one(&self, name: &str) -> Result<Option<&str>, Error> {
        let mut values = self.0.iter().filter(|(key, _)| key == name);
        let first = values.next();
        if values.next().is_some() {
            let detail = format!("`{name}` may be given only once");
            return Err(Refused::malformed("duplicate_parameter", detail));
        }
        Ok(first.map(|(_, value)| value.as_str()))
    }

    /// Without those that have no value: OAuth takes them for omitted (RFC 6749 §3.1, §3.2).
    #[must_use]
    pub fn with_values(&self) -> Self {
        Self(self.0.iter().filter(|(_, value)| !value.is_empty()).cloned().collect())
    }

    /// Every name with its value, in the order they came.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A name that stands there more than once.
    #[must_use]
    pub fn repeated(&self) -> Option<&str> {
        let mut names: Vec<_> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
    }

    /// All values of a list, in any spelling that clients use: the key repeated, values joined by
    /// commas, `name[]=` and `name[0]=`. Empty values are left out.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(key, _)| key == name || index(key, name).is_some_and(is_list_index))
            .flat_map(|(_, value)| value.split(','))
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// The pairs of a map that is spelled `name[key]=value`, in the order they came.
    pub fn map<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(key, value)| Some((index(key, name)?, value.as_str())))
    }
}

/// `key` of `name[key]`.
fn index<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')
}

fn is_list_index(index: &str) -> bool {
    index.bytes().all(|byte| byte.is_ascii_digit())
}

/// Piece by piece: a posted response is long and has few characters that are encoded.
fn decode(mut bytes: &[u8]) -> Result<String, Error> {
    let mut plain = Vec::with_capacity(bytes.len());
    while let Some(at) = bytes.iter().position(|byte| matches!(byte, b'+' | b'%')) {
        plain.extend_from_slice(&bytes[..at]);
        let (decoded, rest) = match &bytes[at..] {
            [b'+', rest @ ..] => (b' ', rest),
            [_, high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                (nibble(*high) << 4 | nibble(*low), rest)
            }
            _ => (b'%', &bytes[at + 1..]),
        };
        plain.push(decoded);
        bytes = rest;
    }
    plain.extend_from_slice(bytes);
    let text = String::from_utf8(plain).map_err(|_| {
        Refused::malformed("encoding_malformed", "a parameter is not encoded in UTF-8")
    })?;
    if text.contains('\0') {
        return Err(Refused::malformed("encoding_malformed", "a parameter holds a NUL"));
    }
    Ok(text)
}

/// The value of a hexadecimal digit.
fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

/// The names only: a value may be a password, a code or an assertion.
impl fmt::Debug for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(text: &str) -> Pairs {
        Pairs::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn names_and_values_are_decoded() {
        let read = pairs("a=1+2&b=%C3%BC%26&c&=d&&e=f=g&h=100%&i=%zz");
        let expected = [
            ("a", "1 2"),
            ("b", "ü&"),
            ("c", ""),
            ("", "d"),
            ("e", "f=g"),
            ("h", "100%"),
            ("i", "%zz"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(read.0, expected);
    }

    #[test]
    fn what_may_not_stand_is_refused() {
        for text in ["a=%ff", "%C3=1", "a=b%00c", "%00=1"] {
            assert!(Pairs::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(Pairs::parse(b"a=\xff").is_err());
        assert!(Pairs::parse("a&".repeat(MAX_PAIRS).as_bytes()).is_ok());
        assert!(Pairs::parse("a&".repeat(MAX_PAIRS + 1).as_bytes()).is_err());
    }

    #[test]
    fn what_has_no_value_can_be_left_out() {
        assert_eq!(pairs("a=&b=1&c&a=2").with_values(), pairs("b=1&a=2"));
    }

    #[test]
    fn one_value_is_one() {
        let read = pairs("a=1&b=2&b=2&b[]=3");
        assert_eq!(read.one("a").unwrap(), Some("1"));
        assert_eq!(read.one("c").unwrap(), None);
        assert!(
            matches!(read.one("b"), Err(Error::Refused(no)) if no.code == "duplicate_parameter")
        );
    }

    #[test]
    fn a_list_has_four_spellings() {
        for text in ["l=a&l=b", "l=a,b", "l=a%2Cb,", "l[]=a&l[]=b", "l[0]=a&l[1]=b", "l%5B%5D=a,b"]
        {
            assert_eq!(pairs(text).all("l"), ["a", "b"], "{text}");
        }
        assert!(pairs("list=a&l[x]=b&l[0=c&l=").all("l").is_empty());
    }

    #[test]
    fn values_never_print() {
        assert_eq!(format!("{:?}", pairs("code=hush&state=hush")), r#"["code", "state"]"#);
    }

    proptest! {
        #[test]
        fn any_bytes_parse_or_are_refused(bytes: Vec<u8>) {
            if let Ok(read) = Pairs::parse(&bytes) {
                let _ = (read.one("a"), read.all("a"));
            }
        }

        #[test]
        fn what_browsers_write_is_read_back(written: Vec<(String, String)>) {
            let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(&written).finish();
            let nul = written.iter().any(|(name, value)| name.contains('\0') || value.contains('\0'));
            match Pairs::parse(text.as_bytes()) {
                Ok(read) => {
                    // `=` alone, the pair of two empty texts, is written as `=` and read back too.
                    prop_assert_eq!(read.0, written);
                }
                Err(_) => prop_assert!(nul),
            }
        }
    }
}
