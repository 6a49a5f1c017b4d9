//! Raw Helm Overrides: what the installed chart accepts, which fields of the form they put out of effect, and what is
//! commonly written there.
//!
//! The operator lays the overrides over the values that it makes of the form, and Helm judges the result by the chart's
//! `values.schema.json` (JSON Schema draft 7). Both are in Helm's release secret, so the same can be said here before.

use std::cell::Cell;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::contract::{Concept, Contract};
use crate::helm::HelmError;
use crate::plain;
use crate::pointer::{Pointer, apply_merge_patch};
use crate::schema::Matches;
use crate::version::same as same_version;

/// Which of the two releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    Platform,
    Dependencies,
}

impl Release {
    pub const BOTH: [Self; 2] = [Self::Platform, Self::Dependencies];

    /// As the form calls it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Dependencies => "dependencies",
        }
    }

    /// Where its overrides live.
    pub fn concept(self) -> Concept {
        match self {
            Self::Platform => Concept::RawOverridesPlatform,
            Self::Dependencies => Concept::RawOverridesDependencies,
        }
    }
}

/// The installed chart, as far as overrides are judged by it.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    pub version: String,
    /// `values.schema.json`; `None` for a chart without one.
    pub schema: Option<Value>,
    /// The chart's own values with those of the last deployment over them; `null` where they are not known.
    pub values: Value,
    /// The charts that this one brings along, under the names that their values stand under.
    pub subcharts: Vec<String>,
}

impl Chart {
    /// Reads a release payload's JSON, after gunzip.
    ///
    /// # Errors
    /// [`HelmError`] for what is no release of Helm's. A schema that cannot be read counts as none: Helm then could not
    /// have deployed it either.
    pub fn read(json: &[u8]) -> Result<Self, HelmError> {
        let mut release: Value = serde_json::from_str(std::str::from_utf8(json)?)?;
        let mut take = |pointer: &str| release.pointer_mut(pointer).map(Value::take).unwrap_or_default();
        let (mut values, config) = (take("/chart/values"), take("/config"));
        apply_merge_patch(&mut values, &object(config));
        let chart = &release["chart"];
        let schema = chart["schema"].as_str().and_then(|text| STANDARD.decode(text).ok());
        let schema = schema.and_then(|bytes| serde_json::from_str(std::str::from_utf8(&bytes).ok()?).ok());
        let version = chart["metadata"]["version"].as_str().unwrap_or_default().to_owned();
        let name = |it: &Value| {
            let alias = it["alias"].as_str().filter(|alias| !alias.is_empty());
            Some(alias.or_else(|| it["name"].as_str())?.to_owned())
        };
        let subcharts = list_of(&chart["metadata"]["dependencies"]).iter().filter_map(name).collect();
        Ok(Self { version, schema, values, subcharts })
    }
}

/// The chart of the version that the custom resource, or draft of one, asks for, where that is not the `installed` one and
/// the operator's status in `current` tells its schema.
pub fn wanted(
    contract: &Contract,
    current: &Value,
    draft: &Value,
    release: Release,
    installed: &str,
) -> Option<Chart> {
    let version =
        contract.get(Concept::TargetVersion, draft)?.as_str().filter(|it| !same_version(it, installed))?;
    let keys = &contract.items.available_versions;
    let listed = contract.get(Concept::AvailableVersions, current)?.as_array()?;
    let schemas = &listed.iter().find(|it| it[&*keys.version] == version)?[&*keys.values_schema];
    let schema = match &schemas[release.word()] {
        Value::String(text) => serde_json::from_str(text).ok()?,
        schema => schema.clone(),
    };
    schema.is_object().then(|| Chart {
        version: version.to_owned(),
        schema: Some(schema),
        values: Value::Null,
        subcharts: Vec::new(),
    })
}

fn object(value: Value) -> Value {
    if value.is_object() { value } else { Value::Object(Map::new()) }
}

/// Something to say of an override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where in the overrides.
    pub pointer: Pointer,
    pub message: String,
}

