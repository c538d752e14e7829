//! Words that every floor shares: errors, ids, time, chance, secrets, text, pages.
//! Nothing here knows HTTP, SQL or a protocol.

pub mod chance;
pub mod cpu;
pub mod digest;
pub mod environment;
pub mod error;
pub mod external_key;
pub mod id;
pub mod json;
pub mod network;
pub mod page;
pub mod secret;
pub mod text;
pub mod time;
