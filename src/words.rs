//! The one place that turns errors into words for the user: what happened, in the server's own words, and what to
//! do. What was and was not changed is added by whoever tried the change.

use kube_web::Error;
use rootcause_domain::access::Check;

/// What the user is told of an error.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub kind: ProblemKind,
    /// What happened, as a sentence.
    pub title: String,
    /// The server's own words, empty where it said nothing.
    pub said: String,
    /// What to do about it.
    pub advice: String,
    /// Whether a write that met this may have happened all the same.
    pub outcome_unknown: bool,
}

/// The kinds of problems that pages treat differently.
#[derive(Clone, Debug, PartialEq)]
pub enum ProblemKind {
    /// No answer, or none in time.
    Unreachable,
    /// Nobody is signed in, or no longer.
    SignedOut,
    /// The right to do this is missing.
    Forbidden(Box<Check>),
    NotFound,
    /// Somebody changed it first.
    Conflict,
    /// Anything else.
    Other,
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let said = error.to_string();
        let (kind, title, advice) = match error {
            Error::Unreachable(_) => (
                ProblemKind::Unreachable,
                "The API server cannot be reached.",
                "Check that the proxy that serves this page is running. The page tries again by itself.",
            ),
            Error::Timeout(_) => (
                ProblemKind::Unreachable,
                "The API server did not answer in time.",
                "The page tries again by itself.",
            ),
            Error::NotJson { looks_like_login: true, .. } => (
                ProblemKind::SignedOut,
                "A sign-in page answered in place of the API server.",
                "Sign in at your proxy in another tab, then try again here.",
            ),
            Error::NotJson { .. } => (
                ProblemKind::Other,
                "Something other than a Kubernetes API answered.",
                "Check apiBase in config.json and the proxy in front of the API server.",
            ),
            Error::Unauthorized(_) => (
                ProblemKind::SignedOut,
                "You are not signed in, or no longer.",
                "Sign in at your proxy in another tab, then try again here.",
            ),
            // Where a cluster takes requests without credentials, this is what becomes of them.
            Error::Forbidden(_) if said.contains("\"system:anonymous\"") => (
                ProblemKind::SignedOut,
                "You are not signed in.",
                "Sign in at your proxy in another tab, or with a token here.",
            ),
            Error::Forbidden(it) => {
                let some = |it: &String| (!it.is_empty()).then(|| it.clone());
                let check = Check {
                    verb: it.verb.clone(),
                    group: it.group.clone(),
                    resource: it.resource.clone(),
                    subresource: some(&it.subresource),
                    namespace: some(&it.namespace),
                    name: some(&it.name),
                };
                return Self {
                    title: format!("You may not {}.", check.words()),
                    kind: ProblemKind::Forbidden(Box::new(check)),
                    said,
                    advice: "Ask whoever manages access to the cluster for this right.".to_owned(),
                    outcome_unknown: false,
                };
            }
            Error::NotFound(_) => (
                ProblemKind::NotFound,
                "The API server has no such object.",
                "It may have been deleted meanwhile.",
            ),
            Error::AlreadyExists(_) => {
                (ProblemKind::Conflict, "An object of this name exists already.", "Choose another name.")
            }
            Error::Conflict { .. } => (
                ProblemKind::Conflict,
                "Somebody else changed it first.",
                "Look at what changed, then decide again.",
            ),
            Error::Gone(_) => {
                (ProblemKind::Other, "The API server no longer has that state.", "The page reads it afresh.")
            }
            Error::Invalid { .. } => (
                ProblemKind::Other,
                "The API server refused it, because it breaks a rule.",
                "Change the value that it names.",
            ),
            Error::TooManyRequests { .. } => {
                (ProblemKind::Other, "The API server is asked too often.", "Wait a little, then try again.")
            }
            Error::Server { .. } => (
                ProblemKind::Other,
                "The API server failed.",
                "Try again; if it lasts, look at the API server's logs.",
            ),
            Error::Api(_) => (ProblemKind::Other, "The API server refused the request.", "See what it says."),
            Error::Decode { .. } => (
                ProblemKind::Other,
                "The API server's answer cannot be read.",
                "This may be a version of Kubernetes that this page does not know.",
            ),
            _ => (ProblemKind::Other, "The request could not be made.", "See what is said of it."),
        };
        Self {
            kind,
            title: title.to_owned(),
            said,
            advice: advice.to_owned(),
            outcome_unknown: error.outcome_unknown(),
        }
    }
}

impl Problem {
    /// What happened together with the server's words, in one line.
    pub fn line(&self) -> String {
        if self.said.is_empty() { self.title.clone() } else { format!("{} {}", self.title, self.said) }
    }
}