/// What the chart's schema has against `over`: only what the overrides themselves bring about. A pattern is judged by
/// `matches`.
pub fn judge(chart: &Chart, over: &Value, matches: Matches<'_>) -> Vec<Finding> {
    if over.is_null() {
        return Vec::new();
    }
    let root = Pointer::root();
    if !over.is_object() {
        return vec![Finding { pointer: root, message: "Must be an object: names and values.".to_owned() }];
    }
    let Some(schema) = &chart.schema else { return Vec::new() };
    let mut values = chart.values.clone();
    // Helm, too, takes a null as the removal of a value.
    apply_merge_patch(&mut values, over);
    let steps = Cell::new(STEPS);
    let mut judge = Judge { root: schema, matches, found: Vec::new(), steps: &steps };
    judge.value(schema, &values, &root, NESTED);
    if steps.get() == 0 {
        return Vec::new();
    }
    judge.found.retain(|it| {
        let tokens = it.pointer.tokens();
        let parent = Pointer::of(&tokens[..tokens.len().saturating_sub(1)]);
        // What is missing may be among the chart's own values.
        let missing = tokens.len() > 1 && parent.get(over).is_some() && !chart.values.is_null();
        it.pointer.get(over).is_some() || missing
    });
    judge.found
}

/// What of `over` only a deployment judges: values of charts that the chart brings along. Helm checks them against those
/// charts' own schemas, which it does not put into the release; there is only the chart itself.
pub fn unjudged(chart: &Chart, over: &Value) -> Vec<Finding> {
    let set = chart.subcharts.iter().filter(|name| over.get(name.as_str()).is_some_and(|it| !it.is_null()));
    set.map(|name| Finding {
        pointer: Pointer::of([name.as_str()]),
        message: format!(
            "Values of the chart {name}, which this one brings along: Helm keeps no schema of it in the release, so \
             only a deployment judges them."
        ),
    })
    .collect()
}

/// How deep references and branches of one value are followed: a schema may refer to itself.
const NESTED: usize = 24;

/// Schemas and their branches that are looked at in all: branches that refer to themselves double at each level. Where they do not suffice
/// nothing is said, and Helm judges.
const STEPS: usize = 200_000;

/// The rules of draft 7 that charts use.
struct Judge<'a> {
    root: &'a Value,
    matches: Matches<'a>,
    found: Vec<Finding>,
    /// Left of [`STEPS`].
    steps: &'a Cell<usize>,
}

impl<'a> Judge<'a> {
    fn say(&mut self, at: &Pointer, message: String) {
        let finding = Finding { pointer: at.clone(), message };
        if !self.found.contains(&finding) {
            self.found.push(finding);
        }
    }

    fn fits(&self, schema: &'a Value, value: &Value, fuel: usize) -> bool {
        let mut inner = Judge { found: Vec::new(), ..*self };
        inner.value(schema, value, &Pointer::root(), fuel);
        inner.found.is_empty()
    }

