//! Requests on one resource type.

use crate::client::Client;
use crate::error::Error;
use crate::item::{self, Item};
use crate::json;
use crate::list::{List, ListParams, METADATA, Objects, Rows, Shape};
use crate::request::{JSON, Method, Request, with_query};
use crate::resource::{Resource, path_segment};
use crate::table::{IncludeObject, RowReader, Table};
use crate::transport::Response;
pub use kube_core::params::{DeleteParams, Preconditions, PropagationPolicy, ValidationDirective};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// How often a list starts over because its continue token expired on the way.
const RESTARTS: u32 = 3;

/// One resource type, in one namespace or in all. Cheap to make and to clone.
#[derive(Clone)]
pub struct Api {
    client: Client,
    resource: Resource,
    namespace: Option<String>,
}

/// A change to an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Patch {
    /// Only the fields that change; `null` removes one (RFC 7386).
    Merge(Value),
    /// As a merge, but lists whose items have keys are merged item by item: of built-in kinds only.
    Strategic(Value),
    /// A list of operations, `test` among them (RFC 6902).
    Json(Value),
    /// Server-side apply: the fields that this manager wants and owns. Needs [`WriteParams::field_manager`].
    Apply(Value),
}

impl Patch {
    fn content_type(&self) -> &'static str {
        match self {
            Self::Merge(_) => "application/merge-patch+json",
            Self::Strategic(_) => "application/strategic-merge-patch+json",
            Self::Json(_) => "application/json-patch+json",
            Self::Apply(_) => "application/apply-patch+yaml",
        }
    }

    fn value(&self) -> &Value {
        let (Self::Merge(value) | Self::Strategic(value) | Self::Json(value) | Self::Apply(value)) = self;
        value
    }
}

/// How a write is to be done.
#[derive(Clone, Debug, Default)]
pub struct WriteParams {
    /// Validate, default and answer as for a real write, but store nothing (`dryRun=All`).
    pub dry_run: bool,
    /// Who writes, in managed fields.
    pub field_manager: Option<String>,
    /// With [`Patch::Apply`]: take over fields that other managers own.
    pub force: bool,
    /// What to do with fields that the schema does not know. The API server's default is `Warn`.
    pub field_validation: Option<ValidationDirective>,
}

impl WriteParams {
    /// A write in the name of a field manager.
    pub fn by(field_manager: impl Into<String>) -> Self {
        Self { field_manager: Some(field_manager.into()), ..Self::default() }
    }

    /// The same write, stored nowhere.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    fn query(&self, path: &str) -> String {
        let mut pairs = Vec::new();
        if self.dry_run {
            pairs.push(("dryRun", "All"));
        }
        if let Some(manager) = &self.field_manager {
            pairs.push(("fieldManager", manager));
        }
        if self.force {
            pairs.push(("force", "true"));
        }
        if let Some(directive) = &self.field_validation {
            pairs.push(("fieldValidation", directive.as_str()));
        }
        with_query(path, &pairs)
    }
}

/// What came of a write.
#[derive(Clone, Debug, PartialEq)]
pub struct Written<T> {
    /// The object as the API server stored it, or would have in a dry run.
    pub item: Item<T>,
    /// The API server's warnings: unknown fields, deprecated versions, admission policies.
    pub warnings: Vec<String>,
}

/// What came of a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// Whether the object is gone. If not, it waits for its finalizers.
    pub gone: bool,
    /// The API server's warnings.
    pub warnings: Vec<String>,
}

impl Api {
    /// A resource type in one namespace.
    pub fn namespaced(client: Client, resource: Resource, namespace: &str) -> Self {
        Self { client, resource, namespace: Some(namespace.to_owned()) }
    }

    /// A resource type across all namespaces, or a cluster-wide one.
    pub fn all(client: Client, resource: Resource) -> Self {
        Self { client, resource, namespace: None }
    }

