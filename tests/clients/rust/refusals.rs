//! What the SDK returns when it is not let in, or asks for what is not there.

use workos::{
    enums::OrganizationDomainDataState,
    models::{OrganizationDomainData, OrganizationInput},
    organizations::{CreateOrganizationParams, ListOrganizationsParams},
};

use crate::{demo::Demo, organizations::named};

#[tokio::test]
async fn refusals_carry_status_code_and_the_requests_id() {
    let demo = Demo::start();
    let client = demo.workos();
    let workos = client.organizations();
    let create =
        |input: OrganizationInput| workos.create_organization(CreateOrganizationParams::new(input));
    let domain = OrganizationDomainData {
        domain: "taken.test".to_owned(),
        state: OrganizationDomainDataState::Verified,
    };
    let taken = OrganizationInput {
        domain_data: Some(vec![domain]),
        external_id: Some("taken".to_owned()),
        ..named("Taken")
    };
    create(taken.clone()).await.unwrap();
    let refused =
        create(OrganizationInput { domain_data: None, ..taken.clone() }).await.unwrap_err();
    assert_eq!((refused.status(), refused.code()), (Some(400), Some("external_id_already_used")));
    let refused = create(OrganizationInput { external_id: None, ..taken }).await.unwrap_err();
    assert_eq!(refused.status(), Some(409), "{refused}");
    let refused = create(named("")).await.unwrap_err();
    assert_eq!(refused.status(), Some(422), "{refused}");

    let unknown = workos.get_organization("org_01JD0000000000000000000000").await.unwrap_err();
    assert!(unknown.is_not_found() && unknown.request_id().is_some(), "{unknown}");
    let stranger = demo.workos_with("sk_test_wrong");
    let refused =
        stranger.organizations().list_organizations(ListOrganizationsParams::default()).await;
    assert!(refused.unwrap_err().is_unauthorized());
}
