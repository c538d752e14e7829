//! Cases: time, ids, and values that come back as they went.

use std::{collections::BTreeSet, time::Duration};

use kernia::{
    kit::{
        error::{Error, Fault},
        id::Id,
        time::Timestamp,
    },
    store::{Value, params},
};

use super::{Place, Shape, Thing, standing, usual};

const PUT_CLIENT: &str =
    "INSERT INTO clients (id, name, created_at, updated_at) VALUES (?1, ?2, ?3, ?4)";
const CLIENT: &str = "SELECT id, name, created_at, updated_at FROM clients WHERE id = ?1";
const PUT_KEY: &str = "INSERT INTO data_keys (id, wrapped, created_at) VALUES (?1, ?2, ?3)";
const KEY: &str = "SELECT id, wrapped FROM data_keys WHERE id = ?1";
const PUT_ORGANIZATION: &str = "INSERT INTO organizations (id, name, name_folded, external_id, \
     allow_profiles_outside_organization, metadata, created_at, updated_at) \
     VALUES (?1, 'n', 'n', ?2, 0, ?3, 0, 0)";
const ORGANIZATION: &str = "SELECT id, external_id, metadata, \
     allow_profiles_outside_organization FROM organizations WHERE id = ?1";

pub(super) async fn time_never_goes_back(place: &dyn Place) {
    let (clock, start) = standing();
    let store = place.open(&Shape { clock: clock.clone(), ..usual() });
    assert_eq!(store.write(|tx| Ok(tx.now)).await.unwrap(), start);
    clock.set(start - Duration::from_hours(1));
    assert_eq!(store.write(|tx| Ok(tx.now)).await.unwrap(), start, "it stands");
    assert_eq!(store.read(|tx| Ok(tx.now)).await.unwrap(), start, "for readers too");
    let later = start + Duration::from_millis(1);
    clock.set(later);
    assert_eq!(store.read(|tx| Ok(tx.now)).await.unwrap(), later);
    clock.set(start);
    assert_eq!(store.write(|tx| Ok(tx.now)).await.unwrap(), later, "a reader was told already");
    let inside = store.write(move |tx| {
        clock.advance(Duration::from_mins(1));
        Ok(tx.now)
    });
    assert_eq!(inside.await.unwrap(), later, "inside a transaction it stands still");
    assert_eq!(store.write(|tx| Ok(tx.now)).await.unwrap(), start + Duration::from_mins(1));
}

pub(super) async fn ids_are_fresh_in_each_run(place: &dyn Place) {
    let store = place.open(&Shape { clock: standing().0, ..usual() });
    let mut seen = BTreeSet::new();
    for _ in 0..20 {
        let (one, two, secret) = store
            .write(|tx| Ok((tx.id::<Thing>(), tx.id::<Thing>(), tx.token("sk_"))))
            .await
            .unwrap();
        assert!(one.as_str().starts_with("thing_01KDYAK3SE"), "the instant stands first: {one}");
        assert!(secret.expose().starts_with("sk_"));
        for fresh in [one.to_string(), two.to_string(), secret.expose().to_owned()] {
            assert!(seen.insert(fresh), "this one was given before");
        }
    }
}

