//! A secret that a person must supply is not there, and the operator waits for it.

use crate::diagnosis::facts::name;
use crate::diagnosis::{Act, Facts, Finding, Fix, Object, Rule, Severity, Source};

pub(in crate::diagnosis) const RULE: Rule =
    Rule { checks: "Every required secret is there", needs: &[Source::Installation, Source::Secrets], find };

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    let kind = &facts.config.contract.conditions.secrets;
    let said = facts.installation.condition(kind).filter(|it| it.is_false());
    let known = facts.around(Source::Secrets);
    for required in facts.installation.required_secrets.iter().flatten() {
        let here = known.map(|all| all.iter().any(|it| name(it) == required.name));
        // The condition is the operator's, and a little older than what was just read.
        let lacks_key = said.filter(|it| it.message.contains(&format!(" in secret {}", required.name)));
        let missing = match here {
            Ok(true) => lacks_key.is_some(),
            Ok(false) => true,
            Err(_) => said.is_some_and(|it| it.message.contains(&required.name)),
        };
        if !missing {
            continue;
        }
        let what = if here == Ok(true) { "lacks a key" } else { "is missing" };
        let keys = required.keys.join(", ");
        let why = required.reason.as_ref().map(|it| format!(": it {it}")).unwrap_or_default();
        let sentence = format!("The required secret {} {what}{why}.", required.name);
        let create = required.keys.iter().map(|key| format!(" --from-file={key}=FILE")).collect::<String>();
        let mut finding =
            Finding::new("secret", Severity::Broken, Object::new("Secret", &required.name), sentence);
        if let Some(said) = said {
            finding = finding.seen(format!("condition {}", said.kind), &said.message).holding([facts.root()]);
        }
        // A pull that fails for want of the same secret says more.
        out.push(finding.seen("the keys that it must have", keys).symptom().fix(Fix::here(
            format!("Create secret {}", required.name),
            Act::Secret(None),
            format!("kubectl create secret generic {}{create} {}", required.name, facts.n()),
        )));
    }
}
