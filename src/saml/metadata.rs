//! Metadata of an identity provider, read (SAML Metadata §2); ours is in `service_provider.rs`.
//! Nothing is fetched here, and a signature on metadata is not looked at: an administrator gave it.

use uppsala::{Document, NodeId};

pub use super::{
    binding::Binding,
    service_provider::{ServiceProvider, service_provider_metadata},
};
use super::{
    certificate::{Certificate, private_key_given},
    rejected::Rejected,
    xml::{self, DS, MD, SAMLP},
};
use crate::kit::{text::WebAddress, time::Timestamp};

/// The largest metadata document, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;
/// The most nodes of a metadata document: a federation's may hold many providers.
const MAX_NODES: usize = 60_000;
/// The longest entity ID, in characters (SAML Core §8.3.6).
const MAX_ENTITY_ID: usize = 1024;

/// What metadata says about one identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProvider {
    /// Its name, compared byte for byte (rule 18).
    pub entity_id: String,
    /// Where a browser is sent with an `AuthnRequest`.
    pub sso_url: WebAddress,
    /// How it is sent there: by HTTP-Redirect where the provider takes that.
    pub sso_binding: Binding,
    /// Where logout messages are sent, when the provider takes any.
    pub logout: Option<LogoutService>,
    /// The certificates for signing (`use="signing"`, or no use given), each once.
    pub signing_certificates: Vec<Certificate>,
    /// Whether it demands signed requests.
    pub want_authn_requests_signed: bool,
    /// Until when the metadata is good; the past is only a warning.
    pub valid_until: Option<Timestamp>,
}

/// Where a provider takes logout messages (SAML Metadata §2.4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutService {
    /// Where requests are sent.
    pub url: WebAddress,
    /// Where responses are sent, when that is another address.
    pub response_url: Option<WebAddress>,
    /// How they are sent.
    pub binding: Binding,
}

impl IdentityProvider {
    /// Reads metadata; where it describes several identity providers, `entity_id` picks one.
    pub fn parse(metadata: &[u8], entity_id: Option<&str>) -> Result<Self, Rejected> {
        let text = readable(metadata)?;
        let doc = xml::parse(text, MAX_NODES).map_err(|no| refused(&no.to_string()))?;
        Self::read(&doc, pick(&doc, entity_id)?)
    }

    /// Without a logout service that messages would reach in clear: signing in does not need it.
    #[must_use]
    pub fn without_logout_in_clear(mut self) -> Self {
        self.logout = self.logout.filter(|service| {
            service.url.is_https() && service.response_url.iter().all(WebAddress::is_https)
        });
        self
    }

    fn read(doc: &Document<'_>, entity: NodeId) -> Result<Self, Rejected> {
        let entity_id = entity_id_of(doc, entity).to_owned();
        let bounded = (1..=MAX_ENTITY_ID).contains(&entity_id.chars().count());
        if !bounded || entity_id.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(refused("an entity ID that is empty, too long or holds white space"));
        }
        let role = role(doc, entity).ok_or_else(|| refused("no identity provider"))?;
        let wants = xml::attribute(doc, role, "WantAuthnRequestsSigned");
        let (sso_binding, sso_url) = sign_in_service(doc, role)?;
        Ok(Self {
            entity_id,
            sso_url,
            sso_binding,
            logout: logout_service(doc, role),
            signing_certificates: signing_certificates(doc, role)?,
            want_authn_requests_signed: matches!(wants, Some("true" | "1")),
            valid_until: valid_until(doc, role),
        })
    }
}

fn refused(got: &str) -> Rejected {
    Rejected::new(0, "metadata_refused", got, "the metadata of a SAML 2.0 identity provider")
}

/// The text of a document that is small enough and no web page.
fn readable(metadata: &[u8]) -> Result<&str, Rejected> {
    if metadata.len() > MAX_BYTES {
        return Err(refused(&format!("{} bytes, more than 1 MB", metadata.len())));
    }
    let text = std::str::from_utf8(metadata).map_err(|_| refused("other bytes than UTF-8"))?;
    let start: String = text.trim_start_matches('\u{feff}').trim_start().chars().take(64).collect();
    let start = start.to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return Err(Rejected::new(0, "metadata_is_html", "a web page", "an EntityDescriptor"));
    }
    if text.contains("PRIVATE KEY-----") {
        return Err(private_key_given());
    }
    if !start.starts_with('<') {
        return Err(refused("something that is not XML"));
    }
    Ok(text)
}

