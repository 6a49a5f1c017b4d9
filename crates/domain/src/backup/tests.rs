use serde_json::json;

use super::manifest::{Instance, Order, Store, backup_job, delete_job, restore_job, schedule};
use super::*;
use crate::objects::FromObject;

pub(crate) fn proved() -> State {
    State::Proved(Evidence { file: "b1.sql.gz".into(), bytes: 1000, sha256: "a".repeat(64) })
}

pub(crate) fn backup(state: State) -> Backup {
    Backup {
        job: "b1".into(),
        uid: "u".into(),
        database: Database::PostgreSql,
        started: "2026-03-01T11:00:00Z".parse().ok(),
        ended: "2026-03-01T11:01:00Z".parse().ok(),
        version: Some("0.1.15".into()),
        derived: false,
        who: Some("ana".into()),
        claim: "c".into(),
        pod: None,
        state,
        unkept: false,
    }
}

/// As the rig's chart makes it.
pub(crate) fn stateful_set() -> Value {
    json!({
        "metadata": {"name": "postgres", "namespace": "apps"},
        "spec": {"serviceName": "postgres", "template": {"spec": {
            "imagePullSecrets": [{"name": "regcred"}],
            "containers": [{"name": "postgres", "image": "registry.example/library/postgres:16.4",
                "ports": [{"containerPort": 5432}],
                "env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "postgres", "key": "password"}}}]}],
        }}},
    })
}

fn pod(phase: &str, message: &str, code: i32) -> Pod {
    Pod::from_object(&json!({
        "metadata": {"name": "b1-x", "ownerReferences": [{"kind": "Job", "name": "b1"}]},
        "status": {"phase": phase, "containerStatuses": [{"state": {"terminated": {"exitCode": code, "message": message}}}]},
    }))
}

fn job(condition: Option<(&str, &str)>) -> Value {
    let mut job = json!({
        "metadata": {"name": "b1", "labels": {BACKUP: "postgresql"}, "annotations": {VERSION: "0.1.15", WHO: "ana"},
            "creationTimestamp": "2026-03-01T11:00:00Z"},
        "spec": {"template": {"spec": {"volumes": [{"persistentVolumeClaim": {"claimName": "c"}}]}}},
        "status": {"completionTime": "2026-03-01T11:01:00Z"},
    });
    if let Some((kind, message)) = condition {
        job["status"]["conditions"] = json!([{"type": kind, "status": "True", "message": message}]);
    }
    job
}

fn line(bytes: u64) -> String {
    Evidence { file: "b1.sql.gz".into(), bytes, sha256: "a".repeat(64) }.line()
}

#[test]
fn a_backup_is_what_its_job_and_pod_say() {
    let check = |job: &Value, pod: Option<Pod>, word: &str, unkept: bool| {
        let pods: Vec<Pod> = pod.into_iter().collect();
        let found = backups(&[job.clone(), json!({"metadata": {"name": "other"}})], &pods);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].state.word(), found[0].unkept), (word, unkept), "{job}");
    };
    let complete = job(Some(("Complete", "")));
    check(&job(None), None, "starting", false);
    check(&job(None), Some(pod("Pending", "", 0)), "starting", false);
    check(&job(None), Some(pod("Running", "", 0)), "running", false);
    check(&complete, Some(pod("Succeeded", &line(1000), 0)), "verified", true);
    check(&complete, Some(pod("Succeeded", &line(20), 0)), "empty", true);
    check(&complete, Some(pod("Succeeded", "done", 0)), "not verified", true);
    check(&complete, None, "not verified", false);
    check(&job(Some(("Failed", "BackoffLimitExceeded"))), None, "failed", false);
    let mut kept = complete;
    kept["metadata"]["annotations"][EVIDENCE] = line(1000).into();
    check(&kept, None, "verified", false);
}

#[test]
fn a_failure_is_told_in_the_containers_words() {
    let failed = job(Some(("Failed", "Job has reached the specified backoff limit")));
    let words = |pods: &[Pod]| match backups(std::slice::from_ref(&failed), pods).remove(0).state {
        State::Failed(words) => words,
        other => panic!("{other:?}"),
    };
    assert_eq!(words(&[]), "Job has reached the specified backoff limit");
    assert_eq!(words(&[pod("Failed", "", 127)]), "exit code 127");
    assert_eq!(
        words(&[pod("Failed", "dumping\npg_dumpall: error: no connection", 1)]),
        "pg_dumpall: error: no connection"
    );
}

