//! The objects that back up, restore and delete, made from the StatefulSet that runs the database: its image has the right
//! version of the tools, its environment the credentials, its service the address.
//!
//! Nothing of it needs `exec`, which `kubectl proxy` forbids, and no value of a secret passes through the browser: the Job
//! refers to the same keys of the same secrets.

use serde_json::{Value, json};

use super::{BACKUP, DELETE, Database, Evidence, OF, RESTORE, VERSION, WHO};
use crate::objects::text;
use crate::time::Timestamp;
use crate::yaml;

/// A database as the cluster runs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    pub database: Database,
    pub stateful_set: String,
    pub namespace: String,
    /// Its first pod.
    pub pod: String,
    /// Its container.
    pub container: String,
    image: String,
    /// The environment with which the tools find it.
    env: Vec<Value>,
    /// The user that the tools sign in as, where the StatefulSet says it plainly.
    pub user: String,
    /// The variables in which its container has the superuser's name and password.
    pub(super) own_user: Option<String>,
    pub(super) own_password: Option<String>,
    pull_secrets: Value,
    security: Value,
}

/// Names of variables that hold the superuser's password, most telling first; then any with `PASSWORD` in it.
const PASSWORDS: [&str; 5] = [
    "POSTGRES_PASSWORD",
    "POSTGRESQL_POSTGRES_PASSWORD",
    "MONGO_INITDB_ROOT_PASSWORD",
    "MONGODB_ROOT_PASSWORD",
    "PASSWORD",
];

/// Names of variables that hold the superuser's name.
const USERS: [&str; 4] =
    ["POSTGRES_USER", "POSTGRESQL_USERNAME", "MONGO_INITDB_ROOT_USERNAME", "MONGODB_ROOT_USER"];

impl Instance {
    /// The primary of this database among the StatefulSets: by its image, and replicas for reading left out.
    pub fn find(database: Database, stateful_sets: &[Value]) -> Option<Self> {
        let mut found: Vec<Self> = stateful_sets.iter().filter_map(|it| Self::read(database, it)).collect();
        crate::sort::by(&mut found, |a, b| a.stateful_set.len().cmp(&b.stateful_set.len()));
        found.into_iter().next()
    }

    fn read(database: Database, stateful_set: &Value) -> Option<Self> {
        let name = text(&stateful_set["metadata"], "name");
        if ["replica", "read", "exporter"].iter().any(|it| name.contains(it)) {
            return None;
        }
        let pod = &stateful_set["spec"]["template"]["spec"];
        let is_database = |it: &&Value| database.is_image(it["image"].as_str().unwrap_or_default());
        let container = pod["containers"].as_array()?.iter().find(is_database)?;
        let own = container["env"].as_array().map(Vec::as_slice).unwrap_or_default();
        let named = |names: &[&str]| {
            let find = |name: &&str| own.iter().find(|it| it["name"] == **name);
            names.iter().find_map(find)
        };
        let any = || {
            let is = |it: &&Value| it["name"].as_str().is_some_and(|name| name.contains("PASSWORD"));
            own.iter().find(|it| is(it) && it["valueFrom"].is_object())
        };
        let password = named(&PASSWORDS).or_else(any);
        let user = named(&USERS);
        let (default, keys) = match database {
            Database::PostgreSql => ("postgres", ["PGHOST", "PGPORT", "PGUSER", "PGPASSWORD"]),
            Database::MongoDb => ("root", ["MONGO_HOST", "MONGO_PORT", "MONGO_USER", "MONGO_PASSWORD"]),
        };
        let namespace = text(&stateful_set["metadata"], "namespace");
        let service = text(&stateful_set["spec"], "serviceName");
        // A member of the set by its stable name: the headless service alone may answer with any member.
        let host = if service.is_empty() { name.clone() } else { format!("{name}-0.{service}") };
        let port = container["ports"][0]["containerPort"].as_u64().unwrap_or(match database {
            Database::PostgreSql => 5432,
            Database::MongoDb => 27017,
        });
        let same = |key: &str, of: &Value| match &of["valueFrom"] {
            Value::Null => json!({"name": key, "value": of["value"]}),
            from => json!({"name": key, "valueFrom": from}),
        };
        let mut env = vec![
            json!({"name": keys[0], "value": host}),
            json!({"name": keys[1], "value": port.to_string()}),
        ];
        // MongoDB without a password lets everybody in, and knows no user.
        if password.is_some() || database == Database::PostgreSql {
            env.push(user.map_or_else(|| json!({"name": keys[2], "value": default}), |it| same(keys[2], it)));
        }
        env.extend(password.map(|it| same(keys[3], it)));
        let own_name =
            |it: Option<&Value>| it?["name"].as_str().filter(|it| is_variable(it)).map(str::to_owned);
        Some(Self {
            own_user: own_name(user),
            own_password: own_name(password),
            database,
            pod: format!("{name}-0"),
            container: text(container, "name"),
            image: text(container, "image"),
            user: user.and_then(|it| it["value"].as_str()).unwrap_or(default).to_owned(),
            pull_secrets: pod["imagePullSecrets"].clone(),
            security: pod["securityContext"].clone(),
            stateful_set: name,
            namespace,
            env,
        })
    }
}

