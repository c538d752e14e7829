//! `/login`: the page that asks for the email address whose domain tells where somebody signs in, and
//! the one on which they choose between several connections. It begins nothing: the request that it
//! carries goes on at the door that it came to. Nobody's existence is asked for or told here; only
//! whether a domain is known.

use super::{browser::Browser, last::Last, page};
use crate::{
    app::App,
    applications::Client,
    faces::{
        asker::Asker,
        door::Waiting,
        selector::{self, Route, Selector},
    },
    http::{Method, Pairs, Request, Response},
    kit::{
        error::{Error, Refused},
        text::Email,
    },
    pages::{Choice, Form, Login, Way},
    sso::{Connection, preset},
};

const NO_ADDRESS: &str = "Enter your work email in full, such as ada@example.com.";
const WAITED: &str =
    "This page had waited for too long, or your browser keeps no cookies. Try again.";
const GONE: &str = "That way to sign in is not there any more. Choose another one.";

/// What the person says.
enum Said {
    /// Their email address, as they typed it.
    Address(String),
    /// The connection that they choose.
    Chosen(String),
}

/// A page at work: the request that it carries, and what is known of the browser.
struct Desk<'a> {
    app: &'a App,
    browser: Browser,
    last: Last,
    waiting: Waiting,
    client: Client,
    /// The providers for everybody.
    providers: Vec<Connection>,
}

/// What was found for a request whose client has listed its address.
struct Found {
    client: Client,
    route: Result<Route, Refused>,
    /// The providers for everybody, where the person is asked.
    providers: Vec<Connection>,
}

/// `GET /login`: asks.
pub(super) async fn show(app: &App, request: Request) -> Result<Response, Error> {
    if request.method == Method::Head {
        return Ok(Response::empty(200));
    }
    let query = &request.query;
    if query.one("client_id")?.is_none() {
        let why = "the sign-in page was opened without a request of an application";
        return Err(Refused::malformed("no_application", why));
    }
    let waiting = carried(app, &request, query)?;
    let another = query.one("another")?.is_some();
    let selector = if another { Ok(Selector::Hinted(Vec::new())) } else { Selector::parse(query) };
    let found = look(app, &request, (&waiting, query), selector).await?;
    let mut last = Last::known(app, &request);
    if another {
        last.address = None;
    }
    let browser = Browser::known(app, &request).unwrap_or_else(|| Browser::fresh(app));
    let (desk, route) = Desk::of(app, (browser, last), waiting, found);
    match route {
        Ok(Route::Ask) => {
            let response = desk.asks(200, None)?;
            Ok(if another { desk.last.remember(app, response) } else { response })
        }
        Ok(Route::Choose(connections)) => desk.lets_choose(200, &connections, None),
        // Its door knows what to do, and how to say no.
        Ok(Route::To(_)) | Err(_) => Ok(Response::redirect(302, &desk.waiting.goes_on(&app.base))),
    }
}

/// `POST /login`: the person's answer.
pub(super) async fn answer(app: &App, request: Request) -> Result<Response, Error> {
    if comes_from_elsewhere(app, &request) || !request.is_form() {
        let why = "the sign-in page's form was sent by another site";
        return Err(Refused::forbidden("form_from_elsewhere", why));
    }
    let form = request.form()?;
    let waiting = carried(app, &request, &form)?;
    let said = Said::parse(&form)?;
    let token = form.one("token")?.unwrap_or_default();
    let known = Browser::known(app, &request);
    let Some(browser) = known.filter(|browser| browser.form_token().same_as(token)) else {
        return asks_again(app, &request, (waiting, &form), (said, WAITED)).await;
    };
    let last = Last::known(app, &request);
    match said {
        Said::Chosen(id) => {
            let selector = Ok(Selector::Connection(id.clone()));
            let found = look(app, &request, (&waiting, &form), selector).await?;
            let Ok(Route::To(connection)) = found.route else {
                return asks_again(app, &request, (waiting, &form), (Said::Chosen(id), GONE)).await;
            };
            let onward = waiting.goes_through(&app.base, connection.id.as_str());
            let last = last.with_choice(&connection);
            Ok(last.remember(app, Response::redirect(303, &onward)))
        }
        Said::Address(text) => {
            let email = Email::parse(text.trim());
            let selector = match &email {
                Ok(email) => Selector::Domain(email.domain().to_string()),
                Err(_) => Selector::Hinted(Vec::new()),
            };
            let found = look(app, &request, (&waiting, &form), Ok(selector)).await?;
            let waiting = waiting.of_person(text.trim());
            let (desk, route) = Desk::of(app, (browser, last), waiting, found);
            match email {
                Ok(email) => desk.goes(email, route),
                Err(_) => desk.asks(400, Some(NO_ADDRESS.to_owned())),
            }
        }
    }
}

