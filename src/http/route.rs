//! Routes as data: a table of (method, pattern, handler), and the [`Router`] built from tables.
//! What a handler is, a face decides.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;

use super::request::{Method, Params};
use crate::kit::error::{Error, Fault};

/// The most bytes of a body that a GET or DELETE tolerates: SDKs declare content types there too.
pub const TOLERATED_BODY: usize = 64 * 1024;
/// The most bytes of a body that a write takes unless its route says otherwise.
pub const WRITTEN_BODY: usize = 1024 * 1024;

/// One line of a table.
#[derive(Debug)]
pub struct Route<H: 'static> {
    /// The method. A GET answers HEAD too.
    pub method: Method,
    /// The path: literal segments, `{name}`, and `{*rest}` at the end.
    pub pattern: &'static str,
    /// The most bytes of the body; 0 = none is taken.
    pub body: usize,
    /// What answers.
    pub handler: H,
}

impl<H> Route<H> {
    const fn new(method: Method, pattern: &'static str, body: usize, handler: H) -> Self {
        Self { method, pattern, body, handler }
    }

    /// Takes so many bytes of a body at most.
    #[must_use]
    pub const fn with_body(mut self, body: usize) -> Self {
        self.body = body;
        self
    }
}

/// `GET pattern`.
pub const fn get<H>(pattern: &'static str, handler: H) -> Route<H> {
    Route::new(Method::Get, pattern, TOLERATED_BODY, handler)
}

/// `POST pattern`.
pub const fn post<H>(pattern: &'static str, handler: H) -> Route<H> {
    Route::new(Method::Post, pattern, WRITTEN_BODY, handler)
}

/// `OPTIONS pattern`: what a browser asks before a page of another origin may ask.
pub const fn options<H>(pattern: &'static str, handler: H) -> Route<H> {
    Route::new(Method::Options, pattern, 0, handler)
}

/// `PUT pattern`.
pub const fn put<H>(pattern: &'static str, handler: H) -> Route<H> {
    Route::new(Method::Put, pattern, WRITTEN_BODY, handler)
}

/// `PATCH pattern`.
pub const fn patch<H>(pattern: &'static str, handler: H) -> Route<H> {
    Route::new(Method::Patch, pattern, WRITTEN_BODY, handler)
}

/// `DELETE pattern`.
pub const fn delete<H>(pattern: &'static str, handler: H) -> Route<H> {
    Route::new(Method::Delete, pattern, TOLERATED_BODY, handler)
}

/// What a router finds for a method and a path.
#[derive(Debug)]
pub enum Found<H: 'static> {
    /// This route, with the parameters of the path.
    Route {
        /// The route.
        route: &'static Route<H>,
        /// What its `{…}` hold, decoded.
        params: Params,
    },
    /// The path is known, but only to these methods.
    OtherMethods(Vec<Method>),
    /// Nothing has this path.
    Nothing,
}

/// Finds routes by method and path.
#[derive(Debug)]
pub struct Router<H: 'static> {
    /// From a path to the routes that share its shape.
    paths: matchit::Router<usize>,
    shared: Vec<Vec<Entry<H>>>,
}

#[derive(Debug)]
struct Entry<H: 'static> {
    route: &'static Route<H>,
    names: Vec<&'static str>,
}

impl<H> Router<H> {
    /// Builds the router. Two lines for the same method and path are a fault of the tables.
    pub fn new(tables: &[&'static [Route<H>]]) -> Result<Self, Error> {
        let mut shapes: HashMap<String, usize> = HashMap::new();
        let mut router = Self { paths: matchit::Router::new(), shared: Vec::new() };
        for route in tables.iter().copied().flatten() {
            let (shape, names) = shape(route.pattern)
                .ok_or_else(|| Fault::internal(format!("{}: unclosed", route.pattern)))?;
            let at = if let Some(at) = shapes.get(&shape) {
                *at
            } else {
                let at = router.shared.len();
                let inserted = router.paths.insert(shape.clone(), at);
                inserted.map_err(|error| Fault::internal(format!("{}: {error}", route.pattern)))?;
                router.shared.push(Vec::new());
                shapes.insert(shape, at);
                at
            };
            let entries = &mut router.shared[at];
            if entries.iter().any(|entry| entry.route.method == route.method) {
                let twice = format!("{} {} is routed twice", route.method, route.pattern);
                return Err(Fault::internal(twice));
            }
            entries.push(Entry { route, names });
        }
        Ok(router)
    }

    /// Finds the route for a method and a path as it was sent. The path must match to the letter:
    /// no trailing slash, no other case. A parameter is decoded after matching, so it may hold a
    /// `/` or a NUL; one that does not decode to UTF-8 names nothing.
    #[must_use]
    pub fn find(&self, method: Method, raw_path: &str) -> Found<H> {
        let Ok(matched) = self.paths.at(raw_path) else { return Found::Nothing };
        let entries = &self.shared[*matched.value];
        let of = |method| entries.iter().find(|entry| entry.route.method == method);
        let entry = of(method).or_else(|| of(Method::Get).filter(|_| method == Method::Head));
        let Some(entry) = entry else {
            return Found::OtherMethods(methods(entries));
        };
        let values = matched.params.iter().map(|(_, value)| decode(value));
        let params: Option<Vec<_>> =
            entry.names.iter().zip(values).map(|(name, value)| Some((*name, value?))).collect();
        match params {
            Some(params) => Found::Route { route: entry.route, params: Params::new(params) },
            None => Found::Nothing,
        }
    }
}

fn methods<H>(entries: &[Entry<H>]) -> Vec<Method> {
    let mut methods: Vec<_> = entries.iter().map(|entry| entry.route.method).collect();
    if methods.contains(&Method::Get) && !methods.contains(&Method::Head) {
        methods.push(Method::Head);
    }
    methods
}

/// A pattern with its parameters numbered, so that tables may name the same place differently,
/// and their names; none if a brace is not closed.
fn shape(pattern: &'static str) -> Option<(String, Vec<&'static str>)> {
    let (mut shape, mut names) = (String::new(), Vec::new());
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}')?;
        let star = if name.starts_with('*') { "*" } else { "" };
        shape.extend([before, "{", star, "p", &names.len().to_string(), "}"]);
        names.push(name.trim_start_matches('*'));
        rest = behind;
    }
    shape.push_str(rest);
    Some((shape, names))
}

