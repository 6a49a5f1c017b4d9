//! The values that the installation gives to both charts fit the target's schema.

use serde_json::Value;

use super::{Facts, Finding, Source, Verdict};
use crate::contract::Concept;
use crate::pointer::Pointer;

/// How deep a value is followed: a schema may refer to itself.
const NESTED: usize = 32;

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
    for chart in ["dependencies", "platform"] {
        // As text, so that its fields are not fields of the custom resource.
        let schema = match &schemas[chart] {
            Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
            schema => schema.clone(),
        };
        if schema.is_object() && values[chart].is_object() {
            checked.push(chart);
            let mut checker = Checker { schema: &schema, faults: Vec::new() };
            checker.value(&schema, &values[chart], &Pointer::root(), NESTED);
            faults.extend(checker.faults.into_iter().map(|it| format!("{chart}: {it}")));
        }
    }
    match (faults.is_empty(), checked.is_empty()) {
        (false, _) => Finding::new(Verdict::Block, format!("{} refuses {}.", facts.to, faults.join("; ")))
            .fix("Change what sets it (Bootstrap, or Raw Helm Overrides) to the target's schema: Helm would refuse it too."),
        (true, true) => Finding::new(Verdict::Unknown, "Could not be checked: the values in use are not known."),
        (true, false) => Finding::passed(format!("{} takes the values in use of {}.", facts.to, checked.join(" and "))),
    }
}

/// Judges values by a JSON Schema, as far as it plainly says something: whatever is in doubt is Helm's to judge.
struct Checker<'a> {
    schema: &'a Value,
    faults: Vec<String>,
}

impl<'a> Checker<'a> {
    fn follow(&self, schema: &'a Value) -> &'a Value {
        let target = schema["$ref"].as_str().and_then(|it| self.schema.pointer(it.strip_prefix('#')?));
        target.unwrap_or(schema)
    }

    fn say(&mut self, at: &Pointer, words: &str) {
        self.faults.push(format!("{} ({words})", at.dotted()));
    }

    fn value(&mut self, schema: &'a Value, value: &Value, at: &Pointer, fuel: usize) {
        let schema = self.follow(schema);
        // Helm takes a null for "leave the chart's own out".
        if fuel == 0 || value.is_null() {
            return;
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(some) => some.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if !types.is_empty() && !types.iter().any(|name| is_of(value, name)) {
            return self.say(at, &format!("must be {}", types.join(" or ")));
        }
        if let Some(choices) = schema["enum"].as_array().filter(|it| !it.contains(value)) {
            let choices: Vec<String> = choices.iter().map(Value::to_string).collect();
            self.say(at, &format!("must be one of {}", choices.join(", ")));
        }
        if let Some(number) = value.as_f64() {
            if let Some(least) = schema["minimum"].as_f64().filter(|it| number < *it) {
                self.say(at, &format!("must be at least {least}"));
            }
            if let Some(most) = schema["maximum"].as_f64().filter(|it| number > *it) {
                self.say(at, &format!("must be at most {most}"));
            }
        }
        for item in value.as_array().into_iter().flatten() {
            self.value(&schema["items"], item, at, fuel - 1);
        }
        let Some(fields) = value.as_object() else { return };
        let required = schema["required"].as_array().into_iter().flatten();
        for name in required.filter_map(Value::as_str).filter(|name| !fields.contains_key(*name)) {
            self.say(&at.child(name), "is required");
        }
        for (name, value) in fields {
            let at = at.child(name);
            match (schema["properties"].get(name), &schema["additionalProperties"]) {
                (Some(field), _) => self.value(field, value, &at, fuel - 1),
                (None, Value::Bool(false)) if schema["patternProperties"].is_null() => {
                    self.say(&at, "is not known");
                }
                (None, other) => self.value(other, value, &at, fuel - 1),
            }
        }
    }
}

fn is_of(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "integer" => value.as_f64().is_some_and(|it| it.fract() == 0.0),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => value.is_null(),
    }
}
