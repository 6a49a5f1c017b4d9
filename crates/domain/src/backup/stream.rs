//! A dump that goes straight to the user's own disk: a command in the database's own container, where `exec` is let
//! through. Nothing is written in the cluster.
//!
//! The container's own variables hold user and password; the command names them, so that no value of a secret is in it.

use super::manifest::{Instance, SIGN_IN_MONGODB, stamp};
use super::{Database, EMPTY};
use crate::request::shell;
use crate::time::Timestamp;

/// The program and its arguments; its output is the file.
pub fn command(instance: &Instance) -> Vec<String> {
    let script = match instance.database {
        // POSIX shells know no pipefail: the dump's own exit code goes around the compression.
        Database::PostgreSql => format!(
            "set -eu\n{}exec 4>&1\n\
             code=$({{ {{ pg_dumpall --clean --if-exists --username={} || echo $? >&3; }} | gzip >&4; }} 3>&1)\n\
             exit \"${{code:-0}}\"",
            password(instance, "PGPASSWORD"),
            user(instance)
        ),
        Database::MongoDb => {
            format!("set -eu\n{}mongodump \"$@\" --gzip --archive", sign_in(instance))
        }
    };
    ["sh".to_owned(), "-c".to_owned(), script].into()
}

/// The name of the file.
pub fn file_name(database: Database, now: Timestamp) -> String {
    let ending = match database {
        Database::PostgreSql => "sql.gz",
        Database::MongoDb => "archive.gz",
    };
    format!("{}-{}.{ending}", database.key(), stamp(now))
}

/// The same as a kubectl command.
pub fn kubectl(instance: &Instance, file: &str) -> String {
    let words: Vec<String> = command(instance).iter().map(|it| shell(it)).collect();
    format!("{} {} > {}", exec(instance, ""), words.join(" "), shell(file))
}

/// The command that brings such a file back. It overwrites what the database holds.
pub fn restore_kubectl(instance: &Instance, file: &str) -> String {
    let file = shell(file);
    match instance.database {
        Database::PostgreSql => {
            let psql = format!(
                "{}psql --no-psqlrc --quiet --output=/dev/null --dbname=postgres --username={}",
                password(instance, "PGPASSWORD"),
                user(instance)
            );
            format!("gunzip -c {file} | {} sh -c {}", exec(instance, " -i"), shell(&psql))
        }
        Database::MongoDb => {
            let restore = format!("{}mongorestore \"$@\" --gzip --archive --drop", sign_in(instance));
            format!("{} sh -c {} < {file}", exec(instance, " -i"), shell(&restore))
        }
    }
}

/// Whether what came is a dump; if not, why. `last` is what the command wrote last to its standard error.
pub fn judge(code: Option<i32>, message: &str, last: &str, bytes: u64) -> Result<(), String> {
    match code {
        Some(0) if bytes > EMPTY => Ok(()),
        Some(0) => Err("the dump is empty".to_owned()),
        _ if !last.trim().is_empty() => Err(crate::redact::redact(last.trim())),
        _ => Err(crate::redact::redact(message)),
    }
}

fn exec(instance: &Instance, flags: &str) -> String {
    let (namespace, pod) = (shell(&instance.namespace), shell(&instance.pod));
    format!("kubectl exec{flags} -n {namespace} {pod} -c {} --", shell(&instance.container))
}

/// The line that hands the container's own password on under another name.
fn password(instance: &Instance, to: &str) -> String {
    let own = instance.own_password.as_ref();
    own.map_or_else(String::new, |own| format!("export {to}=\"${{{own}:-}}\"\n"))
}

fn user(instance: &Instance) -> String {
    instance.own_user.as_ref().map_or_else(|| shell(&instance.user), |own| format!("\"${own}\""))
}

