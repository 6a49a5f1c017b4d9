//! Hash routes: `#/releases?filter=rc`. The one place that knows their spelling.

use std::fmt::Write;

use crate::texts::Texts;

/// The pages and what is open on them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Route {
    /// `#/`
    Status,
    /// `#/releases`
    Releases,
    /// `#/releases/0.1.18`: the list with one version's panel.
    Release { version: String },
    /// `#/releases/backups`
    Backups,
    /// `#/releases/history/RELEASE/REVISION`: the list with one Helm revision's panel.
    Revision { release: String, revision: u32 },
    /// `#/bootstrap`
    Bootstrap,
    /// `#/secrets`, or `#/secrets/NAME`: the list with one secret's panel.
    Secrets { name: Option<String> },
    /// `#/users`
    Users,
    /// `#/troubleshooting`, or `#/troubleshooting/TAB`.
    Troubleshooting { tab: Option<String> },
    /// Anything else, spelled as it was asked for, beginning with `/`.
    NotFound { path: String },
}

/// A route with its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub route: Route,
    /// Decoded; empty values are not kept.
    pub query: Texts,
}

impl Place {
    /// The place at this route, without a query.
    pub fn at(route: Route) -> Self {
        Self { route, query: Texts::default() }
    }

    /// Reads `location.hash`, with or without its `#`.
    pub fn parse(hash: &str) -> Self {
        let hash = hash.strip_prefix('#').unwrap_or(hash);
        let (path, query) = hash.split_once('?').unwrap_or((hash, ""));
        let mut place = Self::at(Route::parse(path));
        for pair in query.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (key, value) = (decode(key), decode(value));
            if !key.is_empty() && !value.is_empty() {
                place.query.set(&key, &value);
            }
        }
        place
    }

    /// The hash, with its `#`.
    pub fn hash(&self) -> String {
        let mut hash = format!("#{}", self.route.path());
        for (number, (key, value)) in self.query.iter().enumerate() {
            hash.push(if number == 0 { '?' } else { '&' });
            hash.push_str(&encode(key));
            hash.push('=');
            hash.push_str(&encode(value));
        }
        hash
    }

    /// The list's filter; empty for none.
    pub fn filter(&self) -> &str {
        self.query.get("filter").unwrap_or_default()
    }

    /// What the side panel shows, such as `workload/Deployment/platform`.
    pub fn panel(&self) -> Option<&str> {
        self.query.get("panel")
    }

    /// This place with a query value set, or (empty) removed.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        if value.is_empty() {
            self.query.remove(key);
        } else {
            self.query.set(key, value);
        }
        self
    }
}

impl Route {
    fn parse(path: &str) -> Self {
        let path = path.strip_prefix('/').unwrap_or(path);
        let segments: Vec<String> = path.split('/').map(decode).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let found = match segments.as_slice() {
            [""] => Some(Self::Status),
            ["releases"] => Some(Self::Releases),
            ["releases", "backups"] => Some(Self::Backups),
            ["releases", version] if !version.is_empty() => {
                Some(Self::Release { version: (*version).to_owned() })
            }
            ["releases", "history", release, revision] if !release.is_empty() => {
                // Only the one spelling that is printed: `+7` and `007` are no revisions.
                let number = revision.parse().ok().filter(|number: &u32| number.to_string() == *revision);
                number.map(|revision| Self::Revision { release: (*release).to_owned(), revision })
            }
            ["bootstrap"] => Some(Self::Bootstrap),
            ["secrets"] => Some(Self::Secrets { name: None }),
            ["secrets", name] if !name.is_empty() => Some(Self::Secrets { name: Some((*name).to_owned()) }),
            ["users"] => Some(Self::Users),
            ["troubleshooting"] => Some(Self::Troubleshooting { tab: None }),
            ["troubleshooting", tab] if !tab.is_empty() => {
                Some(Self::Troubleshooting { tab: Some((*tab).to_owned()) })
            }
            _ => None,
        };
        found.unwrap_or_else(|| Self::NotFound { path: format!("/{path}") })
    }