#[test]
fn only_a_proved_backup_after_the_last_change_counts() {
    let changed = |text: &str| text.parse().ok();
    let check = |state: State, change: Option<Timestamp>, expect: &str| {
        let said = match evidence(&[backup(state)], &[], Database::PostgreSql, change) {
            Ok(_) => "counts".to_owned(),
            Err(why) => why,
        };
        assert!(said.contains(expect), "{said}");
    };
    check(proved(), None, "counts");
    check(proved(), changed("2026-03-01T10:59:59Z"), "counts");
    // A change while the dump ran is not in it.
    check(proved(), changed("2026-03-01T11:00:30Z"), "older than the last change");
    check(State::Failed("boom".into()), None, "failed (boom)");
    check(State::Unproved, None, "no size and checksum");
    check(State::Running, None, "under way");
    check(State::Proved(Evidence { file: "f".into(), bytes: 20, sha256: String::new() }), None, "empty");
    assert!(evidence(&[backup(proved())], &[], Database::MongoDb, None).is_err());
    let running = Backup { started: "2026-03-02T11:00:00Z".parse().ok(), ..backup(State::Running) };
    assert!(evidence(&[running, backup(proved())], &[], Database::PostgreSql, None).is_ok());
}

#[test]
fn the_evidence_of_a_pod_is_kept_once() {
    let found =
        backups(&[job(Some(("Complete", "")))], &[pod("Succeeded", &format!("dumping\n{}", line(1000)), 0)]);
    let patch = evidence_patch(&found[0]).unwrap();
    let kept = patch["metadata"]["annotations"][EVIDENCE].as_str().unwrap();
    assert_eq!(Evidence::read(kept).unwrap().bytes, 1000);
    assert_eq!(evidence_patch(&backup(proved())), None);
    assert_eq!(Evidence::read(r#"{"file":"x","bytes":1,"sha256":"short"}"#), None);
    // As long, and no digest: what is cut for the page would be cut within a character.
    let odd = format!(r#"{{"file":"x","bytes":1,"sha256":"a{}a"}}"#, "é".repeat(31));
    assert_eq!(Evidence::read(&odd), None);
}

#[test]
fn the_jobs_take_image_credentials_and_address_from_what_runs() {
    let replica = {
        let mut it = stateful_set();
        it["metadata"]["name"] = "postgres-replica".into();
        it
    };
    let instance = Instance::find(Database::PostgreSql, &[replica, stateful_set()]).unwrap();
    assert_eq!((instance.pod.as_str(), instance.user.as_str()), ("postgres-0", "postgres"));
    let store = Store { claim: "rootcause-backups".into(), days: 7 };
    let order = Order { instance: &instance, store: &store, version: "0.1.15", who: "ana" };
    let now = "2026-03-01T12:00:05Z".parse().unwrap();
    let job = backup_job(order, now);
    assert_eq!(job["metadata"]["name"], "backup-postgresql-20260301-120005");
    assert_eq!(job["spec"]["ttlSecondsAfterFinished"], 7 * 86_400);
    let container = job.pointer("/spec/template/spec/containers/0").unwrap();
    assert_eq!(container["image"], "registry.example/library/postgres:16.4");
    let env = |name: &str| {
        container["env"].as_array().unwrap().iter().find(|it| it["name"] == name).cloned().unwrap()
    };
    assert_eq!(env("PGHOST")["value"], "postgres-0.postgres");
    assert_eq!(
        env("PGPASSWORD")["valueFrom"]["secretKeyRef"],
        json!({"name": "postgres", "key": "password"})
    );
    assert_eq!(env("BACKUP_DAYS")["value"], "7");
    let cron = schedule(order, "0 2 * * *", "Etc/UTC");
    assert_eq!(cron["spec"]["jobTemplate"]["spec"], job["spec"]);
    assert_eq!(schedule::schedules(&[cron])[0].days, Some(7));
    // A backup is no restore, and neither is a deletion: each list finds its own Jobs only.
    let State::Proved(evidence) = proved() else { unreachable!() };
    let of = backup(proved());
    for other in [
        restore_job(&instance, &of, &evidence, "ana", now),
        delete_job(&instance, &of, &evidence, "ana", now),
    ] {
        assert!(backups(std::slice::from_ref(&other), &[]).is_empty());
        assert_eq!(other["metadata"]["annotations"][OF], "b1");
    }
}

#[test]
fn mongodb_without_a_password_is_asked_without_a_user() {
    let plain = json!({"metadata": {"name": "perceptura-mongo", "namespace": "apps"}, "spec": {"serviceName": "perceptura-mongo",
        "template": {"spec": {"containers": [{"name": "mongo", "image": "mongo:7"}]}}}});
    let instance = Instance::find(Database::MongoDb, &[stateful_set(), plain]).unwrap();
    let store = Store { claim: "c".into(), days: 1 };
    let order = Order { instance: &instance, store: &store, version: "", who: "" };
    let env = backup_job(order, "2026-03-01T12:00:05Z".parse().unwrap());
    let env = env.pointer("/spec/template/spec/containers/0/env").unwrap().to_string();
    assert!(env.contains("perceptura-mongo-0.perceptura-mongo") && env.contains("27017"));
    assert!(!env.contains("MONGO_USER") && !env.contains("MONGO_PASSWORD"));
}