    fn value(&mut self, schema: &'a Value, value: &Value, at: &Pointer, fuel: usize) {
        let branches = ["allOf", "anyOf", "oneOf"].map(|key| list_of(&schema[key]).len());
        self.steps.set(self.steps.get().saturating_sub(1 + branches.iter().sum::<usize>()));
        if self.steps.get() == 0 {
            return;
        }
        if *schema == false {
            return self.say(at, "Nothing may stand here.".to_owned());
        }
        let Some(fuel) = fuel.checked_sub(1).filter(|_| schema.is_object()) else { return };
        let target = schema["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
        if let Some(target) = target.and_then(|it| self.root.pointer(it)) {
            self.value(target, value, at, fuel);
        }
        let types = list(&schema["type"]);
        if !types.is_empty() && !types.iter().any(|it| is_of(value, it)) {
            let names: Vec<&str> = types.iter().filter_map(|it| it.as_str()).map(type_words).collect();
            return self.say(at, format!("Must be {}.", names.join(" or ")));
        }
        let constant = schema.get("const").into_iter().collect::<Vec<_>>();
        let choices = schema["enum"].as_array().map_or(constant, |it| it.iter().collect());
        if !choices.is_empty() && !choices.iter().any(|it| same(it, value)) {
            let names: Vec<String> = choices.iter().map(|it| it.to_string()).collect();
            self.say(at, format!("Must be {}.", names.join(" or ")));
        }
        let limit = |key: &str| schema[key].as_f64();
        let mut size = |size: usize, keys: [&str; 2], unit: &str| {
            if let Some(least) = limit(keys[0]).filter(|it| (size as f64) < *it) {
                self.say(at, format!("Needs at least {} {unit}.", plain::number(least)));
            }
            if let Some(most) = limit(keys[1]).filter(|it| (size as f64) > *it) {
                self.say(at, format!("May have at most {} {unit}.", plain::number(most)));
            }
        };
        match value {
            Value::String(text) => {
                size(text.chars().count(), ["minLength", "maxLength"], "characters");
                let pattern = schema["pattern"].as_str().unwrap_or_default();
                if !pattern.is_empty() && (self.matches)(pattern, text) == Some(false) {
                    self.say(at, format!("Must match {pattern}."));
                }
            }
            Value::Number(number) => {
                let number = number.as_f64().unwrap_or_default();
                let rules = [
                    ("minimum", "at least", number < limit("minimum").unwrap_or(f64::MIN)),
                    ("maximum", "at most", number > limit("maximum").unwrap_or(f64::MAX)),
                    (
                        "exclusiveMinimum",
                        "more than",
                        number <= limit("exclusiveMinimum").unwrap_or(f64::MIN),
                    ),
                    (
                        "exclusiveMaximum",
                        "less than",
                        number >= limit("exclusiveMaximum").unwrap_or(f64::MAX),
                    ),
                ];
                for (key, words, broken) in rules {
                    if broken {
                        self.say(at, format!("Must be {words} {}.", schema[key]));
                    }
                }
                if let Some(step) = limit("multipleOf").filter(|it| *it > 0.0)
                    && (number / step - (number / step).round()).abs() > 1e-9
                {
                    self.say(at, format!("Must be a multiple of {}.", plain::number(step)));
                }
            }
            Value::Array(items) => {
                size(items.len(), ["minItems", "maxItems"], "items");
                let each = &schema["items"];
                let unique = schema["uniqueItems"] == true;
                for (index, item) in items.iter().enumerate() {
                    let schema = each.as_array().map_or(Some(each), |each| each.get(index));
                    let at = at.child(index.to_string());
                    if let Some(schema) = schema {
                        self.value(schema, item, &at, fuel);
                    }
                    if unique && items[..index].contains(item) {
                        self.say(&at, "Is in the list already.".to_owned());
                    }
                }
            }
            Value::Object(fields) => {
                size(fields.len(), ["minProperties", "maxProperties"], "entries");
                self.object(schema, fields, at, fuel);
            }
            Value::Null | Value::Bool(_) => {}
        }
        self.branches(schema, value, at, fuel);
    }

    fn object(&mut self, schema: &'a Value, fields: &Map<String, Value>, at: &Pointer, fuel: usize) {
        for name in list(&schema["required"]).into_iter().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                self.say(&at.child(name), "Is required.".to_owned());
            }
        }
        for (name, value) in fields {
            let at = at.child(name);
            let mut known = false;
            if let Some(own) = schema["properties"].get(name) {
                known = true;
                self.value(own, value, &at, fuel);
            }
            for (pattern, own) in schema["patternProperties"].as_object().into_iter().flatten() {
                if (self.matches)(pattern, name) != Some(false) {
                    known = true;
                    self.value(own, value, &at, fuel);
                }
            }
            match &schema["additionalProperties"] {
                _ if known => {}
                Value::Bool(false) => self.say(&at, unknown(name, &schema["properties"])),
                rest => self.value(rest, value, &at, fuel),
            }
        }
    }

    fn branches(&mut self, schema: &'a Value, value: &Value, at: &Pointer, fuel: usize) {
        for all in list_of(&schema["allOf"]) {
            self.value(all, value, at, fuel);
        }
        let any = list_of(&schema["anyOf"]);
        if !any.is_empty() && !any.iter().any(|it| self.fits(it, value, fuel)) {
            self.say(at, "Fits none of the forms that the chart takes here.".to_owned());
        }
        let one = list_of(&schema["oneOf"]);
        if !one.is_empty() && one.iter().filter(|it| self.fits(it, value, fuel)).count() != 1 {
            self.say(at, "Must fit exactly one of the forms that the chart takes here.".to_owned());
        }
        if schema["not"].is_object() && self.fits(&schema["not"], value, fuel) {
            self.say(at, "Must not be so: the chart excludes it.".to_owned());
        }
        if schema["if"].is_object() {
            let then = if self.fits(&schema["if"], value, fuel) { "then" } else { "else" };
            self.value(&schema[then], value, at, fuel);
        }
    }
}

/// A value, or the list of them that stands in its place.
fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

fn list_of(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn is_of(value: &Value, kind: &Value) -> bool {
    match kind.as_str().unwrap_or_default() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|it| it.fract() == 0.0),
        _ => true,
    }
}

