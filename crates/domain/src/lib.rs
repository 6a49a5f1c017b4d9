//! The RootCause installation, its contract and its day-2 operations, as pure functions.
//!
//! Nothing here reads a clock, a network or a document: what the API server said comes in as JSON or as a slim
//! type, the time comes in as an argument, and view models, sentences and patches come out. The custom resource's
//! API group and field names are unknown here too: each is an entry of the [`contract::Contract`].

pub mod access;
pub mod activity;
pub mod ago;
pub mod backup;
pub mod bundle;
pub mod capacity;
pub mod certainty;
pub mod config;
pub mod contract;
pub mod diagnosis;
pub mod diff;
pub mod events;
pub mod form;
pub mod helm;
pub mod installation;
pub mod logs;
pub mod managed;
pub mod merge;
pub mod objects;
pub mod operation;
pub mod operator;
pub mod overrides;
pub mod owner;
pub mod patches;
pub mod phase;
pub mod plain;
pub mod pods;
pub mod pointer;
pub mod preflight;
pub mod preset;
pub mod quantity;
pub mod redact;
pub mod reference;
pub mod request;
pub mod restart;
pub mod rollout;
pub mod route;
pub mod schema;
pub mod secrets;
pub mod sentence;
pub mod smoke;
pub mod sort;
pub mod texts;
pub mod time;
pub mod token;
pub mod undeploy;
pub mod users;
pub mod version;
pub mod yaml;
pub mod zip;
