//! `/Bulk` (RFC 7644 §3.7): many requests in one. Each is a write of its own, as if it had come alone;
//! what refers to something that is made later is done when that is there.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::{BULKS, answer::CONTENT_TYPE, asked, base, refuse::rejected};
use crate::{
    app::App,
    directories::{Directory, Draft, Links, Provisioner, Record, Target, resource},
    http::{Request, Response},
    kit::{error::Error, id::Id},
    scim::{
        BulkAction, BulkRequest, BulkResponse, BulkResult, Patch, Rejected, Resource, ResourceType,
        Version, bulk,
    },
    store::Tx,
};

pub(super) async fn bulk(app: &App, request: Request, who: Provisioner) -> Result<Response, Error> {
    let asked = asked::read(app, request.body, |body| BulkRequest::parse(body, &BULKS)).await?;
    let (base, count) = (base(app, &who), asked.operations.len());
    let made = HashMap::new();
    let mut work = Work { app, directory: who.directory, asked, base, made, late: Vec::new() };
    let mut results: Vec<Option<BulkResult>> = Vec::new();
    results.resize_with(count, || None);
    let mut left = work.asked.fail_on_errors.unwrap_or(u64::MAX);
    for at in work.asked.order() {
        if left == 0 {
            break;
        }
        let result = work.result(at).await?;
        left -= u64::from(result.outcome.is_err());
        results[at] = Some(result);
    }
    for (at, target, patch) in std::mem::take(&mut work.late) {
        let outcome = work.complete(target, patch).await?;
        if let Some(result) = &mut results[at] {
            // What was made stays; that it is not whole is what has to be told.
            result.outcome = match (&result.outcome, outcome) {
                (Ok((status, _)), Ok(version)) => Ok((*status, Some(version))),
                (_, Err(rejected)) => Err(rejected),
                (Err(rejected), _) => Err(rejected.clone()),
            };
        }
    }
    let mut response = BulkResponse::new();
    results.into_iter().flatten().for_each(|result| response.push(result));
    Ok(Response::bytes(200, CONTENT_TYPE, response.finish()))
}

/// A bulk that is worked on.
struct Work<'a> {
    app: &'a App,
    directory: Id<Directory>,
    asked: BulkRequest,
    base: String,
    /// The ids of what was made, by the client's names.
    made: HashMap<String, String>,
    /// What is completed when all is made: for which operation, and how.
    late: Vec<(usize, Target, Json)>,
}

/// What came of one operation: the resource's id, the status, its version.
struct Done {
    id: String,
    status: u16,
    version: Option<Version>,
}

