//! Signing in through OpenID Connect: everything that an honest provider may do leads to a profile.

mod everybody;
mod logout;
mod setup;
mod ways;

pub(crate) use self::setup::Scene;
