//! The parameters of a list, from an address or from a `.search` body, which says the same in JSON.

use serde_json::{Map, Value as Json};

use super::{ListLimits, ListRequest, MAX_CURSOR, Page, Sort};
use crate::scim::{
    attribute_path::AttributePath,
    filter::Filter,
    projection::Projection,
    rejected::Rejected,
    resource::key,
    schema::{ResourceType, Returned},
};

const SEARCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// What was said, as it was said.
#[derive(Default)]
struct Given {
    filter: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    start_index: Option<String>,
    count: Option<String>,
    cursor: Option<String>,
    attributes: Vec<String>,
    excluded: Vec<String>,
}

pub(super) fn pairs<'a>(
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    of: Option<ResourceType>,
    limits: ListLimits,
) -> Result<ListRequest, Rejected> {
    let mut given = Given::default();
    for (name, value) in pairs {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let names = || value.split(',').map(str::trim).filter(|it| !it.is_empty());
        let place = match () {
            () if is("filter") => &mut given.filter,
            () if is("sortBy") => &mut given.sort_by,
            () if is("sortOrder") => &mut given.sort_order,
            () if is("startIndex") => &mut given.start_index,
            () if is("count") => &mut given.count,
            () if is("cursor") => &mut given.cursor,
            () if is("attributes") => {
                given.attributes.extend(names().map(str::to_owned));
                continue;
            }
            () if is("excludedAttributes") => {
                given.excluded.extend(names().map(str::to_owned));
                continue;
            }
            () => continue,
        };
        if place.replace(value.to_owned()).is_some() {
            return Err(Rejected::invalid_value(format!("`{name}` stands twice")));
        }
    }
    request(given, of, limits)
}

pub(super) fn search(
    mut body: Map<String, Json>,
    of: Option<ResourceType>,
    limits: ListLimits,
) -> Result<ListRequest, Rejected> {
    let mut take = |name: &str| {
        let known = key(&body, name)?.to_owned();
        body.remove(&known).filter(|it| !it.is_null())
    };
    if let Some(Json::Array(schemas)) = take("schemas") {
        let is = |it: &Json| it.as_str().is_some_and(|it| it.eq_ignore_ascii_case(SEARCH_SCHEMA));
        if !schemas.is_empty() && !schemas.iter().any(is) {
            let why = format!("`schemas` does not name `{SEARCH_SCHEMA}`");
            return Err(Rejected::invalid_syntax(why));
        }
    }
    let given = Given {
        filter: text("filter", take("filter"))?,
        sort_by: text("sortBy", take("sortBy"))?,
        sort_order: text("sortOrder", take("sortOrder"))?,
        start_index: text("startIndex", take("startIndex"))?,
        count: text("count", take("count"))?,
        cursor: text("cursor", take("cursor"))?,
        attributes: names("attributes", take("attributes"))?,
        excluded: names("excludedAttributes", take("excludedAttributes"))?,
    };
    request(given, of, limits)
}

fn text(name: &str, value: Option<Json>) -> Result<Option<String>, Rejected> {
    match value {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(Json::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(Rejected::invalid_value(format!("`{name}` is a text or a number"))),
    }
}

fn names(name: &str, value: Option<Json>) -> Result<Vec<String>, Rejected> {
    let misfit = || Rejected::invalid_value(format!("`{name}` is a list of names"));
    match value {
        None => Ok(Vec::new()),
        Some(Json::String(text)) => Ok(text.split(',').map(|it| it.trim().to_owned()).collect()),
        Some(Json::Array(list)) => {
            list.iter().map(|it| it.as_str().map(str::to_owned).ok_or_else(misfit)).collect()
        }
        Some(_) => Err(misfit()),
    }
}

fn request(
    given: Given,
    of: Option<ResourceType>,
    limits: ListLimits,
) -> Result<ListRequest, Rejected> {
    let filter = given.filter.filter(|it| !it.trim().is_empty());
    let filter = filter.map(|it| Filter::parse(&it)).transpose()?;
    if let Some(filter) = &filter {
        let types = of.map_or(ResourceType::ALL.to_vec(), |it| vec![it]);
        types.into_iter().try_for_each(|of| filter.check(of))?;
    }
    let sort = match given.sort_by.as_deref().map(str::trim) {
        None | Some("") => None,
        Some(by) => Some(sort(by, given.sort_order.as_deref(), of)?),
    };
    let page = match given.cursor {
        Some(cursor) => by_cursor(cursor, given.count.as_deref(), limits)?,
        None => by_index(given.start_index.as_deref(), given.count.as_deref(), limits)?,
    };
    let projection = Projection::of(&given.attributes, &given.excluded)?;
    Ok(ListRequest { filter, sort, page, projection })
}

fn sort(by: &str, order: Option<&str>, of: Option<ResourceType>) -> Result<Sort, Rejected> {
    let path = AttributePath::parse(by);
    let path = path.ok_or_else(|| Rejected::invalid_path(format!("`{by}` names no attribute")))?;
    let told =
        |of: ResourceType| path.on(of).attribute.is_none_or(|it| it.returned != Returned::Never);
    if !of.map_or_else(|| ResourceType::ALL.into_iter().all(told), told) {
        return Err(Rejected::invalid_path(format!("nothing is sorted by `{by}`")));
    }
    let descending = match order.map(str::trim) {
        None | Some("") => false,
        Some(order) if order.eq_ignore_ascii_case("ascending") => false,
        Some(order) if order.eq_ignore_ascii_case("descending") => true,
        Some(_) => {
            let why = "`sortOrder` is `ascending` or `descending`";
            return Err(Rejected::invalid_value(why));
        }
    };
    Ok(Sort { by: path, descending })
}

fn by_index(
    start: Option<&str>,
    count: Option<&str>,
    limits: ListLimits,
) -> Result<Page, Rejected> {
    let number = |name: &str, text: Option<&str>| match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => whole(text)
            .map(Some)
            .ok_or_else(|| Rejected::invalid_value(format!("`{name}` is a whole number"))),
    };
    let start = number("startIndex", start)?.unwrap_or(1).max(1);
    let count = number("count", count)?;
    let count = count.map_or(limits.default_count, |it| bounded(it, limits));
    Ok(Page::Index { start: u64::try_from(start).unwrap_or(1), count: count.min(limits.max_count) })
}

fn by_cursor(cursor: String, count: Option<&str>, limits: ListLimits) -> Result<Page, Rejected> {
    let count = match count.map(str::trim) {
        None | Some("") => limits.default_count,
        Some(text) => match whole(text).filter(|it| *it > 0) {
            Some(count) => bounded(count, limits),
            None => return Err(Rejected::invalid_count("`count` is a whole number, 1 or more")),
        },
    };
    let shaped = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    if cursor.len() > MAX_CURSOR || !cursor.bytes().all(shaped) {
        return Err(Rejected::invalid_cursor("this cursor is not one of ours"));
    }
    let count = count.min(limits.max_count).max(1);
    Ok(Page::Cursor { cursor: Some(cursor).filter(|it| !it.is_empty()), count })
}

/// A whole number; one that is too large to be counted with is a very large one.
fn whole(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let largest = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    Some(text.parse().unwrap_or(largest))
}

fn bounded(count: i64, limits: ListLimits) -> u32 {
    u32::try_from(count.max(0)).unwrap_or(u32::MAX).min(limits.max_count)
}
