//! A Helm release is stuck pending: its Helm died, and the next one refuses to work on it.

use crate::contract::Concept;
use crate::diagnosis::{Facts, Finding, Fix, Object, Rule, Severity, Source};
use crate::helm::Status;

pub(in crate::diagnosis) const RULE: Rule =
    Rule { checks: "No Helm release is stuck pending", needs: &[Source::History], find };

/// Helm's words when another operation holds a release.
pub(super) const SIGN: &str = "another operation (install/upgrade/rollback) is in progress";

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    let refused = facts.installation.last_error.as_deref().filter(|it| it.contains(SIGN));
    for rows in [facts.dependencies, facts.platform] {
        let Some((row, pending)) = rows.first().and_then(|it| Some((it, it.pending?))) else { continue };
        // Helm's own refusal is proof; without it only age is.
        if !pending.stuck && refused.is_none() {
            continue;
        }
        let object = Object::new("Helm release", &row.release);
        let sentence = format!(
            "{} is stuck: revision {} is {} and no Helm works on it.",
            row.release,
            row.revision,
            row.status.word()
        );
        let mut finding = Finding::new("release", Severity::Broken, object, sentence)
            .seen(format!("Secret {}, label status", row.secret.secret), row.status.word())
            .seen(facts.field(Concept::LastError), refused.unwrap_or_default())
            .fix(super::phase::force(facts));
        let good = rows.iter().find(|it| matches!(it.status, Status::Deployed | Status::Superseded));
        let n = facts.n();
        finding = finding.fix(match good {
            Some(good) => Fix::command(
                format!("Go back to revision {}", good.revision),
                format!("helm rollback {} {} {n}", row.release, good.revision),
            ),
            None => {
                Fix::command("Remove what was never installed", format!("helm uninstall {} {n}", row.release))
            }
        });
        out.push(finding);
    }
}
