//! Logs of containers: kept in bounded memory, merged by time, read for level and structure, searched and laid out in
//! rows. What a container writes is text and nothing else, whatever it looks like.

pub mod ansi;
pub mod buffer;
pub mod level;
pub mod pattern;
pub mod reading;
pub mod record;
pub mod resume;
pub mod source;
mod trace;
pub mod view;
