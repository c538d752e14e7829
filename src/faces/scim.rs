//! Directories as identity providers speak to them: SCIM 2.0 (RFC 7643, RFC 7644, RFC 9865). What stands
//! in a request the kernel `scim` reads, what becomes of it the noun `directories` knows.

mod answer;
mod asked;
mod bulk;
mod cursor;
mod discovery;
mod lists;
mod me;
mod refuse;
mod resources;

pub use self::refuse::refuse;
use super::{Handler, with_directory_token};
use crate::{
    app::App,
    directories::Provisioner,
    http::{
        Route,
        route::{delete, get, patch, post, put},
    },
    scim::{BulkLimits, Capabilities, ListLimits, ResourceType},
};

/// Every path that is answered in SCIM's dialect.
pub const ROOTS: &[&str] = &["/scim/"];

/// How large pages are.
const PAGES: ListLimits = ListLimits { default_count: 100, max_count: 1000 };
/// How large bulks are.
const BULKS: BulkLimits = BulkLimits { operations: 1000, bytes: 4 * 1024 * 1024 };
/// How long a cursor can be used, in seconds.
const CURSOR_TIMEOUT: u32 = 24 * 60 * 60;
/// What the service provider's configuration says.
const CAPABILITIES: Capabilities = Capabilities {
    bulk_operations: BULKS.operations,
    bulk_bytes: BULKS.bytes,
    max_page: PAGES.max_count,
    default_page: PAGES.default_count,
    cursor_timeout: CURSOR_TIMEOUT,
    oauth: false,
};

/// `of!(type, module::function)`: the door for whoever provisions, to what takes users and groups alike.
macro_rules! of {
    ($of:expr, $handler:path) => {
        Handler::Directory(|app, request, who| {
            Box::pin(async move { $handler($of, &app, request, who).await })
        })
    };
}

/// Each path below both roots, with a slash at its end and without.
macro_rules! table {
    ($($method:ident $path:literal => $handler:expr $(; $body:expr)?),* $(,)?) => {
        &[$(
            $method(concat!("/scim/v2/{directory}", $path), $handler)$(.with_body($body))?,
            $method(concat!("/scim/v2/{directory}", $path, "/"), $handler)$(.with_body($body))?,
            $method(concat!("/scim/v2.0/{directory}", $path), $handler)$(.with_body($body))?,
            $method(concat!("/scim/v2.0/{directory}", $path, "/"), $handler)$(.with_body($body))?,
        )*]
    };
}

/// The whole table.
pub const ROUTES: &[Route<Handler>] = table![
    get "" => of!(&ResourceType::ALL, lists::list),
    post "/.search" => of!(&ResourceType::ALL, lists::search),
    get "/Users" => of!(&[ResourceType::User], lists::list),
    post "/Users" => of!(ResourceType::User, resources::create),
    post "/Users/.search" => of!(&[ResourceType::User], lists::search),
    get "/Users/{id}" => of!(ResourceType::User, resources::find),
    put "/Users/{id}" => of!(ResourceType::User, resources::replace),
    patch "/Users/{id}" => of!(ResourceType::User, resources::change),
    delete "/Users/{id}" => of!(ResourceType::User, resources::delete),
    get "/Groups" => of!(&[ResourceType::Group], lists::list),
    post "/Groups" => of!(ResourceType::Group, resources::create),
    post "/Groups/.search" => of!(&[ResourceType::Group], lists::search),
    get "/Groups/{id}" => of!(ResourceType::Group, resources::find),
    put "/Groups/{id}" => of!(ResourceType::Group, resources::replace),
    patch "/Groups/{id}" => of!(ResourceType::Group, resources::change),
    delete "/Groups/{id}" => of!(ResourceType::Group, resources::delete),
    post "/Bulk" => with_directory_token!(bulk::bulk); BULKS.bytes,
    get "/Me" => with_directory_token!(me::me),
    post "/Me" => with_directory_token!(me::me),
    put "/Me" => with_directory_token!(me::me),
    patch "/Me" => with_directory_token!(me::me),
    delete "/Me" => with_directory_token!(me::me),
    get "/ServiceProviderConfig" => with_directory_token!(discovery::configuration),
    get "/ResourceTypes" => with_directory_token!(discovery::resource_types),
    get "/ResourceTypes/{name}" => with_directory_token!(discovery::resource_type),
    get "/Schemas" => with_directory_token!(discovery::schemas),
    get "/Schemas/{urn}" => with_directory_token!(discovery::schema),
];

/// The address of the directory's endpoints, by whichever of its two names it was asked.
fn base(app: &App, who: &Provisioner) -> String {
    format!("{}/scim/v2/{}", app.base.as_str(), who.key.as_str())
}
