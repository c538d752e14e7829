//! Laws, tried on whatever comes: filters print and re-parse, an index answers no less than the
//! filter, changes made twice are made once, what was added and removed was never there.

use proptest::prelude::*;

use super::*;
use crate::scim::{
    AttributePath, Filter, Indexed, Path, User,
    filter::{Literal, Operator},
    fold,
};

fn path() -> impl Strategy<Value = AttributePath> {
    let urn = prop_oneof![
        4 => Just(None),
        1 => Just(Some(ENTERPRISE.to_owned())),
        1 => Just(Some(USER.to_owned())),
        1 => "urn:[a-z]{1,5}:[1-9]\\.[0-9](:[A-Za-z]{1,5})?".prop_map(Some),
    ];
    let name = prop_oneof![
        Just("userName".to_owned()),
        Just("emails".to_owned()),
        Just("active".to_owned()),
        Just("not".to_owned()),
        Just("$ref".to_owned()),
        "[a-zA-Z][a-zA-Z0-9_-]{0,8}",
    ];
    let sub = prop_oneof![Just(None), "[a-zA-Z$][a-zA-Z0-9_-]{0,8}".prop_map(Some)];
    (urn, name, sub).prop_map(|(urn, name, sub)| AttributePath { urn, name, sub })
}

fn literal() -> impl Strategy<Value = Literal> {
    let number = |value: f64| serde_json::Number::from_f64(value);
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Bool),
        any::<i64>().prop_map(|it| Literal::Number(it.into())),
        any::<u64>().prop_map(|it| Literal::Number(it.into())),
        proptest::num::f64::NORMAL.prop_filter_map("finite", number).prop_map(Literal::Number),
        "[^\\x00]{0,12}".prop_map(Literal::Text),
    ]
}

fn term() -> impl Strategy<Value = Filter> {
    let operator = proptest::sample::select(Operator::ALL.to_vec());
    prop_oneof![
        1 => path().prop_map(Filter::Present),
        4 => (path(), operator, literal())
            .prop_map(|(path, operator, value)| Filter::Compare { path, operator, value }),
    ]
}

fn condition() -> impl Strategy<Value = Filter> {
    term().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::and),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::or),
            inner.prop_map(|it| Filter::Not(Box::new(it))),
        ]
    })
}

fn filter() -> impl Strategy<Value = Filter> {
    let element = (path(), condition()).prop_map(|(path, filter)| Filter::Element {
        path: AttributePath { sub: None, ..path },
        filter: Box::new(filter),
    });
    prop_oneof![2 => term(), 1 => element].prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::and),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::or),
            inner.prop_map(|it| Filter::Not(Box::new(it))),
        ]
    })
}

/// A value of an attribute, with a path that leads to it.
fn change() -> impl Strategy<Value = (String, Json)> {
    let word = "[a-zA-Z]{1,3}";
    let text =
        prop_oneof![Just("title"), Just("nickName"), Just("name.givenName"), Just("userName")];
    let element = (word, prop_oneof![Just("work"), Just("home")], any::<Option<bool>>()).prop_map(
        |(value, kind, primary)| {
            let mut json = json!({"value": value, "type": kind});
            if let Some(primary) = primary {
                json["primary"] = primary.into();
            }
            json
        },
    );
    let list = prop_oneof![Just("emails"), Just("phoneNumbers"), Just("roles")];
    prop_oneof![
        (text, word).prop_map(|(path, value)| (path.to_owned(), value.into())),
        (list, proptest::collection::vec(element, 0..4))
            .prop_map(|(path, value)| (path.to_owned(), value.into())),
        word.prop_map(|it| (format!("{ENTERPRISE}:department"), it.into())),
        word.prop_map(|it| (format!("{ENTERPRISE}:manager"), json!({"value": it}))),
        word.prop_map(|it| ("emails[type eq \"work\"].value".to_owned(), it.into())),
        word.prop_map(|it| ("urn:acme:1.0:User:badge".to_owned(), it.into())),
        any::<bool>().prop_map(|it| ("active".to_owned(), it.into())),
    ]
}

fn apply(resource: &mut Resource, op: &str, path: &str, value: &Json) -> Result<Changed, Rejected> {
    patch(&json!([{"op": op, "path": path, "value": value}]))?.apply(resource, ID)
}

/// A user after some changes.
fn anybody() -> impl Strategy<Value = Resource> {
    proptest::collection::vec(change(), 0..6).prop_map(|changes| {
        let mut resource = kim();
        for (path, value) in changes {
            // What is refused changes nothing.
            let _ = apply(&mut resource, "add", &path, &value);
        }
        resource
    })
}

/// Of several values, one is primary at most.
fn is_sound(resource: &Resource) -> bool {
    let one = |list: &Json| {
        let list = list.as_array().into_iter().flatten();
        list.filter(|it| it.get("primary") == Some(&Json::Bool(true))).count() <= 1
    };
    let kept = Resource::restore(ResourceType::User, &resource.stored()).unwrap();
    let again = Resource::receive(ResourceType::User, resource.stored().as_bytes()).unwrap();
    resource.attributes().values().all(one) && kept == *resource && again.resource == *resource
}

