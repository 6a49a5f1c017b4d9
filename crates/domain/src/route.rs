//! Hash routes: `#/releases?filter=rc`. The one place that knows their spelling.

use std::collections::BTreeMap;

/// The pages and what is open on them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Route {
    /// `#/`
    Status,
    /// `#/releases`
    Releases,
    /// `#/releases/0.1.18`: the list with one version's panel.
    Release { version: String },
    /// `#/releases/history/RELEASE/REVISION`: the list with one Helm revision's panel.
    Revision { release: String, revision: u32 },
    /// Anything else, as it was asked for.
    NotFound { path: String },
}

/// A route with its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub route: Route,
    /// Decoded; empty values are not kept.
    pub query: BTreeMap<String, String>,
}

impl Place {
    /// The place at this route, without a query.
    pub fn at(route: Route) -> Self {
        Self { route, query: BTreeMap::new() }
    }

    /// Reads `location.hash`, with or without its `#`.
    pub fn parse(hash: &str) -> Self {
        let _ = hash;
        todo!()
    }

    /// The hash, with its `#`.
    pub fn hash(&self) -> String {
        todo!()
    }

    /// The list's filter; empty for none.
    pub fn filter(&self) -> &str {
        self.query.get("filter").map_or("", String::as_str)
    }

    /// What the side panel shows, such as `workload/Deployment/platform`.
    pub fn panel(&self) -> Option<&str> {
        self.query.get("panel").map(String::as_str)
    }

    /// This place with a query value set, or (empty) removed.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        if value.is_empty() {
            self.query.remove(key);
        } else {
            self.query.insert(key.to_owned(), value.to_owned());
        }
        self
    }
}