    /// The path, without `#`.
    pub fn path(&self) -> String {
        match self {
            Self::Status => "/".to_owned(),
            Self::Releases => "/releases".to_owned(),
            Self::Backups => "/releases/backups".to_owned(),
            Self::Release { version } => format!("/releases/{}", encode(version)),
            Self::Revision { release, revision } => {
                format!("/releases/history/{}/{revision}", encode(release))
            }
            Self::Bootstrap => "/bootstrap".to_owned(),
            Self::Secrets { name } => below("/secrets", name.as_deref()),
            Self::Users => "/users".to_owned(),
            Self::Troubleshooting { tab } => below("/troubleshooting", tab.as_deref()),
            Self::NotFound { path } => path.clone(),
        }
    }
}

/// The path of a page, or of what is open on it.
fn below(page: &str, open: Option<&str>) -> String {
    open.map_or_else(|| page.to_owned(), |it| format!("{page}/{}", encode(it)))
}

/// Percent-encodes all but RFC 3986's unreserved characters.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Undoes percent-encoding; a `%` that encodes nothing stands for itself, and so does malformed UTF-8's replacement.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        match tail {
            [high, low, after @ ..] if *first == b'%' && hex(*high).is_some() && hex(*low).is_some() => {
                bytes.push(hex(*high).unwrap_or_default() << 4 | hex(*low).unwrap_or_default());
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bookmarks and links in tickets outlive a version of the client: a change here breaks them.
    #[test]
    fn paths_stay_as_they_are() {
        let check = |hash: &str, route: Route| {
            let place = Place::at(route);
            assert_eq!(place.hash(), hash);
            assert_eq!(Place::parse(hash), place);
        };
        check("#/", Route::Status);
        check("#/releases", Route::Releases);
        check("#/releases/0.1.18", Route::Release { version: "0.1.18".into() });
        check("#/releases/0.2.0-rc.1%2Bb", Route::Release { version: "0.2.0-rc.1+b".into() });
        check(
            "#/releases/history/rootcause-platform/8",
            Route::Revision { release: "rootcause-platform".into(), revision: 8 },
        );
        check("#/nowhere/at", Route::NotFound { path: "/nowhere/at".into() });
        check("#/releases/", Route::NotFound { path: "/releases/".into() });
        check(
            "#/releases/history/platform/+7".replace('+', "%2B").as_str(),
            Route::NotFound { path: "/releases/history/platform/%2B7".into() },
        );
    }

    #[test]
    fn reads_what_a_browser_may_hand_over() {
        let check = |hash: &str, expect: Route| assert_eq!(Place::parse(hash).route, expect, "{hash}");
        check("", Route::Status);
        check("#", Route::Status);
        check("releases", Route::Releases);
        check("#releases?x", Route::Releases);
    }

    #[test]
    fn the_query_holds_filter_and_panel() {
        let place = Place::parse("#/releases?filter=rc%26&panel=workload/Deployment/platform&empty=");
        assert_eq!((place.filter(), place.panel()), ("rc&", Some("workload/Deployment/platform")));
        assert_eq!(place.clone().with("panel", "").hash(), "#/releases?filter=rc%26");
        assert_eq!(place.with("filter", "").panel(), Some("workload/Deployment/platform"));
        assert_eq!(Place::parse("#/?filter=%zz%e9").filter(), "%zz\u{fffd}");
    }

    proptest! {
        #[test]
        fn printing_and_parsing_is_the_identity(
            version in "\\PC{1,8}",
            revision in any::<u32>(),
            query in prop::collection::btree_map("[a-z&=%]{1,4}", "\\PC{1,6}", 0..3),
        ) {
            for route in [
                Route::Status,
                Route::Releases,
                Route::Bootstrap,
                Route::Users,
                Route::Secrets { name: None },
                Route::Secrets { name: Some(version.clone()) },
                Route::Troubleshooting { tab: None },
                Route::Troubleshooting { tab: Some(version.clone()) },
                Route::Release { version: version.clone() },
                Route::Revision { release: version, revision },
            ] {
                let place = query.iter().fold(Place::at(route), |place, (key, value)| place.with(key, value));
                prop_assert_eq!(Place::parse(&place.hash()), place);
            }
        }

        #[test]
        fn any_hash_reads_and_prints_stably(hash in "#?\\PC{0,20}") {
            let place = Place::parse(&hash);
            prop_assert_eq!(Place::parse(&place.hash()), place);
        }
    }
}
