//! The reference operator: stands in for the platform's own operator in the tests and the demo.
//!
//! It is a test rig, but it does the real work: it watches a real custom resource, polls a real OCI registry and runs
//! the real Helm.

mod helm;
mod json;
mod lease;
mod mapping;
mod patches;
mod plan;
mod poll;
mod reconcile;
mod recovery;
mod registry;
mod spec;
mod status;
mod users;
mod values;

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use clap::{Args, Parser, Subcommand};
use futures::StreamExt;
use kube::{
    Api, Client, Config,
    api::{ApiResource, DynamicObject},
    config::{KubeConfigOptions, Kubeconfig},
    discovery::Discovery,
    runtime::{
        Controller, controller,
        events::{Recorder, Reporter},
        watcher,
    },
};
use thiserror::Error;
use tokio::sync::watch;
use tracing::{Level, error, info, warn};
use tracing_subscriber::{
    Layer,
    filter::{FilterExt, Targets, filter_fn},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{
    helm::Helm, lease::Election, mapping::Mapping, reconcile::Operator, registry::Registry,
    status::StatusWriter,
};

#[derive(Parser)]
#[command(about = "Reference operator of the RootCause Platform: a test rig that does the real work")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Reconciles the installation of one namespace with two Helm releases
    Run(RunArguments),
}

#[derive(Args)]
struct RunArguments {
    #[arg(long)]
    kubeconfig: PathBuf,
    /// The namespace that is watched and deployed to
    #[arg(long)]
    namespace: String,
    /// The Helm program
    #[arg(long)]
    helm: PathBuf,
    /// Where the charts are: oci://HOST/PATH
    #[arg(long)]
    registry: String,
    /// Speak HTTP with the registry
    #[arg(long)]
    plain_http: bool,
    /// How often the registry is asked for new versions
    #[arg(long, default_value = "5s", value_parser = duration)]
    poll_interval: Duration,
    /// Helm's limit for one operation
    #[arg(long, default_value = "60s", value_parser = duration)]
    helm_timeout: Duration,
    /// The version that the status tells; an operator is released with its charts
    #[arg(long, default_value = "0.1.20")]
    operator_version: String,
    /// A JSON file that tells where another CRD keeps its fields
    #[arg(long)]
    mapping: Option<PathBuf>,
}

