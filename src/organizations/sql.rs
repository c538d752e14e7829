//! What SQL touches organizations and their IT contacts.

use crate::store::Keyset;

pub(super) const INSERT: &str = "INSERT INTO organizations (id, name, name_folded, external_id, \
    stripe_customer_id, allow_profiles_outside_organization, metadata, created_at, updated_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8) ON CONFLICT (external_id) DO NOTHING";
pub(super) const BY_ID: &str = "SELECT id, name, external_id, stripe_customer_id, \
    allow_profiles_outside_organization, metadata, created_at, updated_at \
    FROM organizations WHERE id = ?1";
pub(super) const BY_EXTERNAL_ID: &str = "SELECT id, name, external_id, stripe_customer_id, \
    allow_profiles_outside_organization, metadata, created_at, updated_at \
    FROM organizations WHERE external_id = ?1";
pub(super) const OTHER_WITH_EXTERNAL_ID: &str =
    "SELECT id FROM organizations WHERE external_id = ?1 AND id <> ?2";
pub(super) const UPDATE: &str = "UPDATE organizations SET name = ?2, name_folded = ?3, \
    external_id = ?4, stripe_customer_id = ?5, allow_profiles_outside_organization = ?6, \
    metadata = ?7, updated_at = ?8 WHERE id = ?1";
pub(super) const DELETE: &str = "DELETE FROM organizations WHERE id = ?1";

/// `?4` a folded pattern for the name, or null.
pub(super) const LIST: Keyset = Keyset {
    ascending: "SELECT id, name, external_id, stripe_customer_id, \
        allow_profiles_outside_organization, metadata, created_at, updated_at \
        FROM organizations WHERE (created_at, id) > (?1, ?2) \
        AND (CAST(?4 AS TEXT) IS NULL OR name_folded LIKE ?4 ESCAPE '\\') \
        ORDER BY created_at, id LIMIT ?3",
    descending: "SELECT id, name, external_id, stripe_customer_id, \
        allow_profiles_outside_organization, metadata, created_at, updated_at \
        FROM organizations WHERE (created_at, id) < (?1, ?2) \
        AND (CAST(?4 AS TEXT) IS NULL OR name_folded LIKE ?4 ESCAPE '\\') \
        ORDER BY created_at DESC, id DESC LIMIT ?3",
    place: "SELECT created_at FROM organizations WHERE id = ?1",
};

pub(super) const IT_CONTACT_INSERT: &str = "INSERT INTO it_contacts (id, organization_id, email, \
    email_folded, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5) \
    ON CONFLICT (organization_id, email_folded) DO NOTHING";
pub(super) const IT_CONTACTS_OF: &str = "SELECT id, email, created_at, updated_at \
    FROM it_contacts WHERE organization_id = ?1 ORDER BY created_at, id";
pub(super) const IT_CONTACT_BY_ID: &str = "SELECT id, email, created_at, updated_at \
    FROM it_contacts WHERE organization_id = ?1 AND id = ?2";
pub(super) const IT_CONTACT_DELETE: &str =
    "DELETE FROM it_contacts WHERE organization_id = ?1 AND id = ?2";
pub(super) const IT_CONTACTS_DELETE: &str = "DELETE FROM it_contacts WHERE organization_id = ?1";
