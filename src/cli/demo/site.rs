//! The demo's site: its own few paths, and Kernia's faces for everything else.

use std::sync::Arc;

use crate::{
    demo::{self, Demo, Handler},
    faces::Faces,
    http::{Admission, Answer, Found, Head, Response, Router, Seen, Site},
    kit::error::Error,
};

/// Kernia and the two players behind one listener.
pub(super) struct DemoSite {
    faces: Arc<Faces>,
    demo: Arc<Demo>,
    router: Router<Handler>,
}

impl DemoSite {
    pub(super) fn new(faces: Faces, demo: Arc<Demo>) -> Result<Self, Error> {
        Ok(Self { faces: Arc::new(faces), demo, router: Router::new(&[demo::ROUTES])? })
    }
}

impl Site for DemoSite {
    fn admit(self: Arc<Self>, mut head: Head) -> Answer<'static, Admission> {
        if head.path == "/" {
            // The first address that a person opens.
            "/demo".clone_into(&mut head.path);
        }
        match self.router.find(head.method, &head.path) {
            Found::Route { route, params } => {
                head.params = params;
                let demo = Arc::clone(&self.demo);
                let admission = Admission::body(route.pattern, head, route.body, move |request| {
                    Box::pin(async move { (route.handler)(&demo, request).await })
                });
                Box::pin(std::future::ready(admission))
            }
            _ => Arc::clone(&self.faces).admit(head),
        }
    }

    fn refuse(&self, seen: &Seen, error: &Error) -> Response {
        let of_the_demo = seen.path == "/" || seen.path.starts_with("/demo");
        if of_the_demo { demo::refuse(seen, error) } else { self.faces.refuse(seen, error) }
    }
}
