//! Directories: the demo's own, which a provider fills through SCIM.

use futures_util::TryStreamExt as _;
use serde_json::{Value, json};
use workos::{
    directory_sync::{ListDirectoriesParams, ListGroupsParams, ListUsersParams},
    enums::{DirectoryState, DirectoryUserWithGroupsState, PaginationOrder},
};

use crate::demo::Demo;

/// The provider makes something; its id comes back.
async fn provisions(demo: &Demo, path: &str, body: &Value) -> String {
    let answer = reqwest::Client::new()
        .post(format!("{}{path}", demo.said("scim_url")))
        .bearer_auth(demo.said("scim_token"))
        .json(body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
    answer.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_a_provider_said_is_read() {
    let demo = Demo::start();
    let client = demo.workos();
    let workos = client.directory_sync();
    let directory = workos.get_directory(demo.said("directory_id")).await.unwrap();
    assert_eq!(
        (directory.object.as_str(), directory.state),
        ("directory", DirectoryState::Unlinked)
    );
    assert_eq!(directory.organization_id, demo.said("organization_id"));
    assert_eq!(directory.domain.as_deref(), Some("example.com"));
    assert!(demo.said("scim_url").ends_with(&directory.external_key));

    let mut users = Vec::new();
    for number in 0..23 {
        let name = format!("user{number}@example.com");
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name,
            "externalId": format!("ext-{number}"), "emails": [{ "value": name, "primary": true }],
        });
        users.push(provisions(&demo, "/Users", &user).await);
    }
    let members: Vec<_> = users[..2].iter().map(|id| json!({ "value": id })).collect();
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Engineers",
        "members": members,
    });
    let group = provisions(&demo, "/Groups", &group).await;

    let params = ListUsersParams {
        directory: Some(directory.id.clone()),
        order: Some(PaginationOrder::Asc),
        ..ListUsersParams::default()
    };
    let all: Vec<_> = workos.list_users_auto_paging(params.clone()).try_collect().await.unwrap();
    assert_eq!(all.iter().map(|one| &one.id).collect::<Vec<_>>(), users.iter().collect::<Vec<_>>());
    let params = ListUsersParams { idp_id: Some("ext-1".to_owned()), ..params };
    let found = workos.list_users(params).await.unwrap().data;
    assert_eq!((found.len(), &found[0].id), (1, &users[1]));
    let user = workos.get_user(&users[1]).await.unwrap();
    assert_eq!((user.idp_id.as_str(), user.state), ("ext-1", DirectoryUserWithGroupsState::Active));
    assert_eq!(user.email.as_deref(), Some("user1@example.com"));
    #[expect(deprecated, reason = "Kernia still fills it")]
    let groups = user.groups;
    assert_eq!(groups.iter().map(|one| &one.id).collect::<Vec<_>>(), [&group]);

    let params = ListUsersParams { group: Some(group.clone()), ..ListUsersParams::default() };
    assert_eq!(workos.list_users(params).await.unwrap().data.len(), 2);
    let params = ListGroupsParams { user: Some(users[0].clone()), ..ListGroupsParams::default() };
    assert_eq!(workos.list_groups(params).await.unwrap().data[0].name, "Engineers");
    assert_eq!(workos.get_group(&group).await.unwrap().directory_id, directory.id);
    let refused = workos.list_users(ListUsersParams::default()).await.unwrap_err();
    assert_eq!(refused.status(), Some(422), "{refused}");

    let listed = workos.list_directories(ListDirectoriesParams::default()).await.unwrap();
    assert_eq!(listed.data.len(), 1);
    assert_eq!(listed.data[0].state, DirectoryState::Linked);
    assert_eq!(workos.create_directory_sync(&directory.id).await.unwrap().status, "queued");
    workos.delete_directory(&directory.id).await.unwrap();
    assert!(workos.get_directory(&directory.id).await.unwrap_err().is_not_found());
}
