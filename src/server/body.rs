//! Reading a body: no larger than its route takes, no slower than the limits, and not more bytes
//! for all requests together than the server keeps.

use std::{sync::Arc, time::Duration};

use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::limits::ServerLimits;
use crate::{
    http::Bytes,
    kit::error::{Error, Fault, Kind, Refused},
};

/// A body, and the share of the server's memory that it holds while its request is handled.
pub(super) struct Held {
    pub(super) bytes: Bytes,
    _share: Option<OwnedSemaphorePermit>,
}

/// Reads the body to its end.
pub(super) async fn read(
    body: &mut Incoming,
    limit: usize,
    limits: &ServerLimits,
    memory: &Arc<Semaphore>,
) -> Result<Held, Error> {
    if body.is_end_stream() {
        return Ok(Held { bytes: Bytes::new(), _share: None });
    }
    let declared = body.size_hint().exact();
    if declared.is_some_and(|size| size > limit as u64) {
        return Err(too_large(limit));
    }
    let size = declared.unwrap_or(limit as u64);
    let by_rate = Duration::from_secs(size / u64::from(limits.body_rate.max(1)));
    let collected = timeout(limits.body_time + by_rate, collect(body, limit, memory));
    collected.await.unwrap_or_else(|_| {
        Err(Refused::new(Kind::TooSlow, "body_too_slow", "the body came too slowly").into())
    })
}

async fn collect(
    body: &mut Incoming,
    limit: usize,
    memory: &Arc<Semaphore>,
) -> Result<Held, Error> {
    let (mut first, mut rest) = (Bytes::new(), Vec::new());
    let mut share: Option<OwnedSemaphorePermit> = None;
    while let Some(frame) = body.frame().await {
        let cut = |_| Refused::malformed("body_cut", "the body ended before its end");
        // Trailers are read over.
        let Ok(data) = frame.map_err(cut)?.into_data() else { continue };
        if first.len() + rest.len() + data.len() > limit {
            return Err(too_large(limit));
        }
        let more = reserve(memory, data.len())?;
        match &mut share {
            None => share = Some(more),
            Some(share) => share.merge(more),
        }
        // Most bodies come in one piece, which is then not copied.
        if first.is_empty() {
            first = data;
        } else {
            rest.extend_from_slice(&data);
        }
    }
    let bytes = if rest.is_empty() { first } else { [first.as_ref(), &rest].concat().into() };
    Ok(Held { bytes, _share: share })
}

fn reserve(memory: &Arc<Semaphore>, bytes: usize) -> Result<OwnedSemaphorePermit, Error> {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    Arc::clone(memory).try_acquire_many_owned(bytes).map_err(|_| Fault::Busy.into())
}

fn too_large(limit: usize) -> Error {
    let detail = format!("the body may have {limit} bytes at most");
    Refused::new(Kind::TooLarge, "body_too_large", detail).into()
}
