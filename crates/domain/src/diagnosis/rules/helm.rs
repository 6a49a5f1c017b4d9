//! Helm failed for a reason that no other rule knows: a hook, a time limit, the registry.

use crate::contract::Concept;
use crate::diagnosis::{Act, Facts, Finding, Fix, LogRef, Object, Rule, Severity, Source};
use crate::helm::Status;
use crate::phase::Phase;
use crate::version::same;

pub(in crate::diagnosis) const RULE: Rule =
    Rule { checks: "Helm's last run went well", needs: &[Source::Installation], find };

/// What Helm says, and what that means; whether it is only a symptom of what its workloads suffer from.
const SIGNS: [(&str, &str, bool); 8] = [
    ("hooks failed", "a hook of the chart failed", false),
    ("context deadline exceeded", "its workloads were not ready in time", true),
    ("timed out waiting", "its workloads were not ready in time", true),
    ("no such host", "the chart's registry cannot be reached", false),
    ("connection refused", "the chart's registry cannot be reached", false),
    ("not found", "the registry does not have the chart", false),
    ("unauthorized", "the chart's registry refuses the operator's credentials", false),
    ("exceeded quota", "a quota is used up", true),
];

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    let Some((release, words)) = failure(facts) else { return };
    let particular = [super::values::SIGN, super::release::SIGN].iter().any(|it| words.contains(it));
    if particular || super::immutable::refused(words) {
        return;
    }
    let known = SIGNS.iter().find(|it| words.contains(it.0));
    let object = Object::new("Helm release", release);
    let meaning = known.map_or_else(|| words.lines().next().unwrap_or_default(), |it| it.1);
    let symptom = known.is_some_and(|it| it.2);
    let settled = symptom && facts.workloads.is_ok() && facts.workloads().iter().all(settled);
    let hook = known.is_some_and(|it| it.0 == "hooks failed");
    let more = if settled { "; they are ready now" } else { "" };
    let sentence = format!("Helm failed on {release}: {}{more}.", meaning.trim_end_matches('.'));
    let mut finding =
        Finding::new("helm", Severity::Broken, object, sentence).seen(facts.field(Concept::LastError), words);
    // Generic words give way to every rule that knows better; a hook's do not.
    if !hook {
        finding = finding.symptom();
    }
    if hook {
        let failed = facts.unwell().filter(|it| {
            it.status.phase == "Failed" && it.metadata.owner_references.iter().any(|it| it.kind == "Job")
        });
        for pod in failed {
            let job = pod.metadata.owner_references.first().map_or("", |it| it.name.as_str());
            finding =
                finding.seen(format!("Pod {}, status.phase", pod.metadata.name), "Failed").fix(Fix::command(
                    format!("Read the log of {job}"),
                    format!("kubectl logs job/{job} {}", facts.n()),
                ));
            finding.log =
                Some(LogRef { pod: pod.metadata.name.clone(), container: String::new(), previous: false });
        }
    }
    if let Some(version) = before(facts).filter(|_| !settled) {
        finding = finding.fix(to_version(facts, &version));
    }
    out.push(finding.fix(super::phase::force(facts)));
}

fn settled(workload: &crate::objects::Workload) -> bool {
    workload.status.ready_replicas >= workload.spec.replicas.unwrap_or(1)
}

/// The release on which the last Helm run failed, and the words; `None` unless the installation is degraded.
pub(super) fn failure<'a>(facts: &Facts<'a>) -> Option<(&'a str, &'a str)> {
    let installation = facts.installation;
    let words = installation.last_error.as_deref().filter(|_| installation.phase == Phase::Degraded)?;
    let contract = &facts.config.contract;
    let of = [
        (&contract.releases.dependencies, &contract.conditions.dependencies, facts.dependencies),
        (&contract.releases.platform, &contract.conditions.platform, facts.platform),
    ];
    let said = of.iter().find(|(_, kind, _)| {
        installation.condition(kind).is_some_and(|it| it.is_false() && it.message == words)
    });
    let failed = || of.iter().find(|(.., rows)| rows.first().is_some_and(|it| it.status == Status::Failed));
    let (release, ..) = said.or_else(failed)?;
    Some((release, words))
}

/// The version that ran before the one that is asked for.
pub(super) fn before(facts: &Facts<'_>) -> Option<String> {
    let deployed = facts.installation.deployed_version.as_deref()?;
    let target = facts.installation.target_version.as_deref()?;
    (!same(deployed, target)).then(|| deployed.to_owned())
}

/// Asks for this version.
pub(super) fn to_version(facts: &Facts<'_>, version: &str) -> Fix {
    let config = facts.config;
    let patch =
        config.contract.pointer(Concept::TargetVersion).map(|it| it.merge_patch(version.into()).to_string());
    Fix::here(
        format!("Go back to {version}"),
        Act::Version(version.to_owned()),
        facts.merge_command(patch.as_deref()),
    )
}
