//! What stays the same while the page is open: the client and the configuration.

use std::sync::Arc;

use kube_web::{Api, ApiBase, Client, Resource};
use leptos::prelude::*;
use rootcause_domain::{config::Config, time::Timestamp, token};

use crate::{
    browser::{address, clock, host::Host, window},
    reactive::RwSignal,
    wire::{Activity, wire},
};

/// The part of the page's address that names the installation, where there are several.
const PARAMETER: &str = "installation";

/// The installations of config.json, which of them is shown, and the tokens that were given for their API servers. As
/// long as the page is open, and nowhere else.
#[derive(Clone, Copy)]
pub struct Installations {
    list: RwSignal<Arc<Vec<Config>>>,
    shown: RwSignal<usize>,
    /// By API base.
    tokens: RwSignal<Vec<(String, String)>>,
    host: Host,
}

impl Installations {
    /// Shows the one that the page's address names, else the first.
    pub fn provide(host: Host, list: Vec<Config>) -> Self {
        let named = address::parameter(PARAMETER).filter(|_| !host.is_element());
        let shown = list.iter().position(|it| named.as_deref() == Some(&*it.key())).unwrap_or_default();
        let installations = Self {
            list: RwSignal::new(Arc::new(list)),
            shown: RwSignal::new(shown),
            tokens: RwSignal::new(Vec::new()),
            host,
        };
        provide_context(installations);
        installations
    }

    pub fn all(self) -> Arc<Vec<Config>> {
        self.list.get_untracked()
    }

    /// The one that is shown, tracked.
    pub fn chosen(self) -> Config {
        let at = self.shown.get();
        self.list.with_untracked(|it| it[at].clone())
    }

    /// Its place in the list, untracked.
    pub fn index(self) -> usize {
        self.shown.get_untracked()
    }

    /// Shows another one, from its first page on.
    pub fn choose(self, index: usize) {
        let Some(key) = self.list.with_untracked(|it| it.get(index).map(Config::key)) else { return };
        if !self.host.is_element() {
            address::set_parameter(PARAMETER, &key);
        }
        self.host.replace("/");
        self.shown.set(index);
    }

    /// Opens the shown one anew: somebody else has signed in.
    pub fn reopen(self) {
        self.shown.update(|_| ());
    }

    fn token(self, base: &str) -> Option<String> {
        self.tokens
            .with_untracked(|it| it.iter().find(|(known, _)| known == base).map(|(_, token)| token.clone()))
    }

    fn keep_token(self, base: &str, token: Option<String>) {
        self.tokens.update(|it| {
            it.retain(|(known, _)| known != base);
            it.extend(token.map(|token| (base.to_owned(), token)));
        });
    }
}

/// The client and the configuration, as a context of the whole app.
#[derive(Clone, Copy)]
pub struct Session(StoredValue<Inner, LocalStorage>);

#[derive(Clone)]
struct Inner {
    client: Client,
    config: Arc<Config>,
}

impl Session {
    pub fn provide(config: Config) -> Self {
        let activity = expect_context::<Activity>();
        activity.signed_out.set(false);
        let wire = wire(activity, &config.api_base, config.read_only);
        let client = Client::with_transport(ApiBase::new(&config.api_base), wire);
        client.set_token(expect_context::<Installations>().token(&config.api_base));
        let session = Self(StoredValue::new_local(Inner { client, config: Arc::new(config) }));
        provide_context(session);
        session
    }

    /// When the token that was given ends, if there is one that tells; tracked.
    pub fn token_end(self) -> Option<Timestamp> {
        let installations = expect_context::<Installations>();
        let config = self.config();
        installations.tokens.track();
        token::expires(&installations.token(&config.api_base)?)
    }

    /// Whether requests carry a token that was given here; tracked.
    pub fn has_token(self) -> bool {
        let installations = expect_context::<Installations>();
        installations.tokens.track();
        installations.token(&self.config().api_base).is_some()
    }

    /// Sends this token from now on, or none.
    pub fn use_token(self, installations: Installations, token: Option<String>) {
        self.client().set_token(token.clone());
        installations.keep_token(&self.config().api_base, token);
    }

    /// A client like the session's, but with this token: to try it.
    pub fn client_with(self, token: &str) -> Client {
        Client::new(ApiBase::new(&self.config().api_base).with_token(token))
    }

    pub fn client(self) -> Client {
        self.0.with_value(|it| it.client.clone())
    }

    pub fn config(self) -> Arc<Config> {
        self.0.with_value(|it| Arc::clone(&it.config))
    }

    /// Now by the server's clock, as far as its answers have told it: what is written into the cluster is compared with
    /// times that the cluster wrote.
    pub fn server_now(self) -> Timestamp {
        clock::set_ahead(self.client().clock_skew_ms());
        clock::now()
    }

    /// What the cluster is called: by the configuration, else the address that serves the page.
    pub fn cluster(self) -> String {
        self.config().cluster.clone().unwrap_or_else(|| window().location().host().unwrap_or_default())
    }

    /// The objects of this resource in the installation's namespace.
    pub fn api(self, resource: Resource) -> Api {
        self.api_in(resource, &self.config().namespace)
    }

    /// The objects of this resource in `namespace`.
    pub fn api_in(self, resource: Resource, namespace: &str) -> Api {
        self.client().namespaced(resource, namespace)
    }
}
