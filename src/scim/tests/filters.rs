//! What filters say, what they mean, and what an index answers of them.

use super::*;
use crate::scim::{Filter, Indexed};

fn refusal(text: &str) -> String {
    let refusal = Filter::parse(text).unwrap_err();
    assert_eq!((refusal.status, refusal.scim_type.unwrap().as_str()), (400, "invalidFilter"));
    refusal.detail
}

#[test]
fn the_examples_of_the_rfc_are_read_and_printed() {
    for (text, printed) in [
        (r#"userName Eq "john""#, r#"userName eq "john""#),
        (r#"name.familyName co "O'Malley""#, r#"name.familyName co "O'Malley""#),
        (r#"userName sw "J""#, r#"userName sw "J""#),
        (&format!(r#"{USER}:userName sw "J""#), &format!(r#"{USER}:userName sw "J""#)),
        ("title pr", "title pr"),
        (
            r#"meta.lastModified gt "2011-05-13T04:42:34Z""#,
            r#"meta.lastModified gt "2011-05-13T04:42:34Z""#,
        ),
        (r#"title PR AND userType EQ "Employee""#, r#"title pr and userType eq "Employee""#),
        (
            r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#,
            r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#,
        ),
        (
            r#"userType ne "Employee" and not (emails co "a" or emails.value co "b")"#,
            r#"userType ne "Employee" and not (emails co "a" or emails.value co "b")"#,
        ),
        (
            r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#,
            r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#,
        ),
        // What Entra writes.
        (
            r#"emails[type eq "work"].value eq "kim@c.example""#,
            r#"emails[type eq "work" and value eq "kim@c.example"]"#,
        ),
        ("a pr or b pr and c pr", "a pr or b pr and c pr"),
        ("(a pr or b pr) and c pr", "(a pr or b pr) and c pr"),
        ("a pr or (b pr or c pr)", "a pr or b pr or c pr"),
        ("((a pr))", "a pr"),
        ("not(a pr)", "not (a pr)"),
        ("not pr", "not pr"),
        ("not eq true and NOT (not (a pr))", "not eq true and not (not (a pr))"),
        (r#"a eq "\u00e9\n\"\\""#, "a eq \"é\\n\\\"\\\\\""),
        ("a eq TRUE and b eq null and c ge -1.50e2", "a eq true and b eq null and c ge -150.0"),
        (&format!("{ENTERPRISE}:manager.value pr"), &format!("{ENTERPRISE}:manager.value pr")),
        (
            &format!(r#"{}.department eq "x""#, ENTERPRISE.to_lowercase()),
            &format!(r#"{}:department eq "x""#, ENTERPRISE.to_lowercase()),
        ),
    ] {
        let filter = Filter::parse(text).unwrap();
        assert_eq!(filter.to_string(), printed);
        assert_eq!(Filter::parse(printed).unwrap(), filter);
    }
}

#[test]
fn what_is_no_filter_is_refused_with_its_place() {
    for (text, why) in [
        ("", "its end at 0, expected an attribute"),
        ("userName", "its end at 8, expected an operator"),
        ("userName eq", "its end at 11, expected a text in double quotes"),
        ("userName eq and", "`and` at 12, expected a text in double quotes"),
        ("userName eq Kim Ng", "`Ng` at 16, expected `and`, `or`"),
        ("userName eq 'kim'", "at 12"),
        ("userName eq \"kim", "expected a text that ends with a double quote"),
        (r#"userName eq "\x""#, "the escapes of JSON"),
        (r#"userName eq "\u0000""#, "without NUL"),
        (r#"userName like "kim""#, "`like \"kim\"` at 9"),
        (r#"userName eq "a" and"#, "its end at 19, expected an attribute"),
        (
            r#"userName eq "a" userName eq "b""#,
            "`userName eq \"b\"` at 16, expected `and`, `or` or",
        ),
        (r#"(userName eq "a""#, "expected `and`, `or` or `)`"),
        (r#"userName eq "a")"#, "`)` at 15"),
        ("emails[type eq \"work\"", "expected `and`, `or` or `]`"),
        ("emails[emails[a pr]]", "no brackets within brackets"),
        ("emails[]", "at 7, expected an attribute"),
        ("emails.value[a pr]", "without a sub-attribute before `[`"),
        ("emails[a pr].value.x pr", "expected a sub-attribute"),
        ("not userName pr", "`userName pr` at 4"),
        ("a eq 01", "at 5"),
        ("a eq 1e999", "at 5"),
        ("a eq --1", "at 5"),
        ("a eq 1.", "at 5"),
        ("a pr a", "`a` at 5"),
        ("é pr", "at 0"),
        ("a.b.c pr", "at 0"),
        ("a eq \"x\"and b pr", "at 8"),
    ] {
        // A word may follow the quotes of the text before it at once.
        if text.contains("\"and") {
            assert!(Filter::parse(text).is_ok());
            continue;
        }
        let said = refusal(text);
        assert!(said.contains(why), "{text}: {said}");
    }
}

#[test]
fn a_word_without_quotes_is_a_text_where_it_can_be_nothing_else() {
    for (text, printed) in [
        ("userName eq kim@c.example", r#"userName eq "kim@c.example""#),
        ("userName sw E", r#"userName sw "E""#),
        ("(a co example.com or b eq Ø)", r#"a co "example.com" or b eq "Ø""#),
        (
            "meta.created gt 2015-10-10T14:38:21.8617979-07:00",
            r#"meta.created gt "2015-10-10T14:38:21.8617979-07:00""#,
        ),
        ("emails[type eq work].value eq x", r#"emails[type eq "work" and value eq "x"]"#),
        ("a eq TRUE and b eq 5", "a eq true and b eq 5"),
    ] {
        assert_eq!(Filter::parse(text).unwrap().to_string(), printed, "{text}");
    }
}

#[test]
fn bombs_are_refused() {
    let deep = |n: usize| format!("{}a pr{}", "(".repeat(n), ")".repeat(n));
    assert!(Filter::parse(&deep(32)).is_ok());
    assert!(refusal(&deep(33)).contains("at most 32 levels"));
    assert!(refusal(&"(".repeat(4096)).contains("at most 32 levels"));
    assert!(refusal(&"not(".repeat(1000)).contains("at most 32 levels"));
    let wide = |n: usize| vec!["a pr"; n].join(" or ");
    assert!(Filter::parse(&wide(100)).is_ok());
    assert!(refusal(&wide(101)).contains("at most 100 comparisons"));
    assert!(refusal(&format!("a eq \"{}\"", "x".repeat(4096))).contains("longer than 4096 bytes"));
}

#[test]
fn what_cannot_be_compared_is_refused() {
    for text in [
        "active gt true",
        "active co \"t\"",
        "active eq \"maybe\"",
        "userName gt null",
        "userName sw true",
        "emails.primary lt true",
        "emails[primary ge false]",
        "x509Certificates.value gt \"a\"",
        "meta.created gt \"yesterday\"",
        "meta.lastModified eq 5",
        "password eq \"secret\"",
        "password pr",
        "not (password co \"a\")",
    ] {
        let refusal = Filter::parse_for(text, ResourceType::User).unwrap_err();
        assert!(refusal.to_string().starts_with("invalidFilter: "), "{text}");
    }
    for text in ["active eq \"True\"", "unknown gt 3", "title eq null", "meta.created co \"2026\""]
    {
        assert!(Filter::parse_for(text, ResourceType::User).is_ok(), "{text}");
    }
}

/// Whether a filter holds for Kim, who is in one group, and through it in another.
fn holds(text: &str) -> bool {
    let links =
        [link("g-1", LinkKind::Direct, "Engineers"), link("g-2", LinkKind::Indirect, "All")];
    let filter = Filter::parse_for(text, ResourceType::User).unwrap();
    filter.matches(&kim(), &Served { links: &links, ..served() })
}

#[test]
fn what_a_filter_holds_for() {
    let ent = ENTERPRISE;
    for text in [
        "userName eq \"kim@c.EXAMPLE\"",
        "USERNAME eq \"kim@c.example\"",
        "userName sw \"kim\" and userName ew \"EXAMPLE\" and userName co \"@\"",
        "userName gt \"a\" and userName lt \"z\" and userName ge \"kim@c.example\"",
        "externalId eq \"u-481\"",
        "id eq \"directory_user_01\"",
        "active eq true",
        "active eq \"True\"",
        "active ne false",
        "name.givenName eq \"kim\"",
        "name pr and title pr and emails pr and groups pr and meta pr and id pr",
        "nickName eq null and title ne null",
        "nickName ne \"x\"",
        "not (nickName pr)",
        "emails eq \"kim@home.example\"",
        "emails.value co \"home\"",
        "emails.type eq \"WORK\"",
        "emails[type eq \"work\" and primary eq true]",
        "emails[type eq \"work\"].value eq \"kim@c.example\"",
        "emails[not (type eq \"work\")]",
        "groups eq \"g-2\"",
        "groups.display sw \"eng\"",
        "groups[value eq \"g-1\" and type eq \"direct\"]",
        "meta.created lt \"2026-01-02T04:04:06+01:00\"",
        "meta.created eq \"2026-01-02T03:04:05.678000Z\"",
        "meta.lastModified ge \"2026-02-03T04:05:06Z\"",
        "meta.resourceType eq \"User\"",
        "meta.version eq \"W/\\\"3\\\"\"",
        "meta.location ew \"/Users/directory_user_01\"",
        &format!("schemas eq \"{ent}\""),
        &format!("{ent}:department eq \"r&d\""),
        &format!("{ent}:manager eq \"m-1\""),
        &format!("{ent}:manager.value pr"),
        &format!("{USER}:userName pr"),
        "title eq \"x\" or title eq \"analyst\" and active eq true",
    ] {
        assert!(holds(text), "{text}");
    }
}

#[test]
fn what_a_filter_does_not_hold_for() {
    for text in [
        "externalId eq \"U-481\"",
        "id eq \"DIRECTORY_USER_01\"",
        "emails[type eq \"home\" and primary eq true]",
        "emails[type eq \"work\" and value co \"home\"]",
        "groups[value eq \"g-2\" and type eq \"direct\"]",
        "userName eq \"kim_c.example\"",
        "userName co \"%\"",
        "nickName pr",
        "unknown eq \"x\"",
        "unknown.part pr",
        "name.unknown pr",
        "urn:acme:2.0:User:badge pr",
        &format!("{GROUP}:displayName pr"),
        "active eq false",
        "(title eq \"x\" or title eq \"analyst\") and active eq false",
        "meta.created gt \"2026-01-02T03:04:05.678Z\"",
        "title eq 5",
        "emails[value pr].primary eq false and title eq \"x\"",
    ] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn members_and_letters_of_all_scripts() {
    let links = [link("u-1", LinkKind::User, "Kim"), link("g-9", LinkKind::Group, "Ops")];
    let served = Served { links: &links, ..served() };
    let group = group(&json!({"displayName": "Straße ΣΊΣΥΦΟΣ", "tags": ["a", "B"], "size": 7}));
    for (text, holds) in [
        ("displayName eq \"STRASSE σίσυφος\"", true),
        ("displayName co \"strasse\"", true),
        ("members.value eq \"u-1\"", true),
        ("members eq \"U-1\"", false),
        ("members[value eq \"g-9\" and type eq \"group\"]", true),
        ("members[value eq \"u-1\" and type eq \"Group\"]", false),
        ("members pr", true),
        ("not (members.value eq \"u-2\")", true),
        ("tags eq \"b\"", true),
        ("tags[value eq \"a\"]", true),
        ("tags.value eq \"a\"", false),
        ("size gt 6.5 and size le 7", true),
        ("size gt \"6\"", true),
    ] {
        let filter = Filter::parse_for(text, ResourceType::Group).unwrap();
        assert_eq!(filter.matches(&group, &served), holds, "{text}");
    }
    assert!(Filter::parse("members pr").unwrap().mentions("members"));
    assert!(Filter::parse("a pr or not (Members[value pr])").unwrap().mentions("members"));
    assert!(!Filter::parse("userName pr").unwrap().mentions("members"));
}

fn plan(of: ResourceType, text: &str) -> Option<(Indexed, bool)> {
    let plan = Filter::parse_for(text, of).unwrap().plan(of);
    plan.map(|it| (it.by, it.exact))
}

#[test]
fn what_an_index_answers_of_groups() {
    let group = |text: &str| plan(ResourceType::Group, text);
    let text = str::to_owned;
    assert_eq!(group("displayName eq \"Eng\""), Some((Indexed::DisplayName(text("eng")), true)));
    assert_eq!(group("members eq \"u\""), Some((Indexed::Member(text("u")), true)));
    assert_eq!(group("members[value eq \"u\"]"), Some((Indexed::Member(text("u")), true)));
    assert_eq!(
        group("members[value eq \"u\" and type eq \"User\"]"),
        Some((Indexed::Member(text("u")), false))
    );
    // What Entra asks of old.
    assert_eq!(group("id eq \"g\" and members eq \"u\""), Some((Indexed::Id(text("g")), false)));
    assert_eq!(group("userName eq \"a\""), None);
}

#[test]
fn what_an_index_answers_of_users() {
    let time = |text: &str| Timestamp::parse(text).unwrap();
    let user = |text: &str| plan(ResourceType::User, text);
    let text = str::to_owned;
    let email = |value: &str, kind: Option<&str>| Indexed::Email {
        value: value.to_owned(),
        kind: kind.map(str::to_owned),
    };
    assert_eq!(user("userName eq \"KIM\""), Some((Indexed::UserName(text("kim")), true)));
    assert_eq!(user("externalId eq \"U-1\""), Some((Indexed::ExternalId(text("U-1")), true)));
    assert_eq!(user("id eq \"x\""), Some((Indexed::Id(text("x")), true)));
    assert_eq!(user("emails eq \"A@b\""), Some((email("a@b", None), true)));
    assert_eq!(user("emails.value eq \"A@b\""), Some((email("a@b", None), true)));
    assert_eq!(
        user("emails[type eq \"Work\"].value eq \"A@b\""),
        Some((email("a@b", Some("work")), true))
    );
    assert_eq!(
        user("emails[value eq \"a@b\" and primary eq true]"),
        Some((email("a@b", None), false))
    );
    assert_eq!(user("active eq \"False\""), Some((Indexed::Active(false), true)));
    assert_eq!(
        user("meta.lastModified gt \"2026-01-02T03:04:05Z\""),
        Some((
            Indexed::LastModified { from: time("2026-01-02T03:04:05Z"), inclusive: false },
            true
        ))
    );
    assert_eq!(
        user("active eq true and (title pr) and userName eq \"a\""),
        Some((Indexed::UserName(text("a")), false))
    );
    for none in [
        "userName sw \"a\"",
        "userName ne \"a\"",
        "not (userName eq \"a\")",
        "userName eq \"a\" or id eq \"b\"",
        "emails.type eq \"work\"",
        "emails[type eq \"work\"]",
        "userName eq null",
        "meta.created gt \"2026-01-02T03:04:05Z\"",
        "meta.lastModified lt \"2026-01-02T03:04:05Z\"",
        "members eq \"u\"",
        "urn:acme:User:userName eq \"a\"",
    ] {
        assert_eq!(user(none), None, "{none}");
    }
}