impl Said {
    fn parse(form: &Pairs) -> Result<Self, Error> {
        match (form.one("chosen")?, form.one("email")?) {
            (Some(id), _) => Ok(Self::Chosen(id.to_owned())),
            (None, email) => Ok(Self::Address(email.unwrap_or_default().to_owned())),
        }
    }
}

/// Whether a form was sent by a page of another site, as the browser says. One that does not say is
/// told by the token in the form.
fn comes_from_elsewhere(app: &App, request: &Request) -> bool {
    match request.header("sec-fetch-site") {
        Some(site) => !matches!(site, "same-origin" | "none"),
        // Our pages send no referrer, and without one a browser may hide the origin too.
        None => request.header("origin").is_some_and(|it| it != "null" && it != app.base.as_str()),
    }
}

/// The request that a page carries.
fn carried(app: &App, request: &Request, pairs: &Pairs) -> Result<Waiting, Error> {
    Waiting::parse(app, pairs).inspect_err(|error| Asker::unknown(&request.id, pairs, error))
}

/// The client, if it has listed the address where it wants to be answered, and where the selector
/// leads.
async fn look(
    app: &App,
    request: &Request,
    (waiting, pairs): (&Waiting, &Pairs),
    selector: Result<Selector, Error>,
) -> Result<Found, Error> {
    let waiting = waiting.clone();
    let looked = app.store.read(move |tx| {
        let client = waiting.asker.verify(tx)?;
        let route = match selector.as_ref().map_err(Clone::clone).and_then(|it| it.route(tx)) {
            Ok(route) => Ok(route),
            Err(Error::Refused(refused)) => Err(refused),
            Err(fault) => return Err(fault),
        };
        let asks = matches!(route, Ok(Route::Ask) | Err(_));
        let providers = if asks { selector::providers(tx)? } else { Vec::new() };
        Ok(Found { client, route, providers })
    });
    looked.await.inspect_err(|error| {
        if matches!(error, Error::Refused(_)) {
            Asker::unknown(&request.id, pairs, error);
        }
    })
}

/// The same page once more, for somebody whose answer could not be taken.
async fn asks_again(
    app: &App,
    request: &Request,
    (waiting, form): (Waiting, &Pairs),
    (said, why): (Said, &str),
) -> Result<Response, Error> {
    let selector = match said {
        Said::Chosen(_) => Selector::parse(form),
        Said::Address(_) => Ok(Selector::Hinted(Vec::new())),
    };
    let found = look(app, request, (&waiting, form), selector).await?;
    let waiting = match said {
        Said::Address(typed) => waiting.of_person(&typed),
        Said::Chosen(_) => waiting,
    };
    let browser = Browser::known(app, request).unwrap_or_else(|| Browser::fresh(app));
    let last = Last::known(app, request);
    let (desk, route) = Desk::of(app, (browser, last), waiting, found);
    match route {
        Ok(Route::Choose(connections)) => desk.lets_choose(400, &connections, Some(why)),
        // What is left of the choice is one: nobody needs to be asked.
        Ok(Route::To(only)) => desk.lets_choose(400, &[*only], Some(why)),
        Ok(Route::Ask) => desk.asks(400, Some(why.to_owned())),
        Err(_) => Ok(Response::redirect(303, &desk.waiting.goes_on(&app.base))),
    }
}

impl<'a> Desk<'a> {
    fn of(
        app: &'a App,
        (browser, last): (Browser, Last),
        waiting: Waiting,
        found: Found,
    ) -> (Self, Result<Route, Refused>) {
        let Found { client, route, providers } = found;
        (Self { app, browser, last, waiting, client, providers }, route)
    }

