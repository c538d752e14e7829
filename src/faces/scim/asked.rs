//! What a request asks for beside its body: which attributes are told, and at which version.

use crate::{
    app::App,
    directories::{Links, Provisioner, Record, Target},
    http::{Bytes, Head},
    kit::{error::Error, id::Id},
    scim::{Projection, Rejected, ResourceType, Tags},
};

/// A body of so many bytes is read on the spot; a longer one on the CPU pool.
const AT_ONCE: usize = 16 * 1024;

/// `attributes` and `excludedAttributes`, names in any case.
pub(super) fn projection(head: &Head) -> Result<Projection, Error> {
    let (mut attributes, mut excluded) = (Vec::new(), Vec::new());
    for (name, value) in head.query.entries() {
        let names = value.split(',').map(str::trim).filter(|it| !it.is_empty());
        if name.eq_ignore_ascii_case("attributes") {
            attributes.extend(names.map(str::to_owned));
        } else if name.eq_ignore_ascii_case("excludedAttributes") {
            excluded.extend(names.map(str::to_owned));
        }
    }
    Ok(Projection::of(&attributes, &excluded)?)
}

/// Which members or groups are read for it.
pub(super) fn links(projection: &Projection, of: ResourceType) -> Links {
    if projection.wants_links(of) { Links::All } else { Links::None }
}

/// The resource of the path, at the versions of `If-Match`.
pub(super) fn target(of: ResourceType, head: &Head, who: &Provisioner) -> Result<Target, Error> {
    let id = head.param("id");
    Ok(Target {
        directory: who.directory.clone(),
        resource_type: of,
        id: known(of, id)?.to_owned(),
        expected: tags(head, "if-match"),
    })
}

/// What may be the id of something; nothing is under any other.
pub(super) fn known(of: ResourceType, id: &str) -> Result<&str, Rejected> {
    if Id::<Record>::parse(id).is_ok() {
        return Ok(id);
    }
    Err(Rejected::not_found(format!("there is no {} `{id}`", of.as_str().to_lowercase())))
}

/// A header of entity tags; one that stands in several lines is one list (RFC 9110 §5.3).
pub(super) fn tags(head: &Head, name: &str) -> Option<Tags> {
    let lines: Vec<&str> = head.headers.all(name).collect();
    (!lines.is_empty()).then(|| Tags::parse(&lines.join(", ")))
}

/// Reads a body.
pub(super) async fn read<T: Send + 'static>(
    app: &App,
    body: Bytes,
    read: impl FnOnce(&[u8]) -> Result<T, Rejected> + Send + 'static,
) -> Result<T, Error> {
    let read =
        if body.len() <= AT_ONCE { read(&body) } else { app.cpu.run(move || read(&body)).await? };
    Ok(read?)
}
