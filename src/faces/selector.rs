//! Who is to be sent where: what an application or a person says of it, and which connections that
//! leaves (contract.md, parts 2 and 6). Looks only; nothing is begun here.

use crate::{
    http::Pairs,
    kit::{
        error::{Error, Refused},
        id::Id,
        text::{Domain, Email},
    },
    organizations::{Organization, domain},
    sso::{Connection, ConnectionType, connection},
    store::Tx,
};

/// The parameters of which one at most may be given.
pub(super) const NAMES: [&str; 4] = ["connection", "organization", "provider", "domain"];
/// The `provider` that stands for a page of ours, by WorkOS's name for theirs.
const OUR_PAGE: &str = "authkit";

/// What is said of where somebody is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selector {
    /// Through this connection.
    Connection(String),
    /// Where the organization's people sign in.
    Organization(String),
    /// Where the people of the organization sign in that has proved this domain.
    Domain(String),
    /// To a provider that belongs to no organization.
    Provider(String),
    /// Nobody says: the domains that are hinted at may tell, else the person is asked.
    Hinted(Vec<Domain>),
}

/// Where somebody is to be sent.
#[derive(Debug, Clone)]
pub(super) enum Route {
    /// Through this connection.
    To(Box<Connection>),
    /// The person chooses: the connections of one organization, oldest first.
    Choose(Vec<Connection>),
    /// The person is asked for an email address.
    Ask,
}

impl Selector {
    /// What a request says. Refusals: `ambiguous_connection_selector`, `connection_domain_invalid`.
    pub(super) fn parse(query: &Pairs) -> Result<Self, Error> {
        let mut given = Vec::new();
        for name in NAMES {
            if let Some(value) = query.one(name)?.filter(|value| !value.is_empty()) {
                given.push((name, value.to_owned()));
            }
        }
        match (given.pop(), given.is_empty()) {
            (Some(_), false) => Err(Refused::malformed(
                "ambiguous_connection_selector",
                "Give only one of connection, organization, provider or domain.",
            )),
            (Some(("connection", id)), true) => Ok(Self::Connection(id)),
            (Some(("organization", id)), true) => Ok(Self::Organization(id)),
            (Some(("domain", domain)), true) => Ok(Self::Domain(domain)),
            (Some((_, provider)), true) if provider != OUR_PAGE => Ok(Self::Provider(provider)),
            (Some(_), true) | (None, _) => Ok(Self::Hinted(hinted(query)?)),
        }
    }

    /// Whether nobody but the person can tell.
    pub(super) fn asks(&self) -> bool {
        matches!(self, Self::Hinted(domains) if domains.is_empty())
    }

    /// Where that leads. Refusals: `connection_invalid`, `connection_unlinked`,
    /// `organization_invalid`, `connection_domain_invalid`, `connection_strategy_invalid`.
    pub(super) fn route(&self, tx: &Tx<'_>) -> Result<Route, Error> {
        match self {
            Self::Connection(id) => enabled(tx, id).map(|it| Route::To(Box::new(it))),
            Self::Organization(id) => {
                let invalid =
                    |why: &str| Refused::malformed("organization_invalid", why.to_owned());
                let id = Id::parse(id).map_err(|_| invalid("There is no such organization."))?;
                of_organization(tx, &id)?.ok_or_else(|| {
                    invalid(
                        "There is no such organization, or it has no connection to sign in with.",
                    )
                })
            }
            Self::Domain(domain) => {
                let found = match Domain::parse(domain) {
                    Ok(domain) => of_domain(tx, &domain)?,
                    Err(_) => None,
                };
                found.ok_or_else(|| {
                    let why =
                        "No organization that can sign in has proved that it owns this domain.";
                    Refused::malformed("connection_domain_invalid", why)
                })
            }
            Self::Provider(name) => {
                let found = connection::of_provider(tx, name)?.filter(Connection::is_enabled);
                found.map(|it| Route::To(Box::new(it))).ok_or_else(|| {
                    let why = "This provider is not set up here.";
                    Refused::malformed("connection_strategy_invalid", why)
                })
            }
            Self::Hinted(domains) => {
                for domain in domains {
                    if let Some(route) = of_domain(tx, domain)? {
                        return Ok(route);
                    }
                }
                Ok(Route::Ask)
            }
        }
    }
}