pub(super) async fn values_come_back_as_they_went(place: &dyn Place) {
    let store = place.open(&usual());
    let long = "ß".repeat(1 << 19);
    let texts =
        ["", " ", "a'b\"c\\; --", "é", "e\u{301}", "🧑‍🚀", "\u{202e}x", "\u{feff}", "\r\n", &long];
    let numbers = [0, 1, -1, i64::MAX, i64::MIN, i64::from(u32::MAX) + 1];
    for (nth, text) in texts.into_iter().enumerate() {
        for number in numbers {
            let (id, text) = (format!("client_{nth}_{number}"), text.to_owned());
            let (key, name) = (id.clone(), text.clone());
            let put = store.write(move |tx| {
                tx.run(PUT_CLIENT, params![&key, &name, number, Timestamp::from_millis(number)])
            });
            assert_eq!(put.await.unwrap(), 1);
            let back = store.read(move |tx| {
                tx.find(CLIENT, params![&id], |row| {
                    let name = row.get::<String>("name")?;
                    Ok((name, row.get::<i64>("created_at")?, row.get::<Timestamp>("updated_at")?))
                })
            });
            assert_eq!(back.await.unwrap(), Some((text, number, Timestamp::from_millis(number))));
        }
    }

    let every_byte: Vec<u8> = (0..=255).collect();
    let large = every_byte.repeat(3 << 14);
    for (nth, bytes) in [Vec::new(), vec![0], every_byte, large].into_iter().enumerate() {
        let (id, blob) = (format!("key_{nth}"), bytes.clone());
        let key = id.clone();
        store.write(move |tx| tx.run(PUT_KEY, params![&key, blob.clone(), 0_i64])).await.unwrap();
        let back =
            store.read(move |tx| tx.find(KEY, params![&id], |row| row.get::<Vec<u8>>("wrapped")));
        assert_eq!(back.await.unwrap(), Some(bytes));
    }

    for (id, external) in [("org_1", None), ("org_2", None), ("org_3", Some(String::new()))] {
        let put = external.clone();
        store
            .write(move |tx| tx.run(PUT_ORGANIZATION, params![id, put.clone(), "{}"]))
            .await
            .unwrap();
        let back = store.read(move |tx| {
            tx.find(ORGANIZATION, params![id], |row| {
                let allow = row.get::<bool>("allow_profiles_outside_organization")?;
                Ok((row.get::<Option<String>>("external_id")?, allow))
            })
        });
        assert_eq!(back.await.unwrap(), Some((external, false)), "nothing is not the empty text");
    }
}

pub(super) async fn text_with_nul_is_not_stored(place: &dyn Place) {
    let store = place.open(&usual());
    let answer =
        store.write(|tx| tx.run(PUT_CLIENT, params!["client_a", "a\0b", 0_i64, 0_i64])).await;
    assert!(matches!(&answer, Err(Error::Fault(Fault::Store(what))) if what.contains("NUL")));
    assert_eq!(store.read(super::ids).await.unwrap(), Vec::<String>::new());
}

pub(super) async fn a_stored_value_that_does_not_parse_says_where_it_stands(place: &dyn Place) {
    let store = place.open(&usual());
    store
        .write(|tx| {
            tx.run(PUT_ORGANIZATION, params!["org_1", Value::Null, "{\"a\":"])?;
            tx.run(PUT_CLIENT, params!["client 1", "n", 7_i64, 7_i64])
        })
        .await
        .unwrap();
    let wrong = |column: &'static str| {
        store.read(move |tx| {
            tx.find(ORGANIZATION, params!["org_1"], |row| match column {
                "id" => row.get::<i64>(column).map(drop),
                "external_id" | "allow_profiles_outside_organization" => {
                    row.get::<String>(column).map(drop)
                }
                _ => row.json::<std::collections::BTreeMap<String, String>>(column).map(drop),
            })
        })
    };
    for column in ["external_id", "id", "allow_profiles_outside_organization", "metadata"] {
        let fault = wrong(column).await.unwrap_err();
        let said = fault.to_string();
        assert_eq!(
            said,
            format!("stored value does not parse: organizations.{column} of row org_1")
        );
        assert!(matches!(fault, Error::Fault(Fault::Inconsistent { .. })));
    }
    let id = store
        .read(|tx| tx.find(CLIENT, params!["client 1"], |row| row.get::<Id<Thing>>("id")))
        .await;
    assert_eq!(
        id.unwrap_err().to_string(),
        "stored value does not parse: clients.id of row client 1"
    );
    let truth = store
        .read(|tx| tx.find(CLIENT, params!["client 1"], |row| row.get::<bool>("created_at")))
        .await;
    assert!(matches!(truth, Err(Error::Fault(Fault::Inconsistent { .. }))), "7 is no boolean");
    let unknown = store
        .read(|tx| tx.find(CLIENT, params!["client 1"], |row| row.get::<i64>("nonsense")))
        .await;
    assert!(matches!(unknown, Err(Error::Fault(Fault::Store(_)))), "{unknown:?}");
}