/// Whether a shell can name this variable; Kubernetes allows more.
fn is_variable(name: &str) -> bool {
    let word = |it: char| it.is_ascii_alphanumeric() || it == '_';
    name.chars().all(word) && !name.starts_with(|it: char| it.is_ascii_digit())
}

/// Where dumps are kept, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// The PersistentVolumeClaim.
    pub claim: String,
    /// Days after which a dump and its record are deleted.
    pub days: u32,
}

/// The name of the claim that is made where none is chosen.
pub const CLAIM: &str = "rootcause-backups";

/// Days that backups are kept where nothing else is said.
pub const DAYS: u32 = 30;

/// Seconds after which a dump that has not ended is given up: six hours.
const DEADLINE: u32 = 6 * 3600;

/// Seconds that a Job that restores or deletes is kept to be looked at: a day.
const KEPT: u32 = 86_400;

/// Where the volume is mounted.
const MOUNT: &str = "/backup";

const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// What every dump ends with: the file is in place, is read back, counted and summed up; then old ones go.
const PROVE: &str = r#"
mv "$part" "$file"
trap - EXIT
echo "reading back"
gzip -t "$file"
bytes=$(wc -c < "$file" | tr -d ' ')
sum=$(sha256sum "$file" | cut -c1-64)
find "$BACKUP_DIR" -name "$BACKUP_PREFIX*" -mtime "+$BACKUP_DAYS" -delete
printf '{"file":"%s","bytes":%s,"sha256":"%s"}\n' "${file##*/}" "$bytes" "$sum" | tee "$EVIDENCE"
"#;

const BEGIN: &str = r#"set -eu
umask 077
part="$BACKUP_DIR/$BACKUP_NAME.part"
trap 'rm -f "$part"*' EXIT
"#;

const DUMP_POSTGRESQL: &str = r#"file="$BACKUP_DIR/$BACKUP_NAME.sql.gz"
echo "dumping all databases of $PGHOST"
pg_dumpall --clean --if-exists --file="$part"
tail -n 5 "$part" | grep -q 'PostgreSQL database cluster dump complete' || { echo "the dump is not complete"; exit 1; }
echo "compressing $(wc -c < "$part" | tr -d ' ') bytes"
gzip "$part"
part="$part.gz""#;

/// The password goes by a file, since a process' arguments can be read by others.
pub(super) const SIGN_IN_MONGODB: &str = r#"config=$(mktemp)
if [ -n "${MONGO_PASSWORD:-}" ]; then
  printf "password: '%s'\n" "$(printf %s "$MONGO_PASSWORD" | sed "s/'/''/g")" > "$config"
  set -- --username="$MONGO_USER" --authenticationDatabase=admin --config="$config"
fi
"#;

