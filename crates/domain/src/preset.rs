//! The operations guide's sizes and recommendations: as presets that one can take, and as soft advice on values off them.

use serde_json::Value;

use crate::contract::{Concept, Contract};
use crate::form::Edit;
use crate::pointer::Pointer;
use crate::quantity::Quantity;
use crate::schema::{Kind, Node};

/// Values that belong together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preset {
    pub name: &'static str,
    /// For whom, or what it is good for.
    pub about: &'static str,
    sets: &'static [Setting],
}

/// One value of a preset.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Setting {
    concept: Concept,
    /// Below the concept's pointer: the field of Kubernetes' resource requirements.
    field: &'static [&'static str],
    value: &'static str,
    /// Whether more is as good: sizes of volumes.
    at_least: bool,
}

const fn exactly(concept: Concept, value: &'static str) -> Setting {
    Setting { concept, field: &[], value, at_least: false }
}

const fn at_least(concept: Concept, value: &'static str) -> Setting {
    Setting { concept, field: &[], value, at_least: true }
}

const fn resource(concept: Concept, field: &'static [&'static str], value: &'static str) -> Setting {
    Setting { concept, field, value, at_least: false }
}

const CPU_REQUEST: &[&str] = &["requests", "cpu"];
const CPU_LIMIT: &[&str] = &["limits", "cpu"];
const MEMORY_REQUEST: &[&str] = &["requests", "memory"];
const MEMORY_LIMIT: &[&str] = &["limits", "memory"];

/// CPU and memory of one workload: request, limit, request, limit.
macro_rules! resources {
    ($concept:expr, $a:literal, $b:literal, $c:literal, $d:literal) => {
        [
            resource($concept, CPU_REQUEST, $a),
            resource($concept, CPU_LIMIT, $b),
            resource($concept, MEMORY_REQUEST, $c),
            resource($concept, MEMORY_LIMIT, $d),
        ]
    };
}

const PLATFORM: [Setting; 4] = resources!(Concept::PlatformResources, "500m", "2", "1Gi", "4Gi");
const DATA_SERVICE: [Setting; 4] = resources!(Concept::DataServiceResources, "1", "4", "2Gi", "8Gi");
const ML_JOBS: [Setting; 4] = resources!(Concept::MlJobsResources, "2", "8", "4Gi", "16Gi");
const LARGE_MODELS: [Setting; 4] = resources!(Concept::MlJobsResources, "4", "16", "8Gi", "32Gi");
const POSTGRESQL: [Setting; 4] = resources!(Concept::PostgresqlResources, "2", "4", "4Gi", "8Gi");
const REDIS: [Setting; 4] = resources!(Concept::RedisResources, "1", "4", "2Gi", "8Gi");

/// Replicas by the number of users.
const SIZES: [Preset; 4] = [
    Preset {
        name: "Dev/Test",
        about: "for trying it out",
        sets: &[
            exactly(Concept::PlatformReplicas, "1"),
            exactly(Concept::DataServiceReplicas, "1"),
            exactly(Concept::MlJobsReplicas, "2"),
        ],
    },
    Preset {
        name: "Small",
        about: "production with 50 users",
        sets: &[
            exactly(Concept::PlatformReplicas, "2"),
            exactly(Concept::DataServiceReplicas, "3"),
            exactly(Concept::MlJobsReplicas, "5"),
        ],
    },
    Preset {
        name: "Medium",
        about: "production with 200 users",
        sets: &[
            exactly(Concept::PlatformReplicas, "3"),
            exactly(Concept::DataServiceReplicas, "5"),
            exactly(Concept::MlJobsReplicas, "10"),
        ],
    },
    Preset {
        name: "Large",
        about: "production with more than 200 users",
        sets: &[
            exactly(Concept::PlatformReplicas, "5"),
            exactly(Concept::DataServiceReplicas, "10"),
            exactly(Concept::MlJobsReplicas, "20"),
        ],
    },
];

/// What each workload needs.
const RESOURCES: [Preset; 3] = [
    Preset {
        name: "Recommended resources",
        about: "CPU and memory of Platform, Data Service and ML Jobs",
        sets: &[
            PLATFORM[0],
            PLATFORM[1],
            PLATFORM[2],
            PLATFORM[3],
            DATA_SERVICE[0],
            DATA_SERVICE[1],
            DATA_SERVICE[2],
            DATA_SERVICE[3],
            ML_JOBS[0],
            ML_JOBS[1],
            ML_JOBS[2],
            ML_JOBS[3],
        ],
    },
    Preset {
        name: "Very large models",
        about: "CPU and memory of ML Jobs for models of more than 100 variables",
        sets: &LARGE_MODELS,
    },
    Preset {
        name: "Production databases",
        about: "three MongoDB members, room and power for all databases",
        sets: &[
            at_least(Concept::MongodbMembers, "3"),
            at_least(Concept::MongodbStorage, "100Gi"),
            at_least(Concept::PostgresqlStorage, "10Gi"),
            POSTGRESQL[0],
            POSTGRESQL[1],
            POSTGRESQL[2],
            POSTGRESQL[3],
            REDIS[0],
            REDIS[1],
            REDIS[2],
            REDIS[3],
        ],
    },
];

