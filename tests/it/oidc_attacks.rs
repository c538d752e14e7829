//! Somebody hostile at an OIDC connection: at the callback, at the token endpoint, in the ID token.
//! Each attempt leaves its own code in the trace and signs nobody in; afterwards an honest answer does.

mod answers;
mod callback;
mod meanwhile;
mod tokens;