const DUMP_MONGODB: &str = r#"file="$BACKUP_DIR/$BACKUP_NAME.archive.gz"
echo "dumping all databases of $MONGO_HOST"
mongodump --host="$MONGO_HOST" --port="$MONGO_PORT" "$@" --gzip --archive="$part"
mongorestore --host="$MONGO_HOST" --port="$MONGO_PORT" "$@" --gzip --archive="$part" --dryRun"#;

const CHECK_FILE: &str = r#"set -eu
file="$BACKUP_DIR/$BACKUP_FILE"
echo "checking $BACKUP_FILE"
sum=$(sha256sum "$file" | cut -c1-64)
[ "$sum" = "$BACKUP_SHA256" ] || { echo "the checksum of $BACKUP_FILE is not the one it was written with"; exit 1; }
"#;

/// psql goes on after an error, since a role that is signed in cannot be dropped; any other error is one.
const RESTORE_POSTGRESQL: &str = r#"echo "restoring into $PGHOST"
errors=$(mktemp)
gunzip -c "$file" | psql --no-psqlrc --quiet --dbname=postgres --output=/dev/null 2> "$errors"
if grep 'ERROR:' "$errors" | grep -v -e 'current user cannot be dropped' -e 'role ".*" already exists'; then
  echo "PostgreSQL refused part of it"; exit 1
fi
echo "restored $BACKUP_FILE"
"#;

const RESTORE_MONGODB: &str = r#"echo "restoring into $MONGO_HOST"
mongorestore --host="$MONGO_HOST" --port="$MONGO_PORT" "$@" --gzip --archive="$file" --drop
echo "restored $BACKUP_FILE"
"#;

const DELETE_FILE: &str = r#"set -eu
rm -f "$BACKUP_DIR/$BACKUP_FILE"
echo "deleted $BACKUP_FILE"
"#;

/// A backup that is to be taken.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    pub instance: &'a Instance,
    pub store: &'a Store,
    /// The version that is deployed.
    pub version: &'a str,
    pub who: &'a str,
}

/// `20260301-120000`, for names.
pub fn stamp(now: Timestamp) -> String {
    let digits = |c: &char| c.is_ascii_digit();
    let text: String = now.to_string().chars().take(19).filter(digits).collect();
    format!("{}-{}", &text[..8], &text[8..])
}

/// The Job that dumps once.
pub fn backup_job(order: Order<'_>, now: Timestamp) -> Value {
    let key = order.instance.database.key();
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": format!("backup-{key}-{}", stamp(now)),
            "namespace": order.instance.namespace,
            "labels": labels(BACKUP, key),
            "annotations": {VERSION: order.version, WHO: order.who},
        },
        "spec": dump(order),
    })
}

/// The CronJob that dumps again and again. Without a deployed version in its Jobs: that one would be the schedule's.
pub fn schedule(order: Order<'_>, cron: &str, zone: &str) -> Value {
    let key = order.instance.database.key();
    json!({
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {
            "name": format!("backup-{key}"),
            "namespace": order.instance.namespace,
            "labels": labels(BACKUP, key),
            "annotations": {WHO: order.who},
        },
        "spec": {
            "schedule": cron,
            "timeZone": zone,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 3600,
            "successfulJobsHistoryLimit": 100,
            "failedJobsHistoryLimit": 10,
            "jobTemplate": {"metadata": {"labels": labels(BACKUP, key)}, "spec": dump(order)},
        },
    })
}

fn dump(Order { instance, store, .. }: Order<'_>) -> Value {
    let script = match instance.database {
        Database::PostgreSql => [BEGIN, DUMP_POSTGRESQL, PROVE].concat(),
        Database::MongoDb => [BEGIN, SIGN_IN_MONGODB, DUMP_MONGODB, PROVE].concat(),
    };
    let name = "metadata.labels['batch.kubernetes.io/job-name']";
    let own = [
        json!({"name": "BACKUP_NAME", "valueFrom": {"fieldRef": {"fieldPath": name}}}),
        json!({"name": "BACKUP_PREFIX", "value": format!("backup-{}-", instance.database.key())}),
        json!({"name": "BACKUP_DAYS", "value": store.days.to_string()}),
    ];
    let template = template(instance, &store.claim, BACKUP, &script, &own);
    json!({
        "backoffLimit": 0,
        "activeDeadlineSeconds": DEADLINE,
        "ttlSecondsAfterFinished": store.days * 86_400,
        "template": template,
    })
}

