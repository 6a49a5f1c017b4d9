//! Leader election by a `Lease`, as client-go does it: one operator works, the others wait.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::{
    Api, Client,
    api::{ObjectMeta, PostParams},
};
use thiserror::Error;
use tracing::{info, warn};

/// The Lease's name.
pub const NAME: &str = "rootcause-operator";
/// How long a holder counts after its last renewal, seconds.
const DURATION: i32 = 15;
const RENEW: Duration = Duration::from_secs(5);
const RETRY: Duration = Duration::from_secs(1);

/// Why the lease is not ours.
#[derive(Debug, Error)]
pub enum Error {
    #[error("the lease {NAME}: {0}")]
    Api(#[from] kube::Error),
    #[error("the lease {NAME} was taken over by {0}")]
    Lost(String),
}

/// One candidate for the lease.
pub struct Election {
    leases: Api<Lease>,
    identity: String,
}

impl Election {
    pub fn new(client: Client, namespace: &str, identity: String) -> Self {
        Self { leases: Api::namespaced(client, namespace), identity }
    }

    /// Waits until the lease is free or its holder has let it expire, and takes it.
    pub async fn acquire(&self) {
        let mut waiting_for = String::new();
        loop {
            match self.renew().await {
                Ok(()) => {
                    info!("holding the lease {NAME} as {}", self.identity);
                    return;
                }
                Err(Error::Lost(holder)) if holder == waiting_for => {}
                Err(Error::Lost(holder)) => {
                    info!("waiting for the lease {NAME}, held by {holder}");
                    waiting_for = holder;
                }
                Err(Error::Api(error)) => warn!("cannot take the lease {NAME}: {error}"),
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Renews the lease for ever. Returns only when another holder has it: the work must end then.
    ///
    /// While the API server is out of reach nobody can take the lease over, so trying goes on.
    pub async fn hold(&self) -> Error {
        loop {
            tokio::time::sleep(RENEW).await;
            match self.renew().await {
                Ok(()) => {}
                Err(Error::Api(error)) => warn!("cannot renew the lease {NAME}: {error}"),
                Err(lost) => return lost,
            }
        }
    }

    /// Lets the lease go, so that the next operator need not wait for it to expire.
    pub async fn release(&self) -> Result<(), Error> {
        let Some(mut lease) = self.leases.get_opt(NAME).await? else { return Ok(()) };
        let spec = lease.spec.get_or_insert_default();
        if spec.holder_identity.as_deref() != Some(&self.identity) {
            return Ok(());
        }
        spec.holder_identity = Some(String::new());
        spec.lease_duration_seconds = Some(1);
        self.leases.replace(NAME, &PostParams::default(), &lease).await?;
        Ok(())
    }

    /// Takes or renews the lease. The resourceVersion of the replaced object makes two takers impossible.
    async fn renew(&self) -> Result<(), Error> {
        let now = Timestamp::now();
        let Some(mut lease) = self.leases.get_opt(NAME).await? else {
            let metadata = ObjectMeta { name: Some(NAME.to_owned()), ..ObjectMeta::default() };
            let lease = Lease { metadata, spec: Some(self.held(LeaseSpec::default(), now)) };
            self.leases.create(&PostParams::default(), &lease).await?;
            return Ok(());
        };
        let spec = lease.spec.take().unwrap_or_default();
        if let Some(holder) = other_holder(&spec, &self.identity, now) {
            return Err(Error::Lost(holder));
        }
        lease.spec = Some(self.held(spec, now));
        self.leases.replace(NAME, &PostParams::default(), &lease).await?;
        Ok(())
    }

    fn held(&self, earlier: LeaseSpec, now: Timestamp) -> LeaseSpec {
        let same = earlier.holder_identity.as_deref() == Some(&self.identity);
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: Some(DURATION),
            renew_time: Some(MicroTime(now)),
            acquire_time: if same { earlier.acquire_time } else { Some(MicroTime(now)) },
            lease_transitions: Some(earlier.lease_transitions.unwrap_or(0) + i32::from(!same)),
            ..earlier
        }
    }
}

/// Who holds the lease, if it is another and its time is not over.
fn other_holder(spec: &LeaseSpec, identity: &str, now: Timestamp) -> Option<String> {
    let holder =
        spec.holder_identity.as_deref().filter(|holder| !holder.is_empty() && *holder != identity)?;
    let renewed = spec.renew_time.as_ref()?.0;
    let age = now.duration_since(renewed).as_secs();
    let valid = i64::from(spec.lease_duration_seconds.unwrap_or(DURATION));
    (age < valid).then(|| holder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_free_when_released_expired_or_ours() {
        let now: Timestamp = "2026-01-01T00:01:00Z".parse().unwrap();
        let check = |holder: &str, renewed: &str, expect: Option<&str>| {
            let spec = LeaseSpec {
                holder_identity: Some(holder.to_owned()),
                lease_duration_seconds: Some(15),
                renew_time: Some(MicroTime(renewed.parse().unwrap())),
                ..LeaseSpec::default()
            };
            assert_eq!(other_holder(&spec, "me", now).as_deref(), expect, "{holder} {renewed}");
        };
        check("other", "2026-01-01T00:00:50Z", Some("other"));
        check("other", "2026-01-01T00:00:45Z", None);
        check("", "2026-01-01T00:00:59Z", None);
        check("me", "2026-01-01T00:00:59Z", None);
    }
}
