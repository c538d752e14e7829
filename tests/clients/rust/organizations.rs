//! Organizations and their IT contacts.

use std::collections::HashMap;

use futures_util::TryStreamExt as _;
use workos::{
    enums::{
        InviteItContactIntents, OrganizationDomainDataState, OrganizationDomainState,
        OrganizationDomainVerificationStrategy, PaginationOrder,
    },
    models::{
        CreateItContact, CreateOrganizationDomain, InviteItContact, OrganizationDomainData,
        OrganizationInput, UpdateOrganization,
    },
    organization_domains::CreateOrganizationDomainParams,
    organizations::{
        CreateItContactParams, CreateOrganizationParams, InviteItContactParams,
        ListOrganizationsParams, UpdateOrganizationParams,
    },
};

use crate::demo::Demo;

/// What a new organization needs: its name.
pub fn named(name: &str) -> OrganizationInput {
    #[expect(deprecated, reason = "the old way to give domains is a field of the model")]
    OrganizationInput {
        name: name.to_owned(),
        allow_profiles_outside_organization: None,
        domains: None,
        domain_data: None,
        metadata: None,
        external_id: None,
    }
}

#[tokio::test]
async fn organizations_are_created_read_changed_and_deleted() {
    let demo = Demo::start();
    let client = demo.workos();
    let workos = client.organizations();
    let domain = OrganizationDomainData {
        domain: "rust.test".to_owned(),
        state: OrganizationDomainDataState::Verified,
    };
    let made = workos
        .create_organization(CreateOrganizationParams::new(OrganizationInput {
            domain_data: Some(vec![domain]),
            metadata: Some(HashMap::from([("tier".to_owned(), "gold & more".to_owned())])),
            external_id: Some("customer/7 ~:".to_owned()),
            ..named("Søn & Sønner")
        }))
        .await
        .unwrap();
    assert_eq!((made.object.as_str(), made.name.as_str()), ("organization", "Søn & Sønner"));
    assert_eq!(made.metadata["tier"], "gold & more");
    assert_eq!(made.domains.len(), 1);
    assert_eq!(made.domains[0].organization_id, made.id);
    assert_eq!(made.domains[0].state, Some(OrganizationDomainState::Verified));
    assert!(
        made.created_at.ends_with('Z') && made.created_at.len() == "2026-01-02T03:04:05.678Z".len()
    );

    let read = workos.get_organization(&made.id).await.unwrap();
    let by_external_id = workos.get_organization_by_external_id("customer/7 ~:").await.unwrap();
    assert_eq!((&read.id, &read.updated_at), (&made.id, &made.updated_at));
    assert_eq!(by_external_id.id, made.id);

    #[expect(deprecated, reason = "the old way to give domains is a field of the model")]
    let change = UpdateOrganization {
        name: Some("Renamed".to_owned()),
        allow_profiles_outside_organization: Some(true),
        domains: None,
        domain_data: None,
        stripe_customer_id: Some("cus_1".to_owned()),
        metadata: None,
        external_id: None,
    };
    let changed =
        workos.update_organization(&made.id, UpdateOrganizationParams::new(change)).await.unwrap();
    assert_eq!(
        (changed.name.as_str(), changed.external_id.as_deref()),
        ("Renamed", Some("customer/7 ~:"))
    );
    assert_eq!(changed.stripe_customer_id.as_deref(), Some("cus_1"));
    #[expect(deprecated, reason = "it is a field of the model")]
    let outside = changed.allow_profiles_outside_organization;
    assert_eq!(outside, Some(true));

    workos.delete_organization(&made.id).await.unwrap();
    assert!(workos.get_organization(&made.id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_list_pages_by_itself() {
    let demo = Demo::start();
    let client = demo.workos();
    let workos = client.organizations();
    let mut made = Vec::new();
    for number in 0..23 {
        let input = named(&format!("Paged {number}"));
        made.push(
            workos.create_organization(CreateOrganizationParams::new(input)).await.unwrap().id,
        );
    }
    let params = ListOrganizationsParams {
        search: Some("Paged".to_owned()),
        order: Some(PaginationOrder::Asc),
        ..ListOrganizationsParams::default()
    };
    let first = workos.list_organizations(params.clone()).await.unwrap();
    assert_eq!((first.object.as_str(), first.data.len()), ("list", 10));
    let all: Vec<_> = workos.list_organizations_auto_paging(params).try_collect().await.unwrap();
    assert_eq!(all.iter().map(|one| &one.id).collect::<Vec<_>>(), made.iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn domains_are_claimed_read_verified_again_and_deleted() {
    let demo = Demo::start();
    let client = demo.workos();
    let workos = client.organization_domains();
    let customer = client
        .organizations()
        .create_organization(CreateOrganizationParams::new(named("Claiming")))
        .await
        .unwrap();
    let claim = |domain: &str| {
        let (domain, organization_id) = (domain.to_owned(), customer.id.clone());
        let body = CreateOrganizationDomain { domain, organization_id };
        workos.create_organization_domain(CreateOrganizationDomainParams::new(body))
    };
    let made = claim("Claimed.rust.test").await.unwrap();
    assert_eq!(
        (made.object.as_str(), made.domain.as_str()),
        ("organization_domain", "claimed.rust.test")
    );
    assert_eq!(made.state, Some(OrganizationDomainState::Pending));
    assert_eq!(made.verification_strategy, Some(OrganizationDomainVerificationStrategy::Dns));
    assert!(made.verification_prefix.is_some() && made.verification_token.is_some());
    let read = workos.get_organization_domain(&made.id).await.unwrap();
    assert_eq!((&read.id, &read.created_at), (&made.id, &made.created_at));
    let again = workos.verify_organization_domain(&made.id).await.unwrap();
    assert_eq!(again.state, Some(OrganizationDomainState::Pending));
    let refused = claim("claimed.rust.test").await.unwrap_err();
    assert_eq!((refused.status(), refused.code()), (Some(409), Some("domain_already_exists")));
    let refused = claim("co.uk").await.unwrap_err();
    assert_eq!((refused.status(), refused.code()), (Some(422), Some("domain_is_public_suffix")));
    workos.delete_organization_domain(&made.id).await.unwrap();
    assert!(workos.get_organization_domain(&made.id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn it_contacts_come_and_go() {
    let demo = Demo::start();
    let client = demo.workos();
    let workos = client.organizations();
    let customer =
        workos.create_organization(CreateOrganizationParams::new(named("Customer"))).await.unwrap();
    let add = |email: &str| CreateItContactParams::new(CreateItContact { email: email.to_owned() });
    let contact = workos.create_it_contact(&customer.id, add("it@rust.test")).await.unwrap();
    assert_eq!((contact.object.as_str(), contact.email.as_str()), ("it_contact", "it@rust.test"));
    let listed = workos.list_it_contacts(&customer.id).await.unwrap();
    assert_eq!(listed.data.iter().map(|one| &one.id).collect::<Vec<_>>(), [&contact.id]);
    assert_eq!((listed.object.as_str(), listed.list_metadata.after), ("list", None));
    let again = workos.create_it_contact(&customer.id, add("IT@rust.test")).await.unwrap_err();
    assert_eq!(again.status(), Some(409), "{again}");
    let unreadable = workos.create_it_contact(&customer.id, add("nobody")).await.unwrap_err();
    assert_eq!(unreadable.status(), Some(422), "{unreadable}");

    let invite = InviteItContact { intents: vec![InviteItContactIntents::SSO] };
    let params = InviteItContactParams::new(invite);
    let invited = workos.invite_it_contact(&customer.id, &contact.id, params).await.unwrap_err();
    assert_eq!(invited.code(), Some("admin_portal_unavailable"), "{invited}");
    let revoked = workos.revoke_it_contact(&customer.id, &contact.id).await.unwrap_err();
    assert_eq!(revoked.code(), Some("admin_portal_unavailable"), "{revoked}");
    workos.delete_it_contact(&customer.id, &contact.id).await.unwrap();
    assert!(workos.list_it_contacts(&customer.id).await.unwrap().data.is_empty());
    assert!(workos.delete_it_contact(&customer.id, &contact.id).await.unwrap_err().is_not_found());
}
