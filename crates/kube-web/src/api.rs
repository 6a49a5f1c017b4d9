//! Requests on one resource type.

use crate::client::{Client, get};
use crate::error::Error;
use crate::item::{self, Item};
use crate::list::{JSON, List, ListParams, METADATA, Objects, Rows, Shape};
use crate::resource::{Resource, path_segment};
use crate::table::{IncludeObject, RowReader, Table};
use crate::transport::Response;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
pub use kube_core::params::{DeleteParams, Preconditions, PropagationPolicy, ValidationDirective};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::marker::PhantomData;

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
    /// A list of operations, `test` among them (RFC 6902).
    Json(Value),
    /// Server-side apply: the fields that this manager wants and owns. Needs [`WriteParams::field_manager`].
    Apply(Value),
}

impl Patch {
    fn content_type(&self) -> &'static str {
        match self {
            Self::Merge(_) => "application/merge-patch+json",
            Self::Json(_) => "application/json-patch+json",
            Self::Apply(_) => "application/apply-patch+yaml",
        }
    }

    fn body(&self) -> Vec<u8> {
        let (Self::Merge(value) | Self::Json(value) | Self::Apply(value)) = self;
        value.to_string().into_bytes()
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
        let mut request = self.get_request(name)?;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(METADATA));
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
        let request = get(&self.path_of(name, Some(subresource))?)?;
        read_item(&self.client.send_for_json(request).await?.body)
    }

    /// Whole objects, seen through `T`.
    ///
    /// # Errors
    /// As [`Client::send`]; [`Error::Decode`] when the list itself cannot be read.
    pub async fn list<T: DeserializeOwned + 'static>(&self, params: &ListParams) -> Result<List<T>, Error> {
        self.list_as(&mut Objects { metadata_only: false, view: PhantomData }, params).await
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
        self.list_as(&mut Objects { metadata_only: true, view: PhantomData }, params).await
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
        #[derive(Deserialize)]
        struct Kind {
            #[serde(default)]
            kind: String,
        }
        path_segment("name", name)?;
        let request = self.request()?.delete(name, params).map_err(unsendable)?;
        let Response { body, headers, .. } = self.client.send_for_json(request).await?;
        // The answer is a Status when the object is gone, and the object itself when finalizers hold it.
        let answer: Kind = crate::json::read(&body).map_err(|error| Error::decode("deletion", &error))?;
        Ok(Deleted { gone: answer.kind == "Status", warnings: headers.warnings })
    }

    /// The path of the collection.
    pub(crate) fn path(&self) -> Result<String, Error> {
        self.resource.path(self.namespace())
    }

    /// kube-core's request builder on the collection.
    pub(crate) fn request(&self) -> Result<kube_core::Request, Error> {
        self.path().map(kube_core::Request::new)
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
        query: Option<(&'static str, &'static str)>,
        params: &ListParams,
        token: Option<&str>,
    ) -> Result<http::Request<Vec<u8>>, Error> {
        let mut request = self.request()?.list(&params.page(token)).map_err(unsendable)?;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(accept));
        add_query(&mut request, query)?;
        Ok(request)
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

    fn get_request(&self, name: &str) -> Result<http::Request<Vec<u8>>, Error> {
        get(&self.path_of(name, None)?)
    }

    async fn patch_path(&self, path: &str, patch: &Patch, params: &WriteParams) -> Result<Response, Error> {
        // Not kube-core's `patch`: its JSON patch needs the json-patch crate, where here it is a value.
        if params.force && !matches!(patch, Patch::Apply(_)) {
            return Err(Error::Request("only a server-side apply can be forced".to_owned()));
        }
        let request = http::Request::patch(params.query(path)).header(CONTENT_TYPE, patch.content_type());
        self.write(request, patch.body()).await
    }

    async fn create_path(&self, path: &str, object: &Value, params: &WriteParams) -> Result<Response, Error> {
        let request = http::Request::post(params.query(path)).header(CONTENT_TYPE, JSON);
        self.write(request, object.to_string().into_bytes()).await
    }

    async fn write(&self, request: http::request::Builder, body: Vec<u8>) -> Result<Response, Error> {
        let request = request.body(body).map_err(|error| Error::Request(error.to_string()))?;
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
    let text = std::str::from_utf8(body)
        .map_err(|error| Error::Decode { what: "object", message: error.to_string() })?;
    Ok(item::read(text))
}

pub(crate) fn unsendable(error: kube_core::request::Error) -> Error {
    Error::Request(error.to_string())
}

/// A path with query parameters, encoded.
pub(crate) fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    if pairs.is_empty() {
        return path.to_owned();
    }
    let start = path.len() + 1;
    form_urlencoded::Serializer::for_suffix(format!("{path}?"), start).extend_pairs(pairs).finish()
}

pub(crate) fn add_query(
    request: &mut http::Request<Vec<u8>>,
    pair: Option<(&'static str, &'static str)>,
) -> Result<(), Error> {
    if let Some((key, value)) = pair {
        let joiner = if request.uri().query().is_some() { '&' } else { '?' };
        let uri = format!("{}{joiner}{key}={value}", request.uri());
        *request.uri_mut() =
            uri.parse().map_err(|error: http::uri::InvalidUri| Error::Request(error.to_string()))?;
    }
    Ok(())
}
