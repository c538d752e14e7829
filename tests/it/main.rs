//! The one integration binary: stories told at the wire.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod addresses;
mod attacks;
mod attribute_maps;
mod clients;
mod commands;
mod connections;
mod corpus;
mod decode;

mod doors;
mod example;
mod failures;
mod floors;
mod genuine;
mod guides;
mod http;
mod idp;
mod it_contacts;
mod kernia;
mod key_pairs;
mod kill;
mod notices;
mod operator;
mod organizations;
mod pages_of_lists;
mod plans;
mod purge;
mod refresh;
mod restoring;
mod secrets;
mod sign_in;
mod source;
mod sql;
mod store;
mod store_failures;
mod tokens;
mod traces;
mod upgrade;
mod xmlsec;
