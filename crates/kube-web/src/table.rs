//! Tables: the columns that `kubectl get` prints, made by the API server.

use crate::item::{self, Item, Key, Malformed, Meta};
use crate::json::{Broken, Pieces, string};
use crate::list::{Page, RawList};
use serde_json::Value;
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// The heading, as in `Ready`.
    pub name: String,
    /// The OpenAPI type of its cells: `string`, `integer`, `boolean`, …
    pub kind: String,
    /// The OpenAPI format: `name` marks the column with the object's name.
    pub format: String,
    /// What the column shows.
    pub description: String,
    /// 0 is always shown; the higher, the sooner left out where space is short.
    pub priority: i32,
}

impl Column {
    fn of(from: &Value) -> Self {
        Self {
            name: string(from, "name"),
            kind: string(from, "type"),
            format: string(from, "format"),
            description: string(from, "description"),
            priority: from["priority"].as_i64().and_then(|it| i32::try_from(it).ok()).unwrap_or_default(),
        }
    }
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

impl RowReader {
    pub fn new(namespace: Option<&str>) -> Self {
        Self { namespace: namespace.unwrap_or_default().to_owned(), columns: Rc::default() }
    }

    pub fn page(&mut self, body: &str) -> Result<Page<Row>, Broken> {
        let table = RawList::read(body)?;
        self.learn(&table.columns);
        Ok(table.page(table.items.iter().map(|row| self.row(row)).collect()))
    }

    pub fn event(&mut self, object: &str) -> Vec<Item<Row>> {
        match self.page(object) {
            Ok(Page { mut items, resource_version, .. }) => {
                for row in &mut items {
                    if row.object.is_ok() && row.meta.resource_version.is_empty() {
                        row.meta.resource_version.clone_from(&resource_version);
                    }
                }
                items
            }
            Err(Broken) => vec![malformed(item::scan_meta(object))],
        }
    }

    /// A watch tells the columns with its first event only.
    fn learn(&mut self, columns: &Value) {
        if let Some(columns) = columns.as_array().filter(|columns| !columns.is_empty()) {
            self.columns = columns.iter().map(Column::of).collect();
        }
    }

    fn row(&self, json: &str) -> Item<Row> {
        let (mut cells, mut meta) = (Value::Null, Meta::default());
        let mut members = Pieces::of_object(json);
        while let Ok(Some((name, value))) = members.next() {
            match name {
                "cells" => cells = serde_json::from_str(value).unwrap_or_default(),
                "object" => meta = item::scan_meta(value),
                _ => {}
            }
        }
        let Value::Array(cells) = cells else { return malformed(meta) };
        let row = Row { columns: self.columns.clone(), cells };
        if meta.name.is_empty() {
            let Key { namespace, name } = self.identity(&row);
            meta = Meta { namespace, name, ..meta };
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

fn malformed(meta: Meta) -> Item<Row> {
    Item { meta, object: Err(Malformed { message: "it is no row of a table".to_owned() }) }
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