/// The `EntityDescriptor` to read: the only one with an identity provider, or the one named.
fn pick(doc: &Document<'_>, entity_id: Option<&str>) -> Result<NodeId, Rejected> {
    let root = doc.document_element().ok_or_else(|| refused("nothing"))?;
    let known = ["EntityDescriptor", "EntitiesDescriptor"];
    if !known.iter().any(|name| xml::is(doc, root, MD, name)) {
        return Err(refused(xml::name(doc, root)));
    }
    let entities: Vec<NodeId> = std::iter::once(root)
        .chain(doc.descendants(root))
        .filter(|&node| xml::is(doc, node, MD, "EntityDescriptor") && role(doc, node).is_some())
        .collect();
    let names = || {
        let names = entities.iter().map(|&node| entity_id_of(doc, node));
        names.collect::<Vec<_>>().join(", ")
    };
    match (entity_id, &entities[..]) {
        (_, []) => Err(refused("no identity provider")),
        (None, [only]) => Ok(*only),
        (None, _) => Err(Rejected::new(0, "metadata_several", names(), "one of these entity IDs")),
        (Some(wanted), _) => {
            let found = entities.iter().find(|&&node| entity_id_of(doc, node) == wanted);
            found.copied().ok_or_else(|| Rejected::new(0, "metadata_refused", names(), wanted))
        }
    }
}

fn entity_id_of<'d>(doc: &'d Document<'_>, entity: NodeId) -> &'d str {
    xml::attribute(doc, entity, "entityID").unwrap_or_default()
}

/// The identity provider's role in an `EntityDescriptor`, when it speaks SAML 2.0.
fn role(doc: &Document<'_>, entity: NodeId) -> Option<NodeId> {
    xml::named(doc, entity, MD, "IDPSSODescriptor").find(|&role| {
        let spoken = xml::attribute(doc, role, "protocolSupportEnumeration").unwrap_or_default();
        spoken.split_ascii_whitespace().any(|protocol| protocol == SAMLP)
    })
}

/// The first service of this name, by HTTP-Redirect where it is offered.
fn service(doc: &Document<'_>, role: NodeId, name: &str) -> Option<(Binding, NodeId)> {
    [Binding::Redirect, Binding::Post].into_iter().find_map(|binding| {
        xml::named(doc, role, MD, name)
            .find(|&node| xml::attribute(doc, node, "Binding") == Some(binding.uri()))
            .map(|node| (binding, node))
    })
}

/// Where and how a sign-in begins.
fn sign_in_service(doc: &Document<'_>, role: NodeId) -> Result<(Binding, WebAddress), Rejected> {
    const NAME: &str = "SingleSignOnService";
    let Some((binding, node)) = service(doc, role, NAME) else {
        let offered: Vec<&str> = xml::named(doc, role, MD, NAME)
            .map(|node| xml::attribute(doc, node, "Binding").unwrap_or_default())
            .collect();
        let got = if offered.is_empty() { "none".to_owned() } else { offered.join(", ") };
        let expected = "HTTP-Redirect or HTTP-POST";
        return Err(Rejected::new(0, "metadata_no_sign_in_address", got, expected));
    };
    Ok((binding, address(doc, node, "Location")?))
}

/// Where logout messages go. A provider without such a service is in order, and so is one whose
/// address cannot be used: signing in does not depend on it.
fn logout_service(doc: &Document<'_>, role: NodeId) -> Option<LogoutService> {
    let (binding, node) = service(doc, role, "SingleLogoutService")?;
    let response_url = address(doc, node, "ResponseLocation").ok();
    Some(LogoutService { url: address(doc, node, "Location").ok()?, response_url, binding })
}

fn address(doc: &Document<'_>, service: NodeId, name: &str) -> Result<WebAddress, Rejected> {
    let location = xml::attribute(doc, service, name).unwrap_or_default().trim();
    let what = xml::name(doc, service);
    WebAddress::parse(location).map_err(|_| refused(&format!("the {name} `{location}` of {what}")))
}

/// The certificates for signing. One that may not be taken is passed over while another may.
fn signing_certificates(doc: &Document<'_>, role: NodeId) -> Result<Vec<Certificate>, Rejected> {
    let mut taken: Vec<Certificate> = Vec::new();
    let mut first_refusal = None;
    for descriptor in xml::named(doc, role, MD, "KeyDescriptor") {
        if !matches!(xml::attribute(doc, descriptor, "use"), None | Some("signing")) {
            continue;
        }
        for info in xml::named(doc, descriptor, DS, "KeyInfo") {
            for data in xml::named(doc, info, DS, "X509Data") {
                // The first is the key's own; others would be its chain.
                let Some(node) = xml::named(doc, data, DS, "X509Certificate").next() else {
                    continue;
                };
                match xml::text(doc, node).and_then(|text| Certificate::parse_base64(&text)) {
                    Ok(certificate) if taken.contains(&certificate) => {}
                    Ok(certificate) => taken.push(certificate),
                    // It is no secret any more, whatever else stands here.
                    Err(no) if no.code == "private_key_given" => return Err(no),
                    Err(no) => _ = first_refusal.get_or_insert(no),
                }
            }
        }
    }
    if taken.is_empty() {
        return Err(first_refusal.unwrap_or_else(|| {
            Rejected::new(0, "metadata_no_certificate", "none", "a signing certificate")
        }));
    }
    Ok(taken)
}

/// The earliest `validUntil` of the role and of all that is around it.
fn valid_until(doc: &Document<'_>, role: NodeId) -> Option<Timestamp> {
    std::iter::once(role)
        .chain(doc.ancestors(role))
        .filter_map(|node| Timestamp::parse(xml::attribute(doc, node, "validUntil")?))
        .min()
}