#[derive(Debug, Error)]
enum Error {
    #[error("the kubeconfig: {0}")]
    Kubeconfig(#[from] kube::config::KubeconfigError),
    #[error(transparent)]
    Api(#[from] kube::Error),
    #[error(transparent)]
    Mapping(#[from] mapping::Error),
    #[error(transparent)]
    Registry(#[from] registry::Error),
    #[error(transparent)]
    Lease(#[from] lease::Error),
    #[error("the process's signals: {0}")]
    Signals(std::io::Error),
    #[error("ending an earlier helm: {0}")]
    Orphans(std::io::Error),
}

fn duration(text: &str) -> Result<Duration, String> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let count: u64 = digits.parse().map_err(|_| "expected a duration such as 5s or 2m".to_owned())?;
    match unit {
        "ms" => Ok(Duration::from_millis(count)),
        "s" => Ok(Duration::from_secs(count)),
        "m" => Ok(Duration::from_secs(count * 60)),
        _ => Err("expected a duration such as 5s or 2m".to_owned()),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    log_to_stderr();
    let result = match Arguments::parse().command {
        Command::Run(arguments) => run(arguments).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The operator's own steps, and of the libraries only what is wrong. `kube`'s spans would repeat the object's full
/// reference on every line.
fn log_to_stderr() {
    let levels = Targets::new().with_default(Level::WARN).with_target("reference_operator", Level::INFO);
    let lines =
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false).with_target(false);
    let spans_off = filter_fn(|metadata| !metadata.is_span());
    tracing_subscriber::registry().with(lines.with_filter(levels.and(spans_off))).init();
}

async fn run(arguments: RunArguments) -> Result<(), Error> {
    let mapping = Arc::new(Mapping::load(arguments.mapping.as_deref())?);
    let registry = Registry::new(&arguments.registry, arguments.plain_http)?;
    let client = connect(&arguments.kubeconfig).await?;
    let mut ending = until_signalled()?;
    let identity = format!("{}-{}", lease::NAME, std::process::id());
    let election = Election::new(client.clone(), &arguments.namespace, identity.clone());

    let prepared = async {
        let resource = discover(&client, &mapping.kind).await;
        election.acquire().await;
        resource
    };
    let resource = tokio::select! {
        resource = prepared => resource,
        _ = ending.wait_for(|ending| *ending) => return Ok(()),
    };

    let helm = Helm {
        program: arguments.helm,
        kubeconfig: arguments.kubeconfig,
        namespace: arguments.namespace.clone(),
        registry: arguments.registry.clone(),
        plain_http: arguments.plain_http,
        timeout: arguments.helm_timeout,
    };
    helm.end_orphans().await.map_err(Error::Orphans)?;

    let installations: Api<DynamicObject> =
        Api::namespaced_with(client.clone(), &arguments.namespace, &resource);
    // One at a time: no two Helm processes may work in a namespace.
    let one = controller::Config::default().concurrency(1);
    let controller =
        Controller::new_with(installations.clone(), watcher::Config::default(), resource.clone())
            .with_config(one);
    let reporter = Reporter { controller: lease::NAME.to_owned(), instance: Some(identity) };
    let operator = Arc::new(Operator {
        client: client.clone(),
        namespace: arguments.namespace.clone(),
        resource,
        mapping: mapping.clone(),
        helm,
        status: StatusWriter::new(installations, mapping),
        store: controller.store(),
        recorder: Recorder::new(client, reporter),
        version: arguments.operator_version,
        shutdown: ending.clone(),
        retries: reconcile::Retries::default(),
    });
    let mut shutdown = ending.clone();
    let reconciling = controller
        .graceful_shutdown_on(async move {
            // The sender lives as long as the process; its end would be a shutdown as well.
            drop(shutdown.wait_for(|ending| *ending).await);
        })
        .run(reconcile::reconcile, reconcile::on_error, operator.clone())
        .for_each(|result| async move {
            if let Err(controller::Error::QueueError(error)) = result {
                warn!("the watch of {}: {error}", lease::NAME);
            }
        });
    let polling = poll::run(operator, registry, arguments.registry, arguments.poll_interval);
    info!("serving the namespace {}", arguments.namespace);
    tokio::select! {
        () = reconciling => {}
        () = polling => {}
        lost = election.hold() => return Err(lost.into()),
    }
    info!("ending");
    Ok(election.release().await?)
}

async fn connect(kubeconfig: &std::path::Path) -> Result<Client, Error> {
    let file = Kubeconfig::read_from(kubeconfig)?;
    let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?;
    Ok(Client::try_from(config)?)
}

/// Finds the kind's group, version and plural; waits for a CRD that is not there yet.
async fn discover(client: &Client, kind: &str) -> ApiResource {
    let mut told = false;
    loop {
        match Discovery::new(client.clone()).run_aggregated().await {
            Ok(discovery) => {
                let found = discovery.groups().find_map(|group| group.recommended_kind(kind));
                if let Some((resource, _)) = found {
                    info!("found {kind} as {} ({})", resource.api_version, resource.plural);
                    return resource;
                }
                if !told {
                    info!("waiting for a CRD of kind {kind}");
                    told = true;
                }
            }
            Err(error) => warn!("discovery: {error}"),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Turns true at the first SIGTERM or SIGINT.
fn until_signalled() -> Result<watch::Receiver<bool>, Error> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::Signals)?;
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        sender.send_replace(true);
        // Kept so that a receiver that looks later still sees the value.
        sender.closed().await;
    });
    Ok(receiver)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("300ms"), Ok(Duration::from_millis(300)));
        assert!(duration("5").is_err());
        assert!(duration("fast").is_err());
    }
}
