//! Rules of the wire: how bytes become lines, watch events and times.

pub mod date;
pub mod frames;
pub mod lines;
