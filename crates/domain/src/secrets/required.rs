//! Which secrets must be there, and whether they are: what the operator lists, what the installation names and what pod
//! templates and Ingresses use, taken together.

use super::check::Fault;
use super::consumers::{Graph, How};
use super::kinds;
use crate::installation::RequiredSecret;
use crate::sort;

/// A secret that something waits for, or would wait for if it were not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    pub name: String,
    pub keys: Vec<String>,
    /// Why, in the operator's words.
    pub reasons: Vec<String>,
    /// Who cannot start or serve without it.
    pub blocks: Vec<String>,
    /// The type that fits its uses.
    pub kind: &'static str,
    /// Hosts that a certificate in it is for.
    pub hosts: Vec<String>,
}

/// What is known of a needed secret without its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// Not read yet, or not allowed to; why.
    Unknown(String),
    Missing,
    /// There, with the names of its keys where these are known.
    There(Option<Vec<String>>),
}

/// How a need stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Missing,
    MissingKeys(Vec<String>),
    /// Its values were checked and found wanting.
    Faulty(Vec<Fault>),
    Unknown(String),
    /// There with its keys; the values were not looked at.
    There,
    /// Its values were checked, too.
    Checked,
}

impl Verdict {
    /// Judges presence and, where values were checked, what came of it.
    pub fn of(need: &Need, presence: &Presence, checked: Option<&[Fault]>) -> Self {
        if let Presence::Missing = presence {
            return Self::Missing;
        }
        if let Presence::There(Some(keys)) = presence {
            let missing: Vec<_> = need.keys.iter().filter(|it| !keys.contains(it)).cloned().collect();
            if !missing.is_empty() {
                return Self::MissingKeys(missing);
            }
        }
        match (checked, presence) {
            (Some([]), _) => Self::Checked,
            (Some(faults), _) => Self::Faulty(faults.to_vec()),
            (None, Presence::Unknown(why)) => Self::Unknown(why.clone()),
            (None, _) => Self::There,
        }
    }

    /// Whether something is wrong for sure.
    pub fn is_bad(&self) -> bool {
        matches!(self, Self::Missing | Self::MissingKeys(_) | Self::Faulty(_))
    }

    /// Whether whoever needs it cannot do without what is wrong.
    pub fn holds_up(&self) -> bool {
        match self {
            Self::Missing | Self::MissingKeys(_) => true,
            Self::Faulty(faults) => faults.iter().any(|it| it.grave),
            Self::Unknown(_) | Self::There | Self::Checked => false,
        }
    }

    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::Missing => "missing".to_owned(),
            Self::MissingKeys(keys) if keys.len() == 1 => format!("lacks the key {}", keys[0]),
            Self::MissingKeys(keys) => format!("lacks the keys {}", keys.join(", ")),
            Self::Faulty(_) => "does not fit".to_owned(),
            Self::Unknown(why) => format!("not known: {why}"),
            Self::There => "there".to_owned(),
            Self::Checked => "there and fit".to_owned(),
        }
    }
}

/// All needs, by name. What pods start without is not needed.
pub fn needs(listed: &[RequiredSecret], graph: &Graph) -> Vec<Need> {
    let mut needs: Vec<Need> = Vec::new();
    for secret in listed {
        let need = entry(&mut needs, &secret.name);
        secret.keys.iter().for_each(|key| add(&mut need.keys, key));
        secret.reason.iter().for_each(|reason| add(&mut need.reasons, reason));
        if secret.keys.iter().any(|key| key == kinds::DOCKER_CONFIG_KEY) {
            need.kind = kinds::DOCKER_CONFIG;
        }
    }
    for consumer in &graph.consumers {
        // A pod of a service account without its pull secret starts all the same where the registry lets it.
        let account = consumer.kind == "ServiceAccount";
        for usage in consumer.uses.iter().filter(|it| !it.optional && !account) {
            let need = entry(&mut needs, &usage.secret);
            usage.keys.iter().for_each(|key| add(&mut need.keys, key));
            add(&mut need.blocks, &consumer.name);
            match usage.how {
                How::ImagePull => need.kind = kinds::DOCKER_CONFIG,
                How::Tls => {
                    need.kind = kinds::TLS;
                    usage
                        .place
                        .split(", ")
                        .filter(|it| !it.is_empty())
                        .for_each(|it| add(&mut need.hosts, it));
                }
                How::Env | How::EnvFrom | How::Volume | How::Reference => {}
            }
        }
    }
    for need in &mut needs {
        let own = kinds::kind(need.kind).map_or(&[][..], |it| it.keys);
        own.iter().for_each(|key| add(&mut need.keys, key));
    }
    sort::by(&mut needs, |a, b| a.name.cmp(&b.name));
    needs
}

