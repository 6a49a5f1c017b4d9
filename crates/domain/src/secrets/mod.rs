//! Secrets: who uses them, which are needed, what their values are fit for, and how they are changed and rotated.
//!
//! A value is bytes. What the API server keeps, base64, is canonical: a change touches the keys that the user changed and
//! no other. Nothing here puts a value into words that are shown, logged or kept.

pub mod certificate;
pub mod check;
pub mod consumers;
pub mod generate;
pub mod kinds;
pub mod required;
pub mod rotation;
pub mod value;
pub mod write;

/// One row of the list of secrets: what the API server's table tells, which is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub name: String,
    /// The type, such as `kubernetes.io/tls`.
    pub kind: String,
    /// How many keys it has.
    pub keys: u64,
    /// As kubectl prints it, such as `5d`: the table tells no time of creation.
    pub age: String,
    /// Who made it by its label, where that is known.
    pub managed_by: Option<String>,
}

impl Row {
    /// Whether the row's name, type or maker holds `filter`, whatever the case.
    pub fn matches(&self, filter: &str) -> bool {
        let filter = filter.trim().to_lowercase();
        // Most of the time there is none, and thousands of rows to ask.
        if filter.is_empty() {
            return true;
        }
        let maker = self.managed_by.as_deref().unwrap_or_default();
        [&self.name, &self.kind, maker].iter().any(|text| text.to_lowercase().contains(&filter))
    }
}

/// The type of the secrets in which Helm keeps its releases: Helm's own business, and large.
pub const HELM_RELEASE: &str = "helm.sh/release.v1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_match_by_any_of_their_words() {
        let row = Row {
            name: "regcred".into(),
            kind: "kubernetes.io/dockerconfigjson".into(),
            keys: 1,
            age: "5d".into(),
            managed_by: Some("Helm".into()),
        };
        let check = |filter: &str, expect: bool| assert_eq!(row.matches(filter), expect, "{filter}");
        check("", true);
        check(" REG ", true);
        check("docker", true);
        check("helm", true);
        check("tls", false);
    }
}
