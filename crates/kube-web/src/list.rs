//! Lists: what is asked for, and one page of an answer.

use crate::error::Error;
use crate::item::{self, Item};
use crate::json::{self, Broken, Pieces, string};
use crate::request::JSON;
use crate::table::{IncludeObject, Row, RowReader};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::marker::PhantomData;

/// How many objects one request of a list asks for (client-go's page size).
pub const PAGE_SIZE: u32 = 500;

/// What to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListParams {
    /// A label selector, as in `app=platform,tier!=cache`. Empty for all.
    pub labels: String,
    /// A field selector, as in `involvedObject.name=rootcause`. Empty for all.
    pub fields: String,
    /// How many objects one request asks for. A list is read page by page to its end.
    pub page_size: u32,
    /// Stop after the page that reaches this many objects. `None` reads to the end.
    pub at_most: Option<usize>,
}

impl Default for ListParams {
    fn default() -> Self {
        Self { labels: String::new(), fields: String::new(), page_size: PAGE_SIZE, at_most: None }
    }
}

impl ListParams {
    /// Only objects with these labels.
    #[must_use]
    pub fn labels(mut self, selector: impl Into<String>) -> Self {
        self.labels = selector.into();
        self
    }

    /// Only objects with these fields.
    #[must_use]
    pub fn fields(mut self, selector: impl Into<String>) -> Self {
        self.fields = selector.into();
        self
    }

    /// At most about this many objects: reading stops after the page that reaches it.
    #[must_use]
    pub fn at_most(mut self, count: usize) -> Self {
        self.at_most = Some(count);
        self.page_size = self.page_size.min(u32::try_from(count).unwrap_or(u32::MAX)).max(1);
        self
    }
}

/// A list, read to its end or cut where the caller asked.
#[derive(Clone, Debug, PartialEq)]
pub struct List<T> {
    /// The objects, in the server's order (by namespace, then name).
    pub items: Vec<Item<T>>,
    /// The state of the collection that the list shows.
    pub resource_version: String,
    /// `None` when the list is complete. Otherwise it was cut, and this is how many objects were left out, as far
    /// as the server says: with a selector it does not, and then this is `Some(None)`.
    pub cut: Option<Option<u64>>,
}

/// One page of a list.
pub(crate) struct Page<T> {
    pub items: Vec<Item<T>>,
    pub resource_version: String,
    pub next: Option<String>,
    pub remaining: Option<u64>,
}

/// In which shape objects are asked for, and how that shape is read.
pub(crate) trait Shape: 'static {
    type Object: 'static;

    /// The `Accept` header of a list.
    fn accept_list(&self) -> &'static str;
    /// The `Accept` header of a watch, or `None` when plain JSON will do, which a socket can carry.
    fn accept_watch(&self) -> Option<&'static str>;
    /// A further query parameter.
    fn query(&self) -> Option<(&'static str, &'static str)> {
        None
    }
    /// Reads one page of a list.
    fn page(&mut self, body: &[u8]) -> Result<Page<Self::Object>, Error>;
    /// Reads the object of a watch event.
    fn event(&mut self, object: &str) -> Vec<Item<Self::Object>>;
}

/// Whole objects, or their metadata only, read into `T`.
pub(crate) struct Objects<T> {
    pub metadata_only: bool,
    pub managed_fields: bool,
    pub view: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Objects<T> {
    /// Objects with all that they have, or all of their metadata.
    pub fn new(metadata_only: bool) -> Self {
        Self { metadata_only, managed_fields: true, view: PhantomData }
    }

    fn read(&self, json: &str) -> Item<T> {
        if self.managed_fields { item::read(json) } else { item::read_unmanaged(json) }
    }
}

pub(crate) const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
const TABLE: &str = "application/json;as=Table;g=meta.k8s.io;v=v1";

/// A list's metadata, its objects cut apart and unread.
#[derive(Default)]
pub(crate) struct RawList<'a> {
    pub metadata: Value,
    pub items: Vec<&'a str>,
    /// A table's columns.
    pub columns: Value,
}