/// All presets, in the order in which they are offered.
pub fn presets() -> impl Iterator<Item = &'static Preset> {
    SIZES.iter().chain(&RESOURCES)
}

impl Preset {
    /// What taking it would change of a configuration. Fields that the cluster's schema or the contract has no place for
    /// are left out; what is as good or better already stays.
    pub fn edits(&self, contract: &Contract, root: Node<'_>, configuration: &Value) -> Vec<Edit> {
        let edit = |setting: &Setting| {
            let pointer = setting.pointer(contract)?;
            let node = root.at(&pointer)?;
            let before = pointer.get(configuration).or_else(|| node.default());
            if before.is_some_and(|before| setting.is_met_by(before)) {
                return None;
            }
            Some(Edit { value: Some(setting.json(node)), pointer })
        };
        self.sets.iter().filter_map(edit).collect()
    }
}

impl Setting {
    fn pointer(&self, contract: &Contract) -> Option<Pointer> {
        let pointer = contract.pointer(self.concept)?.clone();
        Some(self.field.iter().fold(pointer, |at, token| at.child(*token)))
    }

    /// In the type that the schema has for it.
    fn json(&self, node: Node<'_>) -> Value {
        let number = || self.value.parse::<i64>().ok().map(Value::from);
        match node.kind() {
            Kind::Integer | Kind::Number => number().unwrap_or_else(|| self.value.into()),
            _ => self.value.into(),
        }
    }

    fn is_met_by(&self, value: &Value) -> bool {
        match (Quantity::of(value), self.value.parse::<Quantity>()) {
            (Some(is), Ok(wanted)) => is == wanted || (self.at_least && is > wanted),
            _ => false,
        }
    }
}

/// A soft word on a value that is off the guide's recommendation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    pub pointer: Pointer,
    pub words: String,
}

/// Ranges that the guide recommends for production: concept, field, least, most (empty for none), for whom.
type Range = (Concept, &'static [&'static str], &'static str, &'static str, &'static str);

const PRODUCTION: [Range; 7] = [
    (Concept::MongodbMembers, &[], "3", "", "3 members keep MongoDB available when one fails"),
    (Concept::MongodbStorage, &[], "100Gi", "", "100Gi or more is recommended for production"),
    (Concept::PostgresqlStorage, &[], "10Gi", "", "10Gi or more is recommended for production"),
    (Concept::PostgresqlResources, CPU_LIMIT, "2", "4", "2 to 4 cores are recommended for production"),
    (Concept::PostgresqlResources, MEMORY_LIMIT, "4Gi", "8Gi", "4Gi to 8Gi are recommended for production"),
    (Concept::RedisResources, CPU_LIMIT, "1", "4", "1 to 4 cores are recommended for production"),
    (Concept::RedisResources, MEMORY_LIMIT, "2Gi", "8Gi", "2Gi to 8Gi are recommended for production"),
];

/// The size whose replicas the configuration has, or is nearest to: how many of them it has.
fn nearest(contract: &Contract, value: &dyn Fn(&Pointer) -> Option<Value>) -> Option<&'static Preset> {
    let met = |preset: &Preset| {
        let met = |it: &&Setting| {
            let value = it.pointer(contract).and_then(|pointer| value(&pointer));
            value.is_some_and(|value| it.is_met_by(&value))
        };
        preset.sets.iter().filter(met).count()
    };
    SIZES.iter().rev().max_by_key(|preset| met(preset)).filter(|preset| met(preset) > 0)
}