    /// The client that the requests go through.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The resource type.
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// The namespace, `None` for all.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// One object.
    ///
    /// # Errors
    /// As [`Client::send`]. An object that does not fit `T` is no error but a malformed [`Item`].
    pub async fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Item<T>, Error> {
        read_item(&self.get_bytes(name).await?)
    }

    /// One object, as the JSON that the API server sent.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn get_bytes(&self, name: &str) -> Result<Vec<u8>, Error> {
        Ok(self.client.send_for_json(self.get_request(name)?).await?.body)
    }

    /// The metadata of one object, without the rest: `T` sees `{"metadata":{…}}`.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn get_metadata<T: DeserializeOwned>(&self, name: &str) -> Result<Item<T>, Error> {
        let request = self.get_request(name)?.accepting(METADATA);
        read_item(&self.client.send_for_json(request).await?.body)
    }

    /// A subresource of one object, as in `get_subresource("platform", "scale")`.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn get_subresource<T: DeserializeOwned>(
        &self,
        name: &str,
        subresource: &str,
    ) -> Result<Item<T>, Error> {
        let request = Request::get(self.path_of(name, Some(subresource))?);
        read_item(&self.client.send_for_json(request).await?.body)
    }

    /// Whole objects, seen through `T`.
    ///
    /// # Errors
    /// As [`Client::send`]; [`Error::Decode`] when the list itself cannot be read.
    pub async fn list<T: DeserializeOwned + 'static>(&self, params: &ListParams) -> Result<List<T>, Error> {
        self.list_as(&mut Objects::new(false), params).await
    }

    /// The metadata of objects, without the rest: `T` sees `{"metadata":{…}}`. Mind that it carries the managed
    /// fields; a table without objects is far smaller.
    ///
    /// # Errors
    /// As [`Api::list`].
    pub async fn list_metadata<T: DeserializeOwned + 'static>(
        &self,
        params: &ListParams,
    ) -> Result<List<T>, Error> {
        self.list_as(&mut Objects::new(true), params).await
    }

    /// Objects as rows of a table: the cheapest list there is.
    ///
    /// Across namespaces a row without its object cannot be told from its namesakes, so there
    /// [`IncludeObject::None`] is raised to `Metadata`.
    ///
    /// # Errors
    /// As [`Api::list`].
    pub async fn list_table(&self, params: &ListParams, include: IncludeObject) -> Result<Table, Error> {
        let mut rows = self.rows(include);
        let List { items, resource_version, cut } = self.list_as::<Rows>(&mut rows, params).await?;
        Ok(Table { columns: rows.reader.columns, rows: items, resource_version, cut })
    }

    /// Creates an object.
    ///
    /// # Errors
    /// As [`Client::send`]: [`Error::AlreadyExists`], [`Error::Invalid`], [`Error::Forbidden`], …
    pub async fn create<T: DeserializeOwned>(
        &self,
        object: &Value,
        params: &WriteParams,
    ) -> Result<Written<T>, Error> {
        written(self.create_path(&self.path()?, object, params).await?)
    }

    /// Changes an object, or makes it with [`Patch::Apply`].
    ///
    /// # Errors
    /// As [`Client::send`]: [`Error::Conflict`], [`Error::Invalid`], [`Error::NotFound`], …
    pub async fn patch<T: DeserializeOwned>(
        &self,
        name: &str,
        patch: &Patch,
        params: &WriteParams,
    ) -> Result<Written<T>, Error> {
        written(self.patch_path(&self.path_of(name, None)?, patch, params).await?)
    }

    /// Changes a subresource, as in `patch_subresource("platform", "scale", …)`.
    ///
    /// # Errors
    /// As [`Api::patch`].
    pub async fn patch_subresource<T: DeserializeOwned>(
        &self,
        name: &str,
        subresource: &str,
        patch: &Patch,
        params: &WriteParams,
    ) -> Result<Written<T>, Error> {
        written(self.patch_path(&self.path_of(name, Some(subresource))?, patch, params).await?)
    }

    /// Creates a subresource, as in `create_subresource("pod-1", "eviction", …)`.
    ///
    /// # Errors
    /// As [`Api::create`]. An eviction that a disruption budget forbids is [`Error::TooManyRequests`].
    pub async fn create_subresource<T: DeserializeOwned>(
        &self,
        name: &str,
        subresource: &str,
        object: &Value,
        params: &WriteParams,
    ) -> Result<Written<T>, Error> {
        written(self.create_path(&self.path_of(name, Some(subresource))?, object, params).await?)
    }

    /// Deletes an object. [`Preconditions`] make sure that it is still the object, or the state, that was seen.
    ///
    /// # Errors
    /// As [`Client::send`]: [`Error::Conflict`] when a precondition does not hold.
    pub async fn delete(&self, name: &str, params: &DeleteParams) -> Result<Deleted, Error> {
        let path = self.path_of(name, None)?;
        let Response { body, headers, .. } =
            self.write(Method::Delete, path, JSON, &delete_options(params)).await?;
        // The answer is a Status when the object is gone, and the object itself when finalizers hold it.
        let gone = json::value("deletion", &body)?["kind"] == "Status";
        Ok(Deleted { gone, warnings: headers.warnings })
    }

    /// The path of the collection.
    pub(crate) fn path(&self) -> Result<String, Error> {
        self.resource.path(self.namespace())
    }

    pub(crate) fn rows(&self, include: IncludeObject) -> Rows {
        let ambiguous = self.resource.namespaced && self.namespace.is_none();
        let include = match include {
            IncludeObject::None if ambiguous => IncludeObject::Metadata,
            asked => asked,
        };
        let namespace = self.namespace().filter(|_| self.resource.namespaced);
        Rows { include, reader: RowReader::new(namespace) }
    }

    /// The request for one page of a list.
    pub(crate) fn page_request(
        &self,
        accept: &'static str,
        query: Option<(&str, &str)>,
        params: &ListParams,
        token: Option<&str>,
    ) -> Result<Request, Error> {
        let limit = params.page_size.to_string();
        let mut pairs = selectors(&params.labels, &params.fields);
        pairs.push(("limit", &limit));
        pairs.extend(token.map(|token| ("continue", token)));
        pairs.extend(query);
        Ok(Request::get(with_query(&self.path()?, &pairs)).accepting(accept))
    }

    async fn list_as<S: Shape>(&self, shape: &mut S, params: &ListParams) -> Result<List<S::Object>, Error> {
        let (accept, query) = (shape.accept_list(), shape.query());
        let mut items = Vec::new();
        let mut version = String::new();
        let cut = self
            .pages(accept, query, params, &mut |page| {
                let Some(body) = page else {
                    items.clear();
                    return Ok(Progress::default());
                };
                let page = shape.page(body)?;
                items.extend(page.items);
                version = page.resource_version;
                Ok(Progress { read: items.len(), next: page.next, remaining: page.remaining })
            })
            .await?;
        Ok(List { items, resource_version: version, cut })
    }

    /// Asks for page after page and hands each to `read`, or `None` when all that was read is to be forgotten.
    /// Knows nothing of the objects' type, so that a program carries this code once.
    async fn pages(
        &self,
        accept: &'static str,
        query: Option<(&'static str, &'static str)>,
        params: &ListParams,
        read: &mut ReadPage<'_>,
    ) -> Result<Option<Option<u64>>, Error> {
        let mut token: Option<String> = None;
        let mut restarts = 0;
        loop {
            let request = self.page_request(accept, query, params, token.as_deref())?;
            let progress = match self.client.send_for_json(request).await {
                Ok(response) => read(Some(&response.body))?,
                Err(Error::Gone(_)) if token.is_some() && restarts < RESTARTS => {
                    restarts += 1;
                    read(None)?;
                    token = None;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let enough = params.at_most.is_some_and(|count| progress.read >= count);
            if progress.next.is_none() || enough {
                return Ok(progress.next.map(|_| progress.remaining));
            }
            token = progress.next;
        }
    }

    fn get_request(&self, name: &str) -> Result<Request, Error> {
        Ok(Request::get(self.path_of(name, None)?))
    }

    async fn patch_path(&self, path: &str, patch: &Patch, params: &WriteParams) -> Result<Response, Error> {
        if params.force && !matches!(patch, Patch::Apply(_)) {
            return Err(Error::Request("only a server-side apply can be forced".to_owned()));
        }
        self.write(Method::Patch, params.query(path), patch.content_type(), patch.value()).await
    }

    async fn create_path(&self, path: &str, object: &Value, params: &WriteParams) -> Result<Response, Error> {
        self.write(Method::Post, params.query(path), JSON, object).await
    }

    async fn write(
        &self,
        method: Method,
        path: String,
        content_type: &'static str,
        body: &Value,
    ) -> Result<Response, Error> {
        let request = Request::with_body(method, path, content_type, body.to_string().into_bytes());
        self.client.send_for_json(request).await
    }

    /// The path of one object, or of a subresource of it.
    fn path_of(&self, name: &str, subresource: Option<&str>) -> Result<String, Error> {
        path_segment("name", name)?;
        let path = format!("{}/{name}", self.path()?);
        let Some(subresource) = subresource else { return Ok(path) };
        path_segment("subresource", subresource)?;
        Ok(format!("{path}/{subresource}"))
    }
}

/// Takes a page, or `None` to forget all pages.
type ReadPage<'a> = dyn FnMut(Option<&[u8]>) -> Result<Progress, Error> + 'a;

/// How far a list has been read.
#[derive(Default)]
struct Progress {
    read: usize,
    next: Option<String>,
    remaining: Option<u64>,
}

fn written<T: DeserializeOwned>(response: Response) -> Result<Written<T>, Error> {
    Ok(Written { item: read_item(&response.body)?, warnings: response.headers.warnings })
}

fn read_item<T: DeserializeOwned>(body: &[u8]) -> Result<Item<T>, Error> {
    Ok(item::read(json::text("object", body)?))
}

/// The query parameters that choose objects.
pub(crate) fn selectors<'a>(labels: &'a str, fields: &'a str) -> Vec<(&'static str, &'a str)> {
    let mut pairs = vec![("labelSelector", labels), ("fieldSelector", fields)];
    pairs.retain(|(_, selector)| !selector.is_empty());
    pairs
}