proptest! {
    #[test]
    fn a_filter_prints_and_re_parses(filter in filter()) {
        let printed = filter.to_string();
        prop_assume!(printed.len() <= 4096);
        prop_assert_eq!(Filter::parse(&printed).unwrap(), filter);
    }

    #[test]
    fn a_path_prints_and_re_parses(path in path(), condition in condition()) {
        let elements = Path::Elements {
            path: AttributePath { sub: None, ..path.clone() },
            filter: condition,
            sub: path.sub.clone(),
        };
        for path in [Path::Attribute(path), elements] {
            let printed = path.to_string();
            prop_assume!(printed.len() <= 4096);
            prop_assert_eq!(Path::parse(&printed).unwrap(), path);
        }
    }

    #[test]
    fn whatever_comes_is_read_or_refused(text in "\\PC{0,60}") {
        let _ = Filter::parse(&text);
        let _ = Path::parse(&text);
        let _ = Patch::parse(text.as_bytes());
    }

    #[test]
    fn a_filter_and_its_opposite(filter in filter(), user in anybody()) {
        let opposite = Filter::Not(Box::new(filter.clone()));
        prop_assert_ne!(filter.matches(&user, &served()), opposite.matches(&user, &served()));
    }

    #[test]
    fn an_index_finds_no_less_than_the_filter(user in anybody(), rest in term(), nth in 0..4_usize) {
        let person = User::of(&user);
        let name = person.user_name().to_owned();
        let email = person.primary_email().unwrap_or("none").to_owned();
        let texts = [
            format!("userName eq {}", Json::from(name.to_uppercase())),
            format!("emails[type eq \"work\"].value eq {}", Json::from(email.as_str())),
            format!("emails.value eq {}", Json::from(email.as_str())),
            format!("active eq {}", person.is_active()),
        ];
        let simple = Filter::parse_for(&texts[nth], ResourceType::User).unwrap();
        let both = Filter::and(vec![rest, simple.clone()]);
        for filter in [simple, both] {
            let Some(plan) = filter.plan(ResourceType::User) else {
                prop_assert!(false, "{filter} has no plan");
                continue;
            };
            let found = match &plan.by {
                Indexed::UserName(folded) => *folded == fold(person.user_name()),
                Indexed::ExternalId(id) => person.external_id() == Some(id),
                Indexed::Id(id) => id == ID,
                Indexed::Active(active) => *active == person.is_active(),
                Indexed::DisplayName(name) => person.display_name().map(fold).as_ref() == Some(name),
                Indexed::Email { value, kind } => person.emails().any(|it| {
                    fold(it.value) == *value
                        && kind.as_ref().is_none_or(|kind| it.kind.map(fold).as_ref() == Some(kind))
                }),
                Indexed::Member(_) | Indexed::LastModified { .. } => true,
            };
            let matches = filter.matches(&user, &served());
            prop_assert!(found || !matches, "{filter}");
            prop_assert!(!plan.exact || found == matches, "{filter}");
        }
    }

    #[test]
    fn a_replacement_made_twice_is_made_once(mut user in anybody(), (path, value) in change()) {
        let first = apply(&mut user, "replace", &path, &value);
        let once = user.clone();
        if first.is_ok() {
            prop_assert!(apply(&mut user, "replace", &path, &value).unwrap().is_nothing());
        }
        prop_assert_eq!(&user, &once);
        prop_assert!(is_sound(&user));
    }

    #[test]
    fn an_addition_made_twice_is_made_once(mut user in anybody(), (path, value) in change()) {
        let first = apply(&mut user, "add", &path, &value);
        let once = user.clone();
        if first.is_ok() {
            prop_assert!(apply(&mut user, "add", &path, &value).unwrap().is_nothing());
        }
        prop_assert_eq!(&user, &once);
        prop_assert!(is_sound(&user));
    }

    #[test]
    fn what_was_added_and_removed_was_never_there(user in anybody(), value in "[0-9]{1,6}") {
        for (path, gone) in [
            ("emails", format!("emails[value eq \"{value}\"]")),
            ("roles", format!("roles[value eq \"{value}\"]")),
            ("nickName", "nickName".to_owned()),
            ("urn:acme:9.0:User:badge", "urn:acme:9.0:User:badge".to_owned()),
            ("photos", "photos".to_owned()),
        ] {
            let mut before = user.clone();
            let _ = apply(&mut before, "remove", &gone, &Json::Null).unwrap();
            let mut after = before.clone();
            prop_assert!(apply(&mut after, "add", path, &json!(value)).unwrap().resource);
            prop_assert_ne!(&after, &before);
            prop_assert!(apply(&mut after, "remove", &gone, &Json::Null).unwrap().resource);
            prop_assert_eq!(&after, &before);
        }
    }

    #[test]
    fn what_is_refused_changes_nothing(user in anybody(), changes in proptest::collection::vec(change(), 1..4)) {
        let mut operations: Vec<Json> = changes
            .into_iter()
            .map(|(path, value)| json!({"op": "replace", "path": path, "value": value}))
            .collect();
        operations.push(json!({"op": "replace", "path": "id", "value": "other"}));
        let mut after = user.clone();
        prop_assert!(patch(&operations.into()).unwrap().apply(&mut after, ID).is_err());
        prop_assert_eq!(after, user);
    }
}