/// The Job that brings a backup back. It overwrites what the database holds.
pub fn restore_job(
    instance: &Instance,
    backup: &super::Backup,
    of: &Evidence,
    who: &str,
    now: Timestamp,
) -> Value {
    let script = match instance.database {
        Database::PostgreSql => [CHECK_FILE, RESTORE_POSTGRESQL].concat(),
        Database::MongoDb => [CHECK_FILE, SIGN_IN_MONGODB, RESTORE_MONGODB].concat(),
    };
    on_file("restore", RESTORE, instance, backup, of, &script, who, now)
}

/// The Job that deletes a backup's file. The backup's own Job is deleted beside it.
pub fn delete_job(
    instance: &Instance,
    backup: &super::Backup,
    of: &Evidence,
    who: &str,
    now: Timestamp,
) -> Value {
    on_file("delete-backup", DELETE, instance, backup, of, DELETE_FILE, who, now)
}

#[expect(clippy::too_many_arguments, reason = "private, and each is a line of the manifest")]
fn on_file(
    verb: &str,
    label: &str,
    instance: &Instance,
    backup: &super::Backup,
    of: &Evidence,
    script: &str,
    who: &str,
    now: Timestamp,
) -> Value {
    let key = instance.database.key();
    let own = [
        json!({"name": "BACKUP_FILE", "value": of.file}),
        json!({"name": "BACKUP_SHA256", "value": of.sha256}),
    ];
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": format!("{verb}-{key}-{}", stamp(now)),
            "namespace": instance.namespace,
            "labels": labels(label, key),
            "annotations": {OF: backup.job, WHO: who},
        },
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": DEADLINE,
            "ttlSecondsAfterFinished": KEPT,
            "template": template(instance, &backup.claim, label, script, &own),
        },
    })
}

fn labels(label: &str, key: &str) -> Value {
    json!({MANAGED_BY: "rootcause-admin", label: key})
}

fn template(instance: &Instance, claim: &str, label: &str, script: &str, own: &[Value]) -> Value {
    let mut env = instance.env.clone();
    env.push(json!({"name": "BACKUP_DIR", "value": MOUNT}));
    env.push(json!({"name": "EVIDENCE", "value": "/dev/termination-log"}));
    env.extend_from_slice(own);
    json!({
        "metadata": {"labels": labels(label, instance.database.key())},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": false,
            "imagePullSecrets": instance.pull_secrets,
            "securityContext": instance.security,
            "containers": [{
                "name": instance.database.key(),
                "image": instance.image,
                "command": ["sh", "-c", script],
                "env": env,
                "resources": {
                    "requests": {"cpu": "100m", "memory": "256Mi"},
                    "limits": {"cpu": "1", "memory": "1Gi"},
                },
                // What a failed container said last is then told without its log.
                "terminationMessagePolicy": "FallbackToLogsOnError",
                "volumeMounts": [{"name": "backups", "mountPath": MOUNT}],
            }],
            "volumes": [{"name": "backups", "persistentVolumeClaim": {"claimName": claim}}],
        },
    })
}

/// The claim that dumps are kept in. Not Helm's, so that an undeploy leaves it.
pub fn claim(namespace: &str, name: &str, size: &str, class: Option<&str>) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace, "labels": {MANAGED_BY: "rootcause-admin"}},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": class,
            "resources": {"requests": {"storage": size}},
        },
    })
}

/// The command that makes the same objects.
pub fn apply_command(manifests: &[Value]) -> String {
    let documents: Vec<String> = manifests.iter().map(yaml::document).collect();
    format!("kubectl create -f - <<'EOF'\n{}EOF", documents.join("---\n"))
}
