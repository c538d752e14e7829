//! SCIM filters: what is read prints, re-parses to the same, and is a yes or a no of any resource; an
//! index finds no less.
#![no_main]

use kernia_fuzz::{
    directory, play,
    scim::{Filter, Indexed, ResourceType, User, fold},
};

libfuzzer_sys::fuzz_target!(
    init: play::plant(directory::filters),
    |data: &[u8]| {
        let Ok(text) = std::str::from_utf8(data) else { return };
        let Ok(filter) = Filter::parse(text) else { return };
        let printed = filter.to_string();
        if printed.len() <= 4096 {
            assert_eq!(Filter::parse(&printed).as_ref(), Ok(&filter));
        }
        let (user, served) = (&*directory::USER, directory::served());
        let matches = filter.matches(user, &served);
        assert_ne!(Filter::Not(Box::new(filter.clone())).matches(user, &served), matches);
        let _ = filter.check(ResourceType::Group);
        if filter.check(ResourceType::User).is_err() {
            return;
        }
        let Some(plan) = filter.plan(ResourceType::User) else { return };
        if let Indexed::UserName(name) = &plan.by {
            let found = *name == fold(User::of(user).user_name());
            assert!(found || !matches);
            assert!(!plan.exact || found == matches);
        }
    }
);
