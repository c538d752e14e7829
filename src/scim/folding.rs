//! Letters without their case, of any script: how values are compared that are not `caseExact`, and
//! what an index over such values holds.

/// The text as all texts become that differ in nothing but their case.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // There and back, so that letters which share a capital become one: `ß` and `ss`, `ς` and `σ`.
    text.to_uppercase().chars().flat_map(char::to_lowercase).collect()
}

/// Whether two texts differ in nothing but their case.
pub(super) fn same(one: &str, other: &str) -> bool {
    if one.is_ascii() && other.is_ascii() {
        return one.eq_ignore_ascii_case(other);
    }
    one == other || fold(one) == fold(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_nothing() {
        for (one, other) in [
            ("Kim@C.example", "kim@c.EXAMPLE"),
            ("ÉTIENNE", "étienne"),
            ("Straße", "STRASSE"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("Ярослав", "ЯРОСЛАВ"),
        ] {
            assert!(same(one, other), "{one} {other}");
            assert_eq!(fold(one), fold(other));
            assert_eq!(fold(&fold(one)), fold(one));
        }
        assert!(!same("a", "b"));
        assert!(!same("é", "e"));
    }
}