impl Work<'_> {
    /// Does one operation. What it is refused is its own; a fault is everybody's.
    async fn result(&mut self, at: usize) -> Result<BulkResult, Error> {
        let operation = &self.asked.operations[at];
        let (method, bulk_id) = (operation.method.clone(), operation.bulk_id.clone());
        let action = operation.action.clone();
        let of = action.as_ref().ok().map(resource_type);
        let named = action.as_ref().ok().and_then(target).and_then(|it| it.id(&self.made).ok());
        let named = named.map(str::to_owned);
        let done = match action {
            Ok(action) => self.act(at, action).await,
            Err(rejected) => Err(rejected.into()),
        };
        let (id, outcome) = match done {
            Ok(done) => (Some(done.id), Ok((done.status, done.version))),
            Err(fault @ Error::Fault(_)) => return Err(fault),
            Err(refused) => (named, Err(rejected(&refused))),
        };
        let location = id.zip(of).map(|(id, of)| self.location(of, &id));
        Ok(BulkResult { method, bulk_id, location, outcome })
    }

    fn location(&self, of: ResourceType, id: &str) -> String {
        format!("{}/{}/{id}", self.base, of.endpoint())
    }

    async fn act(&mut self, at: usize, action: BulkAction) -> Result<Done, Error> {
        let store = &self.app.store;
        match action {
            BulkAction::Create { resource_type, data } => {
                let (draft, later) = self.draft(resource_type, &data)?;
                let directory = self.directory.clone();
                let create =
                    move |tx: &Tx<'_>| resource::create(tx, &directory, &draft, Links::None);
                let made = store.write(create).await?;
                if let Some(name) = &self.asked.operations[at].bulk_id {
                    self.made.insert(name.clone(), made.id.clone());
                }
                self.postpone(at, &made, later);
                Ok(Done { status: 201, ..Done::from(made) })
            }
            BulkAction::Replace { target, data } => {
                let (draft, later) = self.draft(target.resource_type, &data)?;
                let target = self.target(&target)?;
                let replace =
                    move |tx: &Tx<'_>| resource::replace(tx, &target, &draft, Links::None);
                let record = store.write(replace).await?;
                self.postpone(at, &record, later);
                Ok(record.into())
            }
            BulkAction::Change { target, data } => {
                let resolved = self.asked.resolve(&data, &self.made)?;
                let target = self.target(&target)?;
                let is_late = resolved.later.is_some() && !has_operations(&resolved.data);
                let record = if is_late {
                    store.read(move |tx| resource::find(tx, &target, None, Links::None)).await?
                } else {
                    let patch = Patch::from_json(resolved.data)?;
                    let change =
                        move |tx: &Tx<'_>| resource::change(tx, &target, &patch, Links::None);
                    store.write(change).await?
                };
                self.postpone(at, &record, resolved.later);
                Ok(record.into())
            }
            BulkAction::Delete { target } => {
                let target = self.target(&target)?;
                let id = target.id.clone();
                store.write(move |tx| resource::delete(tx, &target)).await?;
                Ok(Done { id, status: 204, version: None })
            }
        }
    }

    fn draft(&self, of: ResourceType, data: &Json) -> Result<(Draft, Option<Json>), Error> {
        let resolved = self.asked.resolve(data, &self.made)?;
        let received = Resource::receive_json(of, resolved.data)?;
        Ok((Draft::from(received), resolved.later))
    }

    fn target(&self, target: &bulk::Target) -> Result<Target, Rejected> {
        Ok(Target {
            directory: self.directory.clone(),
            resource_type: target.resource_type,
            id: asked::known(target.resource_type, target.id(&self.made)?)?.to_owned(),
            expected: target.version.clone(),
        })
    }

    fn postpone(&mut self, at: usize, record: &Record, later: Option<Json>) {
        let Some(later) = later else { return };
        let target = Target {
            directory: self.directory.clone(),
            resource_type: record.resource_type,
            id: record.id.clone(),
            expected: None,
        };
        self.late.push((at, target, later));
    }

    /// Does what had to wait for others.
    async fn complete(
        &self,
        target: Target,
        patch: Json,
    ) -> Result<Result<Version, Rejected>, Error> {
        let patch =
            self.asked.resolve(&patch, &self.made).and_then(|resolved| match resolved.later {
                None => Patch::from_json(resolved.data),
                Some(_) => Err(Rejected::invalid_value("what this refers to was not made")),
            });
        let patch = match patch {
            Ok(patch) => patch,
            Err(rejected) => return Ok(Err(rejected)),
        };
        let change = move |tx: &Tx<'_>| resource::change(tx, &target, &patch, Links::None);
        match self.app.store.write(change).await {
            Ok(record) => Ok(Ok(record.version)),
            Err(fault @ Error::Fault(_)) => Err(fault),
            Err(refused) => Ok(Err(rejected(&refused))),
        }
    }
}

impl From<Record> for Done {
    fn from(record: Record) -> Self {
        Self { id: record.id, status: 200, version: Some(record.version) }
    }
}

fn resource_type(action: &BulkAction) -> ResourceType {
    match action {
        BulkAction::Create { resource_type, .. } => *resource_type,
        BulkAction::Replace { target, .. }
        | BulkAction::Change { target, .. }
        | BulkAction::Delete { target } => target.resource_type,
    }
}

fn target(action: &BulkAction) -> Option<&bulk::Target> {
    match action {
        BulkAction::Create { .. } => None,
        BulkAction::Replace { target, .. }
        | BulkAction::Change { target, .. }
        | BulkAction::Delete { target } => Some(target),
    }
}

/// Whether a PATCH still has something to do.
fn has_operations(data: &Json) -> bool {
    data.get("Operations").and_then(Json::as_array).is_some_and(|list| !list.is_empty())
}
