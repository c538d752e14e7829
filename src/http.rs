//! A small toolkit over hyper 1: requests, responses, route tables, the [`Site`] that answers, and
//! a client for outgoing requests. It knows no application, no store and no face.

pub mod client;
pub mod cookie;
pub mod pairs;
pub mod request;
pub mod response;
pub mod route;
pub mod site;

pub use hyper::body::Bytes;

pub use self::{
    client::{ApiAnswer, ApiClient, Call, Client, FetchRefused, Fetched, Reach},
    cookie::{Cookie, cookie_name},
    pairs::Pairs,
    request::{Head, Headers, Method, Params, Request, RequestId},
    response::Response,
    route::{Found, Route, Router},
    site::{Admission, Answer, Next, Seen, Site},
};
