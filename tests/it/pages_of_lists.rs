//! Lists page by page: whoever walks one, forth or back, meets everything once.

use std::time::Duration;

use serde_json::{Value, json};

use crate::kernia::{Application, Kernia, encoded};

/// Twenty-five organizations, of which several were made at the same instant; oldest first.
async fn twenty_five(kernia: &Kernia) -> Vec<String> {
    let app = kernia.application();
    let mut made = Vec::new();
    for nth in 0..25 {
        let body =
            json!({ "name": format!("Customer {nth}"), "domains": [format!("d{nth}.test")] });
        let one = app.posts("/organizations", body).await.is(201);
        made.push((one["created_at"].as_str().unwrap().to_owned(), id(&one)));
        if nth % 4 == 0 {
            kernia.advance(Duration::from_millis(1));
        }
    }
    made.sort();
    made.into_iter().map(|(_, id)| id).collect()
}

fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(id).collect()
}

async fn page(app: &Application, query: &[(&str, &str)]) -> Value {
    app.gets(&format!("/organizations?{}", encoded(query))).await.is(200)
}

/// Follows one cursor until it is null; the pages in the order in which they came.
async fn walk(app: &Application, order: &str, by: &str, from: Option<&str>) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut cursor = from.map(str::to_owned);
    loop {
        let mut query = vec![("limit", "7"), ("order", order)];
        if let Some(cursor) = &cursor {
            query.push((by, cursor));
        }
        let page = page(app, &query).await;
        assert_eq!(page["object"], "list");
        pages.push(ids(&page));
        assert!(pages.len() < 10, "the walk has no end");
        match page["list_metadata"][by].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return pages,
        }
    }
}

#[tokio::test]
async fn a_walk_meets_everything_once_forth_and_back() {
    let kernia = Kernia::start().await;
    let (app, oldest_first) = (kernia.application(), twenty_five(&kernia).await);
    let newest_first: Vec<_> = oldest_first.iter().rev().cloned().collect();
    for (order, expected) in [("asc", &oldest_first), ("desc", &newest_first)] {
        let pages = walk(&app, order, "after", None).await;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [7, 7, 7, 4], "{order}");
        assert_eq!(pages.concat(), *expected, "{order}");
        // Back from the last one: pages come in the other order, each still sorted.
        let mut back = walk(&app, order, "before", expected.last().map(String::as_str)).await;
        back.reverse();
        assert_eq!(back.concat(), expected[..24], "{order}");
    }
    // `normal` is newest first, with the cursors' meaning exchanged.
    assert_eq!(walk(&app, "normal", "before", None).await.concat(), newest_first);
}

#[tokio::test]
async fn the_size_of_a_page() {
    let kernia = Kernia::start().await;
    let (app, all) = (kernia.application(), twenty_five(&kernia).await);
    for (limit, count, more) in
        [("1", 1, true), ("24", 24, true), ("25", 25, false), ("100", 25, false)]
    {
        let page = page(&app, &[("limit", limit)]).await;
        assert_eq!(ids(&page).len(), count);
        assert_eq!(page["list_metadata"]["after"].is_string(), more, "limit {limit}");
        assert_eq!(page["list_metadata"]["before"], Value::Null);
    }
    assert_eq!(ids(&page(&app, &[]).await).len(), 10);
    assert_eq!(ids(&page(&app, &[]).await)[0], *all.last().unwrap(), "newest first");
    for limit in ["0", "101", "-1", "ten", "1.5"] {
        let answer = app.gets(&format!("/organizations?limit={limit}")).await;
        assert_eq!(answer.code(422), "invalid_limit", "{limit}");
    }
    assert_eq!(app.gets("/organizations?order=up").await.code(422), "invalid_order");
}

#[tokio::test]
async fn a_cursor_outlives_what_it_named_and_fits_no_other_list() {
    let kernia = Kernia::start().await;
    let (app, all) = (kernia.application(), twenty_five(&kernia).await);
    assert_eq!(app.deletes(&format!("/organizations/{}", all[9])).await.status, 202);
    let page = page(&app, &[("order", "asc"), ("limit", "100"), ("after", &all[9])]).await;
    let rest = ids(&page);
    // Neighbours of the same millisecond may come once more, but none is left out.
    assert!(rest.ends_with(&all[10..]) && !rest.contains(&all[9]), "{rest:?}");

    let uri = json!({ "uri": "https://app.example.com/callback" });
    let uri = app.posts("/user_management/redirect_uris", uri).await.is(201);
    for cursor in
        [uri["id"].as_str().unwrap(), "org_nonsense", "conn_01JD0000000000000000000003", "x"]
    {
        for by in ["after", "before"] {
            let answer = app.gets(&format!("/organizations?{by}={cursor}")).await;
            assert_eq!(answer.code(422), "invalid_cursor", "{by}={cursor}");
        }
    }
    let both = format!("/organizations?after={0}&before={0}", all[1]);
    assert_eq!(app.gets(&both).await.code(422), "invalid_cursor");
    let of_organization = format!("/connections?after={}", all[0]);
    assert_eq!(app.gets(&of_organization).await.code(422), "invalid_cursor");
}

#[tokio::test]
async fn organizations_are_found_by_domain_in_every_spelling_and_by_name() {
    let kernia = Kernia::start().await;
    let (app, all) = (kernia.application(), twenty_five(&kernia).await);
    let mut wanted = vec![all[3].clone(), all[17].clone()];
    wanted.sort();
    let mut domains = Vec::new();
    for id in &wanted {
        let found = app.gets(&format!("/organizations/{id}")).await.is(200);
        domains.push(found["domains"][0]["domain"].as_str().unwrap().to_owned());
    }
    let (one, two) = (&domains[0], &domains[1]);
    for query in [
        format!("domains={one},{two}"),
        format!("domains={one}%2C{two}"),
        format!("domains={one}&domains={two}"),
        format!("domains[]={one}&domains[]={two}"),
        format!("domains%5B0%5D={one}&domains%5B1%5D={two}"),
        format!("domains={},{two},nobody.test", one.to_uppercase()),
    ] {
        let mut found = ids(&app.gets(&format!("/organizations?{query}")).await.is(200));
        found.sort();
        assert_eq!(found, wanted, "{query}");
    }
    let none = app.gets("/organizations?domains=nobody.test").await.is(200);
    assert_eq!(none["list_metadata"], json!({ "before": null, "after": null }));
    assert_eq!(ids(&none), Vec::<String>::new());

    for (name, search, count) in
        [("Müller & Söhne", "MÜLLER", 1), ("50 % off_", "% off_", 1), ("Zed", "customer 2", 6)]
    {
        app.posts("/organizations", json!({ "name": name })).await.is(201);
        let found = page(&app, &[("search", search), ("limit", "100")]).await;
        assert_eq!(ids(&found).len(), count, "{search}");
    }
    assert_eq!(ids(&page(&app, &[("search", "%")]).await).len(), 1, "a wildcard is only text");
}
