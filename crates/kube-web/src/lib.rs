#![doc = include_str!("../README.md")]

mod access;
mod api;
mod base;
mod client;
mod discovery;
mod error;
mod exec;
mod item;
mod json;
mod list;
mod logs;
pub mod request;
mod resource;
mod store;
mod table;
pub mod transport;
pub mod watch;
pub mod wire;

pub use access::{Access, Question, User};
pub use api::{
    Api, DeleteParams, Deleted, Patch, Preconditions, PropagationPolicy, ValidationDirective, WriteParams,
    Written,
};
pub use base::ApiBase;
pub use client::{Client, REQUEST_TIMEOUT, ServerVersion};
pub use discovery::{ApiResource, Discovery};
pub use error::{Error, FieldCause, Forbidden, Status};
pub use exec::{ExecParams, exec, exec_reaches};
pub use item::{Item, Key, Malformed, Meta};
pub use list::{List, ListParams, PAGE_SIZE};
pub use logs::{LONGEST_LINE, LogLine, LogParams, logs};
pub use resource::Resource;
pub use store::Store;
pub use table::{Column, IncludeObject, Row, Table};
pub use transport::{Headers, Response};
pub use watch::{Event, View, WatchParams, watch, watch_table};
pub use wire::channels::{Exit, Message};
