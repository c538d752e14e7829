//! A provider's discovery document (OIDC Discovery §3): read once, kept, and believed only as far
//! as its issuer fits the address that it came from.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::{json, rejected::Rejected};
use crate::kit::text::WebAddress;

/// The largest document, in bytes.
const MAX_DOCUMENT: usize = 256 * 1024;
/// Where a discovery document lies, below its issuer.
const WELL_KNOWN: &str = "/.well-known/openid-configuration";
/// Google's issuer, for whichever company.
const GOOGLE: &str = "https://accounts.google.com";
/// What stands for a tenant in the issuer of Entra's shared endpoints.
const TENANT: &str = "{tenantid}";

/// What signing in at a provider needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// Its name, which every ID token repeats; Entra's shared one holds `{tenantid}`.
    pub issuer: String,
    /// Where browsers go.
    pub authorization_endpoint: WebAddress,
    /// Where codes are exchanged.
    pub token_endpoint: WebAddress,
    /// Where its keys are.
    pub jwks_uri: WebAddress,
    /// Where an access token tells more about the person.
    pub userinfo_endpoint: Option<WebAddress>,
    /// Where browsers go to sign out.
    pub end_session_endpoint: Option<WebAddress>,
    /// How it lets clients authenticate at the token endpoint.
    pub token_authentication_methods: Vec<String>,
    /// What it signs ID tokens with.
    pub id_token_algorithms: Vec<String>,
    /// Whether it names itself in every answer (RFC 9207).
    pub sends_issuer: bool,
    /// How it takes PKCE challenges; empty where it does not say.
    pub code_challenge_methods: Vec<String>,
    /// What may be asked for.
    pub scopes: Vec<String>,
}

impl Provider {
    /// Reads the document that `discovery_endpoint` answered with.
    ///
    /// Its addresses must be `https`, unless the endpoint itself is not.
    pub fn parse(document: &[u8], discovery_endpoint: &WebAddress) -> Result<Self, Rejected> {
        if document.len() > MAX_DOCUMENT {
            let got = format!("{} bytes", document.len());
            return Err(Rejected::new("metadata_too_large", got, "at most 262,144"));
        }
        if json::is_html(document) {
            return Err(Rejected::new("metadata_html", "HTML or XML", "a JSON object"));
        }
        let map = json::object(document)
            .map_err(|why| Rejected::new("metadata_malformed", why, "a JSON object"))?;
        let reader = Reader { map: &map, only_https: discovery_endpoint.is_https() };
        let issuer = reader.issuer(discovery_endpoint)?;
        reader.speaks_codes()?;
        Ok(Self {
            issuer,
            authorization_endpoint: reader.needed("authorization_endpoint")?,
            token_endpoint: reader.needed("token_endpoint")?,
            jwks_uri: reader.needed("jwks_uri")?,
            userinfo_endpoint: reader.address("userinfo_endpoint")?,
            end_session_endpoint: reader.address("end_session_endpoint")?,
            token_authentication_methods: reader
                .texts("token_endpoint_auth_methods_supported")?
                .unwrap_or_else(|| vec!["client_secret_basic".to_owned()]),
            id_token_algorithms: reader
                .texts("id_token_signing_alg_values_supported")?
                .unwrap_or_else(|| vec!["RS256".to_owned()]),
            sends_issuer: reader.flag("authorization_response_iss_parameter_supported")?,
            code_challenge_methods: reader
                .texts("code_challenge_methods_supported")?
                .unwrap_or_default(),
            scopes: reader.texts("scopes_supported")?.unwrap_or_default(),
        })
    }

    /// Whether `issuer` is this provider, or one of its tenants.
    #[must_use]
    pub fn is_issuer(&self, issuer: &str) -> bool {
        if let Some((before, behind)) = self.issuer.split_once(TENANT) {
            let tenant = issuer.strip_prefix(before).and_then(|it| it.strip_suffix(behind));
            return tenant.is_some_and(is_tenant);
        }
        self.issuer == issuer
    }
}

/// Whether anybody can have an account at this issuer: Entra's for all tenants, Google's.
#[must_use]
pub fn is_for_everybody(issuer: &str) -> bool {
    is_template(issuer) || issuer == GOOGLE
}

/// Whether an issuer is that of several tenants.
pub(super) fn is_template(issuer: &str) -> bool {
    issuer.contains(TENANT)
}

/// Whether this can name a tenant: it becomes part of an issuer, so it has none of its signs.
pub(super) fn is_tenant(tenant: &str) -> bool {
    (1..=64).contains(&tenant.len())
        && tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The issuer of one tenant.
pub(super) fn for_tenant(issuer: &str, tenant: &str) -> String {
    issuer.replace(TENANT, tenant)
}

struct Reader<'a> {
    map: &'a Map<String, Json>,
    only_https: bool,
}