/// The file with the password stays no longer than the command: the container does.
fn sign_in(instance: &Instance) -> String {
    let user = format!("MONGO_USER={}\n", user(instance));
    let own = password(instance, "MONGO_PASSWORD");
    format!("{user}{own}{SIGN_IN_MONGODB}trap 'rm -f \"$config\"' EXIT\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::stateful_set;
    use super::*;

    fn postgres() -> Instance {
        Instance::find(Database::PostgreSql, &[stateful_set()]).unwrap()
    }

    #[test]
    fn the_command_takes_user_and_password_from_the_container() {
        let [program, flag, script] = <[String; 3]>::try_from(command(&postgres())).unwrap();
        assert_eq!((program.as_str(), flag.as_str()), ("sh", "-c"));
        assert!(script.contains("export PGPASSWORD=\"${PASSWORD:-}\"\n"), "{script}");
        assert!(script.contains("--username=postgres"), "{script}");

        let mut named = stateful_set();
        named["spec"]["template"]["spec"]["containers"][0]["env"] = json!([
            {"name": "POSTGRES_USER", "value": "rc admin"}, {"name": "not-a.variable-PASSWORD", "valueFrom": {}}]);
        let named = Instance::find(Database::PostgreSql, &[named]).unwrap();
        let script = command(&named).remove(2);
        assert!(script.contains("--username=\"$POSTGRES_USER\"") && !script.contains("PGPASSWORD"));

        let mongo = json!({"metadata": {"name": "m", "namespace": "apps"}, "spec": {"template": {"spec": {
            "containers": [{"name": "mongo", "image": "mongo:7", "env": [
                {"name": "MONGO_INITDB_ROOT_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "m", "key": "p"}}}]}]}}}});
        let mongo = Instance::find(Database::MongoDb, &[mongo]).unwrap();
        let script = command(&mongo).remove(2);
        assert!(
            script.contains("MONGO_PASSWORD=\"${MONGO_INITDB_ROOT_PASSWORD:-}\"")
                && script.contains("--archive")
        );
        assert!(restore_kubectl(&mongo, "m.archive.gz").ends_with(" < m.archive.gz"));
    }

    /// A directory with a program of this name, first on the path of what runs in it.
    #[cfg(unix)]
    fn run(program: &str, script: &str) -> (Option<i32>, Vec<u8>, String) {
        use std::os::unix::fs::PermissionsExt;
        let dir = std::env::temp_dir().join(format!("stream-{}-{}", std::process::id(), script.len()));
        std::fs::create_dir_all(&dir).unwrap();
        let file = dir.join(program);
        std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", dir.display(), std::env::var("PATH").unwrap());
        let [shell, flag, script] = <[String; 3]>::try_from(command(&postgres())).unwrap();
        let output =
            std::process::Command::new(shell).args([flag, script]).env("PATH", path).output().unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
        (output.status.code(), output.stdout, String::from_utf8(output.stderr).unwrap())
    }

    #[cfg(unix)]
    #[test]
    fn the_exit_code_is_the_dumps_own() {
        let (code, out, _) = run("pg_dumpall", "echo rows");
        assert_eq!((code, &out[..2]), (Some(0), &[0x1f, 0x8b][..]));
        let (code, _, said) = run("pg_dumpall", "echo some; echo broken >&2; exit 3");
        assert_eq!((code, said.as_str()), (Some(3), "broken\n"));
    }

    #[test]
    fn only_a_whole_dump_is_one() {
        let check = |code, message: &str, last: &str, bytes, expect: Result<(), &str>| {
            assert_eq!(judge(code, message, last, bytes), expect.map_err(str::to_owned));
        };
        check(Some(0), "", "", 5000, Ok(()));
        check(Some(0), "", "a notice", 20, Err("the dump is empty"));
        check(
            Some(1),
            "exit status 1",
            "pg_dumpall: error: no connection\n",
            5000,
            Err("pg_dumpall: error: no connection"),
        );
        check(None, "container not found", "", 0, Err("container not found"));
    }

    #[test]
    fn the_commands_can_be_copied() {
        assert!(
            kubectl(&postgres(), "d.sql.gz")
                .starts_with("kubectl exec -n apps postgres-0 -c postgres -- sh -c '")
        );
        assert!(kubectl(&postgres(), "d.sql.gz").ends_with("' > d.sql.gz"));
        let restore = restore_kubectl(&postgres(), "d.sql.gz");
        assert!(
            restore.starts_with(
                "gunzip -c d.sql.gz | kubectl exec -i -n apps postgres-0 -c postgres -- sh -c '"
            )
        );
        assert_eq!(
            file_name(Database::MongoDb, "2026-03-01T12:00:05Z".parse().unwrap()),
            "mongodb-20260301-120005.archive.gz"
        );
    }
}
