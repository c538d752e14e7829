//! Reads filters (RFC 7644 §3.4.2.2, figure 1), also such as Entra writes:
//! `emails[type eq "work"].value eq "kim@c.example"` is `emails[type eq "work" and value eq …]`. A word
//! without quotes is a text where it can be nothing else: `userName eq kim`.

use serde_json::Number;

use super::{Filter, Literal, MAX_DEPTH, MAX_TERMS, Operator};
use crate::scim::{
    attribute_path::{AttributePath, is_letter, is_name},
    rejected::Rejected,
};

/// A place in a text that is being read.
pub(in crate::scim) struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    terms: usize,
    /// Whether it is between brackets.
    within: bool,
}

impl<'a> Parser<'a> {
    pub(in crate::scim) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, terms: 0, within: false }
    }

    /// What follows from here on.
    pub(in crate::scim) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Refuses anything that still follows.
    pub(in crate::scim) fn end(&mut self) -> Result<(), Rejected> {
        self.spaces();
        if self.rest().is_empty() { Ok(()) } else { Err(self.refuse("`and`, `or` or the end")) }
    }

    /// Everything up to the end, a `)` or a `]`.
    pub(in crate::scim) fn filter(&mut self) -> Result<Filter, Rejected> {
        let mut parts = vec![self.all()?];
        while self.word("or") {
            parts.push(self.all()?);
        }
        Ok(Filter::or(parts))
    }

    /// What stands between `[` and `]`; the first of them was read.
    pub(in crate::scim) fn brackets(&mut self) -> Result<Filter, Rejected> {
        if self.within {
            return Err(self.refuse("no brackets within brackets"));
        }
        self.within = true;
        let filter = self.deeper(']')?;
        self.within = false;
        Ok(filter)
    }

    fn all(&mut self) -> Result<Filter, Rejected> {
        let mut parts = vec![self.one()?];
        while self.word("and") {
            parts.push(self.one()?);
        }
        Ok(Filter::and(parts))
    }

    fn one(&mut self) -> Result<Filter, Rejected> {
        self.spaces();
        if self.takes('(') {
            return self.deeper(')');
        }
        let before = self.at;
        if self.letters("not") {
            self.spaces();
            if self.takes('(') {
                return Ok(Filter::Not(Box::new(self.deeper(')')?)));
            }
            self.at = before;
        }
        self.term()
    }

    /// A filter and the sign that closes it.
    fn deeper(&mut self, close: char) -> Result<Filter, Rejected> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.refuse(&format!("at most {MAX_DEPTH} levels")));
        }
        let filter = self.filter()?;
        self.spaces();
        if !self.takes(close) {
            return Err(self.refuse(&format!("`and`, `or` or `{close}`")));
        }
        self.depth -= 1;
        Ok(filter)
    }

    fn term(&mut self) -> Result<Filter, Rejected> {
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(self.refuse(&format!("at most {MAX_TERMS} comparisons")));
        }
        let path = self.path()?;
        if !self.takes('[') {
            return self.comparison(path);
        }
        if path.sub.is_some() {
            return Err(self.refuse("an attribute without a sub-attribute before `[`"));
        }
        let mut filter = self.brackets()?;
        if self.takes('.') {
            let sub = self.path()?;
            if sub.urn.is_some() || sub.sub.is_some() {
                return Err(self.refuse("a sub-attribute"));
            }
            filter = Filter::and(vec![filter, self.comparison(sub)?]);
        }
        Ok(Filter::Element { path, filter: Box::new(filter) })
    }

    fn comparison(&mut self, path: AttributePath) -> Result<Filter, Rejected> {
        self.spaces();
        let before = self.at;
        let word = self.run(|b| b.is_ascii_alphabetic());
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(path));
        }
        let Some(operator) = Operator::parse(word) else {
            self.at = before;
            return Err(self.refuse("an operator (eq, ne, co, sw, ew, gt, ge, lt, le, pr)"));
        };
        self.spaces();
        Ok(Filter::Compare { path, operator, value: self.literal()? })
    }

    /// The name of an attribute.
    pub(in crate::scim) fn path(&mut self) -> Result<AttributePath, Rejected> {
        let before = self.at;
        let name = self.run(is_letter);
        let path = AttributePath::parse(name);
        if path.is_none() {
            self.at = before;
        }
        path.ok_or_else(|| self.refuse("an attribute"))
    }

    fn literal(&mut self) -> Result<Literal, Rejected> {
        if self.rest().starts_with('"') {
            return self.string().map(Literal::Text);
        }
        let before = self.at;
        let word = self.run(is_of_word);
        let literal = match word {
            _ if word.eq_ignore_ascii_case("true") => Some(Literal::Bool(true)),
            _ if word.eq_ignore_ascii_case("false") => Some(Literal::Bool(false)),
            _ if word.eq_ignore_ascii_case("null") => Some(Literal::Null),
            _ => number(word).map(Literal::Number).or_else(|| bare(word)),
        };
        if literal.is_none() {
            self.at = before;
        }
        literal.ok_or_else(|| self.refuse("a text in double quotes, a number, true, false or null"))
    }

    /// A text in double quotes, with the escapes of JSON.
    fn string(&mut self) -> Result<String, Rejected> {
        let rest = self.rest();
        let (mut escaped, mut end) = (false, None);
        for (at, b) in rest.bytes().enumerate().skip(1) {
            match b {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    end = Some(at + 1);
                    break;
                }
                _ => {}
            }
        }
        let end = end.ok_or_else(|| self.refuse("a text that ends with a double quote"))?;
        let string: String = serde_json::from_str(&rest[..end])
            .map_err(|_| self.refuse("a text with the escapes of JSON"))?;
        if string.contains('\0') {
            return Err(self.refuse("a text without NUL"));
        }
        self.at += end;
        Ok(string)
    }

    fn spaces(&mut self) {
        self.run(|b| matches!(b, b' ' | b'\t'));
    }

    /// Goes on as long as these follow, and says what they were.
    fn run(&mut self, is: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.bytes().position(|b| !is(b)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// Whether this sign follows; it was read then.
    pub(in crate::scim) fn takes(&mut self, sign: char) -> bool {
        let takes = self.rest().starts_with(sign);
        self.at += if takes { sign.len_utf8() } else { 0 };
        takes
    }

    /// Whether these letters follow, in any case, and nothing that goes on with them.
    fn letters(&mut self, word: &str) -> bool {
        let Some((letters, rest)) = self.rest().split_at_checked(word.len()) else { return false };
        let ends = rest.bytes().next().is_none_or(|b| matches!(b, b' ' | b'\t' | b'(' | b'"'));
        let takes = letters.eq_ignore_ascii_case(word) && ends;
        self.at += if takes { word.len() } else { 0 };
        takes
    }

    /// Whether this word joins what stands before it with what follows.
    fn word(&mut self, word: &str) -> bool {
        let before = self.at;
        self.spaces();
        let takes = self.letters(word);
        if !takes {
            self.at = before;
        }
        takes
    }

    pub(in crate::scim) fn refuse(&self, expected: &str) -> Rejected {
        let rest = self.rest();
        let found: String = rest.chars().take(20).collect();
        let found = if found.is_empty() { "its end".to_owned() } else { format!("`{found}`") };
        let at = self.at;
        Rejected::invalid_filter(format!("the filter has {found} at {at}, expected {expected}"))
    }
}

/// What numbers, times, addresses and names are written with.
fn is_of_word(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(b, b'-' | b'+' | b'.' | b'_' | b':' | b'@')
        || !b.is_ascii()
}

/// A text that somebody has forgotten to quote. What looks like a broken number is none, nor is a
/// word of the grammar.
fn bare(word: &str) -> Option<Literal> {
    let is_letter = |b: u8| b.is_ascii_alphabetic() || !b.is_ascii();
    let like_number = |b: u8| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E');
    let begins = word.bytes().next().is_some_and(is_letter);
    let is_text = begins || word.bytes().any(|b| !like_number(b));
    let is_grammar = ["and", "or", "not"].iter().any(|it| it.eq_ignore_ascii_case(word));
    (is_text && !is_grammar).then(|| Literal::Text(word.to_owned()))
}

/// A number of JSON (RFC 8259 §6). Read by itself: what is printed of it must come to the same.
fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    let shaped = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && !digits.contains("0x")
        && !is_name(digits)
        && !leading_zero
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if !shaped {
        return None;
    }
    if let Ok(number) = text.parse::<i64>() {
        return Some(number.into());
    }
    match text.parse::<u64>() {
        Ok(number) => Some(number.into()),
        Err(_) => Number::from_f64(text.parse().ok()?),
    }
}
