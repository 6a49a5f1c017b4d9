//! All that a revision's payload says: values, manifest, notes, the chart. Read on demand, masked before it is shown.

use serde_json::{Map, Value};

use super::{HelmError, manifest};
use crate::diff::{self, Change};
use crate::objects::text;
use crate::redact::{self, redact, redact_value};
use crate::yaml;

/// A revision, unmasked. Only its parts' texts and differences leave it, and they are masked.
#[derive(Clone, PartialEq)]
pub struct Contents {
    /// What was given to Helm.
    user: Value,
    /// The chart's defaults under it.
    computed: Value,
    manifest: String,
    notes: String,
    /// `Chart.yaml`.
    chart: Value,
}

/// What one looks at of a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    User,
    Computed,
    Manifest,
    Notes,
    Chart,
}

impl Part {
    /// All of them: as they are spelled in an address, and in words.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::User, "values", "User-supplied values"),
        (Self::Computed, "computed", "Computed values"),
        (Self::Manifest, "manifest", "Manifest"),
        (Self::Notes, "notes", "Notes"),
        (Self::Chart, "chart", "Chart"),
    ];
}

/// What changed from one revision to another.
#[derive(Debug, Clone, PartialEq)]
pub enum Difference {
    /// Of values and the chart's metadata.
    Values(Vec<Change>),
    /// Of the manifest's objects.
    Objects(Vec<manifest::ObjectChange>),
    /// Of a text, as a whole.
    Text(Vec<manifest::TextLine>),
}

/// Reads the payload's JSON, after gunzip.
///
/// # Errors
/// [`HelmError`] where it is no text or not Helm's JSON.
pub fn read(json: &[u8]) -> Result<Contents, HelmError> {
    let mut release: Value = serde_json::from_str(std::str::from_utf8(json)?)?;
    let mut take = |pointer: &str| release.pointer_mut(pointer).map(Value::take).unwrap_or_default();
    let (user, defaults, chart) = (take("/config"), take("/chart/values"), take("/chart/metadata"));
    let user = if user.is_null() { Value::Object(Map::new()) } else { user };
    Ok(Contents {
        computed: coalesce(&defaults, &user),
        user,
        chart,
        manifest: text(&release, "manifest"),
        notes: text(&release["info"], "notes"),
    })
}

/// The chart's defaults with the user's values over them: objects key by key, anything else as a whole, and a null takes
/// a default away (Helm's `CoalesceValues`).
fn coalesce(defaults: &Value, user: &Value) -> Value {
    match (defaults, user) {
        (Value::Object(defaults), Value::Object(user)) => {
            let mut all = defaults.clone();
            for (key, value) in user {
                let value = match defaults.get(key) {
                    Some(default) => coalesce(default, value),
                    None => value.clone(),
                };
                all.insert(key.clone(), value);
            }
            all.retain(|_, value| !value.is_null());
            Value::Object(all)
        }
        (_, user) => user.clone(),
    }
}

impl Contents {
    fn values(&self, part: Part) -> &Value {
        match part {
            Part::User => &self.user,
            Part::Computed => &self.computed,
            _ => &self.chart,
        }
    }

    /// The part as text, masked.
    pub fn text(&self, part: Part) -> String {
        match part {
            Part::Manifest => manifest::masked(&self.manifest),
            Part::Notes => redact(&self.notes),
            _ => yaml::document(&redact_value(self.values(part))),
        }
    }

    /// What changed from `before` to this one, masked. That a secret changed is told, and not from what to what.
    pub fn difference(&self, before: &Self, part: Part) -> Difference {
        match part {
            Part::Manifest => Difference::Objects(manifest::difference(&before.manifest, &self.manifest)),
            Part::Notes => Difference::Text(manifest::lines(&before.text(part), &self.text(part))),
            _ => {
                let changes = diff::diff(before.values(part), self.values(part));
                Difference::Values(changes.into_iter().map(masked).collect())
            }
        }
    }
}

/// A change with secrets masked. Their keys may stand anywhere above the value.
fn masked(change: Change) -> Change {
    let secret = change.path.to_string().split('/').any(redact::is_secret_key);
    let mask = if secret { redact::masked } else { redact_value };
    let (before, after) = (change.before.as_ref().map(mask), change.after.as_ref().map(mask));
    Change { before, after, ..change }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn contents(password: &str, replicas: u32) -> Contents {
        let release = json!({
            "name": "platform", "version": 3,
            "info": {"notes": "Deployed.\nAdmin token=abcdef1234567890\n"},
            "config": {"replicas": replicas, "db": {"password": password}, "gone": null},
            "chart": {"metadata": {"name": "platform", "version": "0.1.15"}, "values": {"db": {"host": "db"}, "gone": 1, "kept": [1]}},
            "manifest": "---\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  a: hunter2hunter2\n",
        });
        read(release.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn parts_are_told_masked() {
        let it = contents("hunter2hunter2", 2);
        assert_eq!(it.text(Part::User), "db:\n  password: \"•••\"\ngone: null\nreplicas: 2\n");
        assert_eq!(
            it.text(Part::Computed),
            "db:\n  host: db\n  password: \"•••\"\nkept:\n- 1\nreplicas: 2\n"
        );
        assert_eq!(it.text(Part::Chart), "name: platform\nversion: \"0.1.15\"\n");
        for (part, ..) in Part::ALL {
            let text = it.text(part);
            assert!(!text.contains("hunter2") && !text.contains("abcdef"), "{text}");
        }
    }

    #[test]
    fn that_a_secret_changed_is_told_and_not_to_what() {
        let difference = contents("hunter2", 3).difference(&contents("correct-horse", 2), Part::User);
        let Difference::Values(changes) = difference else { panic!("not of values") };
        let told: Vec<_> =
            changes.iter().map(|it| (it.display.as_str(), it.before.clone(), it.after.clone())).collect();
        let mask = Some(json!(redact::MASK));
        assert_eq!(told, [("db.password", mask.clone(), mask), ("replicas", Some(json!(2)), Some(json!(3)))]);
    }

    #[test]
    fn what_is_no_release_is_an_error() {
        assert!(matches!(read(b"no json"), Err(HelmError::Json(_))));
        assert!(matches!(read(&[0xff]), Err(HelmError::Text(_))));
        assert_eq!(read(b"{}").map(|it| it.text(Part::Manifest)).ok().as_deref(), Some(""));
    }
}
