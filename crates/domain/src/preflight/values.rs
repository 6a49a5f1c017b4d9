//! The values that the installation gives to both charts fit the target's schema.

use serde_json::Value;

use super::{Facts, Finding, Source, Verdict};
use crate::contract::Concept;
use crate::overrides::{Chart, Release, judge};

pub(super) fn check(facts: &Facts<'_>) -> Finding {
    let keys = &facts.contract.items.available_versions;
    let listed = facts.contract.get(Concept::AvailableVersions, facts.cr).and_then(Value::as_array);
    let target = listed.into_iter().flatten().find(|it| it[&*keys.version] == facts.to);
    let Some(schemas) = target.map(|it| &it[&*keys.values_schema]).filter(|it| it.is_object()) else {
        let words = "Could not be checked: the operator's status has no values schema of";
        return Finding::new(Verdict::Unknown, format!("{words} {}.", facts.to));
    };
    let values = match facts.objects.get(Source::Values) {
        Ok(values) => values.first().unwrap_or(&Value::Null),
        Err(finding) => return finding,
    };
    let mut faults = Vec::new();
    let mut checked = Vec::new();
    for chart in Release::BOTH.map(Release::word) {
        // As text, so that its fields are not fields of the custom resource.
        let schema = match &schemas[chart] {
            Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
            schema => schema.clone(),
        };
        let given = &values[chart];
        if schema.is_object() && given.is_object() {
            checked.push(chart);
            let target = Chart {
                version: facts.to.to_owned(),
                schema: Some(schema),
                values: Value::Null,
                subcharts: Vec::new(),
            };
            // What is missing the target's own values may fill in, and a pattern is Helm's to judge.
            let found = judge(&target, given, &|_, _| None);
            let there = found.into_iter().filter(|it| it.pointer.get(given).is_some());
            faults.extend(there.map(|it| format!("{chart}: {}: {}", it.pointer.dotted(), it.message)));
        }
    }
    match (faults.is_empty(), checked.is_empty()) {
        (false, _) => Finding::new(Verdict::Block, format!("{} refuses the values in use. {}", facts.to, faults.join(" ")))
            .fix("Change what sets it (Bootstrap, or Raw Helm Overrides) to the target's schema: Helm would refuse it too."),
        (true, true) => Finding::new(Verdict::Unknown, "Could not be checked: the values in use are not known."),
        (true, false) => Finding::passed(format!("{} takes the values in use of {}.", facts.to, checked.join(" and "))),
    }
}
