//! Signing in through OpenID Connect: everything that an honest provider may do leads to a profile.

mod apple;
mod elsewhere;
mod everybody;
mod logout;
mod masked;
mod proof;
mod setup;
mod tenants;
mod ways;

pub(crate) use self::setup::Scene;
