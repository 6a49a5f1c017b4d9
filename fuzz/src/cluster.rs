//! What a namespace holds: the installation, the objects around it, Helm's releases; and the client's own config.json.

use rootcause_domain::capacity::{self, Node, Placed, Usage};
use rootcause_domain::certainty::Read;
use rootcause_domain::config::Config;
use rootcause_domain::diagnosis::facts::{pull_secret, tls_secret};
use rootcause_domain::diagnosis::{Diagnosis, Facts, Source, Surroundings};
use rootcause_domain::helm::contents::{self, Part};
use rootcause_domain::helm::{self, HelmRelease, ReleaseSecret, history};
use rootcause_domain::installation::Installation;
use rootcause_domain::objects::{Event, FromObject, Lease, Partial, Pod, Workload};
use rootcause_domain::operation::{self, operation};
use rootcause_domain::operator::{Signs, operator_state};
use rootcause_domain::overrides::{Chart, Release, effective, shadows};
use rootcause_domain::rollout::Rollout;
use rootcause_domain::secrets::consumers::Graph;
use rootcause_domain::secrets::required::needs;
use rootcause_domain::secrets::rotation::{self, Rotation, progress};
use rootcause_domain::time::Timestamp;
use rootcause_domain::{
    backup, bundle, events, form, managed, owner, patches, preflight, request, smoke, undeploy, users,
    version,
};
use serde_json::Value;

/// `{"now": …, "items": […]}`: a namespace as it was read, through all that reads it.
pub fn cluster(data: &[u8]) {
    let Ok(input) = serde_json::from_slice::<Value>(data) else { return };
    let now = input["now"].as_str().and_then(|it| it.parse().ok());
    let now: Timestamp = now.unwrap_or(Timestamp::UNIX_EPOCH);
    let all = input["items"].as_array().map_or(&[][..], Vec::as_slice);
    let of = |kind: &str| all.iter().filter(|it| it["kind"] == kind).cloned().collect::<Vec<Value>>();

    let config = Config::default();
    let contract = &config.contract;
    let cr = of("RootCauseInstallation").into_iter().next().unwrap_or_default();
    let installation = Installation::read(contract, &cr);
    let pods: Vec<Pod> = of("Pod").iter().map(Pod::from_object).collect();
    let mut workloads: Vec<Workload> = of("Deployment").iter().map(Workload::from_object).collect();
    workloads.extend(of("StatefulSet").iter().map(Workload::from_object));
    let told: Vec<Event> = of("Event").iter().map(Event::from_object).collect();
    let secrets: Vec<ReleaseSecret> = of("Secret")
        .iter()
        .filter_map(|it| ReleaseSecret::read(&Partial::from_object(it).metadata))
        .collect();
    let rows = |release: &str| history(release, &secrets, &[], now);
    let (dependencies, platform) = (rows("rootcause-dependencies"), rows("rootcause-platform"));
    let lease = of("Lease").first().map_or(Read::Absent, |it| Read::Found(Lease::from_object(it)));
    let signs =
        Signs { place: &config.operator, lease: &lease, deployment: &Read::Absent, pods: Some(&pods) };
    let operator = operator_state(signs, now);
    let rollouts: Vec<Rollout> = workloads.iter().map(|it| Rollout::of(it, Some(&pods))).collect();
    let operation = operation(&operation::Facts {
        contract,
        installation: &installation,
        dependencies: &dependencies,
        platform: &platform,
        rollouts: &rollouts,
    });
    let around: Surroundings = vec![
        (Source::Claims, Ok(of("PersistentVolumeClaim"))),
        (Source::StorageClasses, Ok(of("StorageClass"))),
        (Source::Nodes, Ok(of("Node"))),
        (Source::Quotas, Ok(of("ResourceQuota"))),
        (Source::Budgets, Ok(of("PodDisruptionBudget"))),
        (Source::Secrets, Ok(of("Secret"))),
        (Source::PullSecrets, Ok(of("Secret").iter().map(pull_secret).collect())),
        (Source::Certificates, Ok(of("Secret").iter().map(tls_secret).collect())),
    ];
    let _ = Diagnosis::of(&Facts {
        config: &config,
        installation: &installation,
        cr: &cr,
        operator: &operator,
        operation: operation.as_ref(),
        dependencies: &dependencies,
        platform: &platform,
        history: Ok(()),
        workloads: Ok(&workloads),
        pods: Ok(pods.as_slice().into()),
        events: Ok(&told),
        around: &around,
        now,
    });
    let mut objects = preflight::Objects::default();
    for (source, kind) in [
        (preflight::Source::Claims, "PersistentVolumeClaim"),
        (preflight::Source::Nodes, "Node"),
        (preflight::Source::Pods, "Pod"),
        (preflight::Source::Budgets, "PodDisruptionBudget"),
        (preflight::Source::Deployments, "Deployment"),
        (preflight::Source::Jobs, "Job"),
    ] {
        objects.set(source, Read::Found(of(kind)));
    }
    let secrets_as = |slim: fn(&Value) -> Value| Read::Found(of("Secret").iter().map(slim).collect());
    objects.set(preflight::Source::PullSecret, secrets_as(preflight::slim_pull_secret));
    objects.set(preflight::Source::Certificates, secrets_as(preflight::slim_certificate));
    objects.set(preflight::Source::Values, Read::Found(vec![cr["spec"].clone()]));
    let checks = preflight::checks(&preflight::Facts {
        now,
        to: "0.1.20",
        contract,
        cr: &cr,
        installation: &installation,
        operator: &operator,
        operation: operation.as_ref(),
        history_denied: None,
        dependencies: &dependencies,
        platform: &platform,
        rollouts: &rollouts,
        pods: &pods,
        judged: &Read::Absent,
        objects: &objects,
    });
    let _ = (preflight::sentence(&checks), preflight::reason(&checks, "why"));
    if let Some(operation) = &operation {
        let _ = smoke::run(&smoke::Facts {
            now,
            who: "ana",
            operation,
            rollouts: Some(&rollouts),
            pods: Some(&pods),
            hooks: &Ok(smoke::failed_hooks(&of("Job"), &pods, operation.requested)),
            answers: &[],
        })
        .text();
    }
    let found = |kind: &str| Read::Found(of(kind));
    let lists = undeploy::Lists {
        deployments: found("Deployment"),
        stateful_sets: found("StatefulSet"),
        secrets: found("Secret"),
        claims: found("PersistentVolumeClaim"),
        volumes: found("PersistentVolume"),
        classes: found("StorageClass"),
    };
    let blast = undeploy::Blast::of(&contract.releases, &cr, &lists);
    let _ = (blast.sentence(), blast.data());
    for object in all {
        if let Some((rotation, _)) = Rotation::read(&object["metadata"]) {
            let (states, next) = progress(&rotation, &workloads, &rollouts, &[]);
            let _ = rotation::sentence("a", &rotation, &states, &next);
        }
    }
    let _ = bundle::objects("a.yaml".to_owned(), all);
    for row in dependencies.iter().chain(&platform) {
        let _ = (row.sentence(now), row.tone());
    }
    let _ = (events::groups(&told, "", false), version::releases(&installation));
    resource(&config, &cr);
    secrets_of(&config, &cr, all, &workloads, &installation);
    let nodes = Read::Found(of("Node").iter().map(Node::read).collect());
    let placed = Read::Found(of("Pod").iter().filter_map(Placed::read).collect());
    let usage = Read::Found(of("NodeMetrics").iter().map(Usage::read).collect());
    let cluster = capacity::Cluster {
        namespace: "rootcause",
        nodes: &nodes,
        pods: &placed,
        everywhere: true,
        usage: &usage,
    };
    let _ = capacity::Picture::of(capacity::demands(contract, &cr), cluster);
    let jobs = of("Job");
    let _ = (backup::backups(&jobs, &pods), smoke::failed_hooks(&jobs, &pods, None));
    let ahead = |_: &str, _| Some(-34_200);
    for schedule in backup::schedule::schedules(&of("CronJob")) {
        let _ = (schedule.next(now, &ahead), schedule.trouble(&[], now, &ahead));
    }
    let marks = backup::checklist::marks(contract, &cr);
    for mark in &marks {
        let _ = backup::checklist::standing(&mark.item, &marks, None, mark.when.into(), now);
    }
    let _ = backup::sentence(&[], &marks, &backup::Database::ALL, None, now);
    let _ = undeploy::stuck(all.iter().map(|it| ("Object", it)), now);
}