    /// Where somebody with this address goes on.
    fn goes(self, email: Email, route: Result<Route, Refused>) -> Result<Response, Error> {
        let app = self.app;
        match route {
            Ok(Route::To(connection)) => {
                let onward = self.waiting.goes_through(&app.base, connection.id.as_str());
                let last = self.last.with_address(email);
                Ok(last.remember(app, Response::redirect(303, &onward)))
            }
            Ok(Route::Choose(connections)) => {
                let desk = Self { last: self.last.with_address(email), ..self };
                let response = desk.lets_choose(200, &connections, None)?;
                Ok(desk.last.remember(app, response))
            }
            Ok(Route::Ask) | Err(_) => {
                let why = format!(
                    "No company sign-in is set up for {}. Check the address, or ask your IT team.",
                    email.domain()
                );
                let desk = Self { last: self.last.without_address(&email), ..self };
                let response = desk.asks(400, Some(why))?;
                Ok(desk.last.remember(app, response))
            }
        }
    }

    /// The page that asks for the address.
    fn asks(&self, status: u16, error: Option<String>) -> Result<Response, Error> {
        let hint = self.waiting.get("login_hint").unwrap_or_default();
        let known = self.last.address.as_ref().map(Email::as_str);
        let remembered = error.is_none() && (hint.is_empty() || known == Some(hint));
        let address = if hint.is_empty() && remembered { known.unwrap_or_default() } else { hint };
        let login = Login {
            form: self.form(true),
            address: address.chars().take(254).collect(),
            remembered: remembered && known.is_some(),
            error,
            ways: self.ways(&self.providers, provider),
        };
        Ok(self.shows(status, page::shown(&login, page::onward_targets(true))?))
    }

    /// The page that lets the person choose.
    fn lets_choose(
        &self,
        status: u16,
        connections: &[Connection],
        error: Option<&str>,
    ) -> Result<Response, Error> {
        let by_address = self.waiting.get("organization").or(self.waiting.get("domain")).is_none();
        let hint = self.waiting.get("login_hint").filter(|_| by_address).unwrap_or_default();
        let choice = Choice {
            form: self.form(by_address),
            address: hint.to_owned(),
            error: error.map(str::to_owned),
            ways: self.ways(connections, way),
        };
        Ok(self.shows(status, page::shown(&choice, page::onward_targets(true))?))
    }

    /// What there is to choose from, the last choice first.
    fn ways(&self, connections: &[Connection], way: fn(&Connection) -> Way) -> Vec<Way> {
        let ids: Vec<_> = connections.iter().map(|connection| &connection.id).collect();
        let last = self.last.choice_among(&ids);
        let ways = connections
            .iter()
            .map(|connection| Way { last: last == Some(&connection.id), ..way(connection) });
        let mut ways: Vec<_> = ways.collect();
        ways.sort_by_key(|way| !way.last);
        ways
    }

    fn form(&self, another: bool) -> Form {
        let base = &self.app.base;
        let token = ("token".to_owned(), self.browser.form_token().expose().to_owned());
        Form {
            application: self.client.name.clone(),
            action: Waiting::action(base),
            fields: self.waiting.fields().into_iter().chain([token]).collect(),
            another: another.then(|| self.waiting.asks_anew(base)),
            cancel: self.waiting.cancelled(base),
        }
    }

    fn shows(&self, status: u16, response: Response) -> Response {
        self.browser.remember(self.app, Response { status, ..response })
    }
}

/// A connection as people know it: its name, the kind of provider, and the host where they sign in.
fn way(connection: &Connection) -> Way {
    let kind = preset::of(connection.connection_type);
    let host = connection.idp_sso_url.url().host_str().unwrap_or_default();
    let about =
        if kind.is_generic() { host.to_owned() } else { format!("{} · {host}", kind.name) };
    let (value, name) = (connection.id.to_string(), connection.name.clone());
    Way { value, name, about, last: false }
}

/// A provider for everybody: one of a kind, so its name is enough.
fn provider(connection: &Connection) -> Way {
    let kind = preset::of(connection.connection_type);
    let own = connection.connection_type.as_str();
    let own = own.strip_suffix("OAuth").unwrap_or(own);
    let name = if kind.is_generic() { own } else { kind.name };
    let (value, about) = (connection.id.to_string(), String::new());
    Way { value, name: name.to_owned(), about, last: false }
}
