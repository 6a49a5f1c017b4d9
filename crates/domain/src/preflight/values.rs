//! The values that the installation gives to both charts fit the target's schema.

use serde_json::Value;

use super::{Facts, Finding, Source, Verdict};
use crate::contract::Concept;

pub(super) fn check(facts: &Facts<'_>) -> Finding {
    let keys = &facts.contract.items.available_versions;
    let listed = facts.contract.get(Concept::AvailableVersions, facts.cr).and_then(Value::as_array);
    let target = listed.into_iter().flatten().find(|it| it[&*keys.version] == facts.to);
    let Some(schemas) = target.map(|it| &it[&*keys.values_schema]).filter(|it| it.is_object()) else {
        return Finding::new(
            Verdict::Unknown,
            format!("Could not be checked: the operator's status has no schema of the values of {}.", facts.to),
        );
    };
    let values = match facts.objects.get(Source::Values) {
        Ok(values) => values.first().unwrap_or(&Value::Null),
        Err(finding) => return finding,
    };
    let mut faults = Vec::new();
    for chart in ["dependencies", "platform"] {
        let schema = match &schemas[chart] {
            Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
            schema => schema.clone(),
        };
        if schema.is_object() && values[chart].is_object() {
            let found = crate::overrides::violations(&schema, &values[chart]);
            faults.extend(found.into_iter().map(|it| format!("{chart}: {it}")));
        }
    }
    match faults.len() {
        0 => Finding::passed(format!("Both charts of {} take the values in use.", facts.to)),
        _ => Finding::new(Verdict::Block, format!("{} refuses {}.", facts.to, faults.join("; ")))
            .fix("Change the configuration that sets it (Bootstrap, or Raw Helm Overrides): Helm would refuse it too."),
    }
}