/// The body of a deletion (`DeleteOptions`).
fn delete_options(params: &DeleteParams) -> Value {
    let mut options = json!({});
    if params.dry_run {
        options["dryRun"] = json!(["All"]);
    }
    if let Some(seconds) = params.grace_period_seconds {
        options["gracePeriodSeconds"] = seconds.into();
    }
    if let Some(policy) = &params.propagation_policy {
        options["propagationPolicy"] = match policy {
            PropagationPolicy::Orphan => "Orphan",
            PropagationPolicy::Background => "Background",
            PropagationPolicy::Foreground => "Foreground",
        }
        .into();
    }
    if let Some(Preconditions { resource_version, uid }) = &params.preconditions {
        options["preconditions"] = json!({});
        for (key, value) in [("resourceVersion", resource_version), ("uid", uid)] {
            if let Some(value) = value {
                options["preconditions"][key] = value.as_str().into();
            }
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_says_what_kube_core_would_say() {
        let preconditions = Preconditions { uid: Some("u".into()), resource_version: None };
        for params in [
            DeleteParams::default(),
            DeleteParams::background().preconditions(preconditions),
            DeleteParams::foreground().grace_period(7),
            DeleteParams::orphan().dry_run(),
        ] {
            assert_eq!(delete_options(&params), serde_json::to_value(&params).unwrap());
        }
    }
}
