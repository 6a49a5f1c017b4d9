//! What stays the same while the page is open: the client and the configuration.

use std::sync::Arc;

use kube_web::{Api, ApiBase, Client, Resource};
use leptos::prelude::*;
use rootcause_domain::config::Config;
use rootcause_domain::time::{SignedDuration, Timestamp};

use crate::browser::{clock, window};

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
        let client = Client::new(ApiBase::new(&config.api_base));
        let session = Self(StoredValue::new_local(Inner { client, config: Arc::new(config) }));
        provide_context(session);
        session
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
        let ahead = self.client().clock_skew_ms().unwrap_or_default();
        let now = clock::now();
        now.checked_add(SignedDuration::from_millis(ahead)).unwrap_or(now)
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