/// The custom resource, through all that reads one.
fn resource(config: &Config, cr: &Value) {
    let contract = &config.contract;
    let _ = (users::rows(contract, cr), users::admin_emails(contract, cr));
    let _ = (managed::managers(cr), owner::owners(cr, &[]), form::applied(cr), form::configuration(cr));
    for release in Release::BOTH {
        let _: Vec<_> = shadows(contract, cr, release).iter().map(|it| it.sentence()).collect();
    }
    let _ = effective(contract, cr);
    let _ = patches::read(&contract.items.resource_patches, &cr["spec"]["advanced"]["resourcePatches"]);
    for annotation in
        cr["metadata"]["annotations"].as_object().into_iter().flatten().filter_map(|it| it.1.as_str())
    {
        let _ = (request::read_records(annotation), smoke::read(annotation));
    }
}

fn secrets_of(
    config: &Config,
    cr: &Value,
    all: &[Value],
    workloads: &[Workload],
    installation: &Installation,
) {
    let mut graph = Graph::default();
    for workload in workloads {
        graph.workloads(workload.kind, std::slice::from_ref(workload));
    }
    for object in all {
        graph.object(object["kind"].as_str().unwrap_or_default(), object);
    }
    graph.installation(&config.contract, cr);
    for need in needs(installation.required_secrets.as_deref().unwrap_or_default(), &graph) {
        let _ = graph.of(&need.name);
    }
}

/// What a release secret holds: its own base64, and what that unpacks to.
pub fn helm(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = helm::payload(text);
    }
    if let Ok(release) = helm::decode(data) {
        let HelmRelease { description, .. } = &release;
        let _ = rootcause_domain::redact::redact(description);
    }
    let _ = (helm::values(data), Chart::read(data));
    if let Ok(contents) = contents::read(data) {
        for (part, ..) in Part::ALL {
            let _ = (contents.text(part), contents.difference(&contents, part));
        }
    }
}

/// The client's own config.json.
pub fn config(data: &[u8]) {
    match Config::parse(data) {
        Ok(all) => {
            assert!(!all.is_empty());
            for config in all {
                let _ = (config.key(), config.sign_in("#/x"), config.links.release_notes("1 2"));
            }
        }
        Err(error) => assert!(error.line >= 1 && error.column >= 1, "{error}"),
    }
}