fn entry<'a>(needs: &'a mut Vec<Need>, name: &str) -> &'a mut Need {
    let at = needs.iter().position(|it| it.name == name).unwrap_or_else(|| {
        needs.push(Need {
            name: name.to_owned(),
            keys: Vec::new(),
            reasons: Vec::new(),
            blocks: Vec::new(),
            kind: kinds::OPAQUE,
            hosts: Vec::new(),
        });
        needs.len() - 1
    });
    &mut needs[at]
}

fn add(to: &mut Vec<String>, text: &str) {
    if !to.iter().any(|known| known == text) {
        to.push(text.to_owned());
    }
}

/// "a", "a and b", "a, b and 3 others".
pub fn some(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, two, three] => format!("{one}, {two} and {three}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} others", rest.len()),
    }
}

/// The page's first sentence: what is wrong, who waits for it; then what is only not known.
pub fn sentence(judged: &[(Need, Verdict)], count: Option<usize>) -> String {
    let missing: Vec<_> =
        judged.iter().filter(|(_, it)| *it == Verdict::Missing).map(|(need, _)| need).collect();
    let lacking = judged.iter().filter(|(_, it)| matches!(it, Verdict::MissingKeys(_))).count();
    let faulty = judged.iter().filter(|(_, it)| matches!(it, Verdict::Faulty(_))).count();
    let unknown = judged.iter().filter(|(_, it)| matches!(it, Verdict::Unknown(_))).count();
    let mut blocked = Vec::new();
    for (need, _) in judged.iter().filter(|(_, it)| it.holds_up()) {
        need.blocks.iter().for_each(|it| add(&mut blocked, it));
    }
    let plural =
        |n: usize, one: &str, more: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {more}") };
    let mut said = Vec::new();
    match missing.as_slice() {
        [] => {}
        [one] => said.push(format!("The required secret {} is missing", one.name)),
        more => said.push(format!("{} required secrets are missing", more.len())),
    }
    if lacking > 0 {
        said.push(format!("{} a key", plural(lacking, "required secret lacks", "required secrets lack")));
    }
    if faulty > 0 {
        said.push(plural(
            faulty,
            "required secret does not fit its use",
            "required secrets do not fit their use",
        ));
    }
    if !said.is_empty() {
        let verb = if blocked.len() == 1 { "waits" } else { "wait" };
        let waits = if blocked.is_empty() {
            String::new()
        } else {
            format!(
                "; {} {verb} for {}",
                some(&blocked),
                if judged.iter().filter(|(_, it)| it.holds_up()).count() == 1 { "it" } else { "them" }
            )
        };
        return format!("{}{waits}.", said.join(", "));
    }
    if unknown > 0 {
        return format!(
            "Whether {} there is not known.",
            plural(unknown, "required secret is", "required secrets are")
        );
    }
    match count {
        _ if judged.is_empty() && count.is_none() => "Reading the secrets of this namespace.".to_owned(),
        None => "All required secrets are there.".to_owned(),
        Some(count) if judged.is_empty() => {
            format!("{}; none is required.", plural(count, "secret", "secrets"))
        }
        Some(count) => format!("{}; all required ones are there.", plural(count, "secret", "secrets")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::objects::{FromObject, Workload, WorkloadKind};

    fn graph() -> Graph {
        let mut graph = Graph::default();
        let workload = json!({"metadata": {"name": "platform"}, "spec": {"template": {"spec": {
            "imagePullSecrets": [{"name": "regcred"}],
            "containers": [{"name": "main", "env": [
                {"name": "A", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
                {"name": "B", "valueFrom": {"secretKeyRef": {"name": "extra", "key": "x", "optional": true}}}]}],
        }}}});
        graph.workloads(WorkloadKind::Deployment, &[Workload::from_object(&workload)]);
        graph.object(
            "Ingress",
            &json!({"metadata": {"name": "web"},
            "spec": {"tls": [{"hosts": ["a.example"], "secretName": "tls"}]}}),
        );
        graph
    }

    #[test]
    fn needs_are_what_the_operator_and_the_workloads_name() {
        let listed = [RequiredSecret {
            name: "regcred".into(),
            keys: vec![".dockerconfigjson".into()],
            reason: Some("pulls images".into()),
        }];
        let needs = needs(&listed, &graph());
        let said: Vec<_> = needs
            .iter()
            .map(|it| (it.name.as_str(), it.kind, it.keys.join(" "), it.blocks.join(" ")))
            .collect();
        assert_eq!(
            said,
            [
                ("db", kinds::OPAQUE, "password".into(), "platform".into()),
                ("regcred", kinds::DOCKER_CONFIG, ".dockerconfigjson".into(), "platform".into()),
                ("tls", kinds::TLS, "tls.crt tls.key".into(), "web".into()),
            ]
        );
        assert_eq!(needs[1].reasons, ["pulls images"]);
        assert_eq!(needs[2].hosts, ["a.example"]);
    }

    #[test]
    fn a_verdict_says_no_more_than_is_known() {
        let need = &needs(&[], &graph())[0];
        let check = |presence, checked: Option<&[Fault]>, expect| {
            assert_eq!(Verdict::of(need, &presence, checked), expect);
        };
        check(Presence::Missing, None, Verdict::Missing);
        check(Presence::Unknown("may not".into()), None, Verdict::Unknown("may not".into()));
        check(Presence::There(None), None, Verdict::There);
        check(
            Presence::There(Some(vec!["other".into()])),
            None,
            Verdict::MissingKeys(vec!["password".into()]),
        );
        check(Presence::There(Some(vec!["password".into()])), Some(&[]), Verdict::Checked);
        let fault = Fault { key: "password".into(), words: "is empty".into(), grave: true };
        let faults = std::slice::from_ref(&fault);
        check(Presence::There(None), Some(faults), Verdict::Faulty(vec![fault.clone()]));
    }

    #[test]
    fn the_sentence_names_what_waits() {
        let needs = needs(&[], &graph());
        let judged = |verdicts: [Verdict; 3]| needs.iter().cloned().zip(verdicts).collect::<Vec<_>>();
        let check = |verdicts, expect: &str| assert_eq!(sentence(&judged(verdicts), Some(9)), expect);
        use Verdict::{Missing, MissingKeys, There, Unknown};
        check([There, There, There], "9 secrets; all required ones are there.");
        check([There, Missing, There], "The required secret regcred is missing; platform waits for it.");
        check([Missing, Missing, Missing], "3 required secrets are missing; platform and web wait for them.");
        check(
            [MissingKeys(vec!["a".into()]), There, Unknown(String::new())],
            "1 required secret lacks a key; platform waits for it.",
        );
        check([There, There, Unknown(String::new())], "Whether 1 required secret is there is not known.");
        assert_eq!(sentence(&[], None), "Reading the secrets of this namespace.");
        assert_eq!(sentence(&[], Some(1)), "1 secret; none is required.");
    }
}
