//! A deleted directory is gone for everybody with the answer; its rows go in portions.

use kernia::{
    directories::directory,
    store::{Tx, params},
};

use super::*;

/// The tables that hold what a provider provisioned, and the directory with its tokens.
const TABLES: [&str; 7] = [
    "directories",
    "directory_tokens",
    "directory_users",
    "directory_user_blocks",
    "directory_user_emails",
    "directory_groups",
    "directory_members",
];

fn counts(stage: &Stage) -> [usize; 7] {
    let database = stage.kernia.database();
    TABLES.map(|table| database.count(table))
}

#[tokio::test]
async fn a_deleted_directory_answers_nobody() {
    let stage = Stage::set().await;
    let (gone, stays) = (stage.directory().await, stage.directory().await);
    let kept = stays.user("grace@acme.test").await;
    let ada = gone.user("ada@acme.test").await;
    let group = gone.group("Engineers", &[text(&ada, "id")]).await;
    let before = counts(&stage);
    assert_eq!(gone.with(&gone.token).await, 200);
    assert_eq!(stage.app.deletes(&format!("/directories/{}", gone.id)).await.status, 202);
    assert_eq!(gone.with(&gone.token).await, 401);
    for path in [
        format!("/directories/{}", gone.id),
        format!("{DIRECTORIES}/{}", gone.id),
        format!("{DIRECTORIES}/{}/tokens", gone.id),
        format!("/directory_users?directory={}", gone.id),
        format!("/directory_groups?directory={}", gone.id),
        format!("/directory_users?group={}", text(&group, "id")),
        format!("/directory_groups?user={}", text(&ada, "id")),
        format!("/directory_users/{}", text(&ada, "id")),
        format!("/directory_groups/{}", text(&group, "id")),
    ] {
        assert_eq!(stage.app.gets(&path).await.status, 404, "{path}");
    }
    let rotate = format!("{DIRECTORIES}/{}/tokens/rotate", gone.id);
    stage.app.posts(&rotate, json!({})).await.is(404);
    assert_eq!(stage.app.deletes(&format!("/directories/{}", gone.id)).await.status, 404);
    let list = stage.app.gets("/directories").await.is(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 1);

    stage.jobs_run().await;
    let after = counts(&stage);
    assert_eq!(after, [1, 1, 1, 1, 1, 0, 0], "before: {before:?}");
    let path = format!("/directory_users/{}", text(&kept, "id"));
    stage.app.gets(&path).await.is(200);
    assert_eq!(stays.with(&stays.token).await, 200);
}

#[tokio::test]
async fn an_organization_takes_its_directories_with_it() {
    let stage = Stage::set().await;
    let other = stage.app.organization("globex.test").await;
    let (gone, stays) = (stage.directory().await, stage.directory_of(&other).await);
    gone.user("ada@acme.test").await;
    let path = format!("/organizations/{}", stage.organization);
    assert_eq!(stage.app.deletes(&path).await.status, 202);
    assert_eq!(counts(&stage), [1, 1, 0, 0, 0, 0, 0]);
    assert_eq!(gone.with(&gone.token).await, 401);
    assert_eq!(stays.with(&stays.token).await, 200);
}

/// Ten of the largest steps; none is long, and what is left after each is whole.
#[tokio::test]
async fn a_large_directory_goes_in_portions() {
    let stage = Stage::set().await;
    let directory = stage.directory().await;
    stage.app.deletes(&format!("/directories/{}", directory.id)).await;
    let id = directory.id.clone();
    let fill = move |tx: &Tx<'_>| {
        for nth in 0..2500_i64 {
            let user = format!("directory_user_{nth}");
            tx.run(
                "INSERT INTO directory_users (id, directory_id, place, user_name_folded, active, \
                 version, resource, created_at, updated_at) VALUES (?1, ?2, ?3, ?1, 1, 1, '{}', 1, 1)",
                params![&user, &id, nth],
            )?;
            tx.run(
                "INSERT INTO directory_user_emails (directory_id, email_folded, user_id) \
                 VALUES (?1, ?2, ?2)",
                params![&id, &user],
            )?;
        }
        for nth in 0..20_i64 {
            let group = format!("directory_group_{nth}");
            tx.run(
                "INSERT INTO directory_groups (id, directory_id, display_name, display_name_folded, \
                 members, version, resource, created_at, updated_at) \
                 VALUES (?1, ?2, ?1, ?1, 0, 1, '{}', 1, 1)",
                params![&group, &id],
            )?;
            for member in 0..120_i64 {
                tx.run(
                    "INSERT INTO directory_members (group_id, member_id, kind) \
                     VALUES (?1, ?2, 'User')",
                    params![&group, format!("directory_user_{member}")],
                )?;
            }
        }
        Ok(())
    };
    stage.kernia.app().store.write(fill).await.unwrap();
    let (mut steps, mut most) = (0, 0);
    loop {
        let gone = stage.kernia.app().store.write(directory::purge).await.unwrap();
        if gone == 0 {
            break;
        }
        (steps, most) = (steps + 1, most.max(gone));
    }
    assert!((9..=16).contains(&steps) && most <= 2001, "{steps} steps of {most} rows at most");
    assert_eq!(counts(&stage), [0; 7]);
}
