//! Tables: the columns that `kubectl get` prints, made by the API server.

use crate::item::{self, Item, Key, Malformed, Meta};
use crate::list::{Page, RawListMeta};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::rc::Rc;

/// How much of each object a table carries besides its cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IncludeObject {
    /// Nothing. A row is then known by its `Name` cell, and has no uid.
    #[default]
    None,
    /// The metadata, managed fields included.
    Metadata,
    /// Everything.
    Object,
}

impl IncludeObject {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Metadata => "Metadata",
            Self::Object => "Object",
        }
    }
}

/// One column of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Column {
    /// The heading, as in `Ready`.
    pub name: String,
    /// The OpenAPI type of its cells: `string`, `integer`, `boolean`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The OpenAPI format: `name` marks the column with the object's name.
    pub format: String,
    /// What the column shows.
    pub description: String,
    /// 0 is always shown; the higher, the sooner left out where space is short.
    pub priority: i32,
}

/// One row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The table's columns, shared by its rows.
    pub columns: Rc<[Column]>,
    /// One value per column.
    pub cells: Vec<Value>,
}

impl Row {
    /// The cell under a heading, whatever its case.
    pub fn cell(&self, heading: &str) -> Option<&Value> {
        let index = self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(heading))?;
        self.cells.get(index)
    }

    /// The cell under a heading, as the text that kubectl would print.
    pub fn text(&self, heading: &str) -> Option<String> {
        self.cell(heading).map(|cell| match cell {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        })
    }
}

/// A table, read to its end or cut where the caller asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The columns.
    pub columns: Rc<[Column]>,
    /// The rows. Without an included object the [`Meta`] has the name only, and the namespace if one was asked for.
    pub rows: Vec<Item<Row>>,
    /// The state of the collection that the table shows.
    pub resource_version: String,
    /// As [`List::cut`](crate::List::cut).
    pub cut: Option<Option<u64>>,
}

/// Reads tables. Remembers the columns, which a watch tells only once, and the rows' identities, which a row
/// without an object lacks.
#[derive(Debug)]
pub(crate) struct RowReader {
    namespace: String,
    pub columns: Rc<[Column]>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawTable<'a> {
    #[serde(default)]
    metadata: RawListMeta,
    #[serde(default)]
    column_definitions: Option<Vec<Column>>,
    #[serde(borrow, default)]
    rows: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct RawRow<'a> {
    #[serde(default)]
    cells: Vec<Value>,
    #[serde(borrow, default)]
    object: Option<&'a RawValue>,
}

impl RowReader {
    pub fn new(namespace: Option<&str>) -> Self {
        Self { namespace: namespace.unwrap_or_default().to_owned(), columns: Rc::default() }
    }

    pub fn page(&mut self, body: &str) -> Result<Page<Row>, serde_json::Error> {
        let table: RawTable<'_> = serde_json::from_str(body)?;
        self.learn(table.column_definitions);
        let rows = table.rows.unwrap_or_default();
        let items = rows.into_iter().map(|row| self.row(row, "")).collect();
        Ok(table.metadata.page(items))
    }

    pub fn event(&mut self, object: &str) -> Vec<Item<Row>> {
        let table: RawTable<'_> = match serde_json::from_str(object) {
            Ok(table) => table,
            Err(error) => {
                return vec![Item { meta: item::scan_meta(object), object: Err(Malformed::new(&error)) }];
            }
        };
        self.learn(table.column_definitions);
        let version = table.metadata.resource_version;
        table.rows.unwrap_or_default().into_iter().map(|row| self.row(row, &version)).collect()
    }

    fn learn(&mut self, columns: Option<Vec<Column>>) {
        if let Some(columns) = columns.filter(|columns| !columns.is_empty()) {
            self.columns = columns.into();
        }
    }

    fn row(&self, raw: &RawValue, version: &str) -> Item<Row> {
        let row: RawRow<'_> = match serde_json::from_str(raw.get()) {
            Ok(row) => row,
            Err(error) => return Item { meta: Meta::default(), object: Err(Malformed::new(&error)) },
        };
        let mut meta = row.object.map(|object| item::scan_meta(object.get())).unwrap_or_default();
        let row = Row { columns: self.columns.clone(), cells: row.cells };
        if meta.name.is_empty() {
            let Key { namespace, name } = self.identity(&row);
            meta = Meta { namespace, name, ..meta };
        }
        if meta.resource_version.is_empty() {
            version.clone_into(&mut meta.resource_version);
        }
        Item { meta, object: Ok(row) }
    }

    fn identity(&self, row: &Row) -> Key {
        let named = self.columns.iter().position(|column| column.format == "name");
        let name = named.and_then(|index| row.cells.get(index)).or_else(|| row.cells.first());
        Key {
            namespace: self.namespace.clone(),
            name: name.and_then(Value::as_str).unwrap_or_default().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"77"},
        "columnDefinitions":[{"name":"Name","type":"string","format":"name","description":"d","priority":0},
                             {"name":"Restarts","type":"integer","format":"","description":"","priority":1}],
        "rows":[{"cells":["a",3],"object":null},
                {"cells":["b",0],"object":{"kind":"PartialObjectMetadata","metadata":{"name":"b","namespace":"n","uid":"u","resourceVersion":"5"}}},
                {"cells":7}]}"#;

    #[test]
    fn rows_are_known_by_object_or_by_name_cell() {
        let page = RowReader::new(Some("n")).page(TABLE).unwrap();
        let [a, b, bad] = page.items.as_slice() else { panic!("three rows") };
        assert_eq!((a.meta.name.as_str(), a.meta.namespace.as_str(), a.meta.uid.as_str()), ("a", "n", ""));
        assert_eq!(
            (b.meta.name.as_str(), b.meta.uid.as_str(), b.meta.resource_version.as_str()),
            ("b", "u", "5")
        );
        assert!(bad.object.is_err());
        let row = a.ok().unwrap();
        assert_eq!(row.text("restarts").as_deref(), Some("3"));
        assert_eq!(row.cell("Nothing"), None);
        assert_eq!(row.columns[1].priority, 1);
    }

    #[test]
    fn a_watch_tells_the_columns_once_and_the_version_per_event() {
        let mut reader = RowReader::new(Some("n"));
        reader.page(TABLE).unwrap();
        let items = reader.event(r#"{"kind":"Table","metadata":{"resourceVersion":"80"},"columnDefinitions":null,"rows":[{"cells":["a",4]}]}"#);
        assert_eq!(items[0].meta.resource_version, "80");
        assert_eq!(items[0].ok().unwrap().text("Restarts").as_deref(), Some("4"));
    }
}