fn type_words(kind: &str) -> &str {
    match kind {
        "object" => "an object",
        "array" => "a list",
        "string" => "a text",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        other => other,
    }
}

/// Equal as JSON Schema has it: 1 and 1.0 are the same.
fn same(a: &Value, b: &Value) -> bool {
    a == b || (a.is_number() && a.as_f64() == b.as_f64())
}

/// A name that the schema does not have, those that it has, and the one that was probably meant.
fn unknown(name: &str, properties: &Value) -> String {
    let mut names: Vec<&str> =
        properties.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    crate::sort::by(&mut names, Ord::cmp);
    let alike = |other: &&&str| {
        let pairs = other.chars().zip(name.chars());
        pairs.take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count()
    };
    let meant = names.iter().max_by_key(alike).filter(|it| alike(it) >= 3);
    let mut words = format!("The chart has no `{name}` here");
    // Writing to a String cannot fail.
    let _ = match names.as_slice() {
        [] => write!(words, "."),
        names => write!(words, "; it has {}.", names.join(", ")),
    };
    if let Some(meant) = meant {
        let _ = write!(words, " Did you mean `{meant}`?");
    }
    words
}

/// The fields of the form that have a place in a chart's values: that of the reference CRD without `spec` and, in the
/// chart of the dependencies, without `dependencies`.
const PLATFORM: [Concept; 9] = [
    Concept::ImagePullSecret,
    Concept::Host,
    Concept::Ingress,
    Concept::PlatformReplicas,
    Concept::PlatformResources,
    Concept::DataServiceReplicas,
    Concept::DataServiceResources,
    Concept::MlJobsReplicas,
    Concept::MlJobsResources,
];

const DEPENDENCIES: [Concept; 9] = [
    Concept::ImagePullSecret,
    Concept::StorageClass,
    Concept::MongodbMembers,
    Concept::MongodbStorage,
    Concept::MongodbResources,
    Concept::PostgresqlReadReplicas,
    Concept::PostgresqlStorage,
    Concept::PostgresqlResources,
    Concept::RedisResources,
];

/// An override that puts a field of the form out of effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Shadow {
    /// Where in the overrides.
    pub pointer: Pointer,
    pub concept: Concept,
    /// The field in the custom resource, down to what is overridden.
    pub field: Pointer,
    /// What the form says.
    pub form: Option<Value>,
    /// What the override says.
    pub value: Value,
    /// An autoscaler is switched on, which then decides about the number.
    pub scaled: bool,
}

impl Shadow {
    /// What to say of it.
    pub fn sentence(&self) -> String {
        let field = self.field.dotted();
        let form = self.form.as_ref().map_or_else(|| "not set".to_owned(), Value::to_string);
        match self.scaled {
            true => {
                format!("The autoscaler decides from now on; {field} of the form ({form}) has no effect.")
            }
            false => format!(
                "This wins over {field} of the form ({form}), which has no effect while it stands here."
            ),
        }
    }
}

/// Where a concept is in a chart's values.
fn place(concept: Concept) -> Vec<String> {
    let pointer = Pointer::parse(concept.reference()).unwrap_or_default();
    let skip = |token: &&String| *token == "spec" || *token == "dependencies";
    pointer.tokens().iter().skip_while(skip).cloned().collect()
}

/// The fields of the form that the overrides in this custom resource, or draft of one, put out of effect.
pub fn shadows(contract: &Contract, cr: &Value, release: Release) -> Vec<Shadow> {
    let Some(over) = contract.get(release.concept(), cr) else { return Vec::new() };
    let mut leaves = Vec::new();
    collect(over, &Pointer::root(), &mut leaves);
    let concepts = if release == Release::Platform { PLATFORM } else { DEPENDENCIES };
    let mut found = Vec::new();
    for concept in concepts {
        let Some(at) = contract.pointer(concept) else { continue };
        let place = place(concept);
        for (pointer, value) in &leaves {
            let Some(rest) = pointer.tokens().strip_prefix(place.as_slice()) else { continue };
            let field = rest.iter().fold(at.clone(), |field, token| field.child(token));
            let form = field.get(cr).cloned();
            found.push(Shadow {
                pointer: pointer.clone(),
                concept,
                field,
                form,
                value: (*value).clone(),
                scaled: false,
            });
        }
        // The autoscaler of the component whose replicas these are.
        if let [.., component, last] = place.as_slice()
            && last == "replicas"
        {
            let switch = |(pointer, value): &&(Pointer, &Value)| {
                let names = pointer.tokens().iter().map(|it| it.to_ascii_lowercase()).collect::<Vec<_>>();
                **value == true
                    && names.iter().any(|it| it.contains("autoscaling") || it == "hpa")
                    && names.contains(&component.to_ascii_lowercase())
                    && names.last().is_some_and(|it| it == "enabled")
            };
            if let Some((pointer, value)) = leaves.iter().find(switch) {
                let (field, form) = (at.clone(), at.get(cr).cloned());
                let (pointer, value) = (pointer.clone(), (*value).clone());
                found.push(Shadow { pointer, concept, field, form, value, scaled: true });
            }
        }
    }
    found
}