/// What of a configuration is off the guide's recommendations.
pub fn advice(contract: &Contract, root: Node<'_>, configuration: &Value) -> Vec<Advice> {
    let value = |pointer: &Pointer| {
        let node = root.at(pointer)?;
        pointer.get(configuration).or_else(|| node.default()).cloned()
    };
    let mut advice = Vec::new();
    if let Some(size) = nearest(contract, &value) {
        for setting in size.sets {
            let Some(pointer) = setting.pointer(contract) else { continue };
            if value(&pointer).is_some_and(|value| !setting.is_met_by(&value)) {
                let words = format!("{} ({}) has {}.", size.name, size.about, setting.value);
                advice.push(Advice { pointer, words });
            }
        }
    }
    let recommended: [&[Setting]; 3] = [&PLATFORM, &DATA_SERVICE, &ML_JOBS];
    for setting in recommended.into_iter().flatten() {
        let large = LARGE_MODELS.iter().find(|it| it.concept == setting.concept && it.field == setting.field);
        let Some(pointer) = setting.pointer(contract) else { continue };
        let off =
            |value: Value| !setting.is_met_by(&value) && !large.is_some_and(|large| large.is_met_by(&value));
        if value(&pointer).is_some_and(off) {
            advice.push(Advice { pointer, words: format!("{} is recommended.", setting.value) });
        }
    }
    for (concept, field, least, most, words) in PRODUCTION {
        let setting = Setting { concept, field, value: least, at_least: true };
        let Some(pointer) = setting.pointer(contract) else { continue };
        let Some(quantity) = value(&pointer).as_ref().and_then(Quantity::of) else { continue };
        let below = least.parse::<Quantity>().is_ok_and(|least| quantity < least);
        let above = most.parse::<Quantity>().is_ok_and(|most| quantity > most);
        if below || above {
            advice.push(Advice { pointer, words: format!("{words}.") });
        }
    }
    advice
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::form::apply;

    fn schema() -> Value {
        let text = json!({"type": "string"});
        let pair = json!({"properties": {"cpu": {"x-kubernetes-int-or-string": true}, "memory": text}});
        let resources = json!({"properties": {"requests": pair, "limits": pair}});
        let component = |default: u32| json!({"properties": {"replicas": {"type": "integer", "default": default}, "resources": resources}});
        json!({"properties": {"spec": {"properties": {
            "components": {"properties": {"platform": component(1), "dataService": component(1), "mlJobs": component(2)}},
            "dependencies": {"properties": {
                "mongodb": {"properties": {"members": {"type": "integer"}, "storage": text}},
            }},
        }}}})
    }

    fn preset(name: &str) -> &'static Preset {
        presets().find(|preset| preset.name == name).unwrap()
    }

    #[test]
    fn a_preset_changes_what_is_off_it_and_nothing_else() {
        let schema = schema();
        let root = Node::new(&schema, &schema);
        let contract = Contract::builtin();
        let check = |name: &str, before: Value, expect: &[(&str, Value)]| {
            let edits = preset(name).edits(&contract, root, &before);
            let found: Vec<_> =
                edits.iter().map(|it| (it.pointer.to_string(), it.value.clone().unwrap())).collect();
            let expect: Vec<_> = expect.iter().map(|(at, value)| ((*at).to_owned(), value.clone())).collect();
            assert_eq!(found, expect, "{name}");
            let mut after = before.clone();
            apply(&edits, &mut after);
            assert_eq!(preset(name).edits(&contract, root, &after), [], "{name} is taken once");
        };
        check("Dev/Test", json!({}), &[]);
        check(
            "Small",
            json!({"spec": {"components": {"dataService": {"replicas": 3}}}}),
            &[
                ("/spec/components/platform/replicas", json!(2)),
                ("/spec/components/mlJobs/replicas", json!(5)),
            ],
        );
        // What the schema has no place for is left out, and more storage is as good.
        check(
            "Production databases",
            json!({"spec": {"dependencies": {"mongodb": {"members": 5, "storage": "50Gi"}}}}),
            &[("/spec/dependencies/mongodb/storage", json!("100Gi"))],
        );
        check(
            "Very large models",
            json!({"spec": {"components": {"mlJobs": {"resources": {"requests": {"cpu": "4000m"}}}}}}),
            &[
                ("/spec/components/mlJobs/resources/limits/cpu", json!("16")),
                ("/spec/components/mlJobs/resources/requests/memory", json!("8Gi")),
                ("/spec/components/mlJobs/resources/limits/memory", json!("32Gi")),
            ],
        );
    }

    #[test]
    fn the_guides_sizes_are_these() {
        let sizes: Vec<_> = SIZES
            .iter()
            .map(|size| (size.name, size.sets.iter().map(|it| it.value).collect::<Vec<_>>().join("/")))
            .collect();
        let expect = [("Dev/Test", "1/1/2"), ("Small", "2/3/5"), ("Medium", "3/5/10"), ("Large", "5/10/20")];
        assert_eq!(sizes, expect.map(|(name, replicas)| (name, replicas.to_owned())));
    }

    #[test]
    fn advice_is_given_where_a_value_is_off() {
        let schema = schema();
        let root = Node::new(&schema, &schema);
        let configuration = json!({"spec": {
            "components": {"platform": {"replicas": 2, "resources": {"limits": {"cpu": 1}}}, "dataService": {"replicas": 4},
                "mlJobs": {"replicas": 5, "resources": {"limits": {"cpu": "16"}}}},
            "dependencies": {"mongodb": {"members": 1, "storage": "1Ti"}},
        }});
        let found: Vec<String> = advice(&Contract::builtin(), root, &configuration)
            .into_iter()
            .map(|it| format!("{} {}", it.pointer, it.words))
            .collect();
        assert_eq!(
            found,
            [
                "/spec/components/dataService/replicas Small (production with 50 users) has 3.",
                "/spec/components/platform/resources/limits/cpu 2 is recommended.",
                "/spec/dependencies/mongodb/members 3 members keep MongoDB available when one fails.",
            ]
        );
    }
}
