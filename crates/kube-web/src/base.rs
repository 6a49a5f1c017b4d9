//! Where the Kubernetes API lives.

use std::fmt;

/// The address of the Kubernetes API, and the credential to send there.
///
/// The address is a prefix that request paths are appended to. It may be
///
/// | given | a request for `/api/v1/pods` goes to |
/// |---|---|
/// | `/` or an empty string | `/api/v1/pods` |
/// | `/k8s/clusters/c-1/` | `/k8s/clusters/c-1/api/v1/pods` |
/// | `../` | `../api/v1/pods`, relative to the page |
/// | `https://host:6443` | `https://host:6443/api/v1/pods` |
///
/// Cookies are sent to the page's own origin and to no other.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiBase {
    prefix: String,
    token: Option<String>,
}

impl ApiBase {
    /// An address as described above. Spaces around it, slashes at its end, and anything from the first `?` or
    /// `#` on are dropped.
    pub fn new(address: &str) -> Self {
        let address = address.trim();
        let address = address.split(['?', '#']).next().unwrap_or_default();
        Self { prefix: address.trim_end_matches('/').to_owned(), token: None }
    }

    /// Sends `Authorization: Bearer <token>` with every request. The token lives in memory only and is never
    /// printed.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// The bearer token, if one was given.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The address of `path_and_query`, with exactly one slash between the two.
    pub fn join(&self, path_and_query: &str) -> String {
        format!("{}/{}", self.prefix, path_and_query.trim_start_matches('/'))
    }
}

impl Default for ApiBase {
    /// The root of the page's own origin.
    fn default() -> Self {
        Self::new("/")
    }
}

impl fmt::Debug for ApiBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiBase")
            .field("prefix", &self.prefix)
            .field("token", &self.token.as_ref().map(|_| "<redacted>"))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_any_prefix_with_one_slash() {
        let check = |base: &str, expect: &str| assert_eq!(ApiBase::new(base).join("/api/v1/pods"), expect);
        check("", "/api/v1/pods");
        check("/", "/api/v1/pods");
        check("//", "/api/v1/pods");
        check("/k8s/clusters/c-1", "/k8s/clusters/c-1/api/v1/pods");
        check("/k8s/clusters/c-1/", "/k8s/clusters/c-1/api/v1/pods");
        check("../", "../api/v1/pods");
        check("..", "../api/v1/pods");
        check("./", "./api/v1/pods");
        check("../../api-proxy///", "../../api-proxy/api/v1/pods");
        check(" https://host:6443/ ", "https://host:6443/api/v1/pods");
        check("/x/?q=1#frag", "/x/api/v1/pods");
    }

    #[test]
    fn debug_output_hides_the_token() {
        let shown = format!("{:?}", ApiBase::new("/").with_token("s3cret"));
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(shown.contains("<redacted>"), "{shown}");
    }
}
