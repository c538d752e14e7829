//! The HTTP toolkit and the server at the wire: a tiny site of the tests' own, a real server on
//! port 0, and bytes.

mod bounds;
mod client;
mod drain;
mod exchange;
mod log;
mod site;
