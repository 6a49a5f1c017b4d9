//! LiteLLM's models live in PostgreSQL, not in the custom resource: a database that was made anew has none of them.

use crate::ago::ago;
use crate::diagnosis::facts::{moment, name};
use crate::diagnosis::{Facts, Finding, Fix, Object, Rule, Severity, Source};
use crate::request::Action;
use crate::time::SignedDuration;

pub(in crate::diagnosis) const RULE: Rule = Rule {
    checks: "The database is as old as the installation",
    needs: &[Source::Claims, Source::Installation],
    find,
};

/// How long it is worth saying; by then somebody has seen it.
const NEWS: SignedDuration = SignedDuration::from_secs(7 * 86_400);

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    let claim = facts.list(Source::Claims).iter().find(|it| name(it).contains("postgres"));
    let Some((claim, made)) = claim.and_then(|it| Some((it, moment(it, "creationTimestamp")?))) else {
        return;
    };
    if facts.since(Some(made), NEWS) {
        return;
    }
    // A version that ran before the database was made: the newest request of one that is older than it.
    let ran = facts.installation.requests.iter().find(|it| {
        it.action == Action::Upgrade && it.when.is_some_and(|when| when < made) && it.from.is_some()
    });
    let removed = facts.events.unwrap_or_default().iter().find(|it| {
        it.reason == "Uninstalled"
            && it.involved_object.name == facts.config.installation
            && it.last_seen().is_some_and(|when| when < made)
    });
    let (from, words) = match (removed, ran) {
        (Some(event), _) => (format!("event {}", event.reason), event.message.clone()),
        (None, Some(record)) => {
            let from = record.from.as_deref().unwrap_or_default();
            ("request before it".to_owned(), format!("{} ran {from}", record.who))
        }
        _ => return,
    };
    let object = Object::new("PersistentVolumeClaim", name(claim));
    let at = format!("{}, metadata.creationTimestamp", object.words());
    let sentence = format!(
        "The PostgreSQL database was made anew {}: LiteLLM's models are not in it until they are restored or entered again.",
        ago(made, facts.now)
    );
    out.push(
        Finding::new("models", Severity::Note, object, sentence)
            .seen(at, made.to_string())
            .seen(from, words)
            .fix(Fix::command(
                "Restore PostgreSQL from a backup",
                format!("kubectl exec -i postgres-0 {} -- psql -U postgres < postgres-backup.sql", facts.n()),
            )),
    );
}