/// Decodes `%41`; none if a `%` begins no escape or the bytes are not UTF-8.
fn decode(text: &str) -> Option<String> {
    let escaped = text.split('%').skip(1).all(|piece| {
        piece.len() >= 2 && piece.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())
    });
    if escaped { Some(percent_decode_str(text).decode_utf8().ok()?.into_owned()) } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TABLE: &[Route<&str>] = &[
        get("/things", "list"),
        post("/things", "make").with_body(7),
        get("/things/{id}", "show"),
        delete("/things/{thing}", "remove"),
        get("/things/{id}/parts/{part}", "part"),
        get("/things/named", "named"),
        put("/files/{*rest}", "file"),
    ];

    fn found(method: Method, path: &str) -> String {
        match Router::new(&[TABLE]).unwrap().find(method, path) {
            Found::Route { route, params } => format!("{} {:?}", route.handler, params.pairs()),
            Found::OtherMethods(methods) => format!("{methods:?}"),
            Found::Nothing => "nothing".to_owned(),
        }
    }

    #[test]
    fn a_path_leads_to_its_route() {
        for (method, path, expected) in [
            (Method::Get, "/things", "list []"),
            (Method::Head, "/things", "list []"),
            (Method::Post, "/things", "make []"),
            (Method::Put, "/things", "[Get, Post, Head]"),
            (Method::Get, "/things/1", r#"show [("id", "1")]"#),
            (Method::Delete, "/things/1", r#"remove [("thing", "1")]"#),
            (Method::Get, "/things/named", "named []"),
            (Method::Get, "/things/n%61med", r#"show [("id", "named")]"#),
            (Method::Get, "/things/a%2Fb", r#"show [("id", "a/b")]"#),
            (Method::Get, "/things/a%00", r#"show [("id", "a\0")]"#),
            (Method::Get, "/things/%ff", "nothing"),
            (Method::Get, "/things/%+1", "nothing"),
            (Method::Get, "/things/1/parts/2", r#"part [("id", "1"), ("part", "2")]"#),
            (Method::Put, "/files/a/b%20c", r#"file [("rest", "a/b c")]"#),
            (Method::Head, "/files/a", "[Put]"),
            (Method::Get, "/things/", "nothing"),
            (Method::Get, "/things/1/", "nothing"),
            (Method::Get, "/", "nothing"),
            (Method::Get, "", "nothing"),
        ] {
            assert_eq!(found(method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn a_table_that_contradicts_itself_is_a_fault() {
        const TWICE: &[Route<&str>] = &[get("/a/{b}", "1"), get("/a/{c}", "2")];
        const BROKEN: &[Route<&str>] = &[get("/a/{b", "1")];
        for table in [TWICE, BROKEN] {
            assert!(Router::new(&[table]).is_err());
        }
        assert!(Router::new(&[TABLE, TABLE]).is_err());
    }

    proptest! {
        #[test]
        fn any_path_is_found_or_not(path: String) {
            found(Method::Get, &path);
            found(Method::Get, &format!("/things/{path}"));
        }

        #[test]
        fn what_is_encoded_is_decoded(text: String) {
            let encoded = percent_encoding::percent_encode(
                text.as_bytes(),
                percent_encoding::NON_ALPHANUMERIC,
            );
            prop_assert_eq!(decode(&encoded.to_string()), Some(text));
        }
    }
}