impl Reader<'_> {
    fn issuer(&self, endpoint: &WebAddress) -> Result<String, Rejected> {
        let issuer = json::text(self.map, "issuer")
            .ok_or_else(|| Rejected::new("metadata_incomplete", "no `issuer`", "an issuer"))?;
        let parsed = WebAddress::parse(issuer)
            .ok()
            .filter(|it| it.url().query().is_none() && (it.is_https() || !self.only_https))
            .ok_or_else(|| Rejected::new("metadata_address", issuer, "an issuer with https"))?;
        if fits(issuer, &parsed, endpoint) {
            return Ok(issuer.to_owned());
        }
        Err(Rejected::new("metadata_issuer", issuer, expected_issuer(endpoint)))
    }

    /// The provider offers codes, and demands nothing that is not spoken here.
    fn speaks_codes(&self) -> Result<(), Rejected> {
        let refused = |got: String, expected| Rejected::new("metadata_unsupported", got, expected);
        if let Some(types) = self.texts("response_types_supported")?
            && !types.iter().any(|it| it == "code")
        {
            return Err(refused(types.join(", "), "the response type `code`"));
        }
        for name in ["require_pushed_authorization_requests", "require_signed_request_object"] {
            if self.flag(name)? {
                return Err(refused(format!("`{name}`"), "plain authorization requests"));
            }
        }
        Ok(())
    }

    fn needed(&self, name: &str) -> Result<WebAddress, Rejected> {
        let missing = || Rejected::new("metadata_incomplete", format!("no `{name}`"), "an address");
        self.address(name)?.ok_or_else(missing)
    }

    fn address(&self, name: &str) -> Result<Option<WebAddress>, Rejected> {
        let text = match self.map.get(name) {
            None | Some(Json::Null) => return Ok(None),
            Some(Json::String(text)) if text.is_empty() => return Ok(None),
            Some(Json::String(text)) => text,
            Some(_) => return Err(malformed(name)),
        };
        let address = WebAddress::parse(text).ok();
        let address = address.filter(|it| it.is_https() || !self.only_https);
        let refused = || {
            let got = format!("`{name}`: {text}");
            Rejected::new("metadata_address", got, "an address with https")
        };
        address.ok_or_else(refused).map(Some)
    }

    fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Rejected> {
        match self.map.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Array(_)) => Ok(json::texts(self.map, name)),
            Some(_) => Err(malformed(name)),
        }
    }

    fn flag(&self, name: &str) -> Result<bool, Rejected> {
        match self.map.get(name) {
            None | Some(Json::Null) => Ok(false),
            Some(Json::Bool(flag)) => Ok(*flag),
            Some(_) => Err(malformed(name)),
        }
    }
}

fn malformed(name: &str) -> Rejected {
    let got = format!("`{name}` of another type");
    Rejected::new("metadata_malformed", got, "what OpenID Connect Discovery describes")
}

/// The issuer that an address belongs to (OIDC Discovery §4.1).
fn expected_issuer(endpoint: &WebAddress) -> String {
    let mut url = endpoint.url().clone();
    url.set_query(None);
    let text = url.as_str();
    let text = text.strip_suffix(WELL_KNOWN).unwrap_or(text);
    text.trim_end_matches('/').to_owned()
}

/// OIDC Discovery §4.3: the issuer is the one that the address was made from. A slash at its end
/// counts for nothing, and one part of Entra's path is a tenant under any of its names.
fn fits(issuer: &str, parsed: &WebAddress, endpoint: &WebAddress) -> bool {
    let expected = expected_issuer(endpoint);
    if issuer.trim_end_matches('/') == expected {
        return true;
    }
    // An address that is not made from an issuer says at least whose it is.
    if !endpoint.url().path().ends_with(WELL_KNOWN) {
        return parsed.url().origin() == endpoint.url().origin();
    }
    let Ok(expected) = url::Url::parse(&expected) else { return false };
    let microsoft = is_microsoft(endpoint);
    let elsewhere = microsoft && parsed.url().host_str() == Some("sts.windows.net");
    if parsed.url().origin() != expected.origin() && !elsewhere {
        return false;
    }
    let path = |url: &url::Url| -> Vec<String> {
        url.path().trim_matches('/').split('/').map(str::to_owned).collect()
    };
    let (ours, theirs) = (path(&expected), path(parsed.url()));
    if elsewhere {
        return theirs.len() == 1 && is_named(&theirs[0]);
    }
    if ours.len() != theirs.len() {
        return false;
    }
    let mut differing = ours.iter().zip(&theirs).filter(|(ours, theirs)| ours != theirs);
    match (differing.next(), differing.next()) {
        (Some((_, theirs)), None) => is_placeholder(theirs) || (microsoft && is_named(theirs)),
        _ => false,
    }
}

/// `{tenantid}`, as an address spells it.
fn is_placeholder(part: &str) -> bool {
    part == TENANT || part.eq_ignore_ascii_case("%7Btenantid%7D")
}

/// A tenant by its id, or any tenant.
fn is_named(part: &str) -> bool {
    is_placeholder(part) || (part.len() == 36 && is_tenant(part) && part.contains('-'))
}

/// Where Entra and Azure AD B2C live: their addresses name a tenant by its domain, their issuers by
/// its id.
fn is_microsoft(address: &WebAddress) -> bool {
    let host = address.url().host_str().unwrap_or_default();
    let own = ["login.microsoftonline.com", "login.microsoftonline.us", "login.windows.net"];
    own.contains(&host)
        || host == "login.partner.microsoftonline.cn"
        || host.ends_with(".b2clogin.com")
        || host.ends_with(".ciamlogin.com")
}