fn collect<'a>(value: &'a Value, at: &Pointer, leaves: &mut Vec<(Pointer, &'a Value)>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().for_each(|(name, value)| collect(value, &at.child(name), leaves));
        }
        value => leaves.push((at.clone(), value)),
    }
}

/// The custom resource as the charts see it: with each shadowed field as the overrides have it.
pub fn effective(contract: &Contract, cr: &Value) -> Value {
    let mut seen = cr.clone();
    for release in Release::BOTH {
        for shadow in shadows(contract, cr, release).into_iter().filter(|it| !it.scaled) {
            apply_merge_patch(&mut seen, &shadow.field.merge_patch(shadow.value));
        }
    }
    seen
}

/// Something that is commonly written into the overrides.
#[derive(Debug, Clone, PartialEq)]
pub struct Insertion {
    /// What it is, for a button.
    pub title: &'static str,
    /// What is merged into the overrides; `Err` says why the installed chart has no place for it.
    pub values: Result<Value, String>,
}

/// What can be put into the overrides of the platform's chart: autoscaling by CPU for the services, by the queue's
/// depth for the workers, in the names that the chart's own schema has for it.
pub fn insertions(chart: Option<&Chart>) -> Vec<Insertion> {
    [
        ("Autoscale Platform by CPU", "platform", "cpu", json!(2), json!(5), json!(70)),
        ("Autoscale Data Service by CPU", "dataService", "cpu", json!(2), json!(10), json!(70)),
        ("Autoscale ML Jobs by queue depth", "mlJobs", "queue", json!(2), json!(20), json!(10)),
    ]
    .into_iter()
    .map(|(title, component, metric, least, most, target)| {
        let values = scaling(chart, component, metric).map(|(at, keys)| {
            let [enabled, minimum, maximum, goal] = keys;
            let mut fields = Map::new();
            let given =
                [(enabled, json!(true)), (minimum, least), (maximum, Some(most).into()), (goal, target)];
            for (key, value) in given {
                if let Some(key) = key {
                    fields.insert(key, value);
                }
            }
            at.merge_patch(Value::Object(fields))
        });
        Insertion { title, values }
    })
    .collect()
}

/// Where autoscaling of a component is configured, and the names of its switch, least and most replicas and target.
type Scaling = (Pointer, [Option<String>; 4]);

fn scaling(chart: Option<&Chart>, component: &str, metric: &str) -> Result<Scaling, String> {
    let known = |names: [&str; 4]| names.map(|it| Some(it.to_owned()));
    let Some(chart) = chart else {
        // As the platform's charts have it; nothing tells otherwise.
        let goal = if metric == "cpu" { "targetCPUUtilizationPercentage" } else { "targetQueueDepth" };
        let names = known(["enabled", "minReplicas", "maxReplicas", goal]);
        return Ok((Pointer::of(["autoscaling", component]), names));
    };
    let Some(schema) = &chart.schema else { return scaling(None, component, metric) };
    let mut places = Vec::new();
    find_scaling(schema, schema, &Pointer::root(), 8, &mut places);
    let is_ours = |(at, names): &&(Pointer, Vec<String>)| {
        at.tokens().iter().any(|it| it.eq_ignore_ascii_case(component))
            && names.iter().any(|it| it.to_ascii_lowercase().contains(metric))
    };
    let (at, names) = places.iter().find(is_ours).ok_or_else(|| {
        let version = &chart.version;
        format!("The installed chart ({version}) has no values for it.")
    })?;
    let named = |part: &str| names.iter().find(|it| it.to_ascii_lowercase().contains(part)).cloned();
    Ok((at.clone(), [named("enabled"), named("min"), named("max"), named(metric)]))
}

