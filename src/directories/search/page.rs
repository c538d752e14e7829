//! A page that fills: so many resources, and no more members with them than can be told at once.

use super::{Record, Search, mark::After};
use crate::{directories::resource::links_of, kit::error::Error, store::Tx};

/// How many members of groups stand on one page: with more, the page ends sooner (RFC 7644 §3.4.2.4
/// has `count` as the most). A group by itself is told with all it has. The groups of users count too.
const MOST_MEMBERS: u64 = 100_000;
/// How many bytes of resources stand on one page, or a little more.
const MOST_BYTES: usize = 16 << 20;

/// The part of a list that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Window {
    /// How many are passed over.
    pub(super) skip: u64,
    /// How many are taken at most.
    pub(super) take: usize,
    /// Where it begins, when a cursor says.
    pub(super) after: Option<After>,
    /// Whether all are counted, on this page or not.
    pub(super) counts: bool,
}

/// What was found of one type.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) page: Page,
    /// How many there are in all, where that is counted.
    pub(super) total: u64,
}

/// A page that fills.
#[derive(Debug)]
pub(super) struct Page {
    /// What stands on it, each with the mark behind it.
    pub(super) found: Vec<(After, Record)>,
    /// Whether more fits than stands on it.
    pub(super) more: bool,
    /// How many members, and groups of users, are on it.
    pub(super) members: u64,
    bytes: usize,
    take: usize,
}

impl Window {
    /// How many stand before it.
    pub(super) fn skipped(&self) -> u64 {
        match &self.after {
            Some(After::Skipped(count)) => *count,
            _ => self.skip,
        }
    }
}

impl Page {
    /// A page for so many, where so many members stand before it already.
    pub(super) fn new(take: usize, members: u64) -> Self {
        Self { found: Vec::new(), more: false, members, bytes: 0, take }
    }

    /// Takes one more, if there is room.
    pub(super) fn offer(
        &mut self,
        tx: &Tx<'_>,
        asked: &Search,
        (after, mut record): (After, Record),
    ) -> Result<(), Error> {
        let wants_links = asked.request.projection.wants_links(record.resource_type);
        let members = if wants_links { record.members } else { 0 };
        let is_heavy =
            self.members > 0 && self.members + members > MOST_MEMBERS || self.bytes > MOST_BYTES;
        if self.more || self.found.len() >= self.take || is_heavy {
            self.more = true;
            return Ok(());
        }
        if wants_links {
            record.links = links_of(tx, &record)?;
        }
        self.members += record.links.len() as u64;
        self.bytes += record.resource.len();
        self.found.push((after, record));
        Ok(())
    }
}