impl Route {
    /// Leads through these, as many as they are.
    fn through(mut connections: Vec<Connection>) -> Option<Self> {
        match connections.len() {
            0 => None,
            1 => connections.pop().map(|only| Self::To(Box::new(only))),
            _ => Some(Self::Choose(connections)),
        }
    }
}

/// The providers for everybody that are set up.
pub(super) fn providers(tx: &Tx<'_>) -> Result<Vec<Connection>, Error> {
    let found = ConnectionType::social().map(|name| connection::of_provider(tx, name.as_str()));
    let found: Vec<_> = found.collect::<Result<_, _>>()?;
    Ok(found.into_iter().flatten().filter(Connection::is_enabled).collect())
}

/// The domains that a request hints at. What is no domain says nothing.
fn hinted(query: &Pairs) -> Result<Vec<Domain>, Error> {
    let domain = query.one("domain_hint")?.and_then(|hint| Domain::parse(hint).ok());
    let login = query.one("login_hint")?.and_then(|hint| Email::parse(hint).ok());
    Ok(domain.into_iter().chain(login.map(|email| email.domain().clone())).collect())
}

/// The connection of this id, which employees may be sent through.
fn enabled(tx: &Tx<'_>, id: &str) -> Result<Connection, Error> {
    let found = Id::parse(id).ok().map(|id| connection::lookup(tx, &id)).transpose()?;
    let found = found
        .flatten()
        .ok_or_else(|| Refused::malformed("connection_invalid", "There is no such connection."))?;
    if found.is_enabled() {
        return Ok(found);
    }
    Err(Refused::malformed("connection_unlinked", "The connection is switched off."))
}

fn of_domain(tx: &Tx<'_>, domain: &Domain) -> Result<Option<Route>, Error> {
    let owner = domain::verified_owner(tx, domain)?;
    owner.map_or(Ok(None), |organization| of_organization(tx, &organization))
}

fn of_organization(tx: &Tx<'_>, id: &Id<Organization>) -> Result<Option<Route>, Error> {
    let mut candidates = connection::of_organization(tx, id)?;
    candidates.retain(Connection::is_enabled);
    // One that is being set up does not stand in the way of the one that works.
    if candidates.iter().any(Connection::is_active) {
        candidates.retain(Connection::is_active);
    }
    Ok(Route::through(candidates))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(query: &str) -> Result<Selector, Error> {
        Selector::parse(&Pairs::parse(query.as_bytes()).unwrap())
    }

    #[test]
    fn one_parameter_says_it_or_none() {
        for (query, selector) in [
            ("connection=conn_1&organization=", Selector::Connection("conn_1".to_owned())),
            ("organization=org_1&login_hint=a@b.test", Selector::Organization("org_1".to_owned())),
            ("domain=Acme.test", Selector::Domain("Acme.test".to_owned())),
            ("provider=GoogleOAuth", Selector::Provider("GoogleOAuth".to_owned())),
            ("provider=authkit", Selector::Hinted(vec![])),
            ("", Selector::Hinted(vec![])),
        ] {
            assert_eq!(parsed(query).unwrap(), selector, "{query}");
        }
        for query in
            ["connection=a&organization=b", "provider=authkit&domain=a.test", "domain=a&domain=a"]
        {
            assert!(parsed(query).is_err(), "{query}");
        }
    }

    #[test]
    fn hints_tell_where_nothing_else_does() {
        let hinted = |query| match parsed(query).unwrap() {
            Selector::Hinted(domains) => {
                domains.iter().map(|it| it.as_str().to_owned()).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(
            hinted("domain_hint=Acme.test&login_hint=ada%40b%C3%BCcher.test"),
            ["acme.test", "xn--bcher-kva.test"]
        );
        assert_eq!(hinted("provider=authkit&login_hint=ada@acme.test"), ["acme.test"]);
        assert_eq!(hinted("domain_hint=no domain&login_hint=ada"), Vec::<String>::new());
    }
}