impl<'a> RawList<'a> {
    /// Reads a list of any kind, or a table.
    pub fn read(json: &'a str) -> Result<Self, Broken> {
        let mut list = Self::default();
        let mut members = Pieces::of_object(json);
        while let Some(name) = members.name()? {
            let field = match name {
                "metadata" => &mut list.metadata,
                "columnDefinitions" => &mut list.columns,
                // Go writes an empty list as `null`.
                "items" | "rows" => {
                    members.elements(|item| list.items.push(item))?;
                    continue;
                }
                _ => {
                    members.value()?;
                    continue;
                }
            };
            *field = serde_json::from_str(members.value()?).map_err(|_| Broken)?;
        }
        Ok(list)
    }

    /// The page that it is, of these objects.
    pub fn page<T>(&self, items: Vec<Item<T>>) -> Page<T> {
        Page {
            items,
            resource_version: string(&self.metadata, "resourceVersion"),
            next: Some(string(&self.metadata, "continue")).filter(|token| !token.is_empty()),
            remaining: self.metadata["remainingItemCount"].as_u64(),
        }
    }
}

impl<T: DeserializeOwned + 'static> Shape for Objects<T> {
    type Object = T;

    fn accept_list(&self) -> &'static str {
        if self.metadata_only { METADATA_LIST } else { JSON }
    }

    fn accept_watch(&self) -> Option<&'static str> {
        self.metadata_only.then_some(METADATA)
    }

    fn page(&mut self, body: &[u8]) -> Result<Page<T>, Error> {
        let list = RawList::read(json::text("list", body)?).map_err(|broken| broken.decoding("list"))?;
        Ok(list.page(list.items.iter().map(|raw| self.read(raw)).collect()))
    }

    fn event(&mut self, object: &str) -> Vec<Item<T>> {
        vec![self.read(object)]
    }
}

/// Rows as `kubectl get` prints them.
pub(crate) struct Rows {
    pub include: IncludeObject,
    pub reader: RowReader,
}

impl Shape for Rows {
    type Object = Row;

    fn accept_list(&self) -> &'static str {
        TABLE
    }

    fn accept_watch(&self) -> Option<&'static str> {
        Some(TABLE)
    }

    fn query(&self) -> Option<(&'static str, &'static str)> {
        Some(("includeObject", self.include.as_str()))
    }

    fn page(&mut self, body: &[u8]) -> Result<Page<Row>, Error> {
        self.reader.page(json::text("table", body)?).map_err(|broken| broken.decoding("table"))
    }

    fn event(&mut self, object: &str) -> Vec<Item<Row>> {
        self.reader.event(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Pod {
        #[serde(rename = "spec")]
        _spec: Spec,
    }

    #[derive(Debug, Deserialize)]
    struct Spec {
        #[serde(rename = "nodeName")]
        _node_name: String,
    }

    fn page<T: DeserializeOwned + 'static>(body: &str) -> Result<Page<T>, Error> {
        Objects::<T>::new(false).page(body.as_bytes())
    }

    #[test]
    fn one_malformed_object_does_not_end_the_list() {
        let page = page::<Pod>(
            r#"{"kind":"PodList","metadata":{"resourceVersion":"9","continue":"abc","remainingItemCount":3},"items":[
                {"metadata":{"name":"good"},"spec":{"nodeName":"n"}},
                {"metadata":{"name":"bad"},"spec":{"nodeName":7}},
                {"metadata":{"name":"also-good"},"spec":{"nodeName":"n"}}]}"#,
        )
        .unwrap();
        let read: Vec<_> =
            page.items.iter().map(|item| (item.meta.name.as_str(), item.object.is_ok())).collect();
        assert_eq!(read, [("good", true), ("bad", false), ("also-good", true)]);
        assert_eq!(
            (page.resource_version.as_str(), page.next.as_deref(), page.remaining),
            ("9", Some("abc"), Some(3))
        );
    }

    #[test]
    fn an_empty_list_may_be_null() {
        for items in ["[]", "null"] {
            let page = page::<Value>(&format!(
                r#"{{"metadata":{{"resourceVersion":"1","continue":""}},"items":{items}}}"#
            ))
            .unwrap();
            assert!(page.items.is_empty() && page.next.is_none());
        }
        assert!(page::<Value>("[1]").is_err());
    }
}
