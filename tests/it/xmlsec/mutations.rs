//! Small and large changes to a document, the same ones at every run. Most keep it well-formed, and
//! many keep its meaning, so that they reach the signatures.

/// Chance from a seed (`SplitMix64`).
pub(super) struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Less than `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end as u64).unwrap()
    }

    fn one_of<'t, T: ?Sized>(&mut self, all: &[&'t T]) -> &'t T {
        all[self.below(all.len())]
    }
}

/// A tag, a comment, or the text between two of them.
type Token = String;
type Change = fn(&mut Dice, &mut Vec<Token>) -> Option<()>;

/// One to three changes, and their names.
pub(super) fn mutated(xml: &str, seed: u64) -> (String, String) {
    let mut dice = Dice(seed);
    let mut tokens = tokens(xml);
    let mut names = Vec::new();
    let wanted = 1 + dice.below(3);
    while names.len() < wanted {
        let (name, change) = CHANGES[dice.below(CHANGES.len())];
        if change(&mut dice, &mut tokens).is_some() {
            names.push(name);
        }
        // What was put in can be cut up by the next.
        tokens = self::tokens(&tokens.concat());
    }
    (names.join(", "), tokens.concat())
}

/// Cuts a document at its markup; joined again they are the document.
fn tokens(xml: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = xml;
    while !rest.is_empty() {
        let to = if rest.starts_with("<!--") {
            rest.find("-->").map(|at| at + 3)
        } else if rest.starts_with("<![CDATA[") {
            rest.find("]]>").map(|at| at + 3)
        } else if rest.starts_with('<') {
            rest.find('>').map(|at| at + 1)
        } else {
            rest.find('<')
        };
        let (token, after) = rest.split_at(to.unwrap_or(rest.len()));
        found.push(token.to_owned());
        rest = after;
    }
    found
}

fn is_open(token: &str) -> bool {
    token.starts_with('<')
        && !token.starts_with("</")
        && !token.starts_with("<!")
        && !token.starts_with("<?")
}

fn is_empty(token: &str) -> bool {
    is_open(token) && token.ends_with("/>")
}

fn is_text(token: &str) -> bool {
    !token.starts_with('<')
}

fn name(token: &str) -> &str {
    let name = token.trim_start_matches(['<', '/']);
    name.split(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).next().unwrap_or_default()
}

/// One of the tokens that fit.
fn pick(dice: &mut Dice, tokens: &[Token], fits: impl Fn(&str) -> bool) -> Option<usize> {
    let all: Vec<usize> = (0..tokens.len()).filter(|&at| fits(&tokens[at])).collect();
    (!all.is_empty()).then(|| all[dice.below(all.len())])
}

/// An element other than the root: from its start tag to behind its end tag.
fn element(dice: &mut Dice, tokens: &[Token]) -> Option<(usize, usize)> {
    let first = tokens.iter().position(|it| is_open(it))?;
    let from = pick(dice, tokens, is_open)?;
    if from == first {
        return None;
    }
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        if token.starts_with("</") {
            depth -= 1;
        } else if is_open(token) && !is_empty(token) {
            depth += 1;
        }
        if depth <= 0 {
            return Some((from, at + 1));
        }
    }
    None
}

/// A place between two tokens inside the root.
fn gap(dice: &mut Dice, tokens: &[Token]) -> Option<usize> {
    let first = tokens.iter().position(|it| is_open(it))?;
    let last = tokens.iter().rposition(|it| it.starts_with("</"))?;
    (last > first).then(|| first + 1 + dice.below(last - first))
}

/// A place between two characters of a text.
fn inside(dice: &mut Dice, text: &str) -> usize {
    let all: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    all[dice.below(all.len())]
}

/// The attributes of a tag, each with the white space before it.
fn attributes(tag: &str) -> Vec<(usize, usize)> {
    let bytes = tag.as_bytes();
    let (mut found, mut at) = (Vec::new(), 1 + name(tag).len());
    while at < bytes.len() {
        let from = at;
        while at < bytes.len() && !matches!(bytes[at], b'"' | b'\'' | b'>') {
            at += 1;
        }
        let Some(quote @ (b'"' | b'\'')) = bytes.get(at).copied() else { break };
        let Some(length) = bytes[at + 1..].iter().position(|&byte| byte == quote) else { break };
        at += length + 2;
        found.push((from, at));
    }
    found
}

fn with_attributes(dice: &mut Dice, tokens: &[Token]) -> Option<(usize, (usize, usize))> {
    let at = pick(dice, tokens, |it| is_open(it) && !attributes(it).is_empty())?;
    let all = attributes(&tokens[at]);
    Some((at, all[dice.below(all.len())]))
}

/// Texts that are base64 in every document.
fn base64(dice: &mut Dice, tokens: &[Token]) -> Option<usize> {
    let homes = ["SignatureValue", "DigestValue", "X509Certificate"];
    let all: Vec<usize> = (1..tokens.len())
        .filter(|&at| {
            is_text(&tokens[at]) && homes.iter().any(|it| name(&tokens[at - 1]).ends_with(it))
        })
        .collect();
    (!all.is_empty()).then(|| all[dice.below(all.len())])
}

const WHITE: &[&str] =
    &[" ", "\n", "\r\n", "\t", "\n\n    ", "&#10;", "&#xD;", "&#32;", "&#x9;", "\r"];

const CHANGES: &[(&str, Change)] = &[
    ("a comment", |dice, tokens| {
        let at = gap(dice, tokens)?;
        tokens.insert(
            at,
            dice.one_of(&["<!-- x -->", "<!---->", "<!--<x/>-->", "<!-- ]]> -->"]).to_owned(),
        );
        Some(())
    }),
    ("a comment in a text", |dice, tokens| {
        let at = pick(dice, tokens, is_text)?;
        let place = inside(dice, &tokens[at]);
        tokens[at].insert_str(place, "<!-- x -->");
        Some(())
    }),
    ("a comment or an instruction outside", |dice, tokens| {
        let what = dice.one_of(&["<!-- x -->", "<?x y?>", "\n", " "]).to_owned();
        if dice.below(2) == 0 {
            tokens.push(what);
        } else {
            tokens.insert(0, what);
        }
        Some(())
    }),
    ("white space between", |dice, tokens| {
        let at = gap(dice, tokens)?;
        tokens.insert(at, dice.one_of(WHITE).to_owned());
        Some(())
    }),
    ("white space in a tag", |dice, tokens| {
        let at = pick(dice, tokens, |it| {
            it.starts_with('<') && !it.starts_with("<!") && !it.starts_with("<?")
        })?;
        let white = dice.one_of(&[" ", "\n", "\t", "\r\n", "  "]);
        let place = if is_empty(&tokens[at]) { tokens[at].len() - 2 } else { tokens[at].len() - 1 };
        tokens[at].insert_str(place, white);
        Some(())
    }),
    ("white space around =", |dice, tokens| {
        let (at, (from, to)) = with_attributes(dice, tokens)?;
        let equals = from + tokens[at][from..to].find('=')?;
        tokens[at].replace_range(equals..=equals, dice.one_of(&[" =", "= ", "\n=\n", "\t= "]));
        Some(())
    }),
    ("white space in an attribute", |dice, tokens| {
        let (at, (_, to)) = with_attributes(dice, tokens)?;
        tokens[at].insert_str(to - 1, dice.one_of(WHITE));
        Some(())
    }),
    ("other quotes", |dice, tokens| {
        let (at, (from, to)) = with_attributes(dice, tokens)?;
        let changed = tokens[at][from..to].replace('"', "'");
        tokens[at].replace_range(from..to, &changed);
        Some(())
    }),
    ("another order of attributes", |dice, tokens| {
        let at = pick(dice, tokens, |it| is_open(it) && attributes(it).len() > 1)?;
        let all = attributes(&tokens[at]);
        let (from, to) = all[dice.below(all.len() - 1) + 1];
        let moved = tokens[at][from..to].to_owned();
        tokens[at].replace_range(from..to, "");
        tokens[at].insert_str(all[0].0, &moved);
        Some(())
    }),
    ("a character reference", |dice, tokens| {
        let at = pick(dice, tokens, |it| is_text(it) && !it.contains('&'))?;
        let place = inside(dice, &tokens[at]);
        let c = tokens[at][place..].chars().next()?;
        let code = u32::from(c);
        let reference = match dice.below(4) {
            0 => format!("&#{code};"),
            1 => format!("&#x{code:x};"),
            2 => format!("&#x{code:08X};"),
            _ => format!("&#{code:010};"),
        };
        tokens[at].replace_range(place..place + c.len_utf8(), &reference);
        Some(())
    }),
    ("a character reference in an attribute", |dice, tokens| {
        let (at, (from, to)) = with_attributes(dice, tokens)?;
        let value = from + tokens[at][from..to].find(['"', '\''])? + 1;
        let c = tokens[at][value..to - 1].chars().next().filter(|c| *c != '&')?;
        tokens[at].replace_range(value..value + c.len_utf8(), &format!("&#{};", u32::from(c)));
        Some(())
    }),
    ("CDATA", |dice, tokens| {
        let at = pick(dice, tokens, |it| is_text(it) && !it.contains('&') && it.len() > 1)?;
        let place = inside(dice, &tokens[at]);
        let (head, tail) = tokens[at].split_at(place);
        tokens[at] = format!("{head}<![CDATA[{tail}]]>");
        Some(())
    }),
    ("an empty CDATA", |dice, tokens| {
        let at = gap(dice, tokens)?;
        tokens.insert(at, "<![CDATA[]]>".to_owned());
        Some(())
    }),
    ("an empty element, closed at once", |dice, tokens| {
        let at = pick(dice, tokens, |it| is_open(it) && !is_empty(it))?;
        if !tokens.get(at + 1)?.starts_with("</") {
            return None;
        }
        tokens.remove(at + 1);
        let end = tokens[at].len() - 1;
        tokens[at].insert(end, '/');
        Some(())
    }),
    ("an unused namespace", |dice, tokens| {
        let at = pick(dice, tokens, is_open)?;
        let place = 1 + name(&tokens[at]).len();
        let what = dice.one_of(&[
            " xmlns:zz=\"urn:zz\"",
            " xmlns:zz='relative'",
            " xmlns:zz=\"\"",
            " xmlns:xml=\"http://www.w3.org/XML/1998/namespace\"",
        ]);
        tokens[at].insert_str(place, what);
        Some(())
    }),
    ("another default namespace", |dice, tokens| {
        let at = pick(dice, tokens, is_open)?;
        let place = 1 + name(&tokens[at]).len();
        tokens[at].insert_str(place, dice.one_of(&[" xmlns=\"urn:zz\"", " xmlns=\"\""]));
        Some(())
    }),
    ("a prefix declared anew", |dice, tokens| {
        let at = pick(dice, tokens, |it| is_open(it) && name(it).contains(':'))?;
        let prefix = name(&tokens[at]).split(':').next()?.to_owned();
        let namespace = tokens.concat();
        let (_, rest) = namespace.split_once(&format!("xmlns:{prefix}=\""))?;
        let again = format!(" xmlns:{prefix}=\"{}\"", rest.split('"').next()?);
        let place = 1 + name(&tokens[at]).len();
        tokens[at].insert_str(place, &again);
        Some(())
    }),
    ("another prefix", |dice, tokens| {
        let (from, to) = element(dice, tokens)?;
        let prefix = name(&tokens[from]).split_once(':')?.0.to_owned();
        let whole = tokens.concat();
        let (_, rest) = whole.split_once(&format!("xmlns:{prefix}=\""))?;
        let declared = format!(" xmlns:zz=\"{}\"", rest.split('"').next()?);
        for token in &mut tokens[from..to] {
            *token = token
                .replace(&format!("<{prefix}:"), "<zz:")
                .replace(&format!("</{prefix}:"), "</zz:");
        }
        let place = 1 + name(&tokens[from]).len();
        tokens[from].insert_str(place, &declared);
        Some(())
    }),
    ("an element repeated", |dice, tokens| {
        let (from, to) = element(dice, tokens)?;
        let copy = tokens[from..to].concat();
        let at = gap(dice, tokens)?;
        tokens.insert(at, copy);
        Some(())
    }),
    ("an element moved", |dice, tokens| {
        let (from, to) = element(dice, tokens)?;
        let moved: String = tokens.drain(from..to).collect();
        let at = gap(dice, tokens)?;
        tokens.insert(at, moved);
        Some(())
    }),
    ("an element gone", |dice, tokens| {
        let (from, to) = element(dice, tokens)?;
        tokens.drain(from..to);
        Some(())
    }),
    ("two texts swapped", |dice, tokens| {
        let (one, other) = (pick(dice, tokens, is_text)?, pick(dice, tokens, is_text)?);
        tokens.swap(one, other);
        Some(())
    }),
    ("two attributes' values swapped", |dice, tokens| {
        let (one, (from, to)) = with_attributes(dice, tokens)?;
        let (other, (start, end)) = with_attributes(dice, tokens)?;
        let value = |token: &str| token.split_once('=').map(|(_, value)| value.to_owned());
        let (first, second) = (value(&tokens[one][from..to])?, value(&tokens[other][start..end])?);
        if one == other {
            return None;
        }
        let place = from + tokens[one][from..to].find('=')? + 1;
        tokens[one].replace_range(place..to, &second);
        let place = start + tokens[other][start..end].find('=')? + 1;
        tokens[other].replace_range(place..end, &first);
        Some(())
    }),
    ("an attribute gone", |dice, tokens| {
        let (at, (from, to)) = with_attributes(dice, tokens)?;
        tokens[at].replace_range(from..to, "");
        Some(())
    }),
    ("an attribute more", |dice, tokens| {
        let at = pick(dice, tokens, is_open)?;
        let place = 1 + name(&tokens[at]).len();
        let what = dice.one_of(&[
            " ID=\"_zz\"",
            " Id=\"_zz\"",
            " xml:id=\"_zz\"",
            " xml:lang=\"en\"",
            " xml:space=\"preserve\"",
            " xml:base=\"urn:b\"",
            " a=\"b\"",
            " Consent=\"x\"",
        ]);
        tokens[at].insert_str(place, what);
        Some(())
    }),
    ("a byte", |dice, tokens| {
        let at = pick(dice, tokens, |_| true)?;
        let place = inside(dice, &tokens[at]);
        let c = tokens[at][place..].chars().next()?;
        let other = char::from(u8::try_from(32 + dice.below(95)).unwrap());
        tokens[at].replace_range(place..place + c.len_utf8(), &other.to_string());
        Some(())
    }),
    ("a letter of the world", |dice, tokens| {
        let at = pick(dice, tokens, is_text)?;
        let place = inside(dice, &tokens[at]);
        tokens[at].insert_str(
            place,
            dice.one_of(&["é", "e\u{301}", "🦊", "\u{85}", "\u{2028}", "\u{feff}"]),
        );
        Some(())
    }),
    ("white space in base64", |dice, tokens| {
        let at = base64(dice, tokens)?;
        let place = inside(dice, &tokens[at]);
        tokens[at].insert_str(place, dice.one_of(WHITE));
        Some(())
    }),
    ("base64 that ends otherwise", |dice, tokens| {
        let at = base64(dice, tokens)?;
        let text = tokens[at].trim_end().to_owned();
        tokens[at] = match dice.below(5) {
            0 => text.trim_end_matches('=').to_owned(),
            1 => format!("{text}="),
            2 => format!("{text}===="),
            3 => format!("{text}AAAA"),
            _ => {
                // The bits behind the last byte are nobody's.
                let bare = text.trim_end_matches('=');
                let (head, last) = bare.split_at(bare.len().checked_sub(1)?);
                let next = char::from(last.as_bytes().first()? ^ 1);
                format!("{head}{next}{}", &text[bare.len()..])
            }
        };
        Some(())
    }),
    ("another line end", |dice, tokens| {
        let at = pick(dice, tokens, |it| is_text(it) && it.contains('\n'))?;
        tokens[at] = tokens[at].replace('\n', dice.one_of(&["\r\n", "\r", "\n\r"]));
        Some(())
    }),
    ("something in Extensions", |dice, tokens| {
        let at = pick(dice, tokens, |it| is_open(it) && name(it).ends_with("Status"))?;
        let prefix = name(&tokens[at]).trim_end_matches("Status").to_owned();
        let inside = dice.one_of(&["<x/>", "", "text", "<x xmlns=\"urn:x\" y=\"z\">t</x>"]);
        tokens.insert(at, format!("<{prefix}Extensions>{inside}</{prefix}Extensions>"));
        Some(())
    }),
    ("a word of an answer changed", |dice, tokens| {
        let at = pick(dice, tokens, |it| {
            it.contains("Destination") || it.contains("Value=\"urn:oasis:names:tc:SAML:2.0:status")
        })?;
        let place = tokens[at].rfind("Success").or_else(|| tokens[at].find("kernia.test"))?;
        tokens[at].insert(place, 'x');
        Some(())
    }),
];