/// The places in a schema that have a `maxReplicas`, with the names of all their fields.
fn find_scaling(
    root: &Value,
    schema: &Value,
    at: &Pointer,
    fuel: usize,
    found: &mut Vec<(Pointer, Vec<String>)>,
) {
    let Some(fuel) = fuel.checked_sub(1) else { return };
    let target = schema["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
    if let Some(schema) = target.and_then(|it| root.pointer(it)) {
        return find_scaling(root, schema, at, fuel, found);
    }
    let Some(fields) = schema["properties"].as_object() else { return };
    if fields.contains_key("maxReplicas") {
        found.push((at.clone(), fields.keys().cloned().collect()));
    }
    for (name, schema) in fields {
        find_scaling(root, schema, &at.child(name), fuel, found);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLATFORM_SCHEMA: &str = include_str!("../../../tests/cluster/charts/platform/values.schema.json");

    fn chart(schema: Value) -> Chart {
        Chart {
            version: "0.1.15".into(),
            schema: Some(schema),
            values: json!({"ingress": {"enabled": false}}),
            subcharts: Vec::new(),
        }
    }

    fn platform() -> Chart {
        chart(serde_json::from_str(PLATFORM_SCHEMA).unwrap())
    }

    /// As far as the tests need it.
    fn matches(pattern: &str, text: &str) -> Option<bool> {
        match pattern {
            "^[a-z]+$" => Some(!text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase())),
            _ => None,
        }
    }

    fn said(chart: &Chart, over: Value) -> Vec<String> {
        let found = judge(chart, &over, &matches);
        found.iter().map(|it| format!("{}: {}", it.pointer.dotted(), it.message)).collect()
    }

    #[test]
    fn a_schema_that_is_all_references_to_itself_ends() {
        let me = json!({"$ref": "#"});
        for keyword in ["allOf", "anyOf", "oneOf"] {
            let hostile = chart(json!({keyword: [me, me, me], "properties": {"a": me}}));
            assert_eq!(judge(&hostile, &json!({"a": {"a": 1}}), &matches), []);
        }
    }

    #[test]
    fn overrides_are_judged_by_the_installed_charts_schema() {
        let check = |over: Value, expect: &[&str]| assert_eq!(said(&platform(), over), expect);
        check(Value::Null, &[]);
        check(json!([1]), &[": Must be an object: names and values."]);
        check(json!({"components": {"platform": {"replicas": 3}}}), &[]);
        check(
            json!({"components": {"platform": {"replicas": "many"}}}),
            &["components.platform.replicas: Must be a whole number."],
        );
        check(
            json!({"components": {"mlJobs": {"replicas": -1}}}),
            &["components.mlJobs.replicas: Must be at least 0."],
        );
        check(
            json!({"ingress": {"clas": "nginx"}}),
            &[
                "ingress.clas: The chart has no `clas` here; it has className, enabled, tlsSecret. Did you mean `className`?",
            ],
        );
        check(
            json!({"autoscaling": {"platform": {"enabled": true}}}),
            &["autoscaling.platform.maxReplicas: Is required."],
        );
        check(json!({"auth": {"mode": "none"}}), &["auth.mode: Must be \"managed\" or \"external\"."]);
        check(json!({"auth": {"mode": "external"}}), &["auth.oidc: Is required."]);
        // A null takes a value away, it is none.
        check(json!({"ingress": {"className": null}}), &[]);
    }

    #[test]
    fn what_the_overrides_do_not_touch_is_not_their_fault() {
        let mut chart = platform();
        chart.values = json!({"ingress": {"odd": 1}, "components": {"mlJobs": {"replicas": "x"}}});
        assert_eq!(said(&chart, json!({"host": "a.example"})), Vec::<String>::new());
        assert_eq!(
            said(&chart, json!({"ingress": {"enabled": 1}})),
            [
                "ingress.odd: The chart has no `odd` here; it has className, enabled, tlsSecret.",
                "ingress.enabled: Must be true or false.",
            ]
            .iter()
            .rev()
            .copied()
            .collect::<Vec<_>>()
        );
    }

    #[test]
    fn the_rules_of_draft_7_that_charts_use() {
        let check = |schema: Value, value: Value, expect: Option<&str>| {
            let chart = chart(json!({"properties": {"a": schema}}));
            let found = judge(&chart, &json!({"a": value}), &matches);
            assert_eq!(found.first().map(|it| it.message.as_str()), expect, "{schema} {value}");
        };
        check(json!({"type": ["string", "number"]}), json!(1.5), None);
        check(json!({"type": ["string", "integer"]}), json!(true), Some("Must be a text or a whole number."));
        check(json!({"type": "integer"}), json!(2.0), None);
        check(json!({"const": 1}), json!(1.0), None);
        check(json!({"exclusiveMinimum": 0}), json!(0), Some("Must be more than 0."));
        check(json!({"multipleOf": 5}), json!(12), Some("Must be a multiple of 5."));
        check(json!({"pattern": "^[a-z]+$"}), json!("A"), Some("Must match ^[a-z]+$."));
        check(json!({"pattern": "(?<odd"}), json!("A"), None);
        check(json!({"minLength": 2}), json!("é"), Some("Needs at least 2 characters."));
        check(json!({"items": {"type": "string"}}), json!(["x", 1]), Some("Must be a text."));
        check(json!({"items": [{"type": "string"}]}), json!(["x", 1]), None);
        check(json!({"maxItems": 1}), json!([1, 2]), Some("May have at most 1 items."));
        check(json!({"uniqueItems": true}), json!([1, 1]), Some("Is in the list already."));
        check(
            json!({"patternProperties": {"^[a-z]+$": {"type": "string"}}, "additionalProperties": false}),
            json!({"x": 1}),
            Some("Must be a text."),
        );
        check(json!({"additionalProperties": {"type": "string"}}), json!({"x": 1}), Some("Must be a text."));
        check(
            json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
            json!(1),
            Some("Fits none of the forms that the chart takes here."),
        );
        check(
            json!({"oneOf": [{"minimum": 1}, {"minimum": 2}]}),
            json!(3),
            Some("Must fit exactly one of the forms that the chart takes here."),
        );
        check(json!({"not": {"type": "string"}}), json!("x"), Some("Must not be so: the chart excludes it."));
        check(json!({"allOf": [{"maximum": 1}]}), json!(3), Some("Must be at most 1."));
        check(json!(false), json!(3), Some("Nothing may stand here."));
        check(json!({"$ref": "#/properties/a"}), json!(3), None);
    }

    #[test]
    fn the_form_fields_that_overrides_win_over_are_found_whatever_the_crd_calls_them() {
        let cr = json!({"spec": {
            "host": "form.example", "components": {"platform": {"replicas": 2}, "mlJobs": {"replicas": 5}},
            "advanced": {"rawHelmOverrides": {
                "platform": {"components": {"platform": {"replicas": 9, "resources": {"limits": {"cpu": "4"}}}},
                    "autoscaling": {"mlJobs": {"enabled": true}, "dataService": {"enabled": false}}, "extra": 1},
                "dependencies": {"mongodb": {"members": 3}, "storageClass": "fast"},
            }},
        }});
        let builtin = Contract::builtin();
        let of = |release| -> Vec<String> {
            shadows(&builtin, &cr, release)
                .iter()
                .map(|it| format!("{}: {}", it.pointer.dotted(), it.sentence()))
                .collect()
        };
        assert_eq!(
            of(Release::Platform),
            [
                "components.platform.replicas: This wins over spec.components.platform.replicas of the form (2), which has no \
             effect while it stands here.",
                "components.platform.resources.limits.cpu: This wins over spec.components.platform.resources.limits.cpu of the \
             form (not set), which has no effect while it stands here.",
                "autoscaling.mlJobs.enabled: The autoscaler decides from now on; spec.components.mlJobs.replicas of the form (5) \
             has no effect.",
            ]
        );
        assert_eq!(of(Release::Dependencies).len(), 2);
        let seen = effective(&builtin, &cr);
        assert_eq!(seen["spec"]["components"]["platform"]["replicas"], 9);
        assert_eq!(seen["spec"]["dependencies"]["mongodb"]["members"], 3);
        assert_eq!(seen["spec"]["components"]["mlJobs"]["replicas"], 5);
        let elsewhere = Contract::builtin().with_overrides([
            (Concept::PlatformReplicas, Pointer::parse("/spec/web/count").ok()),
            (Concept::RawOverridesPlatform, Pointer::parse("/spec/overrides").ok()),
        ]);
        let cr = json!({"spec": {"web": {"count": 1}, "overrides": {"components": {"platform": {"replicas": 9}}}}});
        assert_eq!(shadows(&elsewhere, &cr, Release::Platform)[0].field.dotted(), "spec.web.count");
    }

    #[test]
    fn insertions_speak_the_installed_charts_names() {
        let values = |chart: Option<&Chart>| -> Vec<Result<Value, String>> {
            insertions(chart).into_iter().map(|it| it.values).collect()
        };
        let own = platform();
        let found = values(Some(&own));
        assert_eq!(
            found[0],
            Ok(json!({"autoscaling": {"platform": {"enabled": true, "minReplicas": 2, "maxReplicas": 5,
                "targetCPUUtilizationPercentage": 70}}}))
        );
        for values in found.into_iter().chain(values(None)) {
            assert_eq!(said(&own, values.unwrap()), Vec::<String>::new());
        }
        let other = chart(
            json!({"properties": {"web": {"properties": {"platform": {"properties": {"hpa": {"properties": {
            "on": {}, "minReplicas": {}, "maxReplicas": {}, "cpuTarget": {}}}}}}}}}),
        );
        let found = values(Some(&other));
        assert_eq!(
            found[0],
            Ok(json!({"web": {"platform": {"hpa": {"minReplicas": 2, "maxReplicas": 5, "cpuTarget": 70}}}}))
        );
        assert_eq!(found[2], Err("The installed chart (0.1.15) has no values for it.".into()));
    }

    #[test]
    fn the_version_that_is_asked_for_is_judged_by_before_it_is_installed() {
        let contract = Contract::builtin();
        let schema = r#"{"properties": {"ingress": {"additionalProperties": false, "required": ["x"],
            "properties": {"class": {}, "enabled": {}}}}}"#;
        let current = json!({"status": {"availableVersions": [
            {"version": "0.1.17", "valuesSchema": {"platform": schema}}, {"version": "0.1.18"}]}});
        let draft = |version: &str| json!({"spec": {"version": version}});
        let of = |version: &str| wanted(&contract, &current, &draft(version), Release::Platform, "0.1.16");
        assert_eq!((of("0.1.16"), of("0.1.18"), of("9")), (None, None, None));
        let chart = of("0.1.17").unwrap();
        assert_eq!(
            said(&chart, json!({"ingress": {"className": "nginx"}})),
            [
                "ingress.className: The chart has no `className` here; it has class, enabled. Did you mean `class`?"
            ]
        );
        assert_eq!(wanted(&contract, &current, &draft("0.1.17"), Release::Dependencies, "0.1.16"), None);
    }

    #[test]
    fn a_chart_is_read_from_its_release() {
        let schema = STANDARD.encode(r#"{"type": "object"}"#);
        let release = json!({"chart": {"metadata": {"version": "1.2.3", "dependencies": [
            {"name": "postgresql", "alias": "db"}, {"name": "redis", "alias": ""}, {}]}, "schema": schema, "values": {"a": 1, "b": {"c": 2}}},
            "config": {"b": {"c": 3}}});
        let chart = Chart::read(release.to_string().as_bytes()).unwrap();
        assert_eq!(
            chart,
            Chart {
                version: "1.2.3".into(),
                schema: Some(json!({"type": "object"})),
                values: json!({"a": 1, "b": {"c": 3}}),
                subcharts: vec!["db".into(), "redis".into()],
            }
        );
        let found = unjudged(&chart, &json!({"db": {"size": "many"}, "redis": null, "a": 2}));
        assert_eq!(found.iter().map(|it| it.pointer.dotted()).collect::<Vec<_>>(), ["db"]);
        let bare = Chart::read(br#"{"chart": {"schema": null}, "config": null}"#).unwrap();
        assert_eq!((bare.schema, bare.values), (None, json!({})));
        assert!(Chart::read(b"no").is_err());
        for odd in
            ["2", "[]", r#"{"chart": 2}"#, r#"{"chart": {"values": 2, "metadata": []}, "config": "x"}"#]
        {
            let read = Chart::read(odd.as_bytes()).unwrap();
            assert_eq!((read.version, read.schema), (String::new(), None), "{odd}");
        }
    }

    proptest! {
        #[test]
        fn no_schema_and_no_value_breaks_the_judge(
            schema in crate::schema::tests::any_schema(),
            over in crate::pointer::tests::any_json(),
        ) {
            judge(&chart(schema), &over, &matches);
        }
    }
}
