//! `/Me` (RFC 7644 §3.11): who carries a directory's token is a program, and no user.

use crate::{
    app::App,
    directories::Provisioner,
    http::{Request, Response},
    kit::error::Error,
    scim::Rejected,
};

pub(super) async fn me(_: &App, _: Request, _: Provisioner) -> Result<Response, Error> {
    Err(Rejected::not_implemented("a directory's token belongs to no user").into())
}
