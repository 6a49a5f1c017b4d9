//! What the cluster offers for some fields: its storage classes.

use kube_web::{Api, ListParams, Resource};
use leptos::prelude::*;

use crate::reactive::RwSignal;
use serde_json::Value;

use crate::{live::spawn_scoped, session::Session};

/// The annotation with which a cluster marks its default class (Kubernetes).
const DEFAULT: &str = "/metadata/annotations/storageclass.kubernetes.io~1is-default-class";

/// A storage class of the cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct StorageClass {
    pub name: String,
    pub default: bool,
}

/// What the cluster offers; a context of the page.
#[derive(Clone, Copy)]
pub struct Choices {
    storage_classes: RwSignal<Option<Option<Vec<StorageClass>>>>,
}

impl Choices {
    /// Asks the cluster once.
    pub fn provide(session: Session) -> Self {
        let choices = Self { storage_classes: RwSignal::new(None) };
        spawn_scoped(async move {
            let api = Api::all(session.client(), Resource::STORAGE_CLASSES);
            // Where it may not be listed the name is typed: nothing else hangs on it.
            let list = api.list::<Value>(&ListParams::default()).await.ok();
            let read = |it: &Value| {
                let name = it["metadata"]["name"].as_str()?.to_owned();
                Some(StorageClass { name, default: it.pointer(DEFAULT).is_some_and(|it| it == "true") })
            };
            choices.storage_classes.set(Some(
                list.map(|list| list.items.iter().filter_map(|it| it.ok().and_then(read)).collect()),
            ));
        });
        provide_context(choices);
        choices
    }

    /// Whether the cluster has answered.
    pub fn are_known(self) -> bool {
        self.storage_classes.with(Option::is_some)
    }

    /// The cluster's storage classes; `None` where they may not be listed.
    pub fn storage_classes(self) -> Option<Vec<StorageClass>> {
        self.storage_classes.get_untracked().flatten()
    }
}
